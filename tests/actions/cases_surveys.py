"""Cases of surveys of marks and of the report made from them."""

from __future__ import annotations

import uuid
from typing import Any

from dataroom.model import Errand, Survey, SurveyPart
from tests.actions.case import Case
from tests.actions.cases_finding import small
from tests.actions.house import House


def finished(house: House, *criteria: Any) -> None:
    """Works off every survey that is under way, or those of `criteria`."""
    for row in house.rows(Survey, Survey.state == "running", *criteria):
        while house.row(Survey, row.id).state == "running":
            house.do("service", "survey.step", row.id)


def surveyed(house: House) -> uuid.UUID:
    """A survey by ada that is under way, with at least one redaction in it."""
    finished(house)
    house.draft()
    made: uuid.UUID = house.do("ada", "survey.start", house.matter).id
    return made


def _small_surveyed(house: House) -> uuid.UUID:
    matter = small(house)
    finished(house, Survey.matter_id == matter)
    house.draft(house.ready["small"][1])
    made: uuid.UUID = house.do("ada", "survey.start", matter).id
    return made


def _ready(house: House) -> uuid.UUID:
    finished(house)
    house.draft()
    return house.matter


def _started(house: House, target: Any, result: Any) -> None:
    row = house.row(Survey, result.id)
    assert (row.matter_id, row.state) == (target, "running")
    owed = [one for one in house.rows(Errand) if one.payload.get("target") == str(result.id)]
    assert [one.kind for one in owed] == ["survey.step"]


def _stepped(house: House, target: Any, _result: Any) -> None:
    done = house.rows(SurveyPart, SurveyPart.survey_id == target, SurveyPart.state == "done")
    assert done
    assert all(b"Lumen" not in (part.sealed or b"") for part in done)


def _contradicting(house: House) -> uuid.UUID:
    line = house.line()
    house.draft(line)
    house.do("ada", "redaction.start", line.version, title="For others", tier=1, category="claim-chart")
    other = house.do("ada", "redaction.start", line.version, title="For third", tier=1, category="claim-chart").id
    mark = {"page": 2, "box": (60, 600, 540, 800), "kind": "box", "code": "TS", "rationale": "Names a royalty rate."}
    house.do("ada", "redaction.mark", other, marks=[mark])
    return house.matter


CASES = (
    Case("survey.start", "ada", _started, _ready, lower="petra", foreign=""),
    Case("survey.step", "service", _stepped, _small_surveyed, lower="ada"),
    Case(
        "redaction.consistency",
        "ada",
        lambda h, t, r: None,
        _contradicting,
        shows=lambda h, r: bool(r.findings),
        reads=True,
    ),
    Case(
        "redaction.consistency-table",
        "ada",
        lambda h, t, r: None,
        _contradicting,
        shows=lambda h, r: b"For third" in r,
        reads=True,
    ),
)
