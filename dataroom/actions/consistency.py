"""Where the marks of an organisation's redactions in a matter contradict each other, each place to be looked at.

Three kinds: a place marked for one audience and not for another (`audience`); words marked in one place of a document
and left in another (`left`); words marked in one document and left in one of nearly the same text (`twin`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from dataroom.actions import present, slips
from dataroom.actions.context import Desk, Download
from dataroom.actions.redaction_log import spreadsheet
from dataroom.actions.registry import Nothing, action
from dataroom.actions.sealing import open_version
from dataroom.actions.surveys import PURPOSE, Box, live_redactions
from dataroom.actions.views import DocumentRef
from dataroom.actions.work import Work
from dataroom.errors import KeyDestroyed
from dataroom.model import Disclosure, Grant, Mark, Matter, Redaction, Survey, SurveyPart, Version

MOST = 2000
KINDS = {
    "audience": "marked for one audience, left for another",
    "left": "marked in one place, left in another",
    "twin": "marked in one document, left in one of nearly the same text",
}
HEADER = ("Kind", "Serious", "Document", "Page", "Box (pt)", "Words", "Marked in", "Left in")


@dataclass(frozen=True)
class FindingView:
    """A contradiction. `marked` is the redaction that hides it, `left` the one that does not (None: the original, which
    others have been given); the place is in `document`, in `version`. `serious` where the copy that leaves it is for
    people of the same or a lower tier, or is out already."""

    kind: str
    serious: bool
    document: DocumentRef
    version: uuid.UUID
    page: int
    box: Box
    words: str
    marked: uuid.UUID
    marked_title: str
    left: uuid.UUID | None
    left_title: str


@dataclass(frozen=True)
class ConsistencyView:
    """The report. Words are compared as of the survey (`surveyed_at`, None: never); `stale` once marks were added;
    `unread` counts parts of the survey that could not be read."""

    findings: tuple[FindingView, ...]
    cut: bool
    surveyed_at: datetime | None
    running: bool
    stale: bool
    unread: int


@dataclass(frozen=True)
class _Copy:
    """A redaction with its marks."""

    row: Redaction
    marks: tuple[Mark, ...]

    def covers(self, page: int, box: Sequence[float]) -> bool:
        """Whether its marks cover at least half of a box."""
        return any(mark.page == page and (mark.kind == "page" or _half(mark, box)) for mark in self.marks)


def _half(mark: Mark, box: Sequence[float]) -> bool:
    across = min(mark.x1, box[2]) - max(mark.x0, box[0])
    up = min(mark.y1, box[3]) - max(mark.y0, box[1])
    return across > 0 and up > 0 and across * up >= 0.5 * (box[2] - box[0]) * (box[3] - box[1])


@dataclass(frozen=True)
class _Place:
    """A finding before it is put into words."""

    kind: str
    serious: bool
    version: uuid.UUID
    page: int
    box: Box
    words: str
    marked: Redaction
    left: Redaction | None


@action("redaction.consistency", on=Matter, lists=Redaction)
def consistency(work: Work, matter: Matter, params: Nothing) -> ConsistencyView:
    """Where the marks of the own organisation's redactions in a matter contradict each other."""
    return _report(work, matter)


def _written(desk: Desk, report: ConsistencyView) -> Download:
    rows = tuple(
        (
            KINDS[one.kind],
            "yes" if one.serious else "no",
            f"{one.document.number} {one.document.title}",
            str(one.page),
            " ".join(f"{edge:.1f}" for edge in one.box),
            one.words,
            one.marked_title,
            one.left_title,
        )
        for one in report.findings
    )
    data = spreadsheet(HEADER, rows)
    return Download("consistency.csv", "text/csv; charset=utf-8", iter((data,)), len(data))


@action("redaction.consistency-table", on=Matter, lists=Redaction, reveal=_written)
def table(work: Work, matter: Matter, params: Nothing) -> ConsistencyView:
    """The same report as CSV."""
    report = _report(work, matter)
    work.state(findings=len(report.findings))
    return report


def _report(work: Work, matter: Matter) -> ConsistencyView:
    copies = _copies(work, matter)
    survey = work.one(Survey, Survey.matter_id == matter.id, Survey.organisation_id == work.organisation)
    told, unread = _told(work, survey, copies)
    versions = {one.row.version_id for one in copies.values()} | {
        uuid.UUID(p["version"]) for _, t in told for p in t["places"]
    }
    documents, out = _documents(work, versions), _out(work, versions)
    places = [*_audiences(copies), *_words(copies, told, documents, out)]
    places = sorted(
        (one for one in places if one.version in documents),
        key=lambda one: (not one.serious, documents[one.version].number, one.page, -one.box[3], one.box[0]),
    )
    newest = max((mark.created_at for copy in copies.values() for mark in copy.marks), default=None)
    return ConsistencyView(
        findings=tuple(_view(one, documents[one.version]) for one in places[:MOST]),
        cut=len(places) > MOST or any(one["cut"] for _, one in told),
        surveyed_at=survey.finished_at if survey else None,
        running=survey is not None and survey.state == "running",
        stale=survey is not None and newest is not None and newest > survey.created_at,
        unread=unread,
    )


