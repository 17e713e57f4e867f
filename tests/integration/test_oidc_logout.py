"""Log-out tokens that have to be accepted or refused, from a provider that misbehaves on purpose, and what they end."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from dataroom.actions import identity
from dataroom.actions.context import SERVICE
from dataroom.adapters.oidc import RelyingParty, SignInRefused
from dataroom.errors import Unauthenticated
from dataroom.model import AuditEntry, Session
from tests.cast import World
from tests.evil_issuer import (
    RSA_ONE,
    RSA_TWO,
    STEADY,
    Change,
    EvilIssuer,
    PrivateKey,
    Twist,
    drop,
    jwk,
    now,
    put,
    row,
    same,
    token,
)
from tests.integration.web_house import app, house
from tests.operator_log import OperatorLog, operator_log

__all__ = ["app", "house", "operator_log"]

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def order(
    of: EvilIssuer,
    claims: Change = same,
    header: Change = same,
    key: PrivateKey | bytes = RSA_ONE,
    wrap: Callable[[bytes], bytes] = bytes,
) -> str:
    """A log-out token of a provider, honest unless changed."""
    honest = {
        "iss": of.url,
        "aud": "dataroom",
        "iat": now(),
        "exp": now() + 120,
        "jti": secrets.token_urlsafe(12),
        "events": {EVENT: {}},
        "sub": "s-1",
        "sid": "sid-1",
    }
    head = header({"alg": "RS256", "kid": "one", "typ": "logout+jwt"})
    return token(head, wrap(json.dumps(claims(honest)).encode()), key)


GOOD: dict[str, tuple[Change, Change]] = {
    "normal": (same, same),
    "sid alone": (drop("sub"), same),
    "sub alone": (drop("sid"), same),
    "aud is a list of us": (put(aud=["dataroom"]), same),
    "no exp": (drop("exp"), same),
    "no kid, one key": (same, drop("kid")),
    "the type in full": (same, put(typ="application/logout+jwt")),
}
BAD: dict[str, tuple[Change, Change, str]] = {
    "alg none": (same, put(alg="none"), "logout-algorithm"),
    "an algorithm that is not allowed": (same, put(alg="RS512"), "logout-algorithm"),
    "a symmetric algorithm": (same, put(alg="HS256"), "logout-algorithm"),
    "wrong aud": (put(aud="somebody-else"), same, "logout-audience"),
    "a second aud": (put(aud=["dataroom", "somebody-else"]), same, "logout-audience"),
    "no aud": (drop("aud"), same, "logout-audience"),
    "wrong issuer": (put(iss="http://127.0.0.1:1/other"), same, "logout-issuer"),
    "no events": (drop("events"), same, "logout-event"),
    "another event": (put(events={"http://schemas.openid.net/event/other": {}}), same, "logout-event"),
    "an event that is no object": (put(events={EVENT: True}), same, "logout-event"),
    "a nonce": (put(nonce="n"), same, "logout-nonce"),
    "neither sub nor sid": (drop("sub", "sid"), same, "logout-incomplete"),
    "no jti": (drop("jti"), same, "logout-incomplete"),
    "an empty sub": (put(sub=""), same, "logout-malformed"),
    "a sid that is no text": (put(sid=["sid-1"]), same, "logout-malformed"),
    "an hour old": (lambda c: {**c, "iat": now() - 3600}, same, "logout-issued-at"),
    "of tomorrow": (lambda c: {**c, "iat": now() + 86_400}, same, "logout-issued-at"),
    "no iat": (drop("iat"), same, "logout-malformed"),
    "expired": (lambda c: {**c, "exp": now() - 100}, same, "logout-expired"),
    "an ID token": (same, put(typ="JWT"), "logout-type"),
    "no typ": (same, drop("typ"), "logout-type"),
    "a key of its own in the header": (same, put(jwk=jwk(RSA_TWO)), "logout-header"),
    "a critical extension": (same, put(crit=["b64"], b64=False), "logout-header"),
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[EvilIssuer]:
    """An honest provider, for tokens made by hand."""
    with EvilIssuer() as made:
        yield made


@pytest.fixture(scope="module")
def party() -> RelyingParty:
    """Our side."""
    return RelyingParty(STEADY)


@pytest.mark.parametrize("name", GOOD)
def test_accepted(name: str, issuer: EvilIssuer, party: RelyingParty) -> None:
    claims, header = GOOD[name]
    given = order(issuer, claims, header)
    out = party.logged_out(row(issuer), given)
    assert (party.named_issuer(given), out.issuer) == (issuer.url, issuer.url)
    assert (out.subject, out.sid) == (
        None if name == "sid alone" else "s-1",
        None if name == "sub alone" else "sid-1",
    )


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str, app: Flask, companies: dict[str, EvilIssuer], operator_log: OperatorLog) -> None:
    claims, header, reason = BAD[name]
    key: PrivateKey | bytes = b"a symmetric key of thirty-two by" if name.startswith("a symmetric") else RSA_ONE
    given = order(companies["estrella"], claims, header, key)
    answer = app.test_client().post("/signout/backchannel", data={"logout_token": given})
    assert (answer.status_code, answer.data) == (400, b'{"error": "invalid_request"}')
    assert operator_log.cause(answer.headers["X-Request-Id"]) == reason


def test_refused_when_it_is_not_what_the_provider_signed(issuer: EvilIssuer, party: RelyingParty) -> None:
    good = order(issuer)
    head, body, signature = good.split(".")
    other = order(issuer, put(sub="s-2")).split(".")[1]
    twice = order(issuer, wrap=lambda data: data[:-1] + b', "sub": "s-2"}')
    for bad, reason in (
        (order(issuer, key=RSA_TWO), "logout-signature"),
        (f"{head}.{other}.{signature}", "logout-signature"),
        (f"{head}.{body}.", "logout-signature"),
        (f"{head}.{body}", "logout-malformed"),
        (good + "." + signature, "logout-malformed"),
        ("x" * 20_000, "logout-malformed"),
        ("ä.b.c", "logout-malformed"),
        (twice, "malformed-json"),
    ):
        with pytest.raises(SignInRefused) as refused:
            party.logged_out(row(issuer), bad)
        assert refused.value.reason == reason, bad[:60]


@pytest.fixture(scope="module")
def companies(house: World) -> Iterator[dict[str, EvilIssuer]]:
    """Two further companies with providers of their own."""
    with EvilIssuer() as one, EvilIssuer(Twist(key=RSA_TWO, keys=lambda: [jwk(RSA_TWO, kid="one")])) as two:
        made = {"estrella": one, "fjord": two}
        for slug, provider in made.items():
            partner = {
                "slug": slug,
                "name": slug.title(),
                "mail_domains": [f"{slug}.example"],
                "ceiling": 3,
                "issuer": provider.url,
                "client_id": "dataroom",
                "client_secret": "between us",
                "role_map": {"patents": "partner"},
            }
            house.gate.perform(SERVICE, "partner.register", None, partner)
        yield made


def arrived(house: World, slug: str, subject: str = "s-1", sid: str = "sid-1") -> str:
    """The secret of a new session of one of a company's people, begun by a session at the provider."""
    found = next(one for one in identity.issuers(house.services) if one.organisation_slug == slug)
    mail, secret = f"{subject}@{slug}.example", secrets.token_urlsafe(48)
    who = identity.arriving(house.services, found, subject, "partner", subject, mail, "127.0.0.1")
    arrival = {"issuer": found.id, "subject": subject, "name": subject, "email": mail, "role": "partner"}
    house.gate.perform(who, "session.start", None, {**arrival, "secret": secret, "issuer_session": sid})
    return secret


