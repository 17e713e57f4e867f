"""People's own keys at the pages: enrolling, confirming, and every answer that must not count."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from dataroom.actions import identity
from dataroom.model import AuditEntry, Authenticator, Session
from tests.actions.house import enrol, keyed_company
from tests.cast import World
from tests.integration.web_house import Visitor, app, as_, house
from tests.softkey import PRESENT, SoftKey

__all__ = ["app", "as_", "house"]


@pytest.fixture(scope="module")
def elmira(house: World) -> str:
    """A company whose provider tells no class of sign-in."""
    keyed_company(house)
    return "elmira"


@pytest.fixture
def kay(house: World, app: Flask, elmira: str) -> Visitor:
    """Somebody new of that company, who has just signed in and has one key, which is not shown yet."""
    return arrived(house, app)


def arrived(house: World, app: Flask) -> Visitor:
    """Somebody new, signed in a moment ago."""
    who = f"kay{len(house.people)}"
    visitor = Visitor(app.test_client())
    visitor.client.set_cookie("session", enrol(house, who, "elmira", "custodian"))
    return visitor


def data(answer: TestResponse) -> dict[str, Any]:
    """What a page gives its script."""
    assert answer.status_code == 200, answer.text
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', answer.text, re.DOTALL)
    assert found
    given: dict[str, Any] = json.loads(found[1])
    return given


def enrolled(visitor: Visitor, key: SoftKey, name: str = "blue key") -> TestResponse:
    """Enrols a key; returns the answer to its script."""
    asked = data(visitor.post("/keys/new", name=name))["make"]
    assert asked["rp"]["id"] == "localhost"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    return visitor.send("POST", "/keys", {"name": name, "answer": key.made(asked["challenge"])})


def begun(visitor: Visitor) -> str:
    """Presses a button that takes a strong sign-in; returns the challenge of the page that asks for a key."""
    found = re.search(r"/keys/([0-9a-f-]{36})/remove", visitor.get("/keys").text)
    assert found
    answer = visitor.post(found[0])
    assert (answer.status_code, answer.location) == (303, "/confirm/key")
    asked = data(visitor.get("/confirm/key"))["use"]
    assert asked["userVerification"] == "required"
    return str(asked["challenge"])


def confirmed(visitor: Visitor, answer: dict[str, Any]) -> TestResponse:
    """Sends a key's answer."""
    return visitor.send("POST", "/confirm/key", {"answer": answer})


def cookie(visitor: Visitor) -> str:
    """The value of the session's cookie."""
    found = visitor.client.get_cookie("session")
    assert found
    return str(found.value)


def strong(house: World, visitor: Visitor) -> bool:
    """Whether the session counts as strong."""
    row = identity.by_session(house.services, cookie(visitor), "").session
    with house.services.database.reading() as session:
        return session.scalar(select(Session.strong_at).where(Session.id == row)) is not None


def last(house: World) -> tuple[str, str]:
    """What was recorded last in the house's own log, and how it ended."""
    with house.services.database.reading() as session:
        query = select(AuditEntry.act, AuditEntry.outcome).where(AuditEntry.matter_id.is_(None))
        return session.execute(query.order_by(AuditEntry.seq.desc())).first()._tuple()  # type: ignore[union-attr]


def test_a_key_is_enrolled_confirms_and_gives_the_session_a_new_secret(house: World, kay: Visitor) -> None:
    key = SoftKey()
    answer = enrolled(kay, key)
    assert (answer.status_code, answer.json) == (201, {"next": "/keys"})
    assert "blue key" in kay.get("/keys").text
    assert not strong(house, kay)
    challenge, before = begun(kay), cookie(kay)
    key.count = 2
    answer = confirmed(kay, key.shown(challenge))
    assert (answer.status_code, answer.json) == (200, {"next": "/keys?resume=1"})
    assert cookie(kay) != before
    assert strong(house, kay)
    page = kay.get("/keys?resume=1").text
    assert "Confirmed" in page
    path = re.search(r"/keys/[0-9a-f-]{36}/remove", page)
    assert path
    assert kay.post(path[0]).location == "/keys"
    assert "blue key" not in kay.get("/keys").text
    kay.client.set_cookie("session", before)
    assert kay.get("/matters").status_code == 303