def _copies(work: Work, matter: Matter) -> dict[uuid.UUID, _Copy]:
    rows = live_redactions(work, matter)
    marks: dict[uuid.UUID, list[Mark]] = {row.id: [] for row in rows}
    for mark in work.all(Mark, Mark.redaction_id.in_(marks), order=(Mark.page, Mark.y1.desc(), Mark.x0, Mark.id)):
        marks[mark.redaction_id].append(mark)
    return {row.id: _Copy(row, tuple(marks[row.id])) for row in rows}


def _told(
    work: Work, survey: Survey | None, copies: dict[uuid.UUID, _Copy]
) -> tuple[list[tuple[_Copy, dict[str, Any]]], int]:
    """What the survey found for each redaction this person may see the original of, and how many could not be read."""
    if survey is None:
        return [], 0
    query = (
        select(SurveyPart, Version)
        .join(Version, Version.id == SurveyPart.version_id)
        .where(SurveyPart.survey_id == survey.id, work.narrowed(Version, "page.search"))
        .order_by(SurveyPart.id)
    )
    told, unread = [], 0
    for part, version in work.confirmed(Version, "page.search", work.rows(query), lambda row: row[1].id):
        copy = copies.get(part.redaction_id)
        unread += part.state == "failed"
        if copy is None or part.sealed is None:
            continue
        try:
            opened = open_version(work.services, work.session, version)
        except KeyDestroyed:
            continue
        told.append((copy, slips.unseal(opened, PURPOSE, part.id, part.sealed)))
    return told, unread


def _documents(work: Work, versions: Iterable[uuid.UUID]) -> dict[uuid.UUID, DocumentRef]:
    """The documents of versions whose text this person may search, by version."""
    query = select(Version.id, Version.document_id).where(
        Version.id.in_(set(versions)), work.narrowed(Version, "page.search")
    )
    rows = work.confirmed(Version, "page.search", work.rows(query), lambda row: row[0])
    found = {row[0]: row[1] for row in rows}
    references = present.references(work, found.values())
    return {version: references[document] for version, document in found.items()}


def _out(work: Work, versions: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those originals others can see as they are."""
    live = (
        select(Disclosure.id)
        .where(Disclosure.version_id == Version.id, Disclosure.withdrawn_at.is_(None), Disclosure.expires_at > work.now)
        .exists()
    )
    granted = (
        select(Grant.id)
        .where(Grant.version_id == Version.id, Grant.party_id != Version.organisation_id)
        .where(Grant.state == "granted", Grant.expires_at > work.now)
        .exists()
    )
    query = select(Version.id).where(Version.id.in_(set(versions)), or_(Version.state == "published", live, granted))
    return {row[0] for row in work.rows(query)}


def _audiences(copies: dict[uuid.UUID, _Copy]) -> Iterator[_Place]:
    """Marks of one redaction that another of the same original does not cover."""
    by_version: dict[uuid.UUID, list[_Copy]] = {}
    for copy in copies.values():
        by_version.setdefault(copy.row.version_id, []).append(copy)
    for version, group in by_version.items():
        for one in group:
            for other in group:
                if one is not other:
                    yield from _uncovered(version, one, other)


def _uncovered(version: uuid.UUID, one: _Copy, other: _Copy) -> Iterator[_Place]:
    pages = {mark.page for mark in other.marks if mark.kind == "page"}
    for mark in one.marks:
        box = (mark.x0, mark.y0, mark.x1, mark.y1)
        if mark.page in pages or (mark.kind != "page" and other.covers(mark.page, box)):
            continue
        serious = other.row.result_tier <= one.row.result_tier
        yield _Place("audience", serious, version, mark.page, box, "", one.row, other.row)


def _words(
    copies: dict[uuid.UUID, _Copy],
    told: list[tuple[_Copy, dict[str, Any]]],
    documents: dict[uuid.UUID, DocumentRef],
    out: set[uuid.UUID],
) -> Iterator[_Place]:
    """Words hidden in one place and left in another, of the same document or of one of nearly the same text."""
    for copy, found in told:
        for place in found["places"]:
            version = uuid.UUID(place["version"])
            words, box = found["phrases"][place["phrase"]], tuple(place["boxes"][0])
            if version == copy.row.version_id:
                if not _covered(copy, place):
                    yield _Place("left", True, version, place["page"], box, words, copy.row, None)
                continue
            same = documents.get(version) == documents.get(copy.row.version_id)
            if same:
                continue
            if version in out:
                yield _Place("twin", True, version, place["page"], box, words, copy.row, None)
            for other in copies.values():
                if other.row.version_id == version and not _covered(other, place):
                    serious = other.row.result_tier <= copy.row.result_tier
                    yield _Place("twin", serious, version, place["page"], box, words, copy.row, other.row)


def _covered(copy: _Copy, place: dict[str, Any]) -> bool:
    return all(copy.covers(place["page"], box) for box in place["boxes"])


def _view(place: _Place, document: DocumentRef) -> FindingView:
    left = place.marked if place.kind == "left" else place.left
    return FindingView(
        kind=place.kind,
        serious=place.serious,
        document=document,
        version=place.version,
        page=place.page,
        box=place.box,
        words=place.words,
        marked=place.marked.id,
        marked_title=place.marked.title,
        left=left.id if left else None,
        left_title=left.title if left else "the original, which others have been given",
    )
