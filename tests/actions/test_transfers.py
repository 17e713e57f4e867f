"""Borders: what carries documents abroad, asked when they are given and again whenever they are read."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from dataroom.actions.reach import borders
from dataroom.errors import Conflict, Invalid, NotFound, Refused
from dataroom.model import Document, Organisation
from tests.actions.cases_transfers import GROUNDS, recorded, resumed, way, way_terms
from tests.actions.house import House, pdf, terms


@contextmanager
def registered(house: House, **countries: str | None) -> Iterator[None]:
    """Companies in other countries meanwhile; their people count as being there."""
    slugs = {row.slug: row for row in house.rows(Organisation)}
    people = dict(house.world.people)

    def put(slug: str, country: str | None) -> None:
        with house.writing() as session:
            session.execute(update(Organisation).where(Organisation.slug == slug).values(country=country))
        for who, person in house.world.people.items():
            if person.organisation == slugs[slug].id:
                house.world.people[who] = replace(person, place=country or "")

    for slug, country in countries.items():
        put(slug, country)
    try:
        yield
    finally:
        for slug in countries:
            put(slug, slugs[slug].country)
        house.world.people.update(people)


def free(house: House) -> Any:
    """A published document that export control leaves free."""
    line = house.world.published(tier=1)
    house.do("ada", "document.assess", line.document, export="free", basis=GROUNDS)
    return line


def reads(house: House, who: str, version: uuid.UUID) -> bool:
    """Whether somebody is shown a version, listed and by itself."""
    listed = version in {item.id for item in house.do(who, "document.list", house.matter, limit=100).items}
    try:
        house.do(who, "page.view", version, page=1, width=600)
    except NotFound:
        assert not listed
        return False
    assert listed
    return True


def test_nothing_reaches_an_uncovered_or_unknown_country(house: House) -> None:
    line = free(house)
    assert reads(house, "pia", line.version)
    for country in ("US", None):
        with registered(house, borealis=country):
            assert not reads(house, "pia", line.version)
    with registered(house, borealis="SE"):
        assert reads(house, "pia", line.version)
    with registered(house, borealis="CH"):
        assert reads(house, "pia", line.version)
    with registered(house, aldermoor=None):
        assert not reads(house, "pia", line.version)
        assert reads(house, "petra", line.version)


def test_a_matter_names_whose_documents_do_not_reach_its_reader(house: House) -> None:
    assert house.do("pia", "matter.read", house.matter).beyond == ()
    with registered(house, aldermoor="US"):
        shown = house.do("pia", "matter.read", house.matter)
        assert (shown.place, shown.beyond) == ("DE", ("Aldermoor Instruments",))
        assert house.do("petra", "matter.read", house.matter).beyond == ("Borealis Photonics", "Cassini Kinetics")


def test_where_somebody_is_counts_at_each_view(house: House) -> None:
    line = free(house)
    pia = house.world.people["pia"]
    for place, reached in (("DE", True), ("FR", True), ("US", False), ("", False)):
        house.world.people["pia"] = replace(pia, place=place)
        assert reads(house, "pia", line.version) is reached
    house.world.people["pia"] = pia


def test_a_recorded_mechanism_carries_until_it_ends_is_over_or_suspended(house: House) -> None:
    line = free(house)
    with registered(house, borealis="US"):
        transfer = way(house)
        assert reads(house, "pia", line.version)
        shown = house.do("cleo", "transfer.suspend", mechanism="scc", reason=GROUNDS)
        assert [(flip.matter, flip.recipient.slug, flip.country) for flip in shown.flipped] == [
            (house.matter, "borealis", "US")
        ]
        assert not reads(house, "pia", line.version)
        with pytest.raises(Conflict):
            house.do("cleo", "transfer.suspend", mechanism="scc", reason=GROUNDS)
        house.do("cleo", "transfer.resume", mechanism="scc", reason=GROUNDS)
        assert not reads(house, "pia", line.version)
        with pytest.raises(Refused, match="asked for themselves"):
            house.do("cleo", "transfer.confirm-resumption", mechanism="scc")
        assert len(house.do("ada", "transfer.confirm-resumption", mechanism="scc").flipped) == 1
        assert reads(house, "pia", line.version)
        house.do("cleo", "transfer.end", transfer)
        assert not reads(house, "pia", line.version)


def test_what_is_recorded_carries_nothing_before_a_second_person_has_confirmed_it_in_time(house: House) -> None:
    line = free(house)
    with registered(house, borealis="US"):
        made, late = recorded(house), recorded(house)
        assert not reads(house, "pia", line.version)
        with pytest.raises(Refused, match="recorded themselves"):
            house.do("cleo", "transfer.confirm", made)
        (shown,) = [one for one in house.do("carl", "transfer.list", house.matter).items if one.id == made]
        assert (shown.live, shown.can) == (False, frozenset({"transfer.confirm", "transfer.end"}))
        house.do("ada", "transfer.confirm", made)
        assert reads(house, "pia", line.version)
        with pytest.raises(Refused):
            house.do("bram", "transfer.confirm", made)
        house.do("cleo", "transfer.end", made)
    house.later(days=14, seconds=1)
    with pytest.raises(Conflict, match="within 14 days"):
        house.do("ada", "transfer.confirm", late)
    house.do("cleo", "transfer.end", late)


def test_what_export_control_was_found_to_ask_before_is_kept(house: House) -> None:
    document = house.line().document
    with house.writing() as session:
        session.get(Document, document).export_basis = "Found before anything was kept."
    for export in ("controlled", "free"):
        house.do("ada", "document.assess", document, export=export, basis=f"{GROUNDS} {export}")
    kept = house.do("ada", "document.read", document).assessments
    assert [(one.export, one.by, one.at is None) for one in kept] == [
        ("free", "Ada Quill", False),
        ("controlled", "Ada Quill", False),
        ("unassessed", "", True),
    ]
    assert kept[-1].basis == "Found before anything was kept."


def test_a_suspended_decision_of_adequacy_closes_its_ways_alone(house: House) -> None:
    line = free(house)
    with registered(house, borealis="CH"):
        house.do("cleo", "transfer.suspend", mechanism="adequacy", reason=GROUNDS)
        assert not reads(house, "pia", line.version)
        assert reads(house, "paolo", line.version)
        assert house.do("cleo", "transfer.list", house.matter).suspended == ("adequacy",)
        resumed(house, "adequacy")
        assert reads(house, "pia", line.version)


def test_other_companies_suspensions_do_not_touch_mine(house: House) -> None:
    line = free(house)
    with registered(house, borealis="US"):
        transfer = way(house)
        house.do("corin", "transfer.suspend", mechanism="scc", reason=GROUNDS)
        assert reads(house, "pia", line.version)
        house.do("corin", "transfer.resume", mechanism="scc", reason=GROUNDS)
        house.do("bodil", "transfer.confirm-resumption", mechanism="scc")
        house.do("cleo", "transfer.end", transfer)


def test_giving_asks_for_a_covered_way_too(house: House) -> None:
    line = house.line()
    house.do("ada", "document.assess", line.document, export="free", basis=GROUNDS)
    with registered(house, borealis="US"):
        with pytest.raises(Refused, match="no decision or mechanism covers"):
            house.do("ada", "disclosure.grant", line.version, **terms(house))
        transfer = way(house)
        house.do("ada", "disclosure.grant", line.version, **terms(house))
        assert reads(house, "pia", line.version)
        house.do("cleo", "transfer.end", transfer)


@pytest.mark.parametrize("export", ["unassessed", "controlled"])
def test_what_is_not_free_stays_in_its_country_whatever_is_recorded(house: House, export: str) -> None:
    line = house.world.published(tier=1)
    house.do("ada", "document.assess", line.document, export=export, basis=GROUNDS)
    assert reads(house, "pia", line.version)
    with registered(house, borealis="SE"):
        assert not reads(house, "pia", line.version)
        with pytest.raises(Refused, match="within the country"):
            house.do("ada", "disclosure.grant", line.version, **terms(house))


def test_what_is_controlled_is_not_opened_from_abroad_by_its_own_people(house: House) -> None:
    line = house.line()
    house.do("ada", "document.assess", line.document, export="controlled", basis=GROUNDS)
    ada = house.world.people["ada"]
    for place in ("US", ""):
        house.world.people["ada"] = replace(ada, place=place)
        with pytest.raises(Refused, match="from abroad"):
            house.do("ada", "page.view", line.version, page=1, width=600)
        house.do("ada", "version.read", line.version)
    house.world.people["ada"] = ada
    house.do("ada", "page.view", line.version, page=1, width=600)


def test_documents_begin_unassessed(house: House) -> None:
    assert house.row(Document, house.line().document).export == "unassessed"


def test_what_is_recorded_has_to_be_known_and_bounded(house: House) -> None:
    with pytest.raises(Invalid, match="mechanism"):
        way(house, mechanism="adequacy")
    asked = way_terms(house, mechanism="legal-claims") | {"until": house.world.clock.now() + timedelta(days=91)}
    with pytest.raises(Invalid, match="90 days"):
        house.do("cleo", "transfer.record", house.matter, **asked)
    with pytest.raises(Invalid, match="country"):
        way(house, "us")
    with pytest.raises(Refused):
        way(house, to="aldermoor")
    with pytest.raises(Invalid):
        house.do("cleo", "transfer.suspend", mechanism="hope", reason=GROUNDS)
    with pytest.raises(Conflict):
        house.do("cleo", "transfer.resume", mechanism="scc", reason=GROUNDS)


def test_the_page_of_borders_tells_what_holds(house: House) -> None:
    with registered(house, borealis="US"):
        transfer = way(house)
        found = house.do("cleo", "transfer.list", house.matter)
        ways = {one.organisation.slug: (one.country, one.sends, one.receives) for one in found.ways}
        assert ways["borealis"] == ("US", True, False)
        assert ways["cassini"] == ("DE", True, True)
        assert (found.place, found.country) == ("DE", "DE")
        (row,) = [one for one in found.items if one.id == transfer]
        assert (row.recorded_by, row.confirmed_at is None) == ("Cleo Hart", False)
        assert (row.live, row.suspended, row.can) == (True, False, frozenset({"transfer.end"}))
        theirs = [one for one in house.do("corin", "transfer.list", house.matter).items if one.id == transfer]
        assert [(one.reason, one.can) for one in theirs] == [("", frozenset())]
        house.do("cleo", "transfer.end", transfer)


def test_a_mechanism_that_left_the_law_carries_nothing_any_more(house: House) -> None:
    with registered(house, borealis="US"):
        way(house)
        law = house.world.services.law.transfers
        rest = replace(law, mechanisms={name: one for name, one in law.mechanisms.items() if name != "scc"})
        with house.world.services.database.reading() as session:
            now = house.world.clock.now()
            kept, gone = (borders(session, known, house.matter, now) for known in (law, rest))
        assert {country for _, _, country in kept.recorded} == {"US"}
        assert gone.recorded == frozenset()


def test_in_a_closed_matter_nothing_becomes_free_of_export_control(house: House) -> None:
    matter = house.other_matter()
    more = {"tier": 2, "category": "claim-chart", "schedule": "work-product"}
    line = house.do("ada", "document.upload", matter, stream=io.BytesIO(pdf()), path="charts/a.pdf", **more)
    house.do("ada", "matter.close", matter)
    with pytest.raises(Conflict, match="closed"):
        house.do("ada", "document.assess", line.document, export="free", basis=GROUNDS)
    house.do("ada", "document.assess", line.document, export="controlled", basis=GROUNDS)
