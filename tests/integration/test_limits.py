"""Limits as a caller sees them: what is left is told, and 429 says how long to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dataroom.api.routes import PREFIX
from dataroom.app import create_app
from tests.cast import World
from tests.integration.web_house import sign_in

Small = Callable[..., FlaskClient]


@pytest.fixture
def small(world: World) -> Small:
    """Gives a client of the application with small limits."""

    def client(**limits: int) -> FlaskClient:
        config = replace(world.config, **limits)
        app: Flask = create_app(config, replace(world.services, config=config))
        return app.test_client()

    return client


def test_what_is_left_is_told_and_429_says_how_long_to_wait(world: World, small: Small) -> None:
    token = world.do("bram", "token.create", scopes=["read"], name="limits").secret
    client, headers = small(limit_person=200, limit_token=20), {"Authorization": f"Bearer {token}"}
    answers = [client.get(f"{PREFIX}/matters", headers=headers) for _ in range(30)]
    first, last = answers[0], answers[-1]
    assert first.headers["RateLimit-Policy"] == '"person";q=200;w=60, "token";q=20;w=60'
    assert first.headers["RateLimit"].startswith('"person";r=')
    assert '"token";r=19;t=' in first.headers["RateLimit"]
    assert (last.status_code, last.json["code"], last.json["facts"]["limit"]) == (429, "too-many", "token")
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert '"token";r=0;t=60' in last.headers["RateLimit"]


def test_an_address_that_cannot_sign_in_is_slowed_down(world: World, small: Small) -> None:
    client = small(limit_address=20)
    bad = {"Authorization": f"Bearer dr_{'x' * 43}"}
    answers = [client.get(f"{PREFIX}/matters", headers=bad).status_code for _ in range(30)]
    assert answers[:20] == [401] * 20
    assert answers[-1] == 429
    assert client.get("/signin/callback?state=x&code=y").status_code == 429
    token = world.do("bram", "token.create", scopes=["read"], name="beside").secret
    assert client.get(f"{PREFIX}/matters", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_page_says_so_and_signing_out_still_works(world: World, small: Small) -> None:
    client = small(limit_person=20)
    client.set_cookie("session", sign_in(world, "carl"))
    for _ in range(30):
        page = client.get("/matters")
    assert page.status_code == 429
    assert "wait" in page.get_data(as_text=True)
    assert page.headers["Retry-After"]
