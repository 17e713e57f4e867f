"""The page of clubs and walls, and limiting a document on its page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from dataroom.actions.views_people import ClubView
from tests.cast import REASON, World
from tests.integration.web_house import Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]


def founded(house: World, as_: As, name: str, kind: str, who: str = "ada") -> uuid.UUID:
    """A club or wall made at the page."""
    here = f"/matters/{house.matter}/clubs"
    assert as_(who).post(here, name=name, kind=kind).status_code == 303
    views: tuple[ClubView, ...] = house.do(who, "club.list", house.matter)
    return next(view.id for view in views if view.name == name)


def test_a_club_is_founded_named_limited_to_and_lifted(house: World, as_: As) -> None:
    ada, here, line = as_("ada"), f"/matters/{house.matter}/clubs", house.published(path="clubs/one.pdf")
    assert "You are in no club here" in as_("pia").get(here).text
    assert ada.post(here, name="No", kind="clean_team").status_code == 422
    club = founded(house, as_, "Rates circle", "confidentiality_club")
    named = {"matter": str(house.matter), "email": "pia@borealis.example"}
    assert ada.post(f"/clubs/{club}/people", **named, valid_until="2000-01-01").status_code == 422
    assert ada.post(f"/clubs/{club}/people", **named).status_code == 303
    page = as_("pia").get(here).text
    assert "Rates circle" in page
    assert "Strike off" not in page
    assert "Rates circle" not in as_("bodil").get(here).text
    record = f"/documents/{line.document}"
    assert str(club) in ada.get(record).text
    limited = ada.post(f"{record}/limit", club=str(club))
    assert (limited.status_code, limited.headers["Location"]) == (303, "/matters")
    assert ada.get(record).status_code == 404
    assert as_("pia").get(f"/versions/{line.version}?matter={house.matter}").status_code == 200
    assert "Rates circle" in as_("cleo").get(record).text
    assert as_("cleo").post(f"{record}/lift", club=str(club)).status_code == 303
    assert ada.get(record).status_code == 200


def test_a_wall_is_built_by_custodians_and_comes_down_by_compliance(house: World, as_: As) -> None:
    line, here = house.published(path="clubs/two.pdf"), f"/matters/{house.matter}/clubs"
    wall = founded(house, as_, "Former counsel", "ethical_wall")
    named = {"matter": str(house.matter), "email": "bram@aldermoor.example"}
    assert as_("ada").post(f"/clubs/{wall}/people", **named).status_code == 303
    assert (
        as_("ada")
        .post(f"/documents/{line.document}/limit", club=str(wall))
        .headers["Location"]
        .endswith(str(line.document))
    )
    assert as_("bram").get(f"/documents/{line.document}").status_code == 404
    assert as_("ada").post(f"/clubs/{wall}/people/remove", **named).status_code == 403
    assert "Let out" in as_("cleo").get(here).text
    assert as_("cleo").post(f"/clubs/{wall}/people/remove", **named).status_code == 303
    assert as_("cleo").post(f"/clubs/{wall}/end", matter=str(house.matter)).status_code == 303
    assert "1 ended" in as_("cleo").get(here).text
    assert as_("bram").get(f"/documents/{line.document}").status_code == 200


def test_a_clean_team_is_named_with_undertakings_and_given_prices(house: World, as_: As) -> None:
    ada, line = as_("ada"), house.ready(path="clubs/prices.pdf", category="price-terms")
    form = f"/versions/{line.version}/disclose"
    assert "There is no clean team" in ada.get(form).text
    team = founded(house, as_, "Remedy team", "clean_team")
    other = founded(house, as_, "Anybody", "confidentiality_club")
    page = ada.get(f"/matters/{house.matter}/clubs").text
    assert "Written undertaking" in page
    named = {"matter": str(house.matter), "email": "bodil@borealis.example"}
    assert ada.post(f"/clubs/{team}/people", **named).status_code == 422
    signed = {"undertaking": "Signed paper in the file CT-1.", "undertaken_on": "2026-01-05"}
    assert ada.post(f"/clubs/{team}/people", **named, **signed).status_code == 303
    assert "undertook 2026-01-05" in ada.get(f"/matters/{house.matter}/clubs").text
    text = ada.get(form).text
    assert str(team) in text
    assert str(other) not in text
    day = (house.clock.now() + timedelta(days=30)).date().isoformat()
    said = {"purpose": REASON, "necessity": REASON, "alternative": REASON, "expires_at": day, "recipient": "borealis"}
    assert ada.post(form, **said).status_code == 403
    assert ada.post(form, **said, club=str(team)).status_code == 303
    assert as_("bodil").get(f"/versions/{line.version}?matter={house.matter}").status_code == 200
    assert as_("pia").get(f"/versions/{line.version}?matter={house.matter}").status_code == 404
