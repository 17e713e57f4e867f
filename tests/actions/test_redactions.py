"""Redactions: two people, one who marks and one who releases, and nothing left of what was marked."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pdfminer.high_level import extract_text

from dataroom.actions.progress import Reporter
from dataroom.errors import Conflict, DataroomError, Invalid, NotFound, Refused
from dataroom.model import Mark, Redaction, Version
from tests.actions.house import House, mark


def test_the_author_never_approves(house: House) -> None:
    redaction = house.in_review()
    with pytest.raises(Refused, match="made themselves"):
        house.do("ada", "redaction.approve", redaction)
    house.do("bram", "redaction.approve", redaction)


def test_who_drew_a_mark_never_approves(house: House) -> None:
    redaction = house.draft()
    house.do("bram", "redaction.mark", redaction, marks=[mark(2)])
    house.do("ada", "redaction.submit", redaction)
    house.world.worker.drain()
    for who in ("ada", "bram"):
        with pytest.raises(Refused):
            house.do(who, "redaction.approve", redaction)
    assert house.row(Redaction, redaction).state == "in_review"


def test_who_submits_vouches_for_the_marks_and_never_approves(house: House) -> None:
    redaction = house.draft()
    house.do("ada", "redaction.mark", redaction, marks=[mark(2)])
    drawn = [row.id for row in house.rows(Mark, Mark.redaction_id == redaction, Mark.page == 2)]
    with pytest.raises(Refused, match="Only whoever drew"):
        house.do("bram", "redaction.unmark", redaction, marks=drawn)
    house.do("ada", "redaction.unmark", redaction, marks=drawn)
    house.do("bram", "redaction.submit", redaction)
    house.world.worker.drain()
    with pytest.raises(Refused, match="made themselves"):
        house.do("bram", "redaction.approve", redaction)


def test_from_mark_to_disclosure_nothing_of_the_marked_is_left(house: House) -> None:
    line = house.line()
    redaction = house.in_review(line)
    seen = house.do("bram", "redaction.read", redaction)
    assert seen.checks
    assert all(check.passed for check in seen.checks)
    copy = seen.result.id
    for who in ("pia", "bodil", "petra"):
        with pytest.raises(NotFound):
            house.do(who, "page.view", copy, page=1, width=60)
    house.do("bram", "redaction.approve", redaction)
    with pytest.raises(NotFound):
        house.do("pia", "page.view", copy, page=1, width=60)
    house.world.disclosed(copy)
    assert house.do("pia", "page.view", copy, page=1, width=60)[:2] == b"\xff\xd8"
    with pytest.raises(NotFound):
        house.do("pia", "page.view", line.version, page=1, width=60)
    data = b"".join(house.do("bodil", "version.download", copy).pieces)
    text = extract_text(io.BytesIO(data))
    assert "Royalty" in text
    assert "Lumen" not in text
    assert b"Lumen" not in data


def test_the_list_of_others_shows_the_released_copy_alone(house: House) -> None:
    line = house.line()
    redaction = house.in_review(line)
    house.do("bram", "redaction.approve", redaction)
    copy = house.result(redaction).id
    house.world.disclosed(copy)
    listed = {item.id for item in house.do("pia", "document.list", house.matter, limit=100).items}
    assert copy in listed
    assert line.version not in listed


def test_a_document_that_cannot_be_redacted_is_failed_by_name(house: House) -> None:
    redaction = house.do(
        "ada", "redaction.start", house.line().version, title="Outside", tier=1, category="claim-chart"
    ).id
    house.do("ada", "redaction.mark", redaction, marks=[mark(box=(5000, 5000, 5100, 5100))])
    house.do("ada", "redaction.submit", redaction)
    objects = house.objects()
    house.world.worker.drain()
    row = house.row(Redaction, redaction)
    assert row.state == "failed"
    assert row.remark
    assert house.objects() == objects
    assert house.count(Version, Version.redaction_id == redaction) == 0
    house.do("ada", "redaction.mark", redaction, marks=[mark()])
    assert house.row(Redaction, redaction).state == "draft"


def test_returning_destroys_the_copy_and_its_bytes(house: House) -> None:
    redaction = house.in_review()
    copy = house.result(redaction)
    house.do("bram", "redaction.return", redaction, remark="Page 2 names the licensee.")
    house.world.worker.drain()
    assert copy.object_key not in house.objects()
    house.do("ada", "redaction.submit", redaction)
    house.world.worker.drain()
    assert house.row(Redaction, redaction).state == "in_review"
    house.do("bram", "redaction.approve", redaction)


def test_nothing_is_marked_while_it_is_applied_or_reviewed(house: House) -> None:
    redaction = house.in_review()
    with pytest.raises(DataroomError):
        house.do("ada", "redaction.mark", redaction, marks=[mark(2)])
    assert house.count(Mark, Mark.redaction_id == redaction) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": 3},
        {"code": "NO-SUCH"},
        {"rationale": "short"},
        {"box": (100, 100, 50, 50)},
        {"box": None},
        {"box": (float("nan"), 0, 10, 10)},
        {"kind": "page"},
    ],
)
def test_marks_are_checked(house: House, wrong: dict[str, Any]) -> None:
    redaction = house.ready.get("marks") or house.draft()
    house.ready["marks"] = redaction
    with pytest.raises(Invalid):
        house.do("ada", "redaction.mark", redaction, marks=[mark(2), mark(**wrong)])
    assert house.count(Mark, Mark.redaction_id == redaction) == 1


def test_nothing_is_submitted_without_a_mark(house: House) -> None:
    redaction = house.do(
        "ada", "redaction.start", house.line().version, title="Nothing yet", tier=1, category="claim-chart"
    ).id
    with pytest.raises(Conflict):
        house.do("ada", "redaction.submit", redaction)


def test_a_copy_never_has_a_higher_tier_than_its_original(house: House) -> None:
    with pytest.raises(Invalid):
        house.do("ada", "redaction.start", house.line().version, title="Up", tier=3, category="claim-chart")


def test_whoever_waits_is_told_how_far_the_copy_has_come(house: House) -> None:
    redaction = house.draft()
    house.do("ada", "redaction.mark", redaction, marks=[mark(1)])
    house.do("ada", "redaction.submit", redaction)
    assert house.do("ada", "redaction.read", redaction).progress is None
    reporter = Reporter(house.world.services, "redaction.apply", redaction)
    reporter("remove", 1, 3)
    reporter("remove", 2, 3)
    told = house.do("ada", "redaction.read", redaction).progress
    assert (told.name, told.step, told.steps, told.done, told.of) == ("remove", 1, 5, 1, 3)
    second = Reporter(house.world.services, "redaction.apply", redaction)
    second.second = True
    second("check", 1, 4)
    assert house.do("bram", "redaction.read", redaction).progress.name == "read again"
    house.world.worker.drain()
    assert house.do("ada", "redaction.read", redaction).progress is None
    assert house.row(Redaction, redaction).state == "in_review"
