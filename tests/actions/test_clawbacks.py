"""Claw-backs: closed at once on every way, told to those who had it and to nobody else, and nothing is deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dataroom.errors import ClawedBack, Conflict, DataroomError, NotFound, Refused
from dataroom.model import ClawBack, Version
from tests.actions.cases_clawbacks import ANSWER, ORDER, clawed, given
from tests.actions.house import House, terms

WAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("version.read", {}),
    ("page.view", {"page": 2, "width": 60}),
    ("version.download", {}),
)


def view(house: House, who: str, version: Any) -> None:
    """Looks at the second page."""
    house.do(who, "page.view", version, page=2, width=60)


def test_every_way_is_closed_at_the_next_request_and_tells_the_notice(house: House) -> None:
    version = given(house)
    view(house, "pia", version)
    made = house.do("ada", "disclosure.claw-back", version, **ORDER).id
    for who in ("pia", "bodil"):
        for act, params in WAYS:
            with pytest.raises(ClawedBack) as caught:
                house.do(who, act, version, **params)
            assert caught.value.facts == {"claw_back": str(made)}
            assert "Clawed back by Aldermoor" in caught.value.detail
        assert version not in {line.id for line in house.do(who, "document.list", house.matter).items}
    for who in ("cass", "stray"):
        with pytest.raises(NotFound):
            view(house, who, version)
    view(house, "ada", version)


def test_a_published_version_is_taken_from_every_participant(house: House) -> None:
    line = house.world.published()
    view(house, "cass", line.version)
    made = house.do("cleo", "disclosure.claw-back", line.version, **ORDER).id
    for who in ("pia", "cass"):
        with pytest.raises(ClawedBack):
            view(house, who, line.version)
    with pytest.raises(NotFound):
        view(house, "petra", line.version)
    told = house.do("cleo", "claw-back.read", made)
    assert {party.organisation.slug for party in told.parties} == {"borealis", "cassini"}
    with pytest.raises(Conflict):
        house.do("ada", "document.publish", line.document)
    assert house.row(Version, line.version).state == "staged"


def test_it_stays_closed_whatever_is_done_later(house: House) -> None:
    version = given(house)
    house.do("ada", "disclosure.claw-back", version, **ORDER)
    with pytest.raises(Refused):
        house.do("ada", "disclosure.grant", version, **terms(house))
    with pytest.raises(Refused):
        house.do("bram", "disclosure.claw-back", version, **ORDER)
    with house.writing() as session:
        session.get(Version, version).state = "published"
    with pytest.raises(ClawedBack):
        view(house, "bodil", version)


def test_what_nobody_had_is_not_clawed_back(house: House) -> None:
    with pytest.raises(Conflict):
        house.do("ada", "disclosure.claw-back", house.line().version, **ORDER)


def test_an_expired_or_withdrawn_disclosure_is_clawed_back_too(house: House) -> None:
    version = house.line().version
    house.do("ada", "disclosure.withdraw", house.world.disclosed(version))
    made = house.do("ada", "disclosure.claw-back", version, **ORDER).id
    assert [line.id for line in house.do("corin", "claw-back.list", house.matter) if line.id == made] == [made]
    with pytest.raises(ClawedBack):
        view(house, "bodil", version)


def test_a_recipient_learns_neither_the_reason_nor_of_other_recipients(house: House) -> None:
    version = given(house)
    house.world.disclosed(version, to="cassini")
    view(house, "cass", version)
    made = house.do("ada", "disclosure.claw-back", version, **ORDER).id
    told = house.do("corin", "claw-back.read", made)
    assert (told.reason, told.ordered_by, told.notice) == ("", "", ORDER["notice"])
    assert {party.organisation.slug for party in told.parties} == {"borealis"}
    assert {access.who for access in told.accesses} == {"Bodil Rask"}
    partner = house.do("pia", "claw-back.read", made)
    assert (partner.accesses, partner.can) == ((), frozenset({"claw-back.notice"}))
    csv = b"".join(house.do("corin", "claw-back.notice", made, form="csv").pieces)
    assert b"Cass" not in csv
    assert b"royalty" not in b"".join(house.do("pia", "claw-back.notice", made, form="pdf").pieces)


def test_partners_are_not_told_of_what_was_for_counsel(house: House) -> None:
    version = house.line(category="royalty").version
    house.world.disclosed(version)
    made = house.do("ada", "disclosure.claw-back", version, **ORDER).id
    assert house.do("bodil", "claw-back.read", made).id == made
    for act, target in (("claw-back.read", made), ("version.read", version)):
        with pytest.raises(NotFound):
            house.do("pia", act, target)


def test_a_hold_of_the_recipient_keeps_its_copies(house: House) -> None:
    line = house.line()
    house.world.disclosed(line.version)
    hold = house.do(
        "corin", "hold.place", line.document, kind="litigation", reason="Action before the regional court."
    ).id
    made = house.do("ada", "disclosure.claw-back", line.version, **ORDER).id
    assert house.do("corin", "claw-back.read", made).held
    assert not house.do("ada", "claw-back.read", made).held
    for claim in ("destroyed", "returned"):
        with pytest.raises(Refused, match="hold"):
            house.do("corin", "claw-back.answer", made, answer=claim, statement="All copies were shredded.")
    house.do("corin", "claw-back.answer", made, **ANSWER)
    house.do("corin", "hold.release", hold, reason="The action was settled between the parties.")
    house.do("bodil", "claw-back.answer", made, answer="destroyed", statement="All copies were shredded.")
    (party,) = house.do("ada", "claw-back.read", made).parties
    assert (party.answer, party.answered_by) == ("destroyed", "Bodil Rask")
    assert house.row(Version, line.version).wrapped_dek is not None


def test_the_owner_does_not_answer_for_others(house: House) -> None:
    made = clawed(house)
    with pytest.raises(DataroomError):
        house.do("ada", "claw-back.answer", made, **ANSWER)


def test_the_entry_tells_who_had_opened_it(house: House) -> None:
    version, sizes = given(house), house.log_sizes()
    house.do("ada", "disclosure.claw-back", version, **ORDER)
    (entry,) = house.entries_since(sizes)
    assert {k: entry.fields["facts"][k] for k in ("opened_by", "downloads", "ground")} == {
        "opened_by": 1,
        "downloads": 1,
        "ground": "fre-502b",
    }
    assert ORDER["reason"] not in json.dumps(entry.fields)


def test_there_is_one_row_for_a_version(house: House) -> None:
    version = given(house)
    house.do("ada", "disclosure.claw-back", version, **ORDER)
    assert house.count(ClawBack, ClawBack.version_id == version) == 1
