"""The promises of policies/invariants.md are proven, and each rule that forbids is needed for one of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cedarpy
import pytest

from policies.analysis.__main__ import main
from policies.analysis.comparing import more
from policies.analysis.examples import example
from policies.analysis.promises import broken, confirmed, read_blocks, read_promises
from policies.analysis.questions import Asked, Place, variant, without_effect
from policies.analysis.terms import Unsupported, no
from policies.engine import Law, LawError, Policy
from policies.engine.law import PACKAGED
from policies.engine.rules import category_literals, policy_of
from tests.unit.test_policies_cast import LAW

PROMISES = read_promises(LAW)
FORBIDS = {
    "active-people-only": "without-an-account-nothing",
    "agreement-comes-first": "the-agreement-comes-first",
    "approver-never-executes": "disposals-take-two-functions-and-a-third-hand",
    "author-never-approves": "nobody-approves-their-own-redaction",
    "claw-backs-for-counsel-only": "claw-backs-of-counsels-things",
    "clawed-back-is-closed": "clawed-back-is-gone",
    "clawed-back-is-not-given-again": "what-was-clawed-back-stays-back",
    "clawed-back-once": "what-was-clawed-back-stays-back",
    "claw-backs-for-the-clean-team-only": "claw-backs-of-clean-teams-things",
    "clean-team-material-is-read-in-place": "clean-team-material-is-only-looked-at",
    "clean-team-only": "clean-team-material-stays-in-its-team",
    "clearance": "nothing-of-a-version-above-clearance",
    "closed-matter-is-read-only": "closed-matters-take-nothing-in",
    "club-documents-for-the-club": "club-documents-are-for-their-people",
    "club-redactions-for-the-club": "club-redactions-are-for-their-people",
    "club-versions-for-the-club": "clubs-are-for-their-people",
    "companies-vouch-before-keys": "keys-follow-the-sign-in",
    "deputies-name-no-deputies": "deputies-have-no-deputies",
    "compliance-accounts-are-compliances": "compliance-officers-are-not-put-aside",
    "controlled-is-read-at-home": "controlled-is-never-opened-abroad",
    "copies-stay-with-their-audience": "copies-reach-whom-they-are-made-for",
    "counsel-only": "counsel-only-is-for-counsel",
    "directories-leave-the-erased": "directories-keep-to-their-living-people",
    "disclosures-to-a-clean-team-are-its-own": "what-a-clean-team-was-given-is-its-own-affair",
    "erased-accounts-stay-shut": "the-erased-do-not-come-back",
    "held-is-never-disposed-of": "held-is-never-destroyed",
    "held-keys-are-kept": "held-keys-are-never-destroyed",
    "held-people-are-kept": "held-people-are-not-forgotten",
    "keys-after-a-sign-in": "keys-follow-the-sign-in",
    "no-disclosure-outside-clean-teams": "clean-team-material-is-given-to-clean-teams",
    "no-publication-of-clean-team-categories": "clean-team-material-is-not-published",
    "no-disclosure-of-walled-categories": "walled-categories-are-not-given",
    "no-publication-before-classification": "walled-categories-are-not-published",
    "no-publication-of-walled-categories": "walled-categories-are-not-published",
    "nobody-approves-their-own-change-of-the-law": "one-company-alone-changes-no-law",
    "nobody-approves-twice": "nobody-approves-their-own-disposal",
    "nobody-confirms-what-they-recorded": "nobody-opens-a-way-abroad-alone",
    "nobody-deactivates-themselves": "nobody-forgets-themselves",
    "nobody-grants-themselves": "nobody-lets-themselves-in",
    "nobody-judges-themselves": "nobody-lets-themselves-in",
    "nobody-opens-their-own-wall": "walls-are-opened-from-outside",
    "nobody-trains-themselves": "training-is-recorded-by-colleagues",
    "nothing-crosses-uncovered": "nothing-crosses-borders-uncovered",
    "nothing-is-given-uncovered": "disclosures-are-covered",
    "own-matter-only": "no-entry-of-another-matter",
    "own-organisation-only": "walled-categories-never-leave",
    "proposer-never-approves": "nobody-approves-their-own-disposal",
    "purpose-comes-first": "the-purpose-comes-first",
    "strong-sign-in": "what-cannot-be-undone-takes-a-strong-sign-in",
    "tokens-do-what-they-are-for": "narrow-tokens-approve-nothing",
    "tokens-stay-in-their-matter": "confined-tokens-stay",
    "training-comes-first": "the-agreement-comes-first",
    "two-functions-approve": "approvals-come-from-two-functions",
    "two-organisations-change-the-law": "one-company-alone-changes-no-law",
    "unassessed-is-given-at-home": "unassessed-is-not-given-abroad",
    "unassessed-stays-at-home": "unassessed-never-crosses-borders",
    "walled-off-from-documents": "walled-documents-are-out-of-reach",
    "walled-off-from-redactions": "walled-redactions-are-out-of-reach",
    "walled-off-from-versions": "ethical-walls-have-no-door",
    "walls-come-down-by-compliance": "walls-are-opened-from-outside",
}
"""Each rule that forbids, and a promise that nothing else keeps."""
MUTANTS = (
    ("clearance", "principal.tier >= resource.tier", "principal.tier > 0", "nothing-of-a-document-above-clearance"),
    ("clearance", "principal.tier >= resource.tier", "principal.tier + 0 >= resource.tier", "unsupported"),
    ("strong-sign-in", "<= 900", "<= 901", "what-cannot-be-undone-takes-a-strong-sign-in"),
    ("active-people-only", "session.end", "token.create", "without-an-account-nothing"),
    ("author-never-approves", "redaction.approve", "redaction.return", "nobody-approves-their-own-redaction"),
    ("author-never-approves", "|| (principal.one_with.contains(resource.author))", "", "somebody-and-their-deputy-are-one"),
    ("nobody-judges-themselves", "|| (principal.one_with.contains(resource.user))", "",
     "deputies-do-not-decide-for-whom-they-represent"),
    ("proposer-never-approves", "|| (principal.one_with.contains(resource.proposer))", "",
     "deputies-do-not-approve-what-they-represent"),
    ("published-or-disclosed-is-seen", "resource.audience.contains(principal.organisation)", "true",
     "no-other-organisation-before-it-is-given"),
    ("published-or-disclosed-is-seen", "page.view", "page.words", "the-text-stays-with-the-owner"),
    ("published-or-disclosed-is-seen", '"partner"', '"compliance"', "compliance-sees-no-pages"),
    ("published-or-disclosed-is-seen", "staged", "candidate", "unreleased-copies-stay-inside"),
    ("custodian-downloads-received", 'principal.role == "custodian"', 'principal.role != "compliance"',
     "only-custodians-download"),
    ("clean-team-only", '"costs",', "", "clean-team-material-stays-in-its-team"),
    ("clean-team-only", "resource.team", "resource.named", "clean-team-material-stays-in-its-team"),
    ("no-disclosure-outside-clean-teams", '"clean_team"', '"none"', "clean-team-material-is-given-to-clean-teams"),
    ("owner-executes-disposal", ', "compliance"])', "])", "disposals-take-two-functions-and-a-third-hand"),
    ("held-is-never-disposed-of", "resource.held", "!resource.held", "held-versions-keep-their-bytes"),
    ("shared-entries-are-read", "&& resource.shared", "|| resource.shared", "partners-read-no-log"),
    ("compliance-releases-own-hold", "== resource.organisation", "!= resource.organisation", "foreign-holds-stay"),
    ("controlled-is-read-at-home", "page.view", "version.read", "controlled-is-never-opened-abroad"),
    ("unassessed-is-given-at-home", '"free"', '"unassessed"', "unassessed-is-not-given-abroad"),
    ("service-erases", '"destroyed"', '"staged"', "the-service-erases-only-what-is-destroyed"),
    ("compliance-lifts-limits", '"compliance"', '"custodian"', "limits-are-lifted-by-compliance"),
    ("custodian-reads-redactions", "principal.organisation == resource.organisation", "true",
     "redactions-belong-to-their-organisation"),
)  # fmt: skip
"""Rules changed in one place: which rule, what, into what, and the promise that catches it."""


def without(law: Law, name: str) -> Law:
    """The law without a rule."""
    return variant(law, {each: policy for each, policy in law.policies.items() if each != name})


def changed(law: Law, name: str, before: str, after: str) -> Law:
    """The law with a rule written otherwise."""
    flat = re.sub(r"(?<!\w)\((\w+\.\w+)\)", r"\1", " ".join(law.policies[name].text.split()))
    assert before in flat, f"{name} does not say {before}: {flat}"
    return variant(law, {**law.policies, name: rule(flat.replace(before, after), name)})


def rule(text: str, name: str) -> Policy:
    """A rule from its text."""
    (form,) = forms(text)
    return policy_of("changed.cedar", {**form, "annotations": {"id": name, "sentence": "Changed."}})


def forms(text: str) -> list[Mapping[str, object]]:
    """Rules in Cedar's JSON form."""
    return list(json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"].values())


def test_every_promise_is_kept() -> None:
    assert [(each.promise.id, each.example) for each in broken(LAW, PROMISES.values())] == []


def test_every_rule_that_forbids_is_promised() -> None:
    assert {policy.id for policy in LAW.policies.values() if policy.effect == "forbid"} == set(FORBIDS)


def test_no_rule_is_without_effect() -> None:
    assert [(policy.id, why) for policy, why in without_effect(LAW)] == []


@pytest.mark.parametrize(("forbid", "promise"), FORBIDS.items())
def test_without_a_rule_a_promise_is_broken(forbid: str, promise: str) -> None:
    found = list(broken(without(LAW, forbid), [PROMISES[promise]]))
    assert found
    assert all(each.confirmed for each in found)
    answers = [each.example.ask(LAW) for each in found]
    assert not any(answer.allowed for answer in answers)
    assert all(forbid in answer.policies or answer.errors for answer in answers)


@pytest.mark.parametrize(("name", "before", "after", "promise"), MUTANTS)
def test_a_changed_rule_breaks_a_promise(name: str, before: str, after: str, promise: str) -> None:
    mutant = changed(LAW, name, before, after)
    if promise not in PROMISES:
        with pytest.raises(Unsupported, match="no formula"):
            list(broken(mutant, PROMISES.values()))
        return
    found = list(broken(mutant, [PROMISES[promise]]))
    assert found
    assert all(each.confirmed for each in found)


def test_a_spurious_example_is_said_to_be_one() -> None:
    promise = PROMISES["nobody-approves-their-own-redaction"]
    (found,) = broken(without(LAW, "author-never-approves"), [promise])
    assert found.confirmed
    assert not confirmed(LAW, promise, found.example).confirmed
    harmless = replace(promise, form={**promise.form, "conditions": promise.form["conditions"][:0]})
    assert confirmed(without(LAW, "author-never-approves"), harmless, found.example).confirmed


def test_an_example_is_told_in_words() -> None:
    law = without(LAW, "clawed-back-is-closed")
    asked = Asked.of(law, Place("page.view", "Member", "Version"))
    model = asked.find(asked.allowed, no(asked.case.encode(PROMISES["clawed-back-is-gone"].form).f))
    assert model is not None
    told = example(asked, model).told([PROMISES["clawed-back-is-gone"]])
    assert "does page.view to Version" in told
    assert "clawed yes" in told


def test_the_promises_name_the_categories_of_the_lists() -> None:
    walls = [promise for promise in PROMISES.values() if category_literals(promise)]
    assert {promise.audience for promise in walls} == {"organisation", "clean-team", "counsel"}
    for promise in walls:
        named = {each.id for each in LAW.categories.values() if each.audience == promise.audience}
        assert category_literals(promise) == named, promise.id


def test_idle_rules_are_found() -> None:
    never = rule('permit (principal is Member, action == Action::"page.view", resource is Version) '
                 'when { resource.clawed && !resource.clawed };', "never")  # fmt: skip
    again = replace(LAW.policies["author-never-approves"], id="again")
    law = variant(LAW, {**LAW.policies, "never": never, "again": again})
    told = {policy.id: why for policy, why in without_effect(law)}
    assert told == {
        "never": "it never holds",
        "again": "others say the same",
        "author-never-approves": "others say the same",
    }


def test_comparing_names_who_may_do_more() -> None:
    wider = changed(LAW, "custodian-downloads-received", 'principal.role == "custodian"', 'principal.role != "x"')
    found = list(more(LAW, wider))
    assert {(each.place.action, each.role) for each in found} == {
        ("version.download", "partner"),
        ("version.download", "compliance"),
        ("version.download", "any other"),
    }
    assert all(each.confirmed and each.deciding == ("custodian-downloads-received",) for each in found)
    assert list(more(wider, LAW)) == []


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A copy of the packaged law in which custodians of other organisations may read the words."""
    folder = tmp_path / "newer"
    shutil.copytree(
        PACKAGED, folder, ignore=shutil.ignore_patterns("engine", "analysis", "*.py", "*.md", "__pycache__")
    )
    path = folder / "access" / "versions.cedar"
    text = path.read_text()
    assert text.count('      Action::"page.view"\n    ],') == 1
    path.write_text(
        text.replace('      Action::"page.view"\n    ],', '      Action::"page.view", Action::"page.words"\n    ],')
    )
    return folder


def test_the_command_compares(newer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(PACKAGED), str(newer)]) == 1
    said = capsys.readouterr().out
    assert "MORE page.words on Version by partner" in said
    assert "allowed by published-or-disclosed-is-seen" in said
    assert "more than the old, and nothing less" in said
    meant = tmp_path / "meant.md"
    meant.write_text('```cedar\n@id("meant")\n@sentence("The words go with the pages.")\n'
                     'permit (principal is Member, action == Action::"page.words", resource is Version);\n```\n')  # fmt: skip
    assert main(["compare", str(PACKAGED), str(newer), "--except", str(meant)]) == 0
    assert "nothing more than the old except for what was named" in capsys.readouterr().out
    assert main(["compare", str(newer), str(PACKAGED)]) == 0
    assert "LESS page.words on Version by partner" in capsys.readouterr().out


def test_the_command_checks(newer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert f"{len(PROMISES)} of {len(PROMISES)} promises are kept" in capsys.readouterr().out
    assert main(["check", str(newer)]) == 1
    assert "NOT KEPT the-text-stays-with-the-owner" in capsys.readouterr().out
    assert main(["check", str(tmp_path)]) == 2
    assert "could not be analysed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("", "no rules found"),
        ('forbid (principal, action, resource);', "lacks an @id"),
        ('@id("x") @sentence("X.") forbid (principal is Member, action, resource is Version) when { resource.gone };', "x"),
        ('@id("x") @sentence("X.") forbid (principal, action, resource);' * 2, "appears twice"),
        ('@id("x") nonsense', "promises.md"),
    ],
)  # fmt: skip
def test_promises_that_cannot_be_read_are_refused(block: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "promises.md"
    path.write_text(f"```cedar\n{block}\n```\n")
    with pytest.raises(LawError, match=why):
        read_blocks(LAW, path)
