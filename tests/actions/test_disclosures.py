"""Disclosures: to whom, for how long, and what nobody can be given."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from dataroom.errors import Conflict, DataroomError, Invalid, NotFound, Refused
from dataroom.model import Disclosure
from tests.actions.house import House, pdf, terms


def view(house: House, who: str, version: Any, page: int = 1) -> None:
    """Looks at a page."""
    house.do(who, "page.view", version, page=page, width=60)


def test_a_disclosure_reaches_the_named_organisation_alone(house: House) -> None:
    line = house.line()
    house.world.disclosed(line.version)
    view(house, "pia", line.version)
    view(house, "bodil", line.version)
    for who in ("cass", "paolo", "corin", "petra", "stray"):
        with pytest.raises(DataroomError):
            view(house, who, line.version)


def test_a_disclosure_ends_to_the_second(house: House) -> None:
    line = house.line()
    house.do(
        "ada",
        "disclosure.grant",
        line.version,
        **terms(house, expires_at=house.world.clock.now() + timedelta(hours=1)),
    )
    house.later(minutes=59, seconds=50)
    view(house, "pia", line.version)
    house.later(seconds=11)
    with pytest.raises(NotFound):
        view(house, "pia", line.version)


def test_withdrawing_in_mid_document_closes_the_next_page(house: House) -> None:
    line = house.line()
    given = house.world.disclosed(line.version)
    view(house, "pia", line.version, 1)
    house.do("ada", "disclosure.withdraw", given)
    with pytest.raises(NotFound):
        view(house, "pia", line.version, 2)
    with pytest.raises(DataroomError):
        house.do("ada", "disclosure.withdraw", given)


@pytest.mark.parametrize("recipient", ["aldermoor", "nobody", ""])
def test_nobody_outside_receives(house: House, recipient: str) -> None:
    line = house.line()
    before = house.count(Disclosure)
    with pytest.raises((Refused, NotFound, Invalid)):
        house.do("ada", "disclosure.grant", line.version, **terms(house, recipient=recipient))
    assert house.count(Disclosure) == before


def test_an_organisation_outside_the_matter_receives_nothing(house: House) -> None:
    matter = house.other_matter()
    line = house.world.gate.perform(
        house.person("ada"),
        "document.upload",
        matter,
        {"path": "x.pdf", "tier": 2, "category": "claim-chart", "schedule": "work-product"},
        io.BytesIO(pdf()),
    )
    with pytest.raises(Refused):
        house.do("ada", "disclosure.grant", line.version, **terms(house, recipient="cassini"))


@pytest.mark.parametrize("category", ["price-terms", "unclassified", "strategy"])
def test_walled_categories_are_never_disclosed(house: House, category: str) -> None:
    line = house.world.upload(tier=2, category=category, schedule="work-product")
    with pytest.raises(Refused):
        house.do("ada", "disclosure.grant", line.version, **terms(house))


def test_what_is_for_counsel_reaches_custodians_alone(house: House) -> None:
    line = house.line(category="royalty")
    house.world.disclosed(line.version)
    view(house, "bodil", line.version)
    with pytest.raises(NotFound):
        view(house, "pia", line.version)


def test_a_category_walled_after_the_disclosure_closes_it(house: House) -> None:
    line = house.line()
    house.world.disclosed(line.version)
    view(house, "pia", line.version)
    house.do("ada", "document.classify", line.document, tier=2, category="price-terms", schedule="work-product")
    with pytest.raises(NotFound):
        view(house, "pia", line.version)


def test_a_tier_raised_after_the_disclosure_closes_it(house: House) -> None:
    line = house.line()
    house.world.disclosed(line.version)
    house.do("ada", "document.classify", line.document, tier=3, category="claim-chart", schedule="work-product")
    with pytest.raises(NotFound):
        view(house, "pia", line.version)
    view(house, "bodil", line.version)


def test_terms_have_a_day_and_a_reason(house: House) -> None:
    version = house.line().version
    now = house.world.clock.now()
    for wrong in (
        {"expires_at": now - timedelta(seconds=1)},
        {"expires_at": now + timedelta(days=2000)},
        {"expires_at": (now + timedelta(days=3)).replace(tzinfo=None)},
        {"purpose": "because"},
        {"necessity": " " * 40},
    ):
        with pytest.raises(Invalid):
            house.do("ada", "disclosure.grant", version, **terms(house, **wrong))


def test_an_unclassified_document_is_not_disclosed(house: House) -> None:
    line = house.world.upload(tier=2, category="claim-chart")
    with pytest.raises(Conflict):
        house.do("ada", "disclosure.grant", line.version, **terms(house))
