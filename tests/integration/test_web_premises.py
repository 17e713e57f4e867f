"""What comes first, on the pages: one is led to what is missing, puts it right, and comes back to where one was."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import update

from dataroom.model import Agreement, Organisation
from tests.cast import REASON, World
from tests.integration.web_house import PROBLEM, Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]
WORDING = "Whatever is shown here is used for the joint matter alone.\nIt is told to nobody else."
GROUNDS = "Found not to be listed, by counsel, file T-12."


def apart(house: World) -> uuid.UUID:
    """A matter of its own, of ada, bodil and cleo."""
    parties = {"participants": ["borealis"], "invite": ["bodil@borealis.example"]}
    matter = house.do("ada", "matter.create", name="Apart", reference="A-1", **parties).id
    house.do("ada", "member.add", matter, email="cleo@aldermoor.example", tier=4)
    return uuid.UUID(str(matter))


def test_the_agreement_is_read_accepted_and_led_back_from(house: World, app: Flask, as_: As) -> None:
    matter = apart(house)
    ada, bodil = as_("ada"), as_("bodil")
    assert "No usage agreement" in bodil.get(f"/matters/{matter}/agreement").text
    assert "Set this wording" not in bodil.get(f"/matters/{matter}/agreement").text
    assert ada.post(f"/matters/{matter}/agreement", text=WORDING).status_code == 303
    led = bodil.get(f"/matters/{matter}/people")
    assert led.location == f"/matters/{matter}/agreement?next=/matters/{matter}/people"
    page = bodil.get(led.location).text
    assert "<p>It is told to nobody else.</p>" in page
    wording = re.search(r'name="agreement" value="([^"]+)"', page)
    assert wording
    told = bodil.get(f"/matters/{matter}", headers=PROBLEM)
    assert (told.status_code, told.json["code"]) == (403, "agreement-needed")  # type: ignore[index]
    back = bodil.post(f"/matters/{matter}/agreement/accept", agreement=wording[1], next=f"/matters/{matter}/people")
    assert back.location == f"/matters/{matter}/people"
    assert bodil.get(f"/matters/{matter}/people").status_code == 200
    assert "bodil@borealis.example" in bodil.get(f"/matters/{matter}/agreement").text
    assert "bodil@borealis.example" not in ada.get(f"/matters/{matter}/agreement").text


def test_a_form_sent_meanwhile_is_refused_and_the_short_wording_too(house: World, app: Flask, as_: As) -> None:
    matter = apart(house)
    ada = as_("ada")
    assert ada.post(f"/matters/{matter}/agreement", text="Too short.").status_code == 422
    ada.post(f"/matters/{matter}/agreement", text=WORDING)
    assert ada.post(f"/matters/{matter}/close").status_code == 403
    assert as_("stray").get(f"/matters/{matter}/agreement").status_code == 404


def test_training_is_recorded_by_compliance_and_asked_for_on_the_page(house: World, app: Flask, as_: As) -> None:
    matter = apart(house)
    cleo, ada = as_("cleo"), as_("ada")
    ada.post(f"/matters/{matter}/agreement", text=WORDING, training="needed")
    with house.services.database.reading() as session:
        held = session.query(Agreement).filter(Agreement.matter_id == matter).one()
    ada.post(f"/matters/{matter}/agreement/accept", agreement=str(held.id))
    assert ada.get(f"/matters/{matter}").location == f"/matters/{matter}/agreement?next=/matters/{matter}"
    assert "No training of yours is recorded." in ada.get(f"/matters/{matter}/agreement").text
    person = house.people["ada"].user
    assert f"/accounts/{person}/training" in cleo.get("/accounts").text
    assert f"/accounts/{person}/training" not in ada.get("/accounts").text
    until = (house.clock.now() + timedelta(days=300)).date().isoformat()
    assert cleo.post(f"/accounts/{person}/training", until=until).status_code == 303
    assert until in cleo.get("/accounts").text
    assert ada.get(f"/matters/{matter}").status_code == 200


def test_the_viewer_asks_what_for_first(house: World, app: Flask, as_: As) -> None:
    line = house.ready(path="charts/asked.pdf")
    given: dict[str, Any] = {"recipient": "borealis", "purpose": REASON, "necessity": REASON, "alternative": REASON}
    until = house.clock.now() + timedelta(days=30)
    house.do("ada", "disclosure.grant", line.version, **given, expires_at=until, visits="stated")
    pia = as_("pia")
    led = pia.get(f"/versions/{line.version}/view")
    assert led.location == f"/versions/{line.version}/purpose?next=/versions/{line.version}/view"
    assert pia.get(f"/versions/{line.version}/pages/1.jpg").status_code == 403
    assert "says first what for" in pia.get(led.location).text
    assert pia.post(f"/versions/{line.version}/purpose", purpose="No.").status_code == 422
    stated = pia.post(f"/versions/{line.version}/purpose", purpose=REASON, next=f"/versions/{line.version}/view")
    assert stated.location == f"/versions/{line.version}/view"
    assert pia.get(stated.location).status_code == 200
    assert pia.get(f"/versions/{line.version}/pages/1.jpg").status_code == 200
    assert REASON in as_("ada").get(f"/matters/{house.matter}/disclosures").text
    assert "Opened for:" in as_("ada").get(f"/matters/{house.matter}/disclosures").text


def test_borders_are_shown_recorded_suspended_and_ended(house: World, app: Flask, as_: As) -> None:
    place = f"/matters/{house.matter}/transfers"
    cleo, ada = as_("cleo"), as_("ada")
    assert "Record a mechanism" not in ada.get(place).text
    assert as_("stray").get(place).status_code == 404
    until = (house.clock.now() + timedelta(days=30)).date().isoformat()
    form = {"recipient": "borealis", "country": "us", "mechanism": "scc", "reason": GROUNDS, "until": until}
    assert cleo.post(place, **form | {"mechanism": "hope"}).status_code == 422
    assert cleo.post(place, **form).location == place
    page = cleo.get(place).text
    assert "Standard contractual clauses" in page
    assert "Not confirmed" in page
    assert "1 way closed" not in page
    confirmed = re.search(rf'action="({place}/[^"]+/confirm)"', ada.get(place).text)
    assert confirmed
    assert cleo.post(confirmed[1]).status_code == 403
    assert ada.post(confirmed[1]).location == place
    assert cleo.post(f"{place}/suspend", mechanism="scc", reason=GROUNDS).location == place
    page = cleo.get(place).text
    assert "1 way closed: Borealis Photonics in US." in page
    assert "Suspended" in page
    assert cleo.post(f"{place}/resume", mechanism="scc", reason=GROUNDS).location == place
    assert "To be resumed" in cleo.get(place).text
    assert cleo.post(f"{place}/resumption", mechanism="scc").status_code == 403
    assert ada.post(f"{place}/resumption", mechanism="scc").location == place
    assert "1 way opened" in ada.get(place).text
    assert 'id="beyond"' not in as_("pia").get(f"/matters/{house.matter}").text
    with house.services.database.writing() as session:
        session.execute(update(Organisation).where(Organisation.slug == "aldermoor").values(country="US"))
    assert "Documents of Aldermoor Instruments are not shown to you" in as_("pia").get(f"/matters/{house.matter}").text
    with house.services.database.writing() as session:
        session.execute(update(Organisation).where(Organisation.slug == "aldermoor").values(country="DE"))
    target = re.search(rf'action="({place}/[^"]+/end)"', page)
    assert target
    assert cleo.post(target[1]).location == place
    assert cleo.post(target[1]).status_code == 403


def test_export_control_is_assessed_on_the_documents_page(house: World, app: Flask, as_: As) -> None:
    line = house.ready(path="charts/export.pdf")
    ada = as_("ada")
    assert "Not assessed" in ada.get(f"/documents/{line.document}").text
    assert ada.post(f"/documents/{line.document}/assess", export="free", basis=GROUNDS).status_code == 303
    assert GROUNDS in ada.get(f"/documents/{line.document}").text
