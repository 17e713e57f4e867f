"""What takes two people is not done by one, under whatever account; and whose affair it is when an act fails."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest

from dataroom.errors import Invalid, NotFound, Refused
from dataroom.ids import new_id
from dataroom.model import AuditEntry, Disposal, Membership, Organisation, ReviewItem, User
from tests.actions.cases_access import review
from tests.actions.house import House, enrol

SAID = "Whoever proposed a disposal or has approved it"


def former(house: House, who: str) -> uuid.UUID:
    """An account somebody had with a former provider of their company, under the same address written otherwise."""
    with house.writing() as session:
        now = session.get(User, house.person(who).user)
        before = User(
            id=new_id(),
            organisation_id=now.organisation_id,
            issuer_id=now.issuer_id,
            subject=f"{who}#until-20200101000000",
            name=now.name,
            email=now.email.upper(),
            role=now.role,
            active=False,
            created_at=now.created_at,
        )
        session.add(before)
        session.flush()
        made: uuid.UUID = before.id
    return made


def test_a_second_account_of_the_same_person_is_no_second_person(house: House) -> None:
    disposal = house.proposed()
    before = former(house, "ada")
    with house.writing() as session:
        session.get(Disposal, disposal).proposed_by = before
    with pytest.raises(Refused, match=SAID):
        house.do("ada", "disposal.approve", disposal)
    house.do("bram", "disposal.approve", disposal)


def entry(house: House, act: str) -> AuditEntry:
    """The newest entry of an act."""
    found: list[AuditEntry] = sorted(house.rows(AuditEntry, AuditEntry.act == act), key=lambda row: row.at)
    return found[-1]


def test_what_a_member_does_not_find_is_told_to_their_own_company_and_an_outsiders_try_to_the_owner(
    house: House,
) -> None:
    line, made = house.line(), {"title": "Ours", "recipients": ["cassini"], "prefix": "B"}
    parties = {row.slug: row.id for row in house.rows(Organisation)}
    for who, told, outcome in (("bodil", "borealis", "refused"), ("stray", "aldermoor", "hidden")):
        with pytest.raises(NotFound):
            house.do(who, "production.make", house.matter, versions=[line.version], **made)
        row = entry(house, "production.make")
        assert (row.owner_organisation_id, row.outcome) == (parties[told], outcome)


def test_on_its_day_nothing_of_a_review_is_confirmed_any_more(house: House) -> None:
    target = review(house)
    (item, *_) = house.rows(ReviewItem, ReviewItem.review_id == target, ReviewItem.user_id == house.person("ada").user)
    house.later(days=10, seconds=1)
    assert "review.confirm" not in house.do("bram", "review.read", target).line.can
    with pytest.raises(Refused):
        house.do("bram", "review.confirm", target, items=[item.id])
    assert house.row(ReviewItem, item.id).outcome is None


def test_nobody_gets_a_part_while_their_account_is_being_ended(house: House) -> None:
    enrol(house.world, "late", "aldermoor", "partner")
    late = house.person("late").user
    holding, said = threading.Event(), list[Any]()

    def add() -> None:
        holding.wait(5)
        try:
            house.do("ada", "member.add", house.matter, email="late@aldermoor.example", tier=1)
        except Invalid as error:
            said.append(error.detail)

    adding = threading.Thread(target=add)
    adding.start()
    with house.writing() as session:
        row = session.get(User, late, with_for_update=True)
        row.active, row.departed_at = False, house.world.clock.now() - timedelta(seconds=1)
        session.flush()
        holding.set()
        adding.join(0.3)
    adding.join(10)
    assert [text.partition(":")[0] for text in said] == ["email"]
    assert house.rows(Membership, Membership.user_id == late) == []