LIES: dict[str, Callable[[SoftKey], SoftKey]] = {
    "another origin": lambda key: replace(key, origin="http://localhost.evil.example"),
    "another site": lambda key: replace(key, site="evil.example"),
    "nobody verified": lambda key: replace(key, flags=PRESENT),
    "nobody present": lambda key: replace(key, flags=0x04),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_key_says_elsewhere_or_of_nobody_is_not_taken(house: World, kay: Visitor, lie: str) -> None:
    key = SoftKey()
    assert enrolled(kay, LIES[lie](SoftKey())).status_code == 403
    assert enrolled(kay, key).status_code == 201
    key.count = 5
    assert confirmed(kay, LIES[lie](key).shown(begun(kay))).status_code == 403
    assert last(house) == ("authenticator.use", "refused")
    assert not strong(house, kay)


def test_an_answer_counts_once_and_only_for_its_challenge(house: World, kay: Visitor) -> None:
    key = SoftKey()
    asked = data(kay.post("/keys/new", name="blue key"))["make"]
    made = key.made(asked["challenge"])
    assert kay.send("POST", "/keys", {"name": "blue key", "answer": made}).status_code == 201
    again = kay.send("POST", "/keys", {"name": "red key", "answer": made})
    assert (again.status_code, again.json["code"]) == (403, "no-challenge")  # type: ignore[index]
    key.count = 5
    shown = key.shown(begun(kay))
    wrong = key.shown("x" * 43)
    assert confirmed(kay, wrong).status_code == 403
    assert confirmed(kay, shown).status_code == 403, "a challenge is used up by a wrong answer, too"
    key.count = 6
    assert confirmed(kay, key.shown(begun(kay))).status_code == 200
    assert confirmed(kay, key.shown("x" * 43)).status_code == 403


def test_a_challenge_ends_after_five_minutes(house: World, kay: Visitor) -> None:
    key = SoftKey()
    assert enrolled(kay, key).status_code == 201
    key.count = 2
    challenge = begun(kay)
    house.clock.forward(seconds=301)
    assert confirmed(kay, key.shown(challenge)).status_code == 403
    assert not strong(house, kay)


def test_a_count_that_goes_back_or_stands_still_is_refused(house: World, kay: Visitor) -> None:
    key = SoftKey(count=7)
    assert enrolled(kay, key).status_code == 201
    for count in (7, 6, 0):
        key.count = count
        answer = confirmed(kay, key.shown(begun(kay)))
        assert (answer.status_code, answer.json["code"]) == (403, "count-went-back")  # type: ignore[index]
        assert last(house) == ("authenticator.use", "refused")
    key.count = 8
    assert confirmed(kay, key.shown(begun(kay))).status_code == 200


def test_a_key_that_never_counts_is_taken(house: World, kay: Visitor) -> None:
    key = SoftKey(count=0)
    assert enrolled(kay, key).status_code == 201
    assert confirmed(kay, key.shown(begun(kay))).status_code == 200


def test_nobody_confirms_with_somebody_elses_key(house: World, app: Flask, kay: Visitor) -> None:
    other, key, theirs = arrived(house, app), SoftKey(), SoftKey()
    assert enrolled(kay, key).status_code == 201
    assert enrolled(other, theirs).status_code == 201
    theirs.count = 9
    assert confirmed(kay, theirs.shown(begun(kay))).status_code == 403
    forged = replace(theirs, credential=key.credential)
    assert confirmed(kay, forged.shown(begun(kay))).status_code == 403
    assert not strong(house, kay)
    assert enrolled(arrived(house, app), replace(key, private=theirs.private)).status_code == 409


def test_the_first_key_takes_a_fresh_sign_in_and_a_further_one_a_strong_one(
    house: World, app: Flask, kay: Visitor
) -> None:
    key = SoftKey()
    assert enrolled(kay, key).status_code == 201
    answer = kay.post("/keys/new", name="red key")
    assert answer.location == "/confirm/key"
    key.count = 2
    assert confirmed(kay, key.shown(data(kay.get("/confirm/key"))["use"]["challenge"])).status_code == 200
    assert 'value="red key"' in kay.get("/keys?resume=1").text
    assert enrolled(kay, SoftKey(), "red key").status_code == 201
    late = arrived(house, app)
    house.clock.forward(seconds=301)
    assert late.post("/keys/new", name="blue key").status_code == 503, "their provider does not answer"


def test_people_whose_company_vouches_enrol_none(app: Flask, as_: Callable[[str], Visitor], house: World) -> None:
    answer = as_("ada").post("/keys/new", name="blue key")
    assert answer.status_code == 403
    assert "no key of one&#39;s own" in answer.text
    with house.services.database.reading() as session:
        query = select(Authenticator.id).where(Authenticator.user_id == house.people["ada"].user)
        assert session.scalar(query) is None
