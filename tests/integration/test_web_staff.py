"""Sessions and people on the pages: what is listed to whom, and that ending something ends it at once."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable

import pytest
from flask import Flask

from dataroom.actions import identity
from dataroom.actions.context import SERVICE
from dataroom.actions.sessions import renew
from dataroom.errors import Conflict, NotFound, Unauthenticated
from dataroom.model import Session, User
from tests.cast import World
from tests.integration.web_house import PROBLEM, Visitor, app, as_, house, sign_in

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]


def visitor(house: World, app: Flask, who: str) -> Visitor:
    """Somebody in a browser of their own."""
    made = Visitor(app.test_client())
    made.client.set_cookie("session", sign_in(house, who))
    return made


def user_id(house: World, who: str) -> uuid.UUID:
    """The id of somebody of the cast."""
    found = house.people[who].user
    assert found
    return found


def test_one_sees_and_ends_ones_own_sessions(house: World, app: Flask) -> None:
    here, there = visitor(house, app, "petra"), visitor(house, app, "petra")
    page = here.get("/sessions").text
    assert page.count("This browser") == 1
    targets = re.findall(r'action="(/sessions/[^"]+/end)"', page)
    assert targets
    for target in targets:
        assert here.post(target).status_code == 303
    assert there.get("/matters").status_code == 303
    assert here.get("/matters").status_code == 200


def test_a_session_of_somebody_else_is_no_such_thing(house: World, app: Flask, as_: As) -> None:
    theirs = identity.by_session(house.services, sign_in(house, "bodil"), "").session
    for who in ("ada", "cleo"):
        assert as_(who).post(f"/sessions/{theirs}/end").status_code == 404
        revoked = as_(who).post(f"/accounts/{user_id(house, 'bodil')}/sessions/{theirs}/end", _=1)
        assert revoked.status_code == 404


def test_compliance_officers_end_sessions_of_their_people(house: World, app: Flask, as_: As) -> None:
    bram = visitor(house, app, "bram")
    place = f"/accounts/{user_id(house, 'bram')}/sessions"
    assert as_("ada").get(place).status_code == 404
    assert as_("corin").get(place).status_code == 404
    for target in re.findall(rf'action="({place}/[^"]+/end)"', as_("cleo").get(place).text):
        assert as_("cleo").post(target).location == place
    assert bram.get("/matters").status_code == 303


def test_the_page_of_people_is_for_custodians_and_compliance(as_: As) -> None:
    page = as_("ada").get("/accounts").text
    assert "Petra Lind" in page
    assert "Bodil" not in page
    assert "/accounts" in as_("cleo").get("/matters").text
    assert as_("petra").get("/accounts").status_code == 403
    assert 'href="/accounts"' not in as_("petra").get("/matters").text


def test_a_deactivated_person_is_out_at_once_and_stays_out_until_reactivated(house: World, app: Flask, as_: As) -> None:
    pia = visitor(house, app, "pia")
    made = pia.post("/tokens", scopes="everything", name="nightly", days="7").text
    token = re.search(r"dr_[A-Za-z0-9_-]{20,}", made)
    assert token
    bearer = {"Authorization": f"Bearer {token[0]}"}
    assert app.test_client().get("/api/v1/matters", headers=bearer).status_code == 200
    place = f"/accounts/{user_id(house, 'pia')}"
    assert as_("bodil").post(f"{place}/deactivate").location == "/accounts"
    assert pia.get("/matters").status_code == 303
    assert app.test_client().get("/api/v1/matters", headers=bearer).status_code == 401
    with pytest.raises(NotFound):
        sign_in(house, "pia")
    assert as_("corin").post(f"{place}/deactivate").status_code == 409
    assert as_("corin").post(f"{place}/reactivate").location == "/accounts"
    assert pia.get("/matters").status_code == 303
    assert app.test_client().get("/api/v1/matters", headers=bearer).status_code == 401
    assert visitor(house, app, "pia").get(f"/matters/{house.matter}").status_code == 200


def test_nobody_deactivates_themselves_nor_a_custodian_a_compliance_officer(house: World, as_: As) -> None:
    for who, whom, status in (("bodil", "bodil", 403), ("corin", "corin", 403), ("bodil", "corin", 404)):
        answer = as_(who).client.post(
            f"/accounts/{user_id(house, whom)}/deactivate", data={"csrf_token": as_(who).forms}, headers=PROBLEM
        )
        assert answer.status_code == status, (who, whom)


def test_the_operator_ends_sessions_by_provider_and_session(house: World) -> None:
    secret = sign_in(house, "paolo")
    with house.services.database.writing() as session:
        row = session.get(Session, identity.by_session(house.services, secret, "").session)
        assert row
        row.issuer_session = "sid-of-paolo"
    wrong = {"issuer": "http://127.0.0.1:1/borealis", "sid": "sid-of-paolo"}
    assert house.gate.perform(SERVICE, "session.cut", None, wrong) == 0
    identity.by_session(house.services, secret, "")
    right = {"issuer": "http://127.0.0.1:1/cassini", "sid": "sid-of-paolo"}
    assert house.gate.perform(SERVICE, "session.cut", None, right) == 1
    with pytest.raises(Unauthenticated):
        identity.by_session(house.services, secret, "")


def test_a_renewed_session_has_a_new_id_and_the_former_is_worth_nothing(house: World) -> None:
    former, later = sign_in(house, "paolo"), secrets.token_urlsafe(48)
    kept = identity.by_session(house.services, former, "").session
    with house.services.database.writing() as session:
        row = session.get(Session, kept)
        assert row
        renew(house.config, row, later)
    assert identity.by_session(house.services, later, "").session == kept
    with pytest.raises(Unauthenticated):
        identity.by_session(house.services, former, "")
    row.ended_at = house.clock.now()
    with pytest.raises(Conflict):
        renew(house.config, row, secrets.token_urlsafe(48))


def test_a_made_up_session_id_is_never_adopted(house: World, app: Flask) -> None:
    stranger, chosen = Visitor(app.test_client()), secrets.token_urlsafe(48)
    stranger.client.set_cookie("session", chosen)
    assert stranger.get("/matters").status_code == 303
    with pytest.raises(Unauthenticated):
        identity.by_session(house.services, chosen, "")
    with house.services.database.reading() as session:
        assert session.get(User, user_id(house, "ada"))


def test_somebody_is_invited_and_the_invitation_withdrawn(house: World, app: Flask) -> None:
    cleo = visitor(house, app, "cleo")
    page = cleo.post("/accounts", email="fresh@aldermoor.example", days="3")
    assert page.status_code == 303
    shown = cleo.get("/accounts").text
    assert "fresh@aldermoor.example" in shown
    assert "Withdraw" in shown
    assert cleo.post("/accounts", email="fresh@borealis.example", days="3").status_code == 422
    invited = re.findall(
        r"/accounts/([0-9a-f-]{36})/deactivate", shown[shown.index("fresh@aldermoor", shown.index("<table")) :]
    )
    assert cleo.post(f"/accounts/{invited[0]}/deactivate").status_code == 303
    assert "Invitation over" in cleo.get("/accounts").text


def test_somebody_is_invited_to_a_matter(house: World, app: Flask) -> None:
    bodil, people = visitor(house, app, "bodil"), f"/matters/{house.matter}/people"
    given = {"email": "newest@borealis.example", "tier": "2", "days": "5"}
    assert bodil.post(f"{people}/invite", **given).status_code == 303
    assert "newest@borealis.example" in bodil.get(people).text
    assert bodil.post(f"{people}/invite", **given | {"email": "pia@borealis.example"}).status_code == 422
