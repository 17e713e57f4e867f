"""Cases of the actions on persons and their right to be forgotten."""

from __future__ import annotations

import uuid
from typing import Any

from dataroom.model import AuditDisclosure, AuditPerson, Session, Token, User
from tests.actions.case import Case, Target
from tests.actions.house import House


def _people(house: House, result: Any) -> bool:
    return any(view.email == "petra@aldermoor.example" for view in result)


def _closed(house: House, target: Any, _result: Any) -> None:
    assert house.key(target).state == "shredding"
    assert not house.rows(Session, Session.user_id == target, Session.ended_at.is_(None))
    assert not house.rows(Token, Token.user_id == target, Token.revoked_at.is_(None))


def _back(house: House, target: Any, _result: Any) -> None:
    assert house.key(target).state == "active"


def _forgotten(house: House, target: Any, _result: Any) -> None:
    row, key = house.row(User, target), house.key(target)
    assert (row.name, row.email, row.active) == ("(erased)", "", False)
    assert "lev" not in row.subject
    assert (key.state, key.kek_blob) == ("tombstone", None)
    assert not house.rows(Session, Session.user_id == target)


def _gone(house: House, target: Any, _result: Any) -> None:
    assert not house.world.services.kms.exists(house.key(target).kms_key)


def _sealed(house: House, _target: Any, _result: Any) -> None:
    assert not house.rows(AuditDisclosure, AuditDisclosure.name == "person")


def _still_open(house: House, _target: Any, _result: Any) -> None:
    """The keys of everybody not erased are wrapped anew and open."""
    kms, active = house.world.services.kms, house.rows(AuditPerson, AuditPerson.state == "active")
    assert active
    assert all(len(kms.unwrap(row.kms_key, row.kek_blob)) == 32 for row in active)


def _leaver(house: House) -> Target:
    return house.leaver()


EVERYBODY = {"first": uuid.UUID(int=0), "last": uuid.UUID(int=2**128 - 1)}

CASES = (
    Case("person.list", "cleo", lambda h, t, r: None, lower="ada", shows=_people, reads=True),
    Case("person.erase", "cleo", _closed, _leaver, params=lambda h, t: {"ground": "request"}, foreign="corin"),
    Case("person.restore", "cleo", _back, lambda h: h.erasing(), foreign="corin"),
    Case("person.destroy", "service", _forgotten, lambda h: h.erasing(), lower="cleo"),
    Case("person.forget", "service", _gone, lambda h: h.erased(), lower="cleo"),
    Case("person.rewrap", "service", _still_open, params=lambda h, t: EVERYBODY, lower="cleo"),
    Case("person.seal", "service", _sealed, lower="cleo"),
)
