"""Cases of the ways in of directories, and of what directories do with accounts."""

from __future__ import annotations

import uuid
from typing import Any

from dataroom.model import Directory, Membership, Session, Token, User
from tests.actions.case import Case, Target
from tests.actions.directories import MINE, THEIRS, account, admitted, departed_from, filed, working
from tests.actions.house import House


def _made(house: House, _target: Any, result: Any) -> None:
    row = house.row(Directory, result.id)
    assert result.secret.startswith("drs_")
    assert result.secret not in row.token_hash
    assert row.organisation_id == house.person("cleo").organisation


def _room(house: House) -> Target:
    """Nobody is let in more than the directory of the tests."""
    admitted(house)
    kept = house.person(MINE).token
    own = Directory.organisation_id == house.person("cleo").organisation
    for row in house.rows(Directory, Directory.revoked_at.is_(None), Directory.id != kept, own):
        house.world.do("cleo", "directory.revoke", row.id)
    return None


def _another(house: House) -> Target:
    _room(house)
    found: uuid.UUID = house.world.do("cleo", "directory.add", name="Another").id
    return found


def _revoked(house: House, target: Any, _result: Any) -> None:
    assert house.row(Directory, target).revoked_at is not None


def _listed(house: House, _target: Any, result: Any) -> None:
    assert {view.name for view in result} >= {"Directory of aldermoor"}
    assert {view.secret for view in result} == {None}


def _any(house: House) -> Target:
    admitted(house)
    return None


def _person(house: House) -> Target:
    return filed(house)


def _somebody(house: House, _target: Any) -> dict[str, Any]:
    return {"email": f"n-{uuid.uuid4().hex[:8]}@aldermoor.example", "external_id": "4711"}


def _created(house: House, _target: Any, result: Any) -> None:
    row = house.row(User, result.id)
    assert (row.external_id, row.active, row.role) == ("4711", False, "partner")
    assert row.invited_until is not None


def _all_own(house: House, _target: Any, result: Any) -> None:
    assert result.total == len(result.items) > 5
    assert {view.email.rpartition("@")[2] for view in result.items} == {"aldermoor.example"}


def _ended(house: House, target: Any, result: Any) -> None:
    assert (result.active, house.row(User, target).active) == (False, False)
    assert house.rows(Session, Session.user_id == target, Session.ended_at.is_(None)) == []
    assert house.rows(Token, Token.user_id == target, Token.revoked_at.is_(None)) == []


def _lapsed(house: House, target: Any, _result: Any) -> None:
    gone = [row.id for row in house.rows(User, User.departed_at.is_not(None))]
    parts = house.rows(Membership, Membership.matter_id == target, Membership.user_id.in_(gone))
    assert len(parts) == 1
    assert parts[0].removed_at is not None


CASES = (
    Case(
        "directory.add",
        "cleo",
        _made,
        _room,
        params=lambda h, t: {"name": "Entra ID"},
        lower="ada",
        outsider="dora",
    ),
    Case("directory.list", "cleo", _listed, _any, lower="ada", outsider="stray", reads=True),
    Case("directory.revoke", "cleo", _revoked, _another, lower="ada", foreign="corin"),
    Case("account.list", MINE, _all_own, _any, lower="cleo", reads=True),
    Case("account.read", MINE, lambda h, t, r: None, _person, lower="cleo", foreign=THEIRS, reads=True),
    Case("account.create", MINE, _created, _any, params=_somebody, lower="cleo"),
    Case(
        "account.change",
        MINE,
        _ended,
        lambda h: account(h, working(h)),
        params=lambda h, t: {"active": False},
        lower="cleo",
        foreign=THEIRS,
    ),
    Case("account.remove", MINE, _ended, lambda h: account(h, working(h)), lower="cleo", foreign=THEIRS),
    Case("member.lapse", "service", _lapsed, departed_from, lower="ada"),
)
