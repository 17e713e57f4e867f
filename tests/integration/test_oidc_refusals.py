"""Every way a provider misbehaves, through the service's own pages: the person gets a reference, the operator the cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from dataroom.actions.context import SERVICE, Services
from dataroom.actions.gate import Gate
from dataroom.adapters.oidc import RelyingParty
from dataroom.app import build, create_app
from dataroom.cli.operate import Operator, initialise
from dataroom.model import AuditEntry, Session
from tests.cast import make_config
from tests.evil_issuer import QUICK, RSA_TWO, STEADY, EvilIssuer, Twist, come_back, drop, jwk, put, row
from tests.evil_providers import BAD as OF_PROVIDERS
from tests.integration.test_oidc_evil_token import BAD as OF_TOKENS
from tests.operator_log import REFERENCE, OperatorLog, operator_log
from tests.parts import Seaweed

__all__ = ["operator_log"]

JSON = {"Accept": "application/problem+json"}


@dataclass
class Room:
    """The service with one company, whose provider misbehaves as told."""

    app: Flask
    services: Services
    issuer: EvilIssuer
    folder: Path

    def trusting(self, twist: Twist) -> FlaskClient:
        """A browser nobody has used, at a service that has not asked the provider yet."""
        self.issuer.twist = twist
        slow = any(raw.delay or raw.drip for raw in twist.raw.values())
        site = self.app.extensions["dataroom.web"]
        sign_in = RelyingParty(QUICK if slow else STEADY, key_pause=0)
        self.app.extensions["dataroom.web"] = replace(site, sign_in=sign_in)
        return self.app.test_client()

    def come(self, browser: FlaskClient, back: Callable[[Any], Any] = dict, **more: Any) -> Any:
        """The answer to whoever wants to sign in: of the first page if that is where it ends."""
        secret = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/signin").text)
        assert secret
        form = {"csrf_token": secret[1], "email": "m@evil.example"}
        answer = browser.post("/signin", data=form, **more)
        if answer.status_code != 200:
            return answer
        onward = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
        assert onward
        params = back(come_back(unescape(onward[1])))
        return browser.get("/signin/callback?" + urlencode(params, doseq=True), **more)

    def count(self) -> tuple[int, int]:
        """How many sessions there are, and entries of the installation's log."""
        with self.services.database.reading() as session:
            entries = select(func.count()).select_from(AuditEntry)
            return session.scalar(select(func.count()).select_from(Session)) or 0, session.scalar(entries) or 0


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[Room]:
    """Run it."""
    folder: Path = tmp_path_factory.mktemp("refusals")
    config = make_config(folder, f"sqlite:///{folder}/room.db", seaweed)
    services = initialise(config, Operator(build=build, gate=Gate))
    with EvilIssuer() as issuer:
        registered = row(issuer)
        partner = {
            "slug": "evil",
            "name": "Evil",
            "mail_domains": ["evil.example"],
            "ceiling": registered.ceiling,
            "issuer": registered.issuer,
            "client_id": registered.client_id,
            "client_secret": registered.client_secret,
            "role_map": dict(registered.role_map),
        }
        Gate(services).perform(SERVICE, "partner.register", None, partner)
        yield Room(create_app(config, services), services, issuer, folder)


BAD = {
    f"{kind}: {name}": case
    for kind, cases in (("token", OF_TOKENS), ("provider", OF_PROVIDERS))
    for name, case in cases.items()
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("name", BAD)
def test_refused(name: str, room: Room, operator_log: OperatorLog) -> None:
    twist, cause = BAD[name]
    sessions, entries = room.count()
    browser = room.trusting(twist)
    answer = room.come(browser)
    assert answer.status_code in {403, 422}
    assert operator_log.of_page(answer.text) == cause
    assert answer.headers["X-Request-Id"] == REFERENCE.findall(answer.text)[0]
    assert room.count() == (sessions, entries + (answer.status_code == 403)), "who came back in vain is in the log"
    assert browser.get_cookie("session") is None
    assert browser.get("/matters").status_code == 303


GOOD: dict[str, Twist] = {
    "normal": Twist(),
    "no kid, one key": Twist(header=drop("kid")),
    "the keys were renewed": Twist(key=RSA_TWO, header=put(kid="two"), keys=lambda: [jwk(RSA_TWO, kid="two")]),
}


@pytest.mark.parametrize("name", GOOD)
def test_accepted(name: str, room: Room, operator_log: OperatorLog) -> None:
    browser = room.trusting(Twist())
    assert room.come(browser).status_code == 303
    room.issuer.twist = GOOD[name]
    assert room.come(browser).status_code == 303
    assert "Mallory" in browser.get("/matters").text
    assert not [line for line in operator_log.lines if "reason" in line]


@pytest.mark.parametrize(
    ("twist", "status", "cause"),
    [
        (Twist(metadata=drop("issuer")), 422, "discovery-issuer"),
        (Twist(claims=put(aud="other")), 401, "token-audience"),
    ],
    ids=["at the first page", "coming back"],
)
def test_a_script_is_told_the_reference_alone(
    twist: Twist, status: int, cause: str, room: Room, operator_log: OperatorLog
) -> None:
    answer = room.come(room.trusting(twist), headers=JSON)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    told = answer.get_json()
    assert operator_log.cause(told["instance"].removeprefix("urn:uuid:")) == cause
    assert cause not in answer.text
    assert told["instance"].endswith(answer.headers["X-Request-Id"])


def test_whatever_the_cause_the_words_are_the_same(room: Room) -> None:
    def words(twist: Twist) -> str:
        return REFERENCE.sub("", re.sub(r'(content|value)="[^"]*"', "", room.come(room.trusting(twist)).text))

    back = {words(Twist(claims=put(aud="other"))), words(Twist(alg="none")), words(Twist(callback=put(code="made-up")))}
    assert len(back) == 1
    begun = {words(Twist(metadata=drop("issuer"))), words(Twist(metadata=put(token_endpoint="http://10.0.0.1/t")))}
    assert len(begun) == 1


def test_a_refresh_token_is_neither_asked_for_nor_kept(room: Room) -> None:
    browser = room.trusting(Twist(answer=put(refresh_token="for-ever", expires_in=None)))
    assert room.come(browser).status_code == 303
    kept = b"".join(file.read_bytes() for file in room.folder.glob("room.db*"))
    assert b"m@evil.example" in kept
    assert b"for-ever" not in kept
    asked = [form for _, path, _, form in room.issuer.asked if path == "/token"]
    assert {form["grant_type"][0] for form in asked} == {"authorization_code"}
