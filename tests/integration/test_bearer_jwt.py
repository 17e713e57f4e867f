"""Access tokens of a partner's provider: one good kind is taken, each bad one is 401, and nothing is taken by default."""

from __future__ import annotations

import dataclasses
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jose.backends
import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask
from sqlalchemy import update

from dataroom.adapters.bearer_jwt import LONGEST, AccessTokens, Trusted, bearer_holder
from dataroom.adapters.oidc import Egress
from dataroom.api.routes import PREFIX
from dataroom.app import create_app
from dataroom.config import Config, ConfigError
from dataroom.errors import Unauthenticated
from dataroom.model import Issuer, User
from tests.cast import World
from tests.evil_issuer import EC_ONE, EC_WIDE, ED_ONE, RSA_ONE, RSA_TWO, EvilIssuer, b64, drop, jwk, put, sign, token
from tests.integration.web_house import house

__all__ = ["house"]

ISSUER, AUDIENCE = "https://idp.aldermoor.example", "https://room.example/api"
TABLE = {"one": jwk(RSA_ONE), "two": jwk(EC_ONE), "other": jwk(RSA_TWO), "wide": jwk(EC_WIDE), "ed": jwk(ED_ONE)}
NOW = int(time.time())
DER = RSA_ONE.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
PEM = RSA_ONE.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
TRUSTED = Trusted(ISSUER, AUDIENCE, lambda kid, _alg: TABLE[kid])
HEADER: dict[str, Any] = {"alg": "RS256", "kid": "one", "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "ada",
    "iat": NOW - 5,
    "exp": NOW + 3500,
    "jti": "j-1",
    "client_id": "exporter",
}


def made(header: Mapping[str, Any] = HEADER, claims: Mapping[str, Any] = CLAIMS, key: Any = RSA_ONE) -> str:
    """A signed token."""
    return token(header, json.dumps(claims).encode(), key)


def raw(payload: str, head: str = "") -> str:
    """A signed token over texts as they stand."""
    signed = b64((head or json.dumps(HEADER)).encode()) + "." + b64(payload.encode())
    return signed + "." + b64(sign("RS256", RSA_ONE, signed.encode()))


def with_header(change: Callable[[Any], Any], key: Any = RSA_ONE) -> str:
    """The good token with another header."""
    return made(change(HEADER), CLAIMS, key)


def with_claims(change: Callable[[Any], Any]) -> str:
    """The good token with other claims."""
    return made(HEADER, change(CLAIMS))


