"""Cases of the actions on sessions and on the people of one's own organisation."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import update

from dataroom.model import Session, Token, User
from tests.actions.case import Case, Target
from tests.actions.house import House, enrol


def _of_ada(house: House, _target: Any) -> dict[str, Any]:
    return {"user": house.person("ada").user}


def _sessions(house: House, result: Any) -> bool:
    return any(view.user == house.person("ada").user for view in result)


def _ended(house: House, target: Any, _result: Any) -> None:
    assert house.row(Session, target).ended_at is not None


def _fresh(house: House) -> uuid.UUID:
    """Somebody with a session and a token."""
    who = f"fresh-{uuid.uuid4().hex[:8]}"
    enrol(house.world, who, "aldermoor", "partner")
    house.token(who)
    user = house.person(who).user
    assert user
    return user


def _dormant(house: House) -> uuid.UUID:
    user = _fresh(house)
    house.do("cleo", "user.deactivate", user)
    return user


def _shut(house: House, target: Any, _result: Any) -> None:
    assert not house.row(User, target).active
    assert house.rows(Session, Session.user_id == target, Session.ended_at.is_(None)) == []
    assert house.rows(Token, Token.user_id == target, Token.revoked_at.is_(None)) == []
    assert house.rows(Session, Session.user_id == house.person("cleo").user, Session.ended_at.is_(None))


def _back(house: House, target: Any, _result: Any) -> None:
    assert house.row(User, target).active
    assert house.rows(Session, Session.user_id == target, Session.ended_at.is_(None)) == []


def _own_people(house: House, _target: Any, result: Any) -> None:
    assert {"ada", "cleo", "petra"} <= {view.email.partition("@")[0] for view in result}
    assert {view.email.partition("@")[2] for view in result} == {"aldermoor.example"}
    assert all(view.seen_at for view in result if view.active)


def _cut(house: House, _target: Any, result: Any) -> None:
    assert result == 1


def _lorn_arrives(house: House) -> Target:
    made = house.session_of("lorn")
    with house.writing() as session:
        session.execute(update(Session).where(Session.id == made).values(issuer_session=f"sid-{made}"))
    return None


def _lorn(house: House, _target: Any) -> dict[str, Any]:
    row = house.rows(Session, Session.issuer_session.like("sid-%"), Session.ended_at.is_(None))
    return {"issuer": "http://127.0.0.1:1/aldermoor", "subject": "lorn", "sid": row[0].issuer_session if row else "x"}


def _newcomer(house: House, _target: Any) -> dict[str, Any]:
    return {"email": "newcomer@aldermoor.example"}


def _invited(house: House, _target: Any, result: Any) -> None:
    row = house.row(User, result.id)
    assert (row.email, row.active) == ("newcomer@aldermoor.example", False)
    assert row.invited_until > house.world.clock.now()


CASES = (
    Case("session.list", "ada", lambda h, t, r: None, params=_of_ada, lower="bram", shows=_sessions, reads=True),
    Case("session.revoke", "cleo", _ended, lambda h: h.session_of("ada"), lower="bram", foreign="corin"),
    Case("session.cut", "service", _cut, _lorn_arrives, params=_lorn, lower="ada"),
    Case("user.list", "ada", _own_people, lower="petra", reads=True),
    Case("user.invite", "cleo", _invited, params=_newcomer, lower="petra"),
    Case("user.deactivate", "bram", _shut, _fresh, lower="petra", foreign="corin"),
    Case("user.reactivate", "cleo", _back, _dormant, lower="petra", foreign="corin"),
)
