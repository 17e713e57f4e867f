"""A form that takes a strong sign-in: to the company and back to the very form, at a real provider in its own process."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from dataroom.actions import identity
from dataroom.model import Disclosure
from tests.cast import REASON, World, simple_pdf
from tests.integration.test_web_sign_in import began, codes, picked, provider
from tests.integration.web_house import Visitor, app, house

__all__ = ["app", "house", "provider"]

FORM = {"recipient": "aldermoor", "purpose": REASON, "necessity": REASON + " <b>", "alternative": REASON}
LAST_DAY = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%d")
FORM |= {"expires_at": LAST_DAY}


@pytest.fixture
def olga(house: World, app: Flask, provider: str) -> Visitor:
    """A custodian who has just signed in with one click."""
    return signed_in(app, provider)


def signed_in(app: Flask, domain: str) -> Visitor:
    visitor = Visitor(app.test_client())
    assert visitor.get(picked(began(visitor, f"olga@{domain}"), "one")).status_code == 303
    return visitor


def cookie(visitor: Visitor) -> str:
    """The value of the session's cookie."""
    found = visitor.client.get_cookie("session")
    assert found
    return str(found.value)


@pytest.fixture
def version(house: World, olga: Visitor) -> uuid.UUID:
    """A version of Olga's, in a matter with Aldermoor."""
    person = identity.by_session(house.services, cookie(olga), "")
    new = {"name": "Apart", "reference": "A-1", "participants": ["aldermoor"], "invite": ["ada@aldermoor.example"]}
    matter = house.gate.perform(person, "matter.create", None, new).id
    data = simple_pdf(["One line."])
    given = {"path": "a.pdf", "length": len(data), "tier": 2, "category": "claim-chart", "schedule": "work-product"}
    line = house.gate.perform(person, "document.upload", matter, given, io.BytesIO(data))
    found: uuid.UUID = line.version
    return found


def disclosures(house: World, version: uuid.UUID) -> int:
    with house.services.database.reading() as session:
        return session.query(Disclosure).where(Disclosure.version_id == version).count()


def asked(visitor: Visitor, version: uuid.UUID) -> str:
    """Sends the form; returns where the browser is led to confirm."""
    answer = visitor.post(f"/versions/{version}/disclose", next="/matters", **FORM)
    assert (answer.status_code, answer.location) == (303, "/confirm")
    page = visitor.get("/confirm").text
    onward = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert onward
    return unescape(onward[1])


def test_the_browser_goes_to_the_provider_and_back_to_the_very_form(
    house: World, olga: Visitor, version: uuid.UUID
) -> None:
    url, before = asked(olga, version), cookie(olga)
    sent = parse_qs(urlsplit(url).query)
    assert sent["acr_values"] == ["urn:dataroom:demo:second-factor"]
    assert sent["max_age"] == ["60"]
    assert disclosures(house, version) == 0
    answer = olga.get(picked(url, "one"))
    assert (answer.status_code, answer.location) == (303, f"/versions/{version}/disclose?resume=1")
    assert cookie(olga) != before
    form = olga.get(answer.location).text
    assert form.count(REASON) == 3
    assert "&lt;b&gt;" in form
    assert f'value="{LAST_DAY}"' in form
    assert 'value="aldermoor" data-about="" selected' in form
    assert "Confirmed" in form
    assert REASON not in olga.get(answer.location).text
    assert olga.post(f"/versions/{version}/disclose", next="/matters", **FORM).location == "/matters"
    assert disclosures(house, version) == 1
    olga.client.set_cookie("session", before)
    assert olga.get("/matters").status_code == 303


def _weaker(url: str) -> str:
    return picked(re.sub(r"acr_values=[^&]+", "acr_values=urn:dataroom:demo:one-click", url), "one")


def _another(url: str) -> str:
    return picked(url, "two")


def _declined(url: str) -> str:
    return picked(url, "")


@pytest.mark.parametrize("back", [_weaker, _another, _declined])
def test_what_comes_back_has_to_be_strong_and_of_the_same_person(
    house: World, olga: Visitor, version: uuid.UUID, back: Callable[[str], str]
) -> None:
    url, before, written = asked(olga, version), cookie(olga), len(codes(house))
    answer = olga.get(back(url))
    assert answer.status_code == 403
    assert "Not confirmed" in answer.text
    assert codes(house)[written:] == ["session.confirm"]
    assert cookie(olga) == before
    assert olga.get("/matters").status_code == 200
    again = olga.post(f"/versions/{version}/disclose", next="/matters", **FORM)
    assert again.location == "/confirm"
    assert disclosures(house, version) == 0


def test_a_confirmation_belongs_to_the_session_that_began_it(
    house: World, app: Flask, provider: str, olga: Visitor, version: uuid.UUID
) -> None:
    url = asked(olga, version)
    later = cookie(signed_in(app, provider))
    olga.client.set_cookie("session", later)
    assert olga.get("/confirm").status_code == 404
    assert olga.get(picked(url, "one")).status_code == 403
    assert olga.post(f"/versions/{version}/disclose", next="/matters", **FORM).location == "/confirm"
    other = Visitor(app.test_client())
    other.client.set_cookie("session", later)
    assert other.get("/confirm").status_code == 404


def test_scripts_are_told_what_is_missing(house: World, app: Flask, olga: Visitor, version: uuid.UUID) -> None:
    person = identity.by_session(house.services, cookie(olga), "")
    secret = house.gate.perform(person, "token.create", None, {"name": "nightly", "scopes": ["everything"]}).secret
    body: dict[str, Any] = {**FORM, "expires_at": f"{LAST_DAY}T00:00:00Z"}
    headers = {"Authorization": f"Bearer {secret}"}
    answer: TestResponse = app.test_client().post(f"/api/v1/versions/{version}/disclosures", json=body, headers=headers)
    assert answer.status_code == 403
    assert answer.json
    assert answer.json["code"] == "insufficient-user-authentication"
    told = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in told
    assert 'acr_values="urn:dataroom:demo:second-factor", max_age="900"' in told