GOOD_JSON = json.dumps(CLAIMS)
BAD: dict[str, Callable[[], str]] = {
    "unsigned": lambda: with_header(put(alg="none")),
    "unsigned, alg in capitals": lambda: with_header(put(alg="NONE")),
    "HS256 with the PEM of the public key": lambda: with_header(put(alg="HS256"), PEM),
    "HS256 with the DER of the public key": lambda: with_header(put(alg="HS256"), DER),
    "HS256 with the modulus": lambda: with_header(put(alg="HS256"), jwk(RSA_ONE)["n"].encode()),
    "another key of the provider under this id": lambda: made(HEADER, CLAIMS, RSA_TWO),
    "no key id": lambda: with_header(drop("kid")),
    "a key id nobody knows": lambda: with_header(put(kid="nine")),
    "a key id that is a path": lambda: with_header(put(kid="../../dev/null")),
    "the algorithm of another kind of key": lambda: with_header(put(alg="ES256", kid="one"), EC_ONE),
    "a curve that is not registered": lambda: with_header(put(alg="ES384", kid="wide"), EC_WIDE),
    "a kind of key python-jose does not verify": lambda: with_header(put(alg="EdDSA", kid="ed"), ED_ONE),
    "a key brought along": lambda: with_header(put(jwk=jwk(RSA_ONE))),
    "an address of keys": lambda: with_header(put(jku="https://evil.example/jwks")),
    "crit": lambda: with_header(put(crit=["exp"])),
    "b64": lambda: with_header(put(b64=False)),
    "no typ": lambda: with_header(drop("typ")),
    "an ID token": lambda: with_header(put(typ="JWT")),
    "a logout token": lambda: with_header(put(typ="logout+jwt")),
    "no audience": lambda: with_claims(drop("aud")),
    "another audience": lambda: with_claims(put(aud="https://other.example")),
    "one audience more": lambda: with_claims(put(aud=[AUDIENCE, "https://other.example"])),
    "no issuer": lambda: with_claims(drop("iss")),
    "another issuer": lambda: with_claims(put(iss=ISSUER + "/")),
    "no subject": lambda: with_claims(drop("sub")),
    "an empty subject": lambda: with_claims(put(sub="")),
    "a subject that is a number": lambda: with_claims(put(sub=7)),
    "a long subject": lambda: with_claims(put(sub="a" * 256)),
    "no id of its own": lambda: with_claims(drop("jti")),
    "no expiry": lambda: with_claims(drop("exp")),
    "expired": lambda: with_claims(put(iat=NOW - 900, exp=NOW - 60)),
    "expiry as text": lambda: with_claims(put(exp=str(NOW + 3500))),
    "expiry with a fraction": lambda: with_claims(put(exp=NOW + 3500.5)),
    "expiry true": lambda: with_claims(put(exp=True)),
    "expiry Infinity": lambda: raw(GOOD_JSON.replace(str(NOW + 3500), "Infinity")),
    "expiry 1e999": lambda: raw(GOOD_JSON.replace(str(NOW + 3500), "1e999")),
    "no time of issue": lambda: with_claims(drop("iat")),
    "issued tomorrow": lambda: with_claims(put(iat=NOW + 86400, exp=NOW + 86700)),
    "living a day": lambda: with_claims(put(exp=NOW + 86400)),
    "not yet": lambda: with_claims(put(nbf=NOW + 200)),
    "a claim twice": lambda: raw(GOOD_JSON.replace('"sub": "ada"', '"sub": "eve", "sub": "ada"')),
    "a header member twice": lambda: raw(GOOD_JSON, json.dumps(HEADER)[:-1] + ', "kid": "one"}'),
    "scopes as a list": lambda: with_claims(put(scope=["read"])),
    "scope null": lambda: with_claims(put(scope=None)),
    "scopes with a line between": lambda: with_claims(put(scope="read\neverything")),
    "scopes with two blanks between": lambda: with_claims(put(scope="read  upload")),
    "nested deeply": lambda: raw('{"a":' + "[" * 2500 + "]" * 2500 + "}"),
    "claims that are a list": lambda: raw("[]"),
    "longer than is taken": lambda: with_claims(put(more="x" * LONGEST)),
    "five megabytes": lambda: with_claims(put(more="x" * 5_000_000)),
    "a changed claim": lambda: _swapped(),
    "no signature": lambda: made().rpartition(".")[0] + ".",
    "four parts": lambda: made() + ".x",
    "an encrypted token": lambda: ".".join(["eyJhbGciOiJkaXIifQ", "", "aXY", "Y3Q", "dGFn"]),
    "padding": lambda: made() + "==",
}


def _swapped() -> str:
    head, _, signature = made().split(".")
    return ".".join((head, b64(json.dumps({**CLAIMS, "sub": "eve"}).encode()), signature))


GOOD: dict[str, Callable[[], str]] = {
    "RS256": made,
    "ES256": lambda: with_header(put(alg="ES256", kid="two"), EC_ONE),
    "the long typ": lambda: with_header(put(typ="application/at+jwt")),
    "the audience as a list of one": lambda: with_claims(put(aud=[AUDIENCE])),
}


@pytest.mark.parametrize("name", GOOD)
def test_accepted(name: str) -> None:
    assert bearer_holder(GOOD[name](), TRUSTED, NOW) == ("ada", None)


@pytest.mark.parametrize(
    ("claim", "words"), [("read", ("read",)), ("openid read people", ("openid", "read", "people")), ("", ())]
)
def test_a_scope_claim_is_read(claim: str, words: tuple[str, ...]) -> None:
    assert bearer_holder(with_claims(put(scope=claim)), TRUSTED, NOW) == ("ada", words)


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str) -> None:
    bad = BAD[name]()
    with pytest.raises(Unauthenticated) as refused:
        bearer_holder(bad, TRUSTED, NOW)
    assert refused.value.detail == "The access token does not hold."


def test_signatures_are_checked_by_cryptography_and_not_by_a_slow_stand_in() -> None:
    assert jose.backends.RSAKey.__module__ == "jose.backends.cryptography_backend"
    assert jose.backends.ECKey.__module__ == "jose.backends.cryptography_backend"


@pytest.mark.parametrize("text", ["aldermoor", "aldermoor=", "aldermoor=a aldermoor=b"])
def test_a_setting_that_is_no_list_of_companies_and_audiences_is_refused(house: World, text: str) -> None:
    given = {f.name: getattr(house.config, f.name) for f in dataclasses.fields(Config)}
    with pytest.raises(ConfigError, match="ACCESS_TOKENS"):
        Config(**{**given, "access_tokens": text})._check()


