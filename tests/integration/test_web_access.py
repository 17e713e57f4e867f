"""The pages of access: asking, deciding, breaking the glass, judging it, and reviews."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from tests.cast import World
from tests.integration.web_house import Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]
WHY = "The expert needs it for the hearing of Monday."


def day(house: World, days: int) -> str:
    """A day from today, as a browser sends it."""
    return (house.clock.now() + timedelta(days=days)).strftime("%Y-%m-%d")


def test_a_document_is_asked_for_granted_opened_and_given_back(house: World, as_: As) -> None:
    pia, ada, here = as_("pia"), as_("ada"), f"/matters/{house.matter}/access"
    line = house.ready(path="access/one.pdf")
    typed = {"organisation": "aldermoor", "number": line.number, "purpose": WHY, "basis": WHY}
    assert pia.post(here, **typed, until=day(house, 200)).status_code == 422
    assert pia.post(here, **typed, until=day(house, 20)).status_code == 303
    (row,) = house.do("pia", "access.list", house.matter)
    page, told = f"/access/{row.id}", '1<span class="unseen"> waiting for an answer'
    shown = {
        who: told in as_(who).get(f"/matters/{house.matter}/people").text for who in ("ada", "cleo", "pia", "bodil")
    }
    assert shown == {"ada": True, "cleo": False, "pia": False, "bodil": False}
    assert f'href="{page}"' in ada.get(here).text
    assert f'href="{page}"' not in pia.get(here).text
    assert as_("bodil").get(page).status_code == 404
    decision = ada.get(page).text
    assert str(line.version) in decision
    assert WHY in decision
    form = {"version": str(line.version), "until": day(house, 10), "remark": "For the hearing alone."}
    assert ada.post(page, **form | {"remark": "no"}).status_code == 422
    assert pia.get(f"/versions/{line.version}?matter={house.matter}").status_code == 404
    assert ada.post(page, **form).status_code == 303
    assert f"/versions/{line.version}" in pia.get(here).text
    assert pia.get(f"/versions/{line.version}?matter={house.matter}").status_code == 200
    assert "Granted until" in ada.get(page).text
    assert pia.post(f"/access/{row.id}/end", matter=str(house.matter)).status_code == 303
    assert pia.get(f"/versions/{line.version}?matter={house.matter}").status_code == 404


def test_a_request_for_nothing_is_refused_with_a_sentence(house: World, as_: As) -> None:
    here = f"/matters/{house.matter}/access"
    typed = {"organisation": "aldermoor", "number": "2147483000", "purpose": WHY, "basis": WHY, "until": day(house, 9)}
    assert as_("cass").post(here, **typed).status_code == 303
    (row,) = house.do("cass", "access.list", house.matter)
    assert "has this number" in as_("ada").get(f"/access/{row.id}").text
    said = {"matter": str(house.matter), "remark": "We have no such document."}
    assert as_("ada").post(f"/access/{row.id}/refuse", **said).status_code == 303
    assert "We have no such document." in as_("cass").get(here).text


def test_the_glass_is_broken_and_judged(house: World, as_: As) -> None:
    petra, line = as_("petra"), house.ready(path="access/two.pdf")
    form = f"/matters/{house.matter}/emergency"
    assert "Break the glass" in petra.get(form).text
    assert as_("ada").get(form).status_code == 403
    assert petra.post(form, number="ALD-2147483000", reason=WHY, hours="2").status_code == 422
    assert petra.post(form, number=line.number, reason=WHY, hours="2").status_code == 303
    assert petra.get(f"/versions/{line.version}?matter={house.matter}").status_code == 200
    here = f"/matters/{house.matter}/access"
    shown = as_("cleo").get(here).text
    assert "Emergencies to look at" in shown
    assert "Not confirmed yet" in shown
    assert "waiting for an answer" in shown
    assert "Emergencies to look at" not in as_("corin").get(here).text
    (row,) = [one for one in house.do("petra", "access.list", house.matter) if one.emergency]
    said = {"matter": str(house.matter), "remark": "There was time to ask me."}
    assert petra.post(f"/access/{row.id}/contest", **said).status_code == 403
    assert as_("bram").post(f"/access/{row.id}/contest", **said).status_code == 303
    assert petra.get(f"/versions/{line.version}?matter={house.matter}").status_code == 404


def test_a_review_is_begun_confirmed_by_a_click_and_in_bulk_and_taken_as_csv(house: World, as_: As) -> None:
    here = f"/matters/{house.matter}/reviews"
    assert "Begin the review" not in as_("bram").get(here).text
    begun = as_("cleo").post(here, due=day(house, 30))
    assert begun.status_code == 303
    review = begun.headers["Location"]
    page = as_("bram").get(review).text
    assert "a colleague confirms yours" in page
    items = [one for one in house.do("bram", "review.read", UUID(review.rsplit("/", 1)[1])).items if not one.mine]
    assert as_("bram").post(review).status_code == 422
    assert as_("bram").post(review, one=str(items[0].id)).status_code == 303
    assert as_("bram").post(review, item=[str(one.id) for one in items[1:]]).status_code == 303
    assert f"{len(items)} of {len(items) + 1} confirmed" in as_("ada").get(review).text
    table = as_("ada").get(f"{review}/report.csv")
    assert table.mimetype == "text/csv"
    assert b"Petra Lind" in table.data
    assert as_("pia").get(review).status_code == 404


def test_a_disclosure_to_a_club_is_chosen_in_the_form_and_shown(house: World, as_: As) -> None:
    ada, line = as_("ada"), house.ready(path="access/three.pdf")
    club = house.do("ada", "club.create", house.matter, name="Rates circle", kind="confidentiality_club").id
    house.do("ada", "club.add", club, email="pia@borealis.example")
    form = f"/versions/{line.version}/disclose"
    assert str(club) in ada.get(form).text
    terms = {"recipient": "borealis", "purpose": WHY, "necessity": WHY, "alternative": WHY}
    assert ada.post(form, **terms, expires_at=day(house, 20), club=str(club)).status_code == 303
    assert "only Rates circle" in ada.get(f"/documents/{line.document}").text
    assert "only named people" in as_("bodil").get(f"/matters/{house.matter}/disclosures").text
    assert as_("pia").get(f"/versions/{line.version}?matter={house.matter}").status_code == 200
    assert as_("bodil").get(f"/versions/{line.version}?matter={house.matter}").status_code == 404


AWAY = "On leave until the hearing, as agreed with the team."


def elsewhere(house: World) -> None:
    """A second matter of Aldermoor's with ada, bram and cleo."""
    made = house.do("ada", "matter.create", name="Appeal", reference="LvB-2", participants=["borealis"]).id
    for who in ("bram", "cleo"):
        house.do("ada", "member.add", made, email=f"{who}@aldermoor.example", tier=4)


