"""Effective access: what somebody is shown of another's view is what they really get, and why is the policy's answer;
the refused are told the rules that decided and what would have to change, and of hidden things nothing."""

from __future__ import annotations

import random
import uuid
from typing import Any

import pytest
from sqlalchemy import update

from dataroom.actions.insight import HOME, STRONG, VALID
from dataroom.errors import Invalid, NotFound, Refused
from dataroom.model import User
from tests.actions.cases_clubs import club
from tests.actions.house import House

READERS = ("pia", "paolo", "bodil", "corin", "petra", "bram", "lena", "cleo")
ASKERS = ("ada", "cleo", "lena", "bodil")
DOING = ("version.read", "page.words", "version.download")
CATEGORIES = ("claim-chart", "claim-chart", "validity", "price-terms")


@pytest.fixture(scope="module")
def lived(house: House) -> House:
    """Documents of two companies in every state, tier and circle, drawn by chance but always the same."""
    rng, world = random.Random(5), house.world
    circles = [club(house, "confidentiality_club", "bram", "pia"), club(house, "ethical_wall", "pia", "bram")]
    for number in range(14):
        owner = "bodil" if number % 5 == 4 else "ada"
        path, category = f"lived/{number}.pdf", rng.choice(CATEGORIES)
        line = world.ready(owner, tier=rng.randint(1, 4), category=category, path=path)
        if category != "price-terms" and rng.random() < 0.5:
            world.do(owner, "document.publish", line.document)
        elif category != "price-terms":
            world.disclosed(
                line.version, owner, "aldermoor" if owner == "bodil" else rng.choice(("borealis", "cassini"))
            )
        if owner == "ada" and number % 4 == 0:
            world.do("ada", "document.limit", line.document, club=circles[number % 8 // 4])
    return house


def explained(house: House, document: uuid.UUID, who: str, do: str, by: str = "ada", **more: Any) -> Any:
    """The answer somebody gets about somebody else."""
    return house.do(by, "access.explain", document, person=house.person(who).user, do=do, **more)


def rows(house: House, who: str, name: str, **params: Any) -> list[Any]:
    """Every row of a list, page after page."""
    found, cursor = [], None
    while True:
        page = house.do(who, name, house.matter, limit=7, cursor=cursor, **params)
        found += page.items
        cursor = page.next
        if cursor is None:
            assert len(found) == page.total
            return found


@pytest.mark.parametrize("asker", ASKERS)
def test_seeing_as_somebody_is_what_they_get_of_ones_own(lived: House, asker: str) -> None:
    gate, own = lived.world.gate, lived.person(asker).organisation
    shown = 0
    for reader in READERS:
        theirs = [
            row
            for row in rows(lived, reader, "document.list")
            if row.organisation.id == own and gate.may(lived.person(asker), "document.read", row.document)
        ]
        assert rows(lived, asker, "access.documents", person=lived.person(reader).user) == theirs, reader
        shown += len(theirs)
    assert shown > 5


def test_a_document_is_shown_with_what_they_can_do(lived: House) -> None:
    seen = 0
    for row in rows(lived, "bram", "document.list"):
        if row.organisation.slug != "aldermoor" or not lived.world.gate.may(
            lived.person("ada"), "document.read", row.document
        ):
            continue
        for reader in ("pia", "bram", "petra"):
            told = lived.do("ada", "access.document", row.document, person=lived.person(reader).user)
            assert (told.record is not None) is lived.world.gate.may(
                lived.person(reader), "document.read", row.document
            )
            for version in told.versions:
                assert lived.do(reader, "version.read", version.id) == version
                seen += 1
    assert seen > 8


def test_an_explanation_is_the_gates_answer(lived: House) -> None:
    answers = set()
    for row in rows(lived, "cleo", "document.list")[::3]:
        if row.organisation.slug != "aldermoor":
            continue
        for who in ("pia", "bodil", "lena"):
            for do in DOING:
                answer = explained(lived, row.document, who, do, by="cleo")
                assert answer.allowed is lived.world.gate.may(lived.person(who), do, answer.version), (who, do)
                answers.add((answer.allowed, bool(answer.rules)))
    assert answers == {(True, True), (False, True), (False, False)}


def test_what_would_have_to_change_and_it_does(house: House) -> None:
    line = house.world.ready(tier=2)
    before = explained(house, line.document, "pia", "page.view")
    assert not before.allowed
    assert ("It is disclosed to Borealis Photonics.",) in before.changes
    assert ("It is published.",) in before.changes
    assert VALID in before.assumed
    house.world.disclosed(line.version)
    after = explained(house, line.document, "pia", "page.view")
    assert after.allowed
    assert after.rules[0].sentence == house.world.services.law.policies[after.rules[0].id].sentence
    ends = {change[0] for change in after.changes}
    assert {"Its disclosure ends.", "It is clawed back.", "Their clearance is lower than its tier."} <= ends
    assert "A hold is placed on it." not in ends


def test_several_changes_are_named_together(house: House) -> None:
    prices = house.world.ready(tier=3, category="price-terms")
    ways = explained(house, prices.document, "pia", "page.view").changes
    team = {"Their company makes them a custodian.", "It is disclosed to a clean team that names them."}
    assert ways
    assert all(team < set(way) for way in ways)
    line = house.world.ready(tier=3, category="unclassified")
    answer = explained(house, line.document, "pia", "page.view")
    assert answer.changes
    law = house.world.services.law
    for change in answer.changes:
        (named,) = [sentence for sentence in change if sentence.startswith("Its category is one of: ")]
        audiences = {category.audience for category in law.categories.values() if category.label in named}
        if not any(sentence.startswith("Their company makes them") for sentence in change):
            assert audiences == {"everyone"}
        assert any("tier" in sentence for sentence in change)
    shortest = min(answer.changes, key=len)
    assert len(shortest) == 3
    assert explained(house, house.world.published(tier=3).document, "pia", "page.view").changes[0] == (
        "They are cleared to tier 3 in this matter.",
    )


def test_walls_and_clubs_are_among_the_changes(house: House) -> None:
    line = house.world.published(tier=2)
    house.do("ada", "document.limit", line.document, club=club(house, "confidentiality_club", "bram"))
    answer = explained(house, line.document, "pia", "page.view", by="cleo")
    assert [rule.id for rule in answer.rules] == ["club-versions-for-the-club"]
    assert ("They are named in its club.",) in answer.changes
    assert ("It is not limited to a club.",) in answer.changes
    guarded = house.world.published(tier=2)
    house.do("ada", "document.limit", guarded.document, club=club(house, "ethical_wall", "pia"))
    assert ("They are let out from behind its wall.",) in explained(house, guarded.document, "pia", "page.view").changes


def test_what_was_destroyed_cannot_come_back(house: House) -> None:
    line = house.world.published(tier=2)
    house.do("ada", "disclosure.claw-back", line.version, ground="zpo", reason="Given by mistake, as we say.",
             notice="Please return or destroy every copy.")  # fmt: skip
    answer = explained(house, line.document, "pia", "page.view")
    assert (answer.allowed, answer.changes) == (False, ())


def test_a_strong_sign_in_is_taken_for_granted_and_said(house: House) -> None:
    line = house.world.published(tier=2)
    answer = explained(house, line.document, "bram", "disclosure.claw-back")
    assert (answer.allowed, answer.assumed) == (True, (HOME, STRONG))


def test_whether_others_accounts_are_valid_is_not_told(house: House) -> None:
    line = house.world.published(tier=2)
    before, answers = explained(house, line.document, "pia", "page.view"), []
    people = [house.person(who).user for who in ("pia", "petra")]
    for active in (False, True):
        with house.writing() as session:
            session.execute(update(User).where(User.id.in_(people)).values(active=active))
        answers += [explained(house, line.document, who, "page.view") for who in ("pia", "petra")]
    assert answers[0] == answers[2] == before
    own = answers[1]
    assert (own.allowed, own.rules[0].id, own.changes) == (False, "active-people-only", (("Their account is valid.",),))
    assert answers[3].allowed


def test_nobody_learns_of_people_who_take_no_part(house: House) -> None:
    document = house.world.published(tier=2).document
    told = []
    for person in (house.person("stray").user, uuid.uuid4()):
        for name, target, more in (
            ("access.explain", document, {"do": "page.view"}),
            ("access.document", document, {}),
            ("access.documents", house.matter, {}),
        ):
            with pytest.raises(Invalid) as caught:
                house.do("ada", name, target, person=person, **more)
            told.append(str(caught.value))
    assert len(set(told)) == 1


def test_own_people_outside_the_matter_are_explained(house: House) -> None:
    line = house.world.published(tier=2)
    answer = explained(house, line.document, "gone", "page.view")
    assert [rule.id for rule in answer.rules] == ["own-matter-only", "clearance"] or not answer.allowed
    assert ("They take part in the matter, cleared to tier 2.",) in answer.changes


@pytest.mark.parametrize("do", ["matter.read", "disclosure.grant", "version.erase", "nonsense"])
def test_only_what_one_does_with_a_document_is_explained(house: House, do: str) -> None:
    with pytest.raises(Invalid, match="do: "):
        explained(house, house.world.published(tier=2).document, "pia", do)


def test_another_documents_version_is_not_explained(house: House) -> None:
    first, second = house.world.published(tier=2), house.world.published(tier=2)
    with pytest.raises(Invalid, match="version: "):
        explained(house, first.document, "pia", "page.view", version=second.version)


def test_what_the_asker_may_not_see_is_not_shown_through_others(house: House) -> None:
    line = house.world.published(tier=2)
    house.do("ada", "document.limit", line.document, club=club(house, "confidentiality_club", "pia"))
    pia = house.person("pia").user
    assert line.version in {row.id for row in rows(house, "pia", "document.list")}
    assert line.version not in {row.id for row in rows(house, "ada", "access.documents", person=pia)}
    for name, more in (("access.document", {}), ("access.explain", {"do": "page.view"})):
        with pytest.raises(NotFound):
            house.do("ada", name, line.document, person=pia, **more)


def test_looking_is_recorded_with_whose_eyes(house: House) -> None:
    line = house.world.published(tier=2)
    sizes = house.log_sizes()
    explained(house, line.document, "pia", "page.view")
    (entry,) = house.entries_since(sizes)
    assert (entry.fields["act"], entry.fields["outcome"]) == ("access.explain", "done")
    assert entry.fields["facts"]["asked"] == "page.view"
    assert entry.fields["facts"]["member"] == str(house.person("pia").user)


def why(house: House, who: str, do: str, thing: uuid.UUID | None = None) -> Any:
    """The answer somebody gets about themselves."""
    return house.do(who, "access.why", house.matter, do=do, thing=thing)


def test_a_refusal_names_the_question_and_the_answer_its_rules(house: House) -> None:
    line = house.world.published(tier=1)
    house.hold(line)
    for who, do, thing, rule in (
        ("bram", "disposal.propose", line.document, "held-is-never-disposed-of"),
        ("ada", "redaction.approve", house.in_review(), "author-never-approves"),
    ):
        with pytest.raises(Refused) as caught:
            house.do(who, do, thing, **({"reason": "The period has ended."} if do == "disposal.propose" else {}))
        asked: Any = caught.value.facts["why_not"]
        assert asked == {"matter": str(house.matter), "do": do, "thing": str(thing)}
        found = why(house, who, asked["do"], uuid.UUID(asked["thing"]))
        assert (found.allowed, rule in {one.id for one in found.rules}) == (False, True)
        assert next(one.sentence for one in found.rules if one.id == rule) in caught.value.detail
    assert ("No hold covers it.",) in why(house, "bram", "disposal.propose", line.document).changes


def test_of_another_organisations_things_only_what_would_change_about_oneself_is_told(house: House) -> None:
    line = house.world.published(tier=2)
    found = why(house, "pia", "version.download", line.version)
    assert (found.allowed, found.rules) == (False, ())
    assert ("Your company makes you a custodian.",) in found.changes
    assert all(sentence.startswith(("You ", "Your ")) for each in found.changes for sentence in each)
    assert why(house, "pia", "page.view", line.version).allowed
    assert why(house, "ada", "disclosure.claw-back", line.version).allowed


def test_what_is_hidden_is_answered_as_what_does_not_exist(house: House) -> None:
    staged, guarded = house.line(tier=1), house.world.published(tier=1)
    house.do("ada", "document.limit", guarded.document, club=club(house, "ethical_wall", "pia"))
    elsewhere = house.own_scope()
    told = set()
    for do, thing in (
        ("page.view", staged.version),
        ("document.read", staged.document),
        ("page.view", guarded.version),
        ("page.view", house.content_of(elsewhere).id),
        ("page.view", uuid.uuid4()),
    ):
        with pytest.raises(NotFound) as caught:
            why(house, "pia", do, thing)
        told.add((caught.value.code, caught.value.detail, str(caught.value.facts)))
    assert len(told) == 1
    with pytest.raises(NotFound):
        why(house, "stray", "page.view", guarded.version)


@pytest.mark.parametrize("do", ["no.such", "matter.create", "document.list", "member.add", "key.rotate", "page.view"])
def test_only_what_one_does_to_a_thing_in_the_matter_is_asked_about(house: House, do: str) -> None:
    with pytest.raises(Invalid, match="do:"):
        why(house, "ada", do)
