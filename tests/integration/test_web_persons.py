"""The pages about persons, and giving a partner the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dataroom.model import AuditPerson
from tests.cast import World
from tests.integration.web_house import Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]


def key(house: World, person: Any) -> AuditPerson:
    """The row of a person's key."""
    with house.services.database.reading() as session:
        return session.get_one(AuditPerson, person)


def test_an_officer_finds_a_person_and_sees_what_stands_against_it(house: World, as_: As) -> None:
    cleo = as_("cleo")
    assert '<a href="/people">People</a>' in cleo.get("/matters").text
    page = cleo.get("/people?find=petra").text
    assert "petra@aldermoor.example" in page
    assert "ada@aldermoor.example" not in page
    assert "still take part in the open matter LvB-1" in page
    assert "Nobody found" in cleo.get("/people?find=nowhere").text


def test_an_officer_erases_and_takes_it_back(house: World, as_: As) -> None:
    cleo, petra = as_("cleo"), house.people["petra"].user
    here = f"/people/{petra}/erase"
    blocked = cleo.get(here).text
    assert "Not possible now" in blocked
    assert cleo.post(here, ground="request", days="14").status_code == 403
    house.do("ada", "member.remove", house.matter, email="petra@aldermoor.example")
    assert "What happens" in cleo.get(here).text
    assert cleo.post(here, ground="", days="14").status_code == 422
    answer = cleo.post(here, ground="request", days="14")
    assert (answer.status_code, answer.location) == (303, "/people")
    assert key(house, petra).state == "shredding"
    page = cleo.get("/people").text
    assert "Being erased" in page
    assert "Take back" in page
    assert cleo.post(f"/people/{petra}/restore").status_code == 303
    assert key(house, petra).state == "active"


def test_others_see_themselves_alone(house: World, as_: As) -> None:
    page = as_("ada").get("/people").text
    assert "ada@aldermoor.example" in page
    assert "cleo@aldermoor.example" not in page
    assert "Erase…" not in page
    assert as_("corin").get(f"/people/{house.people['cleo'].user}/erase").status_code == 404


def test_an_officer_gives_a_partner_the_log(house: World, as_: As) -> None:
    here = f"/matters/{house.matter}/audit"
    assert "Give it to a partner" in as_("cleo").get(here).text
    assert "Give it to a partner" not in as_("ada").get(here).text
    answer = as_("cleo").post(f"{here}/give", recipient="borealis")
    assert answer.status_code == 200
    assert answer.data[:2] == b"PK"
    assert as_("ada").post(f"{here}/give", recipient="borealis").status_code in {403, 404}
