"""Access reviews: what is listed, who confirms, and what ends on the day."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from dataroom.errors import Conflict, Invalid, Refused
from dataroom.model import Review, ReviewItem
from tests.actions.cases_access import own_matter, review, until
from tests.actions.house import House, pdf, terms


def contributed(house: House, matter: Any) -> Any:
    """A classified document of ada's in a matter."""
    params = {"path": "a.pdf", "tier": 2, "category": "claim-chart", "schedule": "work-product"}
    return house.do("ada", "document.upload", matter, stream=io.BytesIO(pdf()), **params)


def items(house: House, who: str, target: Any) -> list[Any]:
    """The items of a review as somebody sees them."""
    return list(house.do(who, "review.read", target).items)


def test_what_nobody_confirms_ends_on_the_day_and_the_report_says_so(house: House) -> None:
    matter = own_matter(house)
    line = contributed(house, matter)
    circle = house.do("ada", "club.create", matter, name="Rates", kind="confidentiality_club").id
    wall = house.do("ada", "club.create", matter, name="Former", kind="ethical_wall").id
    for place in (circle, wall):
        house.do("ada", "club.add", place, email="petra@aldermoor.example")
    kept = house.do("ada", "disclosure.grant", line.version, **terms(house)).id
    ended = house.do("ada", "disclosure.grant", line.version, **terms(house)).id
    target = review(house, matter)
    with pytest.raises(Conflict):
        review(house, matter)
    found = items(house, "bram", target)
    assert sorted(one.kind for one in found) == ["club", "disclosure", "disclosure", *["membership"] * 4]
    rows = house.rows(ReviewItem, ReviewItem.review_id == target)
    by_subject = {row.subject_id: row.id for row in rows}
    people = {one.person: one.id for one in found if one.kind == "membership"}
    with pytest.raises(Refused):
        house.do("bram", "review.confirm", target, items=[people["Bram Oakes"]])
    with pytest.raises(Invalid):
        house.do("bram", "review.confirm", target, items=[people["Ada Quill"], circle])
    house.do("bram", "review.confirm", target, items=[people["Ada Quill"], by_subject[kept]])
    house.later(days=10, seconds=1)
    house.world.worker.drain("review.close")
    assert house.row(Review, target).closed_at is not None
    outcomes = {row.subject_id: row.outcome for row in house.rows(ReviewItem, ReviewItem.review_id == target)}
    assert (outcomes[kept], outcomes[ended]) == ("kept", "ended")
    left = {member.name for member in house.do("ada", "member.list", matter)}
    assert left == {"Ada Quill", "Cleo Hart", "Bodil Rask"}
    clubs = {view.name: len(view.people) for view in house.do("ada", "club.list", matter)}
    assert clubs == {"Rates": 0, "Former": 1}
    given = {row.id: row.live for row in house.do("ada", "disclosure.list", matter)}
    assert given == {kept: True, ended: False}
    table = b"".join(house.do("cleo", "review.report", target).pieces).decode()
    told = {(row[0], row[2]): row[5] for row in csv.reader(io.StringIO(table))}
    assert told["part in the matter", "Petra Lind"] == "ended: nobody confirmed it"
    assert told["part in the matter", "Cleo Hart"] == "kept: the last of this role"
    assert told["part in the matter", "Ada Quill"] == "confirmed"
    with pytest.raises(Refused):
        house.do("ada", "review.confirm", target, items=[people["Petra Lind"]])


def test_what_ended_meanwhile_is_told_as_such_and_days_have_bounds(house: House) -> None:
    matter = own_matter(house)
    for wrong in (until(house, hours=23), until(house, days=91), until(house).replace(tzinfo=None)):
        with pytest.raises(Invalid):
            house.do("cleo", "review.start", matter, due=wrong)
    target = house.do("cleo", "review.start", matter, due=until(house, days=2)).id
    house.do("ada", "member.remove", matter, email="petra@aldermoor.example")
    house.later(days=1)
    assert house.world.worker.drain("review.close") == 0
    house.later(days=1, seconds=1)
    assert house.world.worker.drain("review.close") == 1
    found = {one.person: one.outcome for one in house.do("cleo", "review.read", target).items}
    assert found == {"Ada Quill": "last", "Bram Oakes": "ended", "Petra Lind": "gone", "Cleo Hart": "last"}
    assert timedelta(0) <= house.world.clock.now() - house.row(Review, target).closed_at
