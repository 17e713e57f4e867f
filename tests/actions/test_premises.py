"""Agreements, training and purposes: nothing of a matter is seen before, and it is said what is missing."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dataroom.errors import Conflict, NeedsFirst, NeedsStrength, NotFound, Refused
from dataroom.model import Session, Visit
from tests.actions.cases_premises import PURPOSE, WORDING, agreed_on, asking, matter_of, newest
from tests.actions.house import House, pdf

SEEING = ("matter.read", "document.list", "member.list", "disclosure.list", "transfer.list")


def missing(house: House, who: str, action: str, target: Any, **params: Any) -> NeedsFirst:
    """What somebody is told comes first."""
    with pytest.raises(NeedsFirst) as refused:
        house.do(who, action, target, **params)
    return refused.value


def accept(house: House, who: str, matter: Any) -> None:
    """Accepts the wording that holds."""
    house.do(who, "agreement.accept", matter, agreement=newest(house, matter).id)


def uploaded(house: House, matter: Any) -> Any:
    """A staged document of Aldermoor in another matter."""
    data = pdf()
    params = {"path": "x.pdf", "length": len(data), "tier": 1, "category": "claim-chart", "schedule": "work-product"}
    return house.do("ada", "document.upload", matter, stream=io.BytesIO(data), **params)


def test_nothing_is_seen_before_the_agreement_is_accepted_and_everything_after(house: House) -> None:
    matter = agreed_on(house)
    assert matter in {view.id for view in house.do("ada", "matter.list")}
    for action in SEEING:
        error = missing(house, "ada", action, matter)
        assert (error.code, error.facts) == ("agreement-needed", {"matter": str(matter)})
    with pytest.raises(NotFound):
        house.do("stray", "document.list", matter)
    shown = house.do("ada", "agreement.read", matter)
    assert (shown.text, shown.accepted_at, shown.ordinal) == (WORDING, None, 1)
    accept(house, "ada", matter)
    for action in SEEING:
        house.do("ada", action, matter)
    missing(house, "bodil", "document.list", matter)
    assert {row.email for row in house.do("ada", "agreement.read", matter).accepted} == {house.person("ada").email}
    assert house.do("petra", "agreement.read", matter).accepted == ()
    with pytest.raises(Conflict):
        accept(house, "ada", matter)


def test_a_new_wording_asks_everybody_again(house: House) -> None:
    matter = agreed_on(house)
    first = newest(house, matter)
    accept(house, "ada", matter)
    house.do("ada", "agreement.set", matter, text=WORDING + " For longer.", training="none")
    missing(house, "ada", "document.list", matter)
    with pytest.raises(Conflict):
        house.do("ada", "agreement.accept", matter, agreement=first.id)
    accept(house, "ada", matter)
    house.do("ada", "document.list", matter)
    assert house.do("ada", "agreement.read", matter).ordinal == 2


def test_what_lies_in_the_matter_is_hidden_as_before_from_whoever_may_not_see_it(house: House) -> None:
    matter = matter_of(house)
    line = uploaded(house, matter)
    house.do("ada", "agreement.set", matter, text=WORDING)
    assert missing(house, "ada", "document.read", line.document).code == "agreement-needed"
    for who in ("bodil", "petra"):
        with pytest.raises(NotFound):
            house.do(who, "document.read", line.document)


def test_training_is_asked_for_where_the_agreement_says_so_and_ends(house: House) -> None:
    matter = agreed_on(house, "needed")
    accept(house, "petra", matter)
    assert missing(house, "petra", "document.list", matter).code == "training-needed"
    person = house.person("petra").user
    day = house.world.clock.now().date()
    house.do("cleo", "training.record", person, until=day + timedelta(days=30))
    house.do("petra", "document.list", matter)
    view = next(row for row in house.do("ada", "user.list") if row.id == person)
    assert view.trained_until is not None
    assert view.trained_until.date() == day + timedelta(days=30)
    house.do("cleo", "training.record", person, until=day - timedelta(days=1))
    assert missing(house, "petra", "document.list", matter).code == "training-needed"


def test_nobody_records_their_own_training(house: House) -> None:
    with pytest.raises(Refused):
        house.do("cleo", "training.record", house.person("cleo").user, until=house.world.clock.now().date())


def test_a_purpose_is_stated_before_pages_are_opened_and_its_owner_reads_it(house: House) -> None:
    version = asking(house)
    error = missing(house, "pia", "page.view", version, page=1, width=600)
    assert (error.code, error.facts["version"]) == ("purpose-needed", str(version))
    assert "page.view" in house.do("pia", "version.read", version).can
    house.do("pia", "visit.state", version, **PURPOSE)
    house.do("pia", "page.view", version, page=1, width=600)
    missing(house, "bodil", "page.view", version, page=1, width=600)
    given = [row for row in house.do("ada", "disclosure.list", house.matter) if row.version == version]
    assert [(one.name, one.purpose) for one in given[0].visited] == [("Pia Strand", PURPOSE["purpose"])]
    received = [row for row in house.do("bodil", "disclosure.list", house.matter) if row.version == version]
    assert received[0].visited == ()


def test_a_stated_purpose_counts_for_twelve_hours(house: House) -> None:
    version = asking(house)
    house.do("pia", "visit.state", version, **PURPOSE)
    with pytest.raises(Conflict):
        house.do("pia", "visit.state", version, **PURPOSE)
    row = house.rows(Visit, Visit.version_id == version)[0]
    assert row.until - row.stated_at == timedelta(hours=12)
    house.later(hours=13)
    assert missing(house, "pia", "page.view", version, page=1, width=600).code == "purpose-needed"


def test_a_disclosure_without_that_condition_asks_nothing(house: House) -> None:
    line = house.line()
    house.world.disclosed(line.version)
    house.do("pia", "page.view", line.version, page=1, width=600)
    with pytest.raises(Refused):
        house.do("pia", "visit.state", line.version, **PURPOSE)


def test_what_comes_first_is_told_before_a_strong_sign_in_is_asked_for(house: House) -> None:
    matter = matter_of(house)
    line = uploaded(house, matter)
    house.do("ada", "agreement.set", matter, text=WORDING)
    weak = replace(house.person("ada"), session=house.session_of("ada"))
    with house.writing() as session:
        session.get(Session, weak.session).strong_at = None
    said = "Given by mistake: the letter of counsel is in it."
    order = {"ground": "zpo", "reason": said, "notice": said}
    with pytest.raises(NeedsFirst):
        house.world.gate.perform(weak, "disclosure.claw-back", line.version, order)
    accept(house, "ada", matter)
    with pytest.raises(NeedsStrength):
        house.world.gate.perform(weak, "disclosure.claw-back", line.version, order)