def test_a_leave_is_said_for_every_matter_shown_to_compliance_and_ended(house: World, as_: As) -> None:
    place = f"/matters/{house.matter}/leaves"
    elsewhere(house)
    ada, cleo, bram = as_("ada"), as_("cleo"), as_("bram")
    assert "Nobody is away" in ada.get(place).text
    assert "I am away" not in cleo.get(place).text
    assert as_("stray").get(place).status_code == 404
    day = (house.clock.now() + timedelta(days=9)).date().isoformat()
    form = {"until": day, "reason": AWAY}
    assert ada.post(place, **form | {"deputy": "petra@aldermoor.example"}).status_code == 422
    assert ada.post(place, **form | {"everywhere": "1"}).location == place
    page = ada.get(place).text
    assert "Said in 1 more matter." in page
    assert "Nobody stands in" in cleo.get(place).text
    assert "waiting for an answer" in cleo.get(f"/matters/{house.matter}").text
    target = re.search(r'action="(/leaves/[^"]+/end)"', page)
    assert target
    assert 'action="/leaves/' not in bram.get(place).text
    assert ada.post(target[1], matter=str(house.matter)).location == place
    assert ada.post(place, **form | {"deputy": "bram@aldermoor.example"}).location == place
    assert "deputy: <strong>Bram Oakes</strong> (you)" in bram.get(place).text
    assert "Leave and deputies" in bram.get(f"/matters/{house.matter}/access").text
