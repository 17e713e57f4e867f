"""Leave and deputies: what a deputy may, for how long, what the log says of it, and that two who are one stay one.

Also second persons in general, and whose affair it is when an act comes to nothing."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest

from dataroom.errors import Conflict, Invalid, NotFound, Refused
from dataroom.ids import new_id
from dataroom.model import AuditEntry, Disposal, Leave, Membership, Organisation, ReviewItem, User
from tests.actions.cases_access import granted, own_matter, review
from tests.actions.cases_leaves import WHY, away, terms_of
from tests.actions.house import House, enrol, mark


@pytest.fixture(scope="module")
def staffed(house: House) -> House:
    """Three more custodians of the company, none of whom takes part in anything."""
    for who in ("dean", "dora2", "dirk"):
        enrol(house.world, who, "aldermoor", "custodian")
    return house


def reads(house: House, who: str, version: uuid.UUID) -> bool:
    """Whether somebody opens a page, listed and by itself."""
    try:
        listed = version in {item.id for item in house.do(who, "document.list", house.matter, limit=100).items}
        house.do(who, "page.view", version, page=1, width=60)
    except (NotFound, Refused):
        return False
    assert listed
    return True


def ended(house: House, *leaves: uuid.UUID) -> None:
    """Has compliance end them."""
    for leave in leaves:
        house.do("cleo", "leave.end", leave)


def state_of(house: House, leave: uuid.UUID, who: str = "cleo") -> str:
    """What somebody is told of a leave."""
    (found,) = [row for row in house.do(who, "leave.list", house.matter) if row.id == leave]
    return str(found.state)


def test_a_deputy_holds_the_part_of_the_one_away_and_each_entry_says_for_whom(staffed: House) -> None:
    house = staffed
    line = house.line(tier=2)
    assert not reads(house, "dean", line.version)
    made = away(house, "bram", "dean")
    assert reads(house, "dean", line.version)
    shown = house.do("dean", "matter.read", house.matter)
    assert (shown.tier, shown.deputy_for, shown.deputy_until) == (4, "Bram Oakes", house.row(Leave, made).until)
    (member,) = [one for one in house.do("pia", "member.list", house.matter) if one.name == "Dean"]
    assert (member.deputy_for, member.valid_until) == ("Bram Oakes", house.row(Leave, made).until)
    sizes = house.log_sizes()
    house.do("dean", "document.read", line.document)
    with pytest.raises(NotFound):
        house.do("dean", "document.read", uuid.uuid4())
    said, unfound = (
        entry.fields.get("for") for entry in sorted(house.entries_since(sizes), key=lambda e: e.matter is None)
    )
    assert said["name"] == "Bram Oakes"
    assert said["who"] == str(house.person("bram").user)
    assert unfound is None
    house.do("bram", "document.read", line.document)
    (entry, *_) = [
        row for row in house.do("cleo", "audit.list", house.matter, act="document.read").items if row.who == "Dean"
    ]
    assert entry.acting_for.startswith("Bram Oakes, deputy until ")
    told = house.do("ada", "access.explain", line.document, person=house.person("dean").user, do="page.view")
    assert told.allowed
    assert any("hold the part of Bram Oakes" in one for one in told.assumed)
    assert ("They stand in for nobody any more.",) in told.changes
    ended(house, made)
    assert not reads(house, "dean", line.version)


def test_a_deputyship_is_worth_nothing_at_once_when_part_clearance_or_account_of_the_one_away_ends(
    staffed: House,
) -> None:
    house = staffed
    high, low = house.line(tier=3), house.line(tier=1)
    made = away(house, "lena", "dean")
    assert reads(house, "dean", low.version)
    assert not reads(house, "dean", high.version)
    house.do("ada", "member.add", house.matter, email="lena@aldermoor.example", tier=3)
    assert reads(house, "dean", high.version)
    house.do("ada", "member.add", house.matter, email="lena@aldermoor.example", tier=1)
    assert not reads(house, "dean", high.version)
    for column, value in (("active", False), ("role", "partner")):
        before = getattr(house.row(User, house.person("lena").user), column)
        with house.writing() as session:
            setattr(session.get(User, house.person("lena").user), column, value)
        assert not reads(house, "dean", low.version)
        assert state_of(house, made) == "without-effect"
        assert house.do("cleo", "matter.read", house.matter).waiting >= 1
        with house.writing() as session:
            setattr(session.get(User, house.person("lena").user), column, before)
    assert reads(house, "dean", low.version)
    house.do("ada", "member.remove", house.matter, email="lena@aldermoor.example")
    assert not reads(house, "dean", low.version)
    house.do("ada", "member.add", house.matter, email="lena@aldermoor.example", tier=1)
    assert not reads(house, "dean", low.version)
    assert state_of(house, made) == "over"


def test_it_begins_and_ends_at_its_hour_and_either_of_the_two_or_compliance_ends_it(staffed: House) -> None:
    house = staffed
    line = house.line(tier=1)
    begins = house.world.clock.now() + timedelta(days=1)
    made = away(house, "lena", "dean", begins=begins, days=2)
    assert (state_of(house, made), reads(house, "dean", line.version)) == ("coming", False)
    house.later(days=1, seconds=1)
    assert (state_of(house, made), reads(house, "dean", line.version)) == ("covered", True)
    house.later(days=1)
    assert (state_of(house, made), reads(house, "dean", line.version)) == ("over", False)
    for who in ("lena", "dirk", "cleo"):
        leave = away(house, "lena", "dirk")
        with pytest.raises(Refused):
            house.do("bram", "leave.end", leave)
        house.do(who, "leave.end", leave)
        with pytest.raises((NotFound, Refused)):
            house.do(who, "leave.end", leave)
    uncovered = away(house, "lena")
    assert state_of(house, uncovered) == "uncovered"
    waiting = house.do("cleo", "matter.read", house.matter).waiting
    ended(house, uncovered)
    assert house.do("cleo", "matter.read", house.matter).waiting == waiting - 1


def test_the_deputy_and_the_one_away_count_as_one_person(staffed: House) -> None:
    house = staffed
    made = away(house, "bram", "dean")
    draft = house.do(
        "dean", "redaction.start", house.line().version, title="For partners", tier=1, category="claim-chart"
    ).id
    house.do("dean", "redaction.mark", draft, marks=[mark()])
    house.do("dean", "redaction.submit", draft)
    house.world.worker.drain()
    by_ada = house.in_review()
    disposal = house.proposed(who="bram")
    with pytest.raises(Refused, match="stand in for"):
        house.do("bram", "redaction.approve", draft)
    with pytest.raises(Refused, match="stand in for"):
        house.do("dean", "disposal.approve", disposal)
    house.do("dean", "redaction.approve", by_ada)
    with pytest.raises(Refused, match="their own part"):
        house.do("dean", "member.add", house.matter, email="dean@aldermoor.example", tier=1)
    with pytest.raises(Refused, match="their own part"):
        house.do("dean", "member.add", house.matter, email="bram@aldermoor.example", tier=1)
    ended(house, made)
    with pytest.raises(Refused, match="drew one of the marks"):
        house.do("bram", "redaction.approve", draft)
    house.do("ada", "redaction.approve", draft)


def test_walls_and_clubs_bind_the_deputys_own_person(staffed: House) -> None:
    house = staffed
    limited, guarded = house.line(tier=1), house.line(tier=1)
    circle = house.do("ada", "club.create", house.matter, name="Rates", kind="confidentiality_club").id
    wall = house.do("ada", "club.create", house.matter, name="Former", kind="ethical_wall").id
    house.do("ada", "club.add", circle, email="bram@aldermoor.example")
    house.do("ada", "document.limit", limited.document, club=circle)
    house.do("ada", "document.limit", guarded.document, club=wall)
    made = away(house, "bram", "dean")
    assert reads(house, "bram", limited.version)
    assert not reads(house, "dean", limited.version)
    house.do("ada", "club.add", circle, email="dean@aldermoor.example")
    assert reads(house, "dean", limited.version)
    house.do("ada", "club.remove", circle, email="bram@aldermoor.example")
    assert not reads(house, "dean", limited.version)
    assert reads(house, "dean", guarded.version)
    house.do("ada", "club.add", wall, email="dean@aldermoor.example")
    assert not reads(house, "dean", guarded.version)
    assert reads(house, "bram", guarded.version)
    ended(house, made)
    with pytest.raises(Invalid, match="behind a wall"):
        away(house, "bram", "dean")


def test_whom_one_may_name_and_for_how_long(staffed: House) -> None:
    house = staffed
    for wrong in ("petra", "cleo", "ada", "nobody", "dora"):
        with pytest.raises(Invalid, match="deputy: no other custodian"):
            away(house, "ada", wrong)
    with pytest.raises(Invalid, match="lower tier"):
        away(house, "ada", "lena")
    now = house.world.clock.now()
    for begins, until in (
        (now - timedelta(days=1), now + timedelta(days=1)),
        (now, now + timedelta(days=91)),
        (now, now),
    ):
        with pytest.raises(Invalid):
            house.do("ada", "leave.announce", house.matter, **terms_of(house) | {"begins": begins, "until": until})
    made = away(house, "bram", "dirk")
    with pytest.raises(Conflict, match="away from this matter"):
        away(house, "bram")
    with pytest.raises(Conflict, match="two people of a matter"):
        away(house, "ada", "dirk")
    with pytest.raises(Conflict, match="themselves in that time"):
        away(house, "ada", "bram")
    with pytest.raises(Refused, match="names no deputy"):
        away(house, "dirk", "dora2")
    ended(house, made)


def test_a_review_lists_who_stands_in_and_ends_what_nobody_confirms(staffed: House) -> None:
    house = staffed
    matter = own_matter(house)
    made = away(house, "bram", "dirk", matter=matter, days=30)
    target = review(house, matter)
    (item,) = [one for one in house.do("cleo", "review.read", target).items if one.kind == "leave"]
    assert (item.person, item.what) == ("Dirk", "for Bram Oakes")
    with pytest.raises(Refused, match="lets in themselves"):
        house.do("dirk", "review.confirm", target, items=[item.id])
    house.later(days=10, seconds=1)
    house.world.worker.drain("review.close")
    assert house.row(Leave, made).ended_at is not None


def test_a_deputy_is_granted_nothing_by_whom_they_represent(staffed: House) -> None:
    house = staffed
    made = away(house, "bram", "dora2")
    line = house.line(tier=1)
    asked: Any = {
        "organisation": "aldermoor",
        "number": int(line.number.rsplit("-", 1)[1]),
        "purpose": WHY,
        "basis": WHY,
    }
    row = house.do(
        "dora2", "access.request", house.matter, until=house.world.clock.now() + timedelta(days=5), **asked
    ).id
    with pytest.raises(Refused, match="request they made themselves"):
        house.do("bram", "access.refuse", row, remark="Not needed, as it is open already.")
    assert granted(house, line)
    ended(house, made)


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
