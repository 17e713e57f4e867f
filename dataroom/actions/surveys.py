"""Surveys of marks: a job of the service that reads an organisation's originals of a matter, part by part.

First every original is sketched; then, for each redaction, the words its marks hide are looked for in the original
itself and in originals of nearly the same text. What was found lies sealed under the key of the version it is about;
whether a place is covered is asked of the marks as they are when the report is read.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions import slips
from dataroom.actions.context import Desk, Services
from dataroom.actions.registry import Nothing, action
from dataroom.actions.sealing import Opened, open_version
from dataroom.actions.searches import STRETCH_SECONDS, searchable
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, KeyDestroyed, NotFound
from dataroom.ids import new_id
from dataroom.model import Mark, Matter, Redaction, Survey, SurveyPart, Version

ALIKE = 0.5
"""From which part of common text on two documents count as nearly the same."""
MOST_ALIKE = 20
"""In how many originals of nearly the same text the words of one redaction are looked for."""
MOST_PLACES = 2000
PURPOSE = "survey"


@action("survey.start", on=Matter, affair="actor")
def start(work: Work, matter: Matter, params: Nothing) -> Done:
    """Has the marks of the own organisation's redactions in a matter held against the texts, in the background."""
    own = (Survey.matter_id == matter.id, Survey.organisation_id == work.organisation)
    if work.one(Survey, *own, Survey.state == "running") is not None:
        raise Conflict("A survey is under way.")
    versions = searchable(work, matter)
    redactions = live_redactions(work, matter)
    if not redactions:
        raise Conflict("Mark something first.")
    for old in work.all(Survey, *own):
        for part in work.all(SurveyPart, SurveyPart.survey_id == old.id):
            work.remove(part)
        work.remove(old)
    row = work.add(
        Survey(
            id=new_id(),
            matter_id=matter.id,
            organisation_id=work.organisation,
            author_id=work.user,
            state="running",
            created_at=work.now,
        )
    )
    parts = [(version.id, None) for version in versions] + [(one.version_id, one.id) for one in redactions]
    for version, redaction in parts:
        part = SurveyPart(id=new_id(), survey_id=row.id, version_id=version, redaction_id=redaction, state="waiting")
        work.session.add(part)
    work.owe("survey.step", row.id)
    work.concerns(target=row, owner=work.organisation)
    work.state(documents=len(versions), redactions=len(redactions))
    return Done(row.id)


def live_redactions(work: Work, matter: Matter) -> list[Redaction]:
    """The redactions of a matter with marks whose contradictions this person may see."""
    return work.listed(
        Redaction,
        Redaction.matter_id == matter.id,
        Redaction.state != "discarded",
        select(Mark.id).where(Mark.redaction_id == Redaction.id).exists(),
        order=(Redaction.created_at, Redaction.id),
        action="redaction.consistency",
    )


@dataclass(frozen=True)
class Surveyed:
    """What one stretch did: for each part its id, state and sealed finding."""

    parts: tuple[tuple[uuid.UUID, str, bytes | None], ...]


def _stretch(desk: Desk, survey: Survey, params: Nothing, stream: Any) -> Surveyed:
    with desk.services.database.reading() as session:
        asked = select(SurveyPart).where(SurveyPart.survey_id == survey.id).order_by(SurveyPart.id)
        parts = session.scalars(asked).all()
        session.expunge_all()
    sketches = [part for part in parts if part.redaction_id is None]
    waiting = [part for part in sketches if part.state == "waiting"]
    marked = [] if waiting else [part for part in parts if part.redaction_id and part.state == "waiting"]
    alike = _Alike(desk.services, sketches) if marked else None
    began, done = time.monotonic(), []
    for part in waiting or marked:
        done.append(_surveyed(desk, part, alike))
        if time.monotonic() - began > STRETCH_SECONDS:
            break
    return Surveyed(tuple(done))


