"""Cases of the actions on claw-backs."""

from __future__ import annotations

import uuid
from typing import Any

from dataroom.model import ClawBack, ClawBackParty, Disclosure
from tests.actions.case import Case, Target
from tests.actions.house import House

ORDER = {
    "ground": "fre-502b",
    "reason": "Page 2 shows the royalty that was meant to be redacted.",
    "notice": "The document was given by mistake and is privileged; FRE 502(b).",
}
ANSWER = {"answer": "sequestered", "statement": "Two copies are locked away until the court decides."}


def given(house: House) -> uuid.UUID:
    """A version that borealis has been given, and that bodil has opened and downloaded."""
    version: uuid.UUID = house.line().version
    house.world.disclosed(version)
    house.do("bodil", "page.view", version, page=1, width=60)
    assert b"".join(house.do("bodil", "version.download", version).pieces)
    return version


def clawed(house: House) -> uuid.UUID:
    """A claw-back of such a version by ada."""
    made: uuid.UUID = house.do("ada", "disclosure.claw-back", given(house), **ORDER).id
    return made


def _matter(house: House) -> Target:
    clawed(house)
    return house.matter


def _ordered(house: House, target: Any, result: Any) -> None:
    row = house.row(ClawBack, result.id)
    assert (row.version_id, row.tier, row.ground) == (target, 2, "fre-502b")
    assert all(d.withdrawn_at is not None for d in house.rows(Disclosure, Disclosure.version_id == target))
    parties = house.rows(ClawBackParty, ClawBackParty.claw_back_id == row.id)
    assert [party.organisation_id for party in parties] == [house.person("bodil").organisation]


def _read(house: House, target: Any, result: Any) -> None:
    assert (result.id, result.reason, result.ordered_by) == (target, ORDER["reason"], "Ada Quill")
    assert {(a.who, a.act) for a in result.accesses} == {
        ("Bodil Rask", "page.view"),
        ("Bodil Rask", "version.download"),
    }


def _noticed(_house: House, _target: Any, result: Any) -> None:
    assert b'"Bodil Rask","downloaded a copy","1"' in result


def _answered(house: House, target: Any, _result: Any) -> None:
    (party,) = house.rows(ClawBackParty, ClawBackParty.claw_back_id == target)
    assert (party.answer, party.answered_by) == ("sequestered", house.person("bodil").user)


CASES = (
    Case("disclosure.claw-back", "ada", _ordered, given, params=lambda h, t: ORDER, foreign="cass"),
    Case(
        "claw-back.list",
        "ada",
        lambda h, t, r: None,
        _matter,
        shows=lambda h, r: bool(r),
        foreign="cass",
        reads=True,
    ),
    Case("claw-back.read", "ada", _read, clawed, foreign="cass", reads=True),
    Case(
        "claw-back.notice",
        "cleo",
        _noticed,
        clawed,
        lower="lorn",
        foreign="cass",
        reads=True,
    ),
    Case("claw-back.answer", "bodil", _answered, clawed, params=lambda h, t: ANSWER, lower="pia", foreign="cass"),
)
