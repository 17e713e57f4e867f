"""A clean team: who is named in one, what it alone is given, and that nothing anybody grants brings it to others."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from dataroom.actions.registry import ACTIONS
from dataroom.errors import ClawedBack, DataroomError, Invalid, NotFound, Refused
from dataroom.model import ClawBack, ClubMember, Disclosure, User, Version
from tests.actions.cases_access import asked, broken, granting, number_of
from tests.actions.cases_clawbacks import ANSWER, ORDER
from tests.actions.cases_clubs import UNDERTAKEN, club
from tests.actions.cases_productions import produced
from tests.actions.house import House, enrol, terms
from tests.actions.test_competition import cell, opened

OTHERS = ("berit", "pia", "corin", "cass", "paolo", "stray", "petra", "lena")
"""Nobody of these is in the team; berit is counsel of the recipient, petra and lena are the owner's without a say."""
WALLED = "price-terms"


@pytest.fixture(scope="module")
def house(house: House) -> House:
    """The house with a second custodian of the recipient."""
    enrol(house.world, "berit", "borealis", "custodian")
    house.do("bodil", "member.add", house.matter, email="berit@borealis.example", tier=4)
    return house


def prices(house: House, **more: Any) -> Any:
    """A document of prices."""
    return house.line(category=WALLED, **more)


def disclosed(house: House, line: Any, *people: str, **more: Any) -> tuple[uuid.UUID, uuid.UUID]:
    """The clean team and the disclosure to it."""
    team = club(house, "clean_team", *(people or ("bodil",)))
    return team, house.do("ada", "disclosure.grant", line.version, **terms(house, club=team, **more)).id


def reaching(house: House) -> list[str]:
    """Every action that reaches a version."""
    law = house.world.services.law
    return [
        name
        for name, shape in law.actions.items()
        if "reaches-a-version" in shape.groups and name in ACTIONS and ACTIONS[name].target is Version
    ]


def reached(house: House, who: str, line: Any) -> set[str]:
    """What of all that somebody may do with a version, and whether it stands in their list."""
    found = {name for name in reaching(house) if house.world.gate.may(house.person(who), name, line.version)}
    try:
        rows = house.do(who, "document.list", house.matter, limit=100).items
    except NotFound:
        return found
    return found | ({"document.list"} if line.version in {row.id for row in rows} else set())


def test_its_people_look_at_the_pages_and_take_nothing_away(house: House) -> None:
    line = prices(house)
    team, _ = disclosed(house, line, "bodil", "cass")
    assert reached(house, "bodil", line) == {"version.read", "page.view", "document.list"}
    house.do("bodil", "page.view", line.version, page=1, width=60)
    for who in OTHERS:
        assert reached(house, who, line) == set(), who
    house.do("ada", "club.remove", team, email="bodil@borealis.example")
    assert reached(house, "bodil", line) == set()


def test_no_grant_of_anybody_brings_it_to_others(house: House) -> None:
    line = prices(house)
    _, given = disclosed(house, line)
    for more in ({}, {"club": club(house, "confidentiality_club", "berit")}, {"club": club(house, "outside_counsel")}):
        with pytest.raises(Refused):
            house.do("ada", "disclosure.grant", line.version, **terms(house, **more))
    for who in ("berit", "bodil", "pia"):
        request = asked(house, line, who)
        with pytest.raises(Refused):
            house.do("ada", "access.grant", request, **granting(house, line.version))
        house.do("ada", "access.refuse", request, remark="It is for the clean team alone.")
    with pytest.raises(Refused):
        house.do("ada", "document.publish", line.document)
    with pytest.raises(DataroomError):
        produced(house, line.version)
    with pytest.raises(DataroomError):
        house.do("pia", "access.break-glass", house.matter, number=number_of(line), reason="There is no time left.")
    with pytest.raises(NotFound):
        house.do("corin", "hold.place", line.document, kind="litigation", reason="Evidence in a suit of ours.")
    for who in OTHERS:
        assert reached(house, who, line) == set(), who
        seen = house.do(who, "disclosure.list", house.matter) if who in {"berit", "corin", "cass"} else ()
        assert given not in {row.id for row in seen}
    assert given in {row.id for row in house.do("bodil", "disclosure.list", house.matter)}
    house.do("petra", "access.end", broken(house, line))


