"""Cases of what documents rest on to cross a border, of suspending it, and of export control."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from dataroom.model import Document, Suspension, Transfer
from tests.actions.case import Case
from tests.actions.house import House

GROUNDS = "Signed on 3 March, file T-12, with the assessment of that day."


def way(house: House, country: str = "US", mechanism: str = "scc", to: str = "borealis") -> uuid.UUID:
    """What carries Aldermoor's documents to a participant in a country."""
    made: uuid.UUID = house.do("cleo", "transfer.record", house.matter, **way_terms(house, country, mechanism, to)).id
    return made


def way_terms(house: House, country: str = "US", mechanism: str = "scc", to: str = "borealis") -> dict[str, Any]:
    """To whom, where, by what, why and for thirty days."""
    until = house.world.clock.now() + timedelta(days=30)
    return {"recipient": to, "country": country, "mechanism": mechanism, "reason": GROUNDS, "until": until}


def _recorded(house: House, target: Any, result: Any) -> None:
    row = house.row(Transfer, result.id)
    assert (row.matter_id, row.country, row.mechanism, row.ended_at) == (target, "US", "scc", None)
    assert row.organisation_id == house.person("cleo").organisation


def _ended(house: House, target: Any, _result: Any) -> None:
    assert house.row(Transfer, target).ended_at is not None


def _listed(house: House, result: Any) -> bool:
    return any(row.country == "BR" for row in result.items)


def _list_target(house: House) -> uuid.UUID:
    way(house, "BR")
    return house.matter


def _suspended(house: House, _target: Any, result: Any) -> None:
    row = house.row(Suspension, result.id)
    assert (row.mechanism, row.resumed_at) == ("uk-idta", None)
    house.do("cleo", "transfer.resume", mechanism="uk-idta", reason=GROUNDS)


def _resumable(house: House) -> None:
    house.do("cleo", "transfer.suspend", mechanism="cn-export", reason=GROUNDS)


def _resumed(house: House, _target: Any, result: Any) -> None:
    assert house.row(Suspension, result.id).resumed_by == house.person("cleo").user


def _assessed(house: House, target: Any, _result: Any) -> None:
    row = house.row(Document, target)
    assert (row.export, row.export_basis) == ("free", GROUNDS)


CASES = (
    Case(
        "transfer.record",
        "cleo",
        _recorded,
        lambda h: h.matter,
        params=lambda h, t: way_terms(h),
        lower="ada",
        foreign="",
    ),
    Case("transfer.end", "cleo", _ended, way, lower="ada", foreign="cass"),
    Case(
        "transfer.list",
        "ada",
        lambda h, t, r: None,
        _list_target,
        lower="petra",
        foreign="cass",
        shows=_listed,
        reads=True,
    ),
    Case(
        "transfer.suspend",
        "cleo",
        _suspended,
        params=lambda h, t: {"mechanism": "uk-idta", "reason": GROUNDS},
        lower="ada",
    ),
    Case(
        "transfer.resume",
        "cleo",
        _resumed,
        _resumable,
        params=lambda h, t: {"mechanism": "cn-export", "reason": GROUNDS},
        lower="ada",
    ),
    Case(
        "document.assess",
        "ada",
        _assessed,
        lambda h: h.line().document,
        params=lambda h, t: {"export": "free", "basis": GROUNDS},
    ),
)
