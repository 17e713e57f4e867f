"""What a change of the rules can never do, and how its meaning is told."""

from __future__ import annotations

import pytest

from policies.changes import LIMIT, check_change, check_texts, difference
from policies.engine import Law, LawError
from tests.unit.test_policies_cast import LAW, NOW, OTHER, OWN, member, thing

HEAD = '@id("x")\n@sentence("X.")\n'
VERSIONS = LAW.texts["versions.cedar"]
WALLS = LAW.texts["walls.cedar"]


DOUBLED = "((((((((((resource.held" + " == resource.clawed)" * 10 + " == resource.held"


def changed(texts: dict[str, str]) -> Law:
    """A change as the service takes it."""
    check_texts(texts)
    law = LAW.changed(texts)
    check_change(LAW, LAW, law)
    return law


def rule(text: str) -> dict[str, str]:
    """A file with one rule more."""
    return {"house.cedar": HEAD + text}


@pytest.mark.parametrize("name", sorted(p.id for p in LAW.policies.values() if p.effect == "forbid"))
def test_no_rule_that_forbids_is_taken_away(name: str) -> None:
    kept = {each.id: each for each in LAW.policies.values() if each.id != name}
    file = LAW.policies[name].file
    text = "\n".join(each.text for each in kept.values() if each.file == file)
    with pytest.raises(
        LawError, match=f"{name} forbids and cannot be removed|not changed while the service runs|no wall"
    ):
        changed({file: text})


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({"walls.cedar": WALLS.replace(">= resource.tier", "> 0")}, "clearance forbids and cannot be changed"),
        ({"walls.cedar": ""}, "forbids and cannot be removed"),
        ({"policy.cedar": LAW.texts["policy.cedar"]}, "not changed while"),
        ({"service.cedar": ""}, "not changed while"),
        ({"../x.cedar": ""}, "a name of small letters"),
        ({"schema.cedarschema": ""}, "a name of small letters"),
        (rule("permit (principal, action, resource);"), "not changed while"),
        (rule('permit (principal is Member, action == Action::"policy.approve", resource);'), "policy.approve"),
        (rule("permit (principal is Service, action, resource);"), "not changed while"),
        (rule("forbid (principal is Member, action, resource);"), "not changed while"),
        (rule('permit (principal is Member, action == Action::"token.create", resource is Token);'), "token.create"),
        (rule("permit (principal is Member, action, resource is Version) when { resource.gone };"), "gone"),
        (rule("nonsense"), "house.cedar"),
        ({"house.cedar": 'permit (principal is Member, action, resource is Version);'}, "lacks an @id"),
        ({"house.cedar": '@id("x") permit (principal is Member, action, resource is Version);'}, "lacks its @sentence"),
        ({"house.cedar": WALLS}, "appears twice"),
        (rule("permit (principal == ?principal, action, resource);"), "house.cedar"),
        (rule('permit (principal is Member, action, resource is Version) when { resource.category like "a*" };'),
         "cannot become a filter"),
        ({"house.cedar": '@id("held-is-never-destroyed")\n@sentence("X.")\nforbid (principal is Member, action == '
                         'Action::"page.view", resource is Version);'}, "the id of a promise"),
        ({"house.cedar": "//" + "x" * LIMIT}, "longer than"),
        (rule(f"permit (principal is Member, action, resource is Version) when {{ {'(' * 5000}true{')' * 5000} }};"),
         "stand more than"),
        (rule(f"permit (principal is Member, action, resource is Version) when {{ {'if true then true else ' * 2000}true }};"),
         "joins more than"),
        (rule(f"permit (principal is Member, action, resource is Version) when {{ {'true && ' * 2000}true }};"),
         "joins more than"),
        ({f"f{number}.cedar": "" for number in range(61)}, "at most"),
        ({"house.cedar": "// " + ")" * 20_000 + "\n" + "(" * 20_000}, "stand more than"),
        ({"house.cedar": ")" * 9 + "(" * 30}, "closed that was not opened"),
        ({"house.cedar": "principal" + ".a" * 20_000}, "words and signs"),
        (rule("permit (principal is Member, action, resource is Version) when { " + "true && // ;\n" * 99 + "true };"),
         "joins more than"),
        ({"house.cedar": "// \u202e harmless"}, "a character that is not shown"),
        ({"house.cedar": '@id("x'}, "a quotation does not end"),
        ({"house.cedar": "x;" * 201}, "at most 200 rules"),
        (rule("permit (principal is Member, action, resource is Version) when { " + DOUBLED + " };"),
         "becomes a filter of more than"),
        (rule('forbid (principal is Member, action == Action::"page.view", resource is Version) when '
              '{ principal.organisation == Organisation::"11111111-2222-4333-8444-555555555555" };'), "names one person"),
        (rule('forbid (principal is Member, action == Action::"disclosure.withdraw", resource is Disclosure);'),
         "disclosure.withdraw, which is not changed"),
        ({"versions.cedar": VERSIONS.replace("resource.team.contains(principal.user)", "true")}, "clean-team"),
    ],
)  # fmt: skip
def test_what_no_change_may_do_is_refused_by_name(texts: dict[str, str], why: str) -> None:
    with pytest.raises(LawError, match=why):
        changed(texts)


def test_a_change_may_permit_and_forbid_more() -> None:
    law = changed(rule('forbid (principal is Member, action == Action::"page.view", resource is Version);'))
    published = thing("Version", state="published")
    who = member("partner")
    assert LAW.decide(who, "page.view", published, NOW).allowed
    refused = law.decide(who, "page.view", published, NOW)
    assert not refused.allowed
    assert law.explain(refused) == ("X.",)
    assert law.digest != LAW.digest == Law.load().digest
    again = changed(rule('forbid (principal is Member, action == Action::"page.view", resource is Version);'))
    assert again.digest == law.digest
    check_change(LAW, law, LAW)


def test_promises_bind_what_a_change_permits() -> None:
    law = changed(rule('permit (principal is Member, action == Action::"page.view", resource is Version);'))
    staged = thing("Version", state="staged")
    decision = law.decide(member("custodian", OTHER), "page.view", staged, NOW)
    assert not decision.allowed
    assert "no-other-organisation-before-it-is-given" in decision.policies
    assert law.explain(decision) != ()
    assert law.decide(member("custodian", OWN), "page.view", staged, NOW).allowed


def test_the_difference_is_told_in_sentences() -> None:
    text = VERSIONS.replace('["custodian", "partner"].contains(principal.role) &&\n  (resource.state',
                            'principal.role == "custodian" &&\n  (resource.state')  # fmt: skip
    assert text != VERSIONS
    found = difference(LAW, changed({"versions.cedar": text}))
    assert [(each.id, each.what) for each in found.rules] == [("published-or-disclosed-is-seen", "changed")]
    assert found.more == ()
    assert found.less[0] == (
        "Partners of another organisation may no longer do document.list where the version is staged, disclosed to the "
        "other (for everyone); redacted, disclosed (for everyone); disclosed, purpose asked (for everyone)."
    )
    assert {line.split(" may ")[0] for line in found.less} == {
        "Partners of another organisation",
        "Partners of the organisation it belongs to",
        "Partners of the organisation it belongs to; partners of another organisation",
    }
    more = rule('permit (principal is Member, action == Action::"club.list", resource is Club);')
    added = difference(LAW, changed(more)).rules
    assert [(each.id, each.what, each.before, each.after) for each in added] == [("x", "added", "", "X.")]