def test_rows_written_past_the_actions_open_it_to_nobody(house: House) -> None:
    line = prices(house)
    team, given = disclosed(house, line)
    with house.writing() as session:
        session.execute(update(Disclosure).where(Disclosure.id == given).values(club_id=None))
        session.execute(update(Version).where(Version.id == line.version).values(state="published"))
    for who in (*OTHERS[:6], "bodil"):
        assert not {"page.view", "version.download"} & reached(house, who, line), who
    with house.writing() as session:
        session.execute(update(Disclosure).where(Disclosure.id == given).values(club_id=team))
        session.execute(update(Version).where(Version.id == line.version).values(state="staged"))
    assert "page.view" in reached(house, "bodil", line)


def test_what_the_owner_asks_and_sees_as_others_says_the_same(house: House) -> None:
    line = prices(house)
    disclosed(house, line)
    for who, allowed in (("bodil", True), ("berit", False), ("pia", False)):
        person = house.person(who).user
        answer = house.do("ada", "access.explain", line.document, person=person, do="page.view")
        assert answer.allowed is allowed
        seen = house.do("ada", "access.document", line.document, person=person)
        assert [row.id for row in seen.versions] == ([line.version] if allowed else [])
        listed = house.do("ada", "access.documents", house.matter, person=person, limit=100)
        assert (line.version in {row.id for row in listed.items}) is allowed
    why = house.do("ada", "access.explain", line.document, person=house.person("berit").user, do="page.view")
    assert "It is disclosed to a clean team that names them." in {one for change in why.changes for one in change}
    ends = house.do("ada", "access.explain", line.document, person=house.person("bodil").user, do="page.view")
    assert ("Its disclosure to their clean team ends.",) in ends.changes


def test_a_claw_back_is_told_to_the_team_and_to_compliance(house: House) -> None:
    line = prices(house)
    disclosed(house, line)
    house.do("bodil", "page.view", line.version, page=1, width=60)
    made = house.do("ada", "disclosure.claw-back", line.version, **ORDER).id
    for who, told in (("bodil", True), ("corin", True), ("berit", False), ("pia", False), ("cass", False)):
        rows = {row.id for row in house.do(who, "claw-back.list", house.matter)}
        assert (made in rows) is told, who
        with pytest.raises(ClawedBack if who in {"bodil", "corin"} else NotFound):
            house.do(who, "page.view", line.version, page=1, width=60)
    with pytest.raises(NotFound):
        house.do("berit", "claw-back.answer", made, **ANSWER)
    house.do("bodil", "claw-back.answer", made, **ANSWER)
    assert house.row(ClawBack, made).document_id == line.document


def test_what_is_asked_of_whom_one_names(house: House) -> None:
    team = club(house, "clean_team")
    today = house.world.clock.now().date()
    for email, more in (
        ("bodil@borealis.example", {}),
        ("bodil@borealis.example", {"undertaking": UNDERTAKEN["undertaking"]}),
        ("bodil@borealis.example", {"undertaken_on": today}),
        ("bodil@borealis.example", {**UNDERTAKEN, "undertaken_on": today + timedelta(days=1)}),
        ("pia@borealis.example", UNDERTAKEN),
        ("corin@borealis.example", UNDERTAKEN),
    ):
        with pytest.raises(Invalid):
            house.do("ada", "club.add", team, email=email, **more)
    with pytest.raises(Invalid):
        house.do("ada", "club.add", club(house, "ethical_wall"), email="pia@borealis.example", **UNDERTAKEN)
    named = {**UNDERTAKEN, "undertaken_on": today}
    place = house.row(ClubMember, house.do("ada", "club.add", team, email="bodil@borealis.example", **named).id)
    assert (place.undertaking, place.undertaken_on) == (UNDERTAKEN["undertaking"], today)
    (shown,) = [row for row in house.do("bodil", "club.list", house.matter) if row.id == team]
    assert (shown.people[0].undertaken_on, shown.kind) == (today, "clean_team")