def alive(house: World, secret: str) -> bool:
    """Whether a session is still good."""
    try:
        identity.by_session(house.services, secret, "")
    except Unauthenticated:
        return False
    return True


def sent(app: Flask, given: str, **more: Any) -> int:
    """The status of an order sent to the service."""
    answer = app.test_client().post("/signout/backchannel", data={"logout_token": given, **more})
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code


def test_it_ends_the_sessions_it_names_and_no_others(
    house: World, app: Flask, companies: dict[str, EvilIssuer]
) -> None:
    estrella = companies["estrella"]
    here, there = arrived(house, "estrella"), arrived(house, "estrella", sid="sid-2")
    colleague, elsewhere = arrived(house, "estrella", "s-2"), arrived(house, "fjord")
    given = order(estrella)
    assert sent(app, given) == 200
    assert [alive(house, one) for one in (here, there, colleague, elsewhere)] == [False, True, True, True]
    with house.services.database.reading() as session:
        last = session.query(AuditEntry).where(AuditEntry.matter_id.is_(None)).order_by(AuditEntry.seq.desc()).first()
        assert last
        assert last.act == "session.cut"
    again = arrived(house, "estrella")
    assert sent(app, given) == 400
    assert alive(house, again)
    assert sent(app, order(estrella, drop("sid"))) == 200
    assert [alive(house, one) for one in (again, there, colleague, elsewhere)] == [False, False, True, True]
    assert sent(app, order(estrella, put(sub="s-2"))) == 200
    assert [alive(house, one) for one in (colleague, elsewhere)] == [False, True]


