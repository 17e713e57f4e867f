"""Cases of the actions on the audit log, on accounts, and of the service itself."""

from __future__ import annotations

import secrets
from typing import Any

from dataroom.actions import identity
from dataroom.model import Organisation, Session, Token, User, Version
from tests.actions.case import Case, Target
from tests.actions.house import House


def _entries(house: House, result: Any) -> bool:
    return any(view.act == "document.upload" for view in result.items)


def _bundle(house: House, _target: Any, result: Any) -> None:
    assert result[:2] == b"PK"


def _proof(house: House, _target: Any, result: Any) -> None:
    assert result.startswith(b"c2sp.org/tlog-proof@v1\nextra ")


def _made(house: House, _target: Any, result: Any) -> None:
    row = house.row(Token, result.id)
    assert result.secret.startswith("dr_")
    assert result.secret not in row.token_hash


def _tokens(house: House, result: Any) -> bool:
    return bool(result)


def _revoked(house: House, target: Any, _result: Any) -> None:
    assert house.row(Token, target).revoked_at is not None


def _ended(house: House, target: Any, _result: Any) -> None:
    assert house.row(Session, target).ended_at is not None


def _arrival(house: House, _target: Any) -> dict[str, Any]:
    issuer = next(row for row in identity.issuers(house.world.services) if row.organisation_slug == "aldermoor")
    return {
        "issuer": issuer.id,
        "subject": "newton",
        "name": "Newton Vale",
        "email": "newton@aldermoor.example",
        "role": "partner",
        "secret": secrets.token_urlsafe(48),
    }


def _started(house: House, _target: Any, result: Any) -> None:
    row = house.row(Session, result.id)
    assert house.row(User, row.user_id).subject == "newton"


def _back(house: House, _target: Any) -> dict[str, Any]:
    issuer = house.world.issuer("aldermoor").id
    proof = house.world.strongly() | {"amr": ["pwd", "hwk", "pin"]}
    return {"issuer": issuer, "subject": "ada", "secret": secrets.token_urlsafe(48), **proof}


def _confirmed(house: House, target: Any, _result: Any) -> None:
    row = house.row(Session, target)
    assert row.amr == ["pwd", "hwk", "pin"]
    assert row.strong_at == row.auth_at


def _registered(house: House, _target: Any, result: Any) -> None:
    assert house.row(Organisation, result.id).slug == "dunmore"


def _newest(house: House, result: Any) -> None:
    assert house.world.services.kms.exists(result[0])


def _partner(house: House, _target: Any) -> dict[str, Any]:
    return {
        "slug": "dunmore",
        "name": "Dunmore Optics",
        "mail_domains": ["dunmore.example"],
        "ceiling": 3,
        "issuer": "http://127.0.0.1:1/dunmore",
        "client_id": "dataroom",
        "client_secret": "not-a-secret",
        "role_map": {"partner": "partner"},
    }


def _erased(house: House, target: Any, _result: Any) -> None:
    assert house.row(Version, target).object_key not in house.objects()


def _nothing_else(house: House, _target: Any, _result: Any) -> None:
    kept = {row.object_key for row in house.rows(Version, Version.state != "destroyed")}
    assert kept <= house.objects()


def _own_token(house: House) -> Target:
    house.token("ada")
    return None


CASES = (
    Case(
        "audit.list",
        "cleo",
        lambda h, t, r: None,
        lambda h: h.matter,
        params=lambda h, t: {"limit": 200, "act": "document.upload"},
        lower="petra",
        foreign="corin",
        shows=_entries,
        reads=True,
    ),
    Case(
        "audit.give",
        "cleo",
        _bundle,
        lambda h: h.matter,
        params=lambda h, t: {"recipient": "borealis"},
        lower="ada",
        foreign="",
        reads=True,
    ),
    Case("audit.export", "cleo", _bundle, lambda h: h.matter, lower="ada", foreign="", reads=True),
    Case(
        "audit.prove",
        "cleo",
        _proof,
        lambda h: h.matter,
        params=lambda h, t: {"seq": 0},
        lower="petra",
        foreign="",
        reads=True,
    ),
    Case(
        "token.create",
        "petra",
        _made,
        params=lambda h, t: {"scopes": ["read"], "name": "nightly export"},
        lower="dora",
        outsider="dora",
    ),
    Case(
        "token.list", "ada", lambda h, t, r: None, _own_token, lower="dora", outsider="stray", shows=_tokens, reads=True
    ),
    Case("token.revoke", "ada", _revoked, lambda h: h.token(), lower="bram"),
    Case("session.start", "arriving-newton", _started, params=_arrival, lower="dora", outsider="arriving-dora"),
    Case("session.confirm", "ada", _confirmed, lambda h: h.person("ada").session, params=_back, lower="bram"),
    Case("session.end", "ada", _ended, lambda h: h.session_of("ada"), lower="bram"),
    Case("partner.register", "service", _registered, params=_partner, lower="ada"),
    Case("client-key.rotate", "service", lambda h, t, r: _newest(h, r), lower="ada"),
    Case("partner.announce", "service", lambda h, t, r: None, lambda h: h.matter, lower="ada"),
    Case("version.erase", "service", _erased, lambda h: h.destroyed(), lower="ada"),
    Case("upload.sweep", "service", _nothing_else, lower="ada"),
)