def test_who_is_in_it_without_an_undertaking_or_in_another_role_sees_nothing(house: House) -> None:
    line = prices(house)
    team, _ = disclosed(house, line)
    place = select(ClubMember.id).where(ClubMember.club_id == team).scalar_subquery()
    for broken_row, mended in (
        (
            update(ClubMember).where(ClubMember.id == place).values(undertaking=None, undertaken_on=None),
            update(ClubMember).where(ClubMember.id == place).values(**_dated()),
        ),
        _demoted(house),
    ):
        with house.writing() as session:
            session.execute(broken_row)
        assert reached(house, "bodil", line) == set()
        with house.writing() as session:
            session.execute(mended)
        assert "page.view" in reached(house, "bodil", line)


def test_a_place_ends_with_the_part_in_the_matter_and_does_not_come_back(house: House) -> None:
    line = prices(house)
    disclosed(house, line, "berit")
    assert "page.view" in reached(house, "berit", line)
    house.do("bodil", "member.remove", house.matter, email="berit@borealis.example")
    house.do("bodil", "member.add", house.matter, email="berit@borealis.example", tier=4)
    assert reached(house, "berit", line) == set()


def test_what_somebody_undertook_is_shown_to_whoever_keeps_it(house: House) -> None:
    team = club(house, "clean_team", "bodil")
    for who, told in (("ada", UNDERTAKEN["undertaking"]), ("bodil", "")):
        (found,) = (one for one in house.do(who, "club.list", house.matter) if one.id == team)
        assert [(person.undertaking, person.undertaken_on is None) for person in found.people] == [(told, False)]


def test_counsel_who_go_into_business_lose_what_they_had_through_a_club_of_counsel(house: House) -> None:
    line = house.line()
    circle = club(house, "outside_counsel", "bodil")
    house.do("ada", "disclosure.grant", line.version, **terms(house, club=circle))
    assert "page.view" in reached(house, "bodil", line)
    demoted, mended = _demoted(house)
    with house.writing() as session:
        session.execute(demoted)
    assert reached(house, "bodil", line) == set()
    with house.writing() as session:
        session.execute(mended)


def test_the_certificate_counts_a_clean_team_by_itself(house: House) -> None:
    line, before = prices(house), opened(house)
    disclosed(house, line, visits="stated")
    house.do("bodil", "visit.state", line.version, purpose="To judge the remedy that is proposed.")
    house.do("bodil", "page.view", line.version, page=1, width=60)
    with pytest.raises(NotFound):
        house.do("berit", "page.view", line.version, page=1, width=60)
    after = opened(house)
    for audience, done, refused in (("clean team", 2, 0), ("given to a clean team", 1, 0), ("counsel", 0, 1)):
        was = cell(before, WALLED, audience)
        assert cell(after, WALLED, audience) == (was[0] + done, was[1] + refused), audience
    assert (after["held"], after["breaches"]) == (before["held"], before["breaches"])


def _dated() -> dict[str, Any]:
    return {**UNDERTAKEN, "undertaken_on": date.fromisoformat(UNDERTAKEN["undertaken_on"])}


def _demoted(house: House) -> tuple[Any, Any]:
    """What makes bodil a partner past the actions, and a custodian again."""
    whose = update(User).where(User.id == house.person("bodil").user)
    return whose.values(role="partner"), whose.values(role="custodian")
