"""Visitors of the pages: Flask's test client with the session and the forms' secret a browser would have."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dataroom.actions import identity
from dataroom.app import create_app
from tests.cast import PEOPLE, World, make_config, make_world
from tests.parts import Seaweed, migrated_sqlite

__all__ = ["PROBLEM", "Visitor", "app", "as_", "house", "sign_in"]

PROBLEM = {"Accept": "application/problem+json"}


@dataclass
class Visitor:
    """Somebody at a browser. Paths may hold query parameters as keywords of `get`."""

    client: FlaskClient
    _secret: str = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        """A page."""
        return self.client.get(path, **more)

    @property
    def forms(self) -> str:
        """The forms' secret, from a page as the scripts find it."""
        if not self._secret:
            found = re.search(r'name="csrf-token" content="([^"]+)"', self.get("/tokens").text)
            assert found
            self._secret = found[1]
        return self._secret

    def post(self, path: str, **form: Any) -> TestResponse:
        """Sends a form of ours."""
        body = urlencode({"csrf_token": self.forms, **form}, doseq=True)
        return self.client.post(path, data=body, content_type="application/x-www-form-urlencoded")

    def send(self, method: str, path: str, body: Any) -> TestResponse:
        """Sends JSON as a script of ours does."""
        headers = {"X-CSRFToken": self.forms, **PROBLEM}
        return self.client.open(path, method=method, json=body, headers=headers)

    def put(self, path: str, data: Any, query: dict[str, str], **more: Any) -> TestResponse:
        """Sends a file's bytes."""
        headers = {"X-CSRFToken": self.forms, **PROBLEM, **more.pop("headers", {})}
        kind = more.pop("content_type", "application/pdf")
        return self.client.put(path, data=data, query_string=query, headers=headers, content_type=kind, **more)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[World]:
    """A house on SQLite for the tests of a module, reached over loopback http."""
    folder = tmp_path_factory.mktemp("web")
    made = make_world(make_config(folder, migrated_sqlite(folder), seaweed))
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(house: World) -> Flask:
    """The composed application."""
    return create_app(house.config, house.services)


@pytest.fixture(scope="module")
def as_(house: World, app: Flask) -> Callable[[str], Visitor]:
    """Gives somebody of the cast, signed in."""
    made: dict[str, Visitor] = {}

    def visitor(who: str) -> Visitor:
        if who not in made:
            made[who] = Visitor(app.test_client())
            made[who].client.set_cookie("session", sign_in(house, who))
        return made[who]

    return visitor


def sign_in(house: World, who: str) -> str:
    """Starts a session for somebody of the cast; returns its secret."""
    slug, role, name = PEOPLE[who]
    row = next(row for row in identity.issuers(house.services) if row.organisation_slug == slug)
    secret = secrets.token_urlsafe(48)
    mail = f"{who}@{slug}.example"
    arriving = identity.arriving(house.services, row, who, role, name, mail, "127.0.0.1")
    arrival = {"issuer": row.id, "subject": who, "name": name, "email": mail, "role": role, "secret": secret}
    arrival |= house.strongly()
    house.gate.perform(arriving, "session.start", None, arrival)
    return secret


def secure(house: World) -> Flask:
    """The same house as it is served over https."""
    config = replace(house.config, public_url="https://room.example")
    return create_app(config, replace(house.services, config=config))


def anything(rule: str) -> str:
    """An address of a rule, with ids that name nothing."""
    filled = re.sub(r"<id:[^>]+>", str(uuid.UUID(int=7)), rule)
    filled = re.sub(r"<int:[^>]+>", "1", filled)
    filled = re.sub(r"<any\((\w+),[^>]+>", r"\1", filled)
    return re.sub(r"<[^>]+>", "x", filled)
