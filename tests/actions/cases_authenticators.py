"""Cases of the actions on people's own keys."""

from __future__ import annotations

import secrets
from typing import Any

from dataroom.model import Authenticator
from tests.actions.case import Case, Target
from tests.actions.house import House


def _ready(house: House) -> Target:
    house.fresh("kim")
    return None


def _listed(house: House) -> Target:
    house.key_of("kay")
    return None


def _new(house: House, _target: Any) -> dict[str, Any]:
    return {"name": "blue key", "credential": secrets.token_hex(32), "public_key": secrets.token_hex(64), "count": 3}


def _added(house: House, _target: Any, result: Any) -> None:
    row = house.row(Authenticator, result.id)
    assert (row.user_id, row.name, row.count, row.removed_at) == (house.person("kim").user, "blue key", 3, None)
    with house.writing() as session:
        session.delete(session.get(Authenticator, result.id))


def _shown(house: House, _target: Any) -> dict[str, Any]:
    return {"count": 8, "secret": secrets.token_urlsafe(48)}


def _used(house: House, target: Any, _result: Any) -> None:
    row = house.row(Authenticator, target)
    assert row.count == 8
    assert row.used_at is not None


def _removed(house: House, target: Any, _result: Any) -> None:
    assert house.row(Authenticator, target).removed_at is not None


CASES = (
    Case(
        "authenticator.list",
        "kay",
        lambda h, t, r: None,
        _listed,
        lower="dora",
        outsider="stray",
        shows=lambda h, r: bool(r),
        reads=True,
    ),
    Case("authenticator.add", "kim", _added, _ready, params=_new, lower="dora", outsider="dora"),
    Case("authenticator.use", "kay", _used, lambda h: h.key_of("kay"), params=_shown, lower="kim"),
    Case("authenticator.remove", "kay", _removed, lambda h: h.key_of("kay"), lower="kim"),
)