class _Alike:
    """Which originals have nearly the same text, from sealed sketches opened for one stretch."""

    def __init__(self, services: Services, parts: Sequence[SurveyPart]) -> None:
        self.sketches: dict[uuid.UUID, Sequence[int]] = {}
        with services.database.reading() as session:
            for part in parts:
                if part.sealed is not None:
                    opened = _opened(services, session, part.version_id)
                    self.sketches[part.version_id] = (
                        slips.unseal(opened, PURPOSE, part.id, part.sealed) if opened else ()
                    )

    def to(self, version: uuid.UUID) -> list[uuid.UUID]:
        """Originals of nearly the same text as a version, the most alike first."""
        own = self.sketches.get(version) or ()
        shared = {
            other: sum(a == b for a, b in zip(own, theirs, strict=True)) / len(own)
            for other, theirs in self.sketches.items()
            if other != version and own and theirs
        }
        found = [other for other, part in sorted(shared.items(), key=lambda one: -one[1]) if part >= ALIKE]
        return found[:MOST_ALIKE]


def _opened(services: Services, session: Session, version: uuid.UUID) -> Opened | None:
    try:
        return open_version(services, session, session.get_one(Version, version))
    except (KeyDestroyed, NotFound):
        return None


def _surveyed(desk: Desk, part: SurveyPart, alike: _Alike | None) -> tuple[uuid.UUID, str, bytes | None]:
    services = desk.services
    with services.database.reading() as session:
        opened = _opened(services, session, part.version_id)
        rows = session.scalars(select(Mark).where(Mark.redaction_id == part.redaction_id)).all()
        marks = boxes_of(rows) if part.redaction_id else {}
    if opened is None:
        return part.id, "failed", None
    try:
        if alike is None:
            value: Any = list(services.workshop.sketch(opened.source(services)))
        else:
            value = _found(desk, opened, marks, alike.to(part.version_id))
    except Invalid:
        return part.id, "failed", None
    return part.id, "done", slips.seal(opened, PURPOSE, part.id, value)


Box = tuple[float, float, float, float]


def boxes_of(marks: Sequence[Mark]) -> dict[int, list[Box]]:
    """The boxes of marks by page; whole pages hide too much to be looked for."""
    found: dict[int, list[Box]] = {}
    for mark in marks:
        if mark.kind != "page":
            found.setdefault(mark.page, []).append((mark.x0, mark.y0, mark.x1, mark.y1))
    return found


def _found(desk: Desk, opened: Opened, marks: Mapping[int, list[Box]], alike: list[uuid.UUID]) -> dict[str, Any]:
    """The hidden phrases and where they stand: in the original itself and in those of nearly the same text."""
    phrases = list(desk.services.workshop.hidden(opened.source(desk.services), marks)) if marks else []
    places = []
    for version in [opened.version_id, *alike] if phrases else []:
        places += _places(desk, version, phrases)
    return {"phrases": phrases, "places": places[:MOST_PLACES], "cut": len(places) > MOST_PLACES}


def _places(desk: Desk, version: uuid.UUID, phrases: Sequence[str]) -> list[dict[str, Any]]:
    services = desk.services
    with services.database.reading() as session:
        opened = _opened(services, session, version)
        read = slips.words_read(session, opened) if opened else {}
    if opened is None:
        return []
    queries = [
        {"id": f"q{number}", "kind": "term", "text": phrase, "whole": True, "case": False}
        for number, phrase in enumerate(phrases)
    ]
    found = services.workshop.find(opened.source(services), queries, read).found
    return [
        {"version": str(version), "phrase": int(hit.query[1:]), "page": hit.page, "boxes": [list(b) for b in hit.boxes]}
        for hit in found
    ]


@action("survey.step", on=Survey, prepare=_stretch, performer="service")
def step(work: Work, survey: Survey, params: Nothing, surveyed: Surveyed) -> Done:
    """Keeps what a stretch of a survey found, sealed, and goes on until every part is done."""
    for part_id, state, sealed in surveyed.parts:
        part = work.get(SurveyPart, part_id)
        part.state, part.sealed = state, sealed
    work.session.flush()
    if work.one(SurveyPart, SurveyPart.survey_id == survey.id, SurveyPart.state == "waiting") is None:
        survey.state, survey.finished_at = "done", work.now
    else:
        work.owe("survey.step", survey.id)
    work.state(parts=len(surveyed.parts), state=survey.state)
    return Done(survey.id)
