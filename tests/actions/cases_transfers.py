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
    made = recorded(house, country, mechanism, to)
    house.do("carl", "transfer.confirm", made)
    return made


def recorded(house: House, country: str = "US", mechanism: str = "scc", to: str = "borealis") -> uuid.UUID:
    """What cleo has recorded and nobody has confirmed."""
    made: uuid.UUID = house.do("cleo", "transfer.record", house.matter, **way_terms(house, country, mechanism, to)).id
    return made


def way_terms(house: House, country: str = "US", mechanism: str = "scc", to: str = "borealis") -> dict[str, Any]:
    """To whom, where, by what, why and for thirty days."""
    until = house.world.clock.now() + timedelta(days=30)
    return {"recipient": to, "country": country, "mechanism": mechanism, "reason": GROUNDS, "until": until}


def _recorded(house: House, target: Any, result: Any) -> None:
    row = house.row(Transfer, result.id)
    assert (row.matter_id, row.country, row.mechanism, row.ended_at) == (target, "US", "scc", None)
    assert (row.confirmed_by, row.confirmed_at) == (None, None)
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
    resumed(house, "uk-idta")


def resumed(house: House, mechanism: str) -> Any:
    """Has a mechanism relied on again, by two people."""
    house.do("cleo", "transfer.resume", mechanism=mechanism, reason=GROUNDS)
    return house.do("carl", "transfer.confirm-resumption", mechanism=mechanism)


def _confirmed(house: House, target: Any, _result: Any) -> None:
    row = house.row(Transfer, target)
    assert (row.confirmed_by, row.recorded_by) == (house.person("ada").user, house.person("cleo").user)


def _resumable(house: House) -> None:
    house.do("cleo", "transfer.suspend", mechanism="cn-export", reason=GROUNDS)


def _resume_asked(house: House, _target: Any, result: Any) -> None:
    row = house.row(Suspension, result.id)
    assert (row.resume_asked_by, row.resume_reason, row.resumed_at) == (house.person("cleo").user, GROUNDS, None)
    house.do("carl", "transfer.confirm-resumption", mechanism="cn-export")


def _asked_for(house: House) -> None:
    house.do("cleo", "transfer.suspend", mechanism="unrestricted", reason=GROUNDS)
    house.do("cleo", "transfer.resume", mechanism="unrestricted", reason=GROUNDS)


def _resumed(house: House, _target: Any, result: Any) -> None:
    row = house.row(Suspension, result.id)
    assert (row.resume_asked_by, row.resumed_by) == (house.person("cleo").user, house.person("carl").user)


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
    Case("transfer.confirm", "ada", _confirmed, recorded, lower="petra", foreign="cass"),
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
        _resume_asked,
        _resumable,
        params=lambda h, t: {"mechanism": "cn-export", "reason": GROUNDS},
        lower="ada",
    ),
    Case(
        "transfer.confirm-resumption",
        "carl",
        _resumed,
        _asked_for,
        params=lambda h, t: {"mechanism": "unrestricted"},
        lower="petra",
    ),
    Case(
        "document.assess",
        "ada",
        _assessed,
        lambda h: h.line().document,
        params=lambda h, t: {"export": "free", "basis": GROUNDS},
    ),
)