def test_no_provider_ends_sessions_of_another_organisation(
    house: World, app: Flask, companies: dict[str, EvilIssuer]
) -> None:
    secret = arrived(house, "fjord")
    estrella, fjord = companies["estrella"], companies["fjord"]
    assert sent(app, order(estrella)) == 200
    assert sent(app, order(estrella, put(iss=fjord.url))) == 400
    assert sent(app, order(fjord, put(iss=estrella.url), key=RSA_TWO)) == 400
    assert sent(app, order(estrella, put(iss=f"http://127.0.0.1:1/{uuid.uuid4()}"))) == 400
    assert alive(house, secret)
    assert sent(app, order(fjord, key=RSA_TWO)) == 200
    assert not alive(house, secret)


def test_what_is_no_order_is_refused_alike(app: Flask, companies: dict[str, EvilIssuer]) -> None:
    client, place = app.test_client(), "/signout/backchannel"
    good = order(companies["estrella"])
    answers = [
        client.post(place, data={"logout_token": "x.y.z"}),
        client.post(place, data={}),
        client.post(place, data={"logout_token": [good, good]}),
        client.post(place, json={"logout_token": good}),
        client.post(place, data={"logout_token": order(companies["estrella"], put(nonce="n"))}),
    ]
    assert {(answer.status_code, answer.data) for answer in answers} == {(400, b'{"error": "invalid_request"}')}
    assert client.get(place).status_code == 405
    assert client.post(place, data={"logout_token": "x" * 40_000}).status_code in {400, 413}


def test_an_order_that_cannot_be_recorded_can_be_sent_again(
    house: World, app: Flask, companies: dict[str, EvilIssuer]
) -> None:
    secret, given = arrived(house, "estrella"), order(companies["estrella"])
    with house.services.database.writing() as session:
        session.connection().exec_driver_sql(
            "CREATE TRIGGER no_entries BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'the log is full'); END"
        )
    try:
        assert sent(app, given) == 503
        assert alive(house, secret)
    finally:
        with house.services.database.writing() as session:
            session.connection().exec_driver_sql("DROP TRIGGER no_entries")
    assert sent(app, given) == 200
    assert not alive(house, secret)
    with house.services.database.reading() as session:
        assert session.query(Session).where(Session.issuer_session == "sid-1", Session.ended_at.is_not(None)).count()
