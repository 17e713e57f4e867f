"""Reasons of marks and audiences of copies: what has to be stated, who a copy is for, and the logs that tell it."""

from __future__ import annotations

import csv
import io
import uuid
from typing import Any

import pytest

from dataroom.errors import Invalid, NotFound, Refused
from dataroom.model import Mark, RedactionAudience
from tests.actions.house import House, mark, terms

PRIVILEGED = {
    "lawyer": "Mara Winter",
    "client": "Aldermoor Instruments",
    "date": "2025-03-04",
    "jurisdiction": "Germany",
    "nature of the advice, not its content": "Advice on the validity of claim 1",
}
START = {"title": "For Borealis", "tier": 1, "category": "claim-chart"}


def privileged(**more: Any) -> dict[str, Any]:
    """A mark that claims attorney-client privilege as the log asks."""
    return mark(code="AC", rationale="A lawyer's advice to the board.", details=PRIVILEGED) | more


def released(house: House, *marks: dict[str, Any], **more: Any) -> uuid.UUID:
    """A released redaction with these marks."""
    made: uuid.UUID = house.do("ada", "redaction.start", house.line().version, **START | more).id
    house.do("ada", "redaction.mark", made, marks=list(marks) or [mark()])
    house.do("ada", "redaction.submit", made)
    house.world.worker.drain()
    house.do("bram", "redaction.approve", made)
    return made


def table(download: Any) -> list[dict[str, str]]:
    """The rows of a downloaded log."""
    return list(csv.DictReader(io.StringIO(b"".join(download.pieces).decode())))


@pytest.mark.parametrize("missing", sorted(PRIVILEGED))
def test_a_privilege_is_not_claimed_without_each_particular(house: House, missing: str) -> None:
    redaction = house.draft()
    left = {name: text for name, text in PRIVILEGED.items() if name != missing}
    before = house.count(Mark, Mark.redaction_id == redaction)
    for wrong in (privileged(details=left), mark(second_code="AC", details=left)):
        with pytest.raises(Invalid, match=missing):
            house.do("ada", "redaction.mark", redaction, marks=[mark(2), wrong])
    assert house.count(Mark, Mark.redaction_id == redaction) == before
    house.do("ada", "redaction.mark", redaction, marks=[privileged()])


@pytest.mark.parametrize(
    "wrong",
    [
        {"second_code": "TS"},
        {"second_code": "XX"},
        {"second_code": "D-CI"},
        {"details": {"shoe size": "44"}},
        {"details": {"owner": ""}},
        {"details": {"owner": "x" * 301}},
    ],
)
def test_reasons_that_are_none_of_the_list(house: House, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        house.do("ada", "redaction.mark", house.draft(), marks=[mark(**wrong)])


def test_a_second_code_and_particulars_are_shown_to_the_reviewer(house: House) -> None:
    redaction = house.draft()
    house.do("ada", "redaction.mark", redaction, marks=[mark(2, second_code="AC", details=PRIVILEGED)])
    seen = house.do("bram", "redaction.read", redaction).marks[-1]
    assert (seen.second_code, seen.details) == ("AC", PRIVILEGED)


def test_a_copy_reaches_its_audience_alone(house: House) -> None:
    redaction = released(house, audience=["borealis"])
    copy = house.result(redaction).id
    with pytest.raises(Refused, match="made for certain organisations"):
        house.do("ada", "disclosure.grant", copy, **terms(house, recipient="cassini"))
    house.do("ada", "disclosure.grant", copy, **terms(house))
    house.do("pia", "page.view", copy, page=1, width=60)
    assert house.do("ada", "version.read", copy).meant == ("borealis",)
    assert house.do("pia", "version.read", copy).meant == ()
    assert [party.slug for party in house.do("bram", "redaction.read", redaction).audience] == ["borealis"]


@pytest.mark.parametrize("audience", [["aldermoor"], ["nobody"], ["borealis", "elsewhere"]])
def test_an_audience_is_of_other_participants(house: House, audience: list[str]) -> None:
    before = house.count(RedactionAudience)
    with pytest.raises(Invalid, match="audience"):
        house.do("ada", "redaction.start", house.line().version, **START, audience=audience)
    assert house.count(RedactionAudience) == before


def test_marks_are_taken_over_as_ones_own(house: House) -> None:
    line = house.line()
    first = house.do("ada", "redaction.start", line.version, **START, audience=["borealis"]).id
    house.do("ada", "redaction.mark", first, marks=[privileged(), mark(2, box=None, kind="page")])
    second = house.do("bram", "redaction.start", line.version, **START, audience=["cassini"], marks_of=first).id
    told, again = (house.do("ada", "redaction.read", which).marks for which in (first, second))
    assert [(m.page, m.box, m.kind, m.code, m.details) for m in again] == [
        (m.page, m.box, m.kind, m.code, m.details) for m in told
    ]
    assert {m.author for m in again} == {"Bram Oakes"}
    with pytest.raises(Invalid, match="another version"):
        house.do("ada", "redaction.start", house.line().version, **START, marks_of=first)
    with pytest.raises(NotFound):
        house.do("ada", "redaction.start", line.version, **START, marks_of=uuid.uuid4())


def test_the_redaction_log_tells_extent_particulars_and_disclosures(house: House) -> None:
    redaction = released(house, privileged(second_code="TS"), mark(2, box=None, kind="page"))
    copy = house.result(redaction).id
    given = house.world.disclosed(copy)
    house.do("ada", "disclosure.withdraw", given)
    first, second = table(house.do("cleo", "redaction.log", redaction, form="csv"))
    assert (first["Second code"], first["Version"], second["Extent (% of page)"]) == ("TS", "1", "100.0")
    assert 10 < float(first["Extent (% of page)"]) < 30
    assert "lawyer: Mara Winter" in first["Particulars"]
    assert str(given) in first["Disclosures of the copy"]
    assert "withdrawn from Borealis" in first["Later changes"]


def test_the_privilege_log_has_a_line_for_each_privilege_released(house: House) -> None:
    before = len(table(house.do("cleo", "redaction.privilege-log", house.matter, form="csv")))
    released(
        house, privileged(rationale="=cmd|' /C calc'!A0 of the lawyer"), mark(2, second_code="AC", details=PRIVILEGED)
    )
    released(house, mark())
    house.do("ada", "redaction.mark", house.draft(), marks=[privileged()])
    lines = table(house.do("cleo", "redaction.privilege-log", house.matter, form="csv"))
    assert len(lines) == before + 1
    (last,) = [line for line in lines if line["Description"].startswith("'=cmd")]
    assert last["Log no."] == str(lines.index(last) + 1)
    assert (last["Treatment"], last["Pages redacted"], last["Date"]) == ("redacted", "1, 2", "2025-03-04")
    assert (last["Lawyers"], last["Jurisdiction"]) == ("Mara Winter", "Germany")
    assert last["Privilege"] == "AC Attorney-client privilege"
    assert last["Description"].startswith("'=cmd")
    paper = b"".join(house.do("cleo", "redaction.privilege-log", house.matter, form="pdf").pieces)
    assert paper.startswith(b"%PDF-")
    assert table(house.do("corin", "redaction.privilege-log", house.matter, form="csv")) == []