@pytest.fixture
def provider(house: World) -> Iterator[EvilIssuer]:
    """Aldermoor's provider, answering on loopback for the time of a test."""
    with EvilIssuer() as issuer:
        _register(house, issuer.url)
        yield issuer


def _register(house: World, url: str) -> None:
    mine = Issuer.organisation_id == house.people["ada"].organisation
    with house.services.database.writing() as session:
        session.execute(update(Issuer).where(mine).values(issuer=url))


def serving(house: World, setting: str, unscoped: str = "aldermoor") -> Flask:
    """The application as it runs with this setting, and the companies whose tokens need no scope."""
    config = dataclasses.replace(house.config, access_tokens=setting, access_tokens_unscoped=unscoped)
    access = AccessTokens(Egress(timeout=2.0)) if setting else None
    return create_app(config, dataclasses.replace(house.services, config=config, access=access))


def asked(app: Flask, bearer: str, path: str = "/matters") -> int:
    """The status of a request with this bearer token."""
    answer = app.test_client().get(f"{PREFIX}{path}", headers={"Authorization": f"Bearer {bearer}"})
    if answer.status_code != 200:
        assert answer.mimetype == "application/problem+json"
    return answer.status_code


def test_the_interface_takes_them_from_companies_that_are_named_and_from_nobody_else(
    house: World, provider: EvilIssuer
) -> None:
    good = with_claims(put(iss=provider.url))
    assert asked(serving(house, f"aldermoor={AUDIENCE}"), good) == 200
    assert asked(serving(house, ""), good) == 401
    assert asked(serving(house, f"borealis={AUDIENCE}"), good) == 401
    assert asked(serving(house, "aldermoor=https://elsewhere.example"), good) == 401


def test_a_token_is_held_to_the_scopes_it_names(house: World, provider: EvilIssuer) -> None:
    app = serving(house, f"aldermoor={AUDIENCE}")
    expected = dict.fromkeys(("read", "openid people", "upload read", "everything"), 200)
    expected |= dict.fromkeys(("", "upload", "audit", "openid profile", "READ", "read:all"), 403)
    told = {claim: asked(app, with_claims(put(iss=provider.url, scope=claim)), "/tokens") for claim in expected}
    assert told == expected


def test_a_token_that_names_no_scope_opens_nothing_unless_its_company_is_named(
    house: World, provider: EvilIssuer
) -> None:
    bare = with_claims(put(iss=provider.url))
    assert asked(serving(house, f"aldermoor={AUDIENCE}", ""), bare) == 403
    assert asked(serving(house, f"aldermoor={AUDIENCE} borealis=b", "borealis"), bare) == 403
    assert asked(serving(house, f"aldermoor={AUDIENCE}"), bare) == 200
    given = {f.name: getattr(house.config, f.name) for f in dataclasses.fields(Config)}
    with pytest.raises(ConfigError, match="ACCESS_TOKENS_UNSCOPED"):
        Config(**{**given, "access_tokens": f"aldermoor={AUDIENCE}", "access_tokens_unscoped": "borealis"})._check()


def test_a_subject_without_a_person_here_and_an_inactive_person_are_nobody(house: World, provider: EvilIssuer) -> None:
    app = serving(house, f"aldermoor={AUDIENCE}")
    assert asked(app, with_claims(put(iss=provider.url, sub="nobody"))) == 401
    assert asked(app, with_claims(put(iss=provider.url, sub="pia"))) == 401
    bram = made(HEADER, {**CLAIMS, "iss": provider.url, "sub": "bram"})
    assert asked(app, bram) == 200
    _activate(house, "bram", active=False)
    try:
        assert asked(app, bram) == 401
    finally:
        _activate(house, "bram", active=True)


def _activate(house: World, who: str, *, active: bool) -> None:
    with house.services.database.writing() as session:
        session.execute(update(User).where(User.id == house.people[who].user).values(active=active))


def test_every_bad_one_is_401_and_never_500_at_the_interface(house: World, provider: EvilIssuer) -> None:
    app = serving(house, f"aldermoor={AUDIENCE}")
    told = {name: asked(app, BAD[name]()) for name in BAD}
    assert set(told.values()) == {401}, told
    assert asked(app, with_claims(put(iss=f"https://{uuid.uuid4()}.example"))) == 401


def test_a_token_for_the_interface_opens_no_page(house: World, provider: EvilIssuer) -> None:
    app = serving(house, f"aldermoor={AUDIENCE}")
    headers = {"Authorization": "Bearer " + with_claims(put(iss=provider.url))}
    assert app.test_client().get("/matters", headers=headers).status_code == 303
