"""Cases of the actions on matters and the people in them."""

from __future__ import annotations

from typing import Any

from dataroom.model import AuditLog, Matter, Membership, Participation
from tests.actions.case import Case
from tests.actions.house import House


def _created(house: House, _target: Any, result: Any) -> None:
    assert house.row(Matter, result.id).state == "open"
    assert house.count(Participation, Participation.matter_id == result.id) == 2
    assert house.count(Membership, Membership.matter_id == result.id) == 2
    assert house.count(AuditLog, AuditLog.matter_id == result.id) == 1


def _listed(house: House, result: Any) -> bool:
    return house.matter in {view.id for view in result}


def _read(house: House, target: Any, result: Any) -> None:
    assert (result.id, result.reference, result.tier) == (target, "LvB-1", 2)
    assert {party.slug for party in result.organisations} == {"aldermoor", "borealis", "cassini"}


def _closed(house: House, target: Any, _result: Any) -> None:
    row = house.row(Matter, target)
    assert row.state == "closed"
    assert row.closed_at is not None


def _people(house: House, _target: Any, result: Any) -> None:
    mails = {view.email for view in result}
    assert {"ada@aldermoor.example", "bodil@borealis.example"} <= mails
    assert "gone@aldermoor.example" not in mails
    assert "stray@cassini.example" not in mails


def _added(house: House, target: Any, result: Any) -> None:
    row = house.row(Membership, result.id)
    assert (row.matter_id, row.tier, row.removed_at) == (target, 2, None)


def _removed(house: House, target: Any, result: Any) -> None:
    row = house.row(Membership, result.id)
    assert row.matter_id == target
    assert row.removed_at is not None


CASES = (
    Case(
        "matter.create",
        "ada",
        _created,
        params=lambda house, _t: {
            "name": "Prism against Coldwater",
            "reference": "PvC-1",
            "participants": ["borealis"],
            "invite": ["bodil@borealis.example"],
        },
        lower="petra",
    ),
    Case("matter.list", "petra", lambda h, t, r: None, lower="dora", shows=_listed, reads=True),
    Case("matter.read", "petra", _read, lambda h: h.matter, lower="gone", foreign="", reads=True),
    Case("matter.close", "ada", _closed, lambda h: h.other_matter(), lower="petra", foreign="", outsider="cass"),
    Case("member.list", "petra", _people, lambda h: h.matter, lower="gone", foreign="", reads=True),
    Case(
        "member.add",
        "ada",
        _added,
        lambda h: h.other_matter(),
        params=lambda h, t: {"email": "carl@aldermoor.example", "tier": 2},
        lower="petra",
        foreign="",
    ),
    Case(
        "member.remove",
        "ada",
        _removed,
        lambda h: h.other_matter(),
        params=lambda h, t: {"email": "petra@aldermoor.example"},
        lower="petra",
        foreign="",
    ),
)
