"""The report of contradicting marks: between audiences, within a document, and between documents of nearly one text."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from dataroom.actions.surveys import boxes_of
from dataroom.errors import Conflict
from dataroom.model import Mark, SurveyPart
from tests.actions.cases_surveys import finished
from tests.actions.house import House

LINES = (
    "The panel of claim one was measured by Jonas Tamarind in the laboratory at Aldermoor on a cold morning.",
    "Every sample was weighed twice, dried for an hour and kept in the dark until the second reading was done.",
    "The second reading agreed with the first within the limits that the standard gives for such glass panels.",
    "No other person was in the room while the samples were open, and the door stayed locked the whole time.",
)


def letter(*pages: tuple[str, ...]) -> bytes:
    """Pages of lines of Helvetica 9 from (40, 760) down, 20 points apart."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for lines in pages:
        canvas.setFont("Helvetica", 9)
        for row, text in enumerate(lines):
            canvas.drawString(40, 760 - 20 * row, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def redaction(house: House, version: uuid.UUID, title: str, tier: int = 1, **more: Any) -> uuid.UUID:
    """A redaction by ada."""
    asked = {"title": title, "tier": tier, "category": "claim-chart"} | more
    made: uuid.UUID = house.do("ada", "redaction.start", version, **asked).id
    return made


def hide(house: House, redaction_id: uuid.UUID, version: uuid.UUID, term: str, *pages: int) -> None:
    """Marks the places of a term on some pages."""
    hits = house.do("ada", "page.search", version, term=term)
    marks = [
        {"page": hit.page, "box": box, "kind": "term", "code": "TS", "rationale": "Names the engineer."}
        for hit in hits
        if hit.page in pages
        for box in hit.boxes
    ]
    assert marks
    house.do("ada", "redaction.mark", redaction_id, marks=marks)


def found(house: House, *titles: str, kind: str = "") -> list[Any]:
    """The findings about redactions of these titles."""
    report = house.do("ada", "redaction.consistency", house.matter)
    return [one for one in report.findings if one.marked_title in titles and one.kind == (kind or one.kind)]


def surveyed(house: House) -> None:
    """Surveys everything, to the end."""
    finished(house)
    house.do("ada", "survey.start", house.matter)
    finished(house)


def test_a_place_marked_for_one_audience_and_left_for_another(house: House) -> None:
    version = house.line(data=letter(LINES, LINES)).version
    wide = redaction(house, version, "Wide audience", tier=2)
    hide(house, wide, version, "Jonas Tamarind", 1)
    close = redaction(house, version, "Close audience", tier=1, marks_of=wide)
    assert found(house, "Wide audience", "Close audience", kind="audience") == []
    hide(house, wide, version, "laboratory", 2)
    (one,) = found(house, "Wide audience", "Close audience", kind="audience")
    assert (one.marked, one.left, one.page, one.serious) == (wide, close, 2, True)
    hide(house, close, version, "Every sample", 1)
    (other,) = found(house, "Close audience", kind="audience")
    assert (other.left, other.serious) == (wide, False)


def test_words_hidden_on_one_page_and_left_on_another(house: House) -> None:
    version = house.line(data=letter(LINES, LINES, LINES)).version
    made = redaction(house, version, "Left over")
    hide(house, made, version, "Jonas Tamarind", 1, 3)
    surveyed(house)
    (one,) = found(house, "Left over", kind="left")
    assert (one.page, one.words, one.marked, one.left, one.serious) == (2, "Jonas Tamarind", made, made, True)
    hide(house, made, version, "Jonas Tamarind", 2)
    assert found(house, "Left over", kind="left") == []
    assert house.do("ada", "redaction.consistency", house.matter).stale


def test_words_hidden_in_one_document_and_left_in_its_near_copy(house: House) -> None:
    first, second = house.line(data=letter(LINES)), house.line(data=letter((*LINES, "One line more at the end.")))
    unlike = house.line(data=letter(("Jonas Tamarind wrote quite another text about quite another thing altogether.",)))
    made = redaction(house, first.version, "First draft")
    hide(house, made, first.version, "Jonas Tamarind", 1)
    theirs = redaction(house, second.version, "Second draft")
    hide(house, theirs, second.version, "laboratory", 1)
    surveyed(house)
    ours = [one for one in found(house, "First draft", kind="twin") if one.version == second.version]
    assert [(one.left, one.page, one.words) for one in ours] == [(theirs, 1, "Jonas Tamarind")]
    assert not [one for one in found(house, "First draft") if one.version == unlike.version]
    hide(house, theirs, second.version, "Jonas Tamarind", 1)
    assert not [one for one in found(house, "First draft", kind="twin") if one.left == theirs]
    house.world.disclosed(second.version)
    (out,) = [one for one in found(house, "First draft", kind="twin") if one.version == second.version]
    assert (out.left, out.serious) == (None, True)


def test_the_table_says_it_in_words_and_nothing_lies_open(house: House) -> None:
    version = house.line(data=letter(LINES, LINES)).version
    made = redaction(house, version, "=Title of a formula")
    hide(house, made, version, "Jonas Tamarind", 1)
    surveyed(house)
    data = b"".join(house.do("ada", "redaction.consistency-table", house.matter).pieces).decode()
    assert '"marked in one place, left in another","yes"' in data
    assert '"\'=Title of a formula"' in data
    for part in house.rows(SurveyPart):
        assert b"Tamarind" not in (part.sealed or b"")


def test_one_survey_at_a_time_and_only_of_marks(house: House) -> None:
    finished(house)
    house.draft()
    house.do("ada", "survey.start", house.matter)
    with pytest.raises(Conflict, match="under way"):
        house.do("ada", "survey.start", house.matter)
    finished(house)
    with pytest.raises(Conflict, match="Mark something"):
        house.do("cass", "survey.start", house.matter)


def test_a_custodian_below_the_tier_is_told_of_nothing(house: House) -> None:
    version = house.line(data=letter(LINES, LINES)).version
    made = redaction(house, version, "Above lena")
    hide(house, made, version, "Jonas Tamarind", 1)
    surveyed(house)
    assert found(house, "Above lena")
    report = house.do("lena", "redaction.consistency", house.matter)
    assert not [one for one in report.findings if one.version == version]


def test_whole_pages_are_not_looked_for_word_by_word() -> None:
    whole = Mark(page=1, kind="page", x0=0.0, y0=0.0, x1=0.0, y1=0.0)
    box = Mark(page=2, kind="box", x0=1.0, y0=2.0, x1=3.0, y1=4.0)
    assert boxes_of([whole, box]) == {2: [(1.0, 2.0, 3.0, 4.0)]}
