"""Cases of leave and deputies."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from dataroom.model import Leave
from tests.actions.case import Case
from tests.actions.house import House

WHY = "On leave until the hearing, as agreed with the team."


def terms_of(house: House, days: float = 10, **more: Any) -> dict[str, Any]:
    """From now on for some days, with a reason."""
    return {"until": house.world.clock.now() + timedelta(days=days), "reason": WHY, **more}


def away(house: House, who: str, deputy: str = "", matter: uuid.UUID | None = None, **more: Any) -> uuid.UUID:
    """A leave somebody has announced, with a deputy of Aldermoor if one is given."""
    named = {"deputy": f"{deputy}@aldermoor.example"} if deputy else {}
    place = matter or house.matter
    return house.do(who, "leave.announce", place, **terms_of(house, **named, **more)).id  # type: ignore[no-any-return]


def _elsewhere(house: House) -> uuid.UUID:
    """A leave of ada's in a fresh matter."""
    return away(house, "ada", matter=house.other_matter())


def _away_there(house: House) -> uuid.UUID:
    matter = house.other_matter()
    away(house, "ada", matter=matter)
    return matter


def _announced(house: House, target: Any, result: Any) -> None:
    row = house.row(Leave, result.id)
    assert (row.matter_id, row.user_id, row.deputy_id) == (target, house.person("ada").user, house.person("bram").user)
    assert (row.reason, row.ended_at) == (WHY, None)


def _ended(house: House, target: Any, _result: Any) -> None:
    row = house.row(Leave, target)
    assert (row.ended_by, row.ended_at is None) == (house.person("ada").user, False)


CASES = (
    Case(
        "leave.announce",
        "ada",
        _announced,
        lambda h: h.other_matter(),
        params=lambda h, t: terms_of(h, deputy="bram@aldermoor.example"),
        lower="petra",
        foreign="cass",
    ),
    Case(
        "leave.list",
        "bram",
        lambda h, t, r: None,
        _away_there,
        lower="petra",
        foreign="bodil",
        shows=lambda h, r: bool(r),
        reads=True,
    ),
    Case("leave.end", "ada", _ended, _elsewhere, lower="petra", foreign="bodil"),
)
