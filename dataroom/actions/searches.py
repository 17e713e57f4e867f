"""Searching every document of the own organisation in a matter: a job of the service, document by document.

The query and the places found are sealed under the key of the version they are about, so that they go with it. Whoever
asked sees them, and of those only what they may still read at that moment.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from dataroom.actions import finding, present, slips
from dataroom.actions.context import Desk
from dataroom.actions.finding import Asked, Look, found_by
from dataroom.actions.found import FoundView, PartView, QueryView, SearchLine, SearchView
from dataroom.actions.marks import NewMark, Particular, put_marks
from dataroom.actions.redactions import Start, begin
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.sealing import Opened, open_version
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, KeyDestroyed, NotFound
from dataroom.ids import new_id
from dataroom.model import Mark, Matter, Redaction, Search, SearchPart, Version
from dataroom.vault.sealed import Kind

STRETCH_SECONDS = 6.0
"""How long one errand searches before it lets others have their turn."""
MOST_DOCUMENTS = 5000
DRAFTS = ("draft", "returned", "failed")


class OfVersion(Params):
    """One document of a search, by its version."""

    version: uuid.UUID


class Chosen(Params):
    """Which places of one document become marks (their numbers in the answer of `search.hits`; empty: all), why, what
    the codes ask to be recorded, and what the redacted copy is for if none is being prepared."""

    version: uuid.UUID
    places: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=5000)] = ()
    code: Annotated[str, Field(min_length=1, max_length=40)]
    rationale: Annotated[str, Field(min_length=8, max_length=1000)]
    second_code: Annotated[str, Field(max_length=40)] = ""
    details: dict[str, Particular] = Field(default_factory=dict, max_length=12)
    title: Annotated[str, Field(min_length=3, max_length=200)]


@action("search.start", on=Matter, affair="actor")
def start(work: Work, matter: Matter, params: Look) -> Done:
    """Searches the newest version of every document of the own organisation that this person may search."""
    queries, labels = finding.queries_of(work, matter.id, params)
    if not queries:
        raise Invalid("terms: the dictionary is empty")
    versions = searchable(work, matter)
    if not versions:
        raise Conflict("There is no document you may search.")
    row = Search(
        id=new_id(),
        matter_id=matter.id,
        organisation_id=work.organisation,
        author_id=work.user,
        state="running",
        created_at=work.now,
    )
    work.add(row)
    told = {"queries": queries, "labels": [asdict(label) for label in labels]}
    for version in versions:
        part = SearchPart(id=new_id(), search_id=row.id, version_id=version.id, state="waiting", found=0, blank=0)
        part.query = slips.seal(open_version(work.services, work.session, version), "query", part.id, told)
        work.session.add(part)
    work.owe("search.step", row.id)
    work.concerns(target=row, owner=work.organisation)
    work.state(queries=len(queries), documents=len(versions), dictionary=params.dictionary)
    return Done(row.id)


def searchable(work: Work, matter: Matter) -> list[Version]:
    """The newest version of every document of a matter whose text this person may search."""
    other = aliased(Version)
    newest = (
        select(func.max(other.ordinal))
        .where(other.document_id == Version.document_id, other.kind == int(Kind.ORIGINAL), other.state != "destroyed")
        .scalar_subquery()
    )
    found = work.listed(
        Version,
        Version.matter_id == matter.id,
        Version.kind == int(Kind.ORIGINAL),
        Version.ordinal == newest,
        Version.wrapped_dek.is_not(None),
        order=(Version.created_at, Version.id),
        action="page.search",
    )
    if len(found) > MOST_DOCUMENTS:
        raise Invalid(f"matter: at most {MOST_DOCUMENTS} documents can be searched at once")
    return found


@dataclass(frozen=True)
class Stepped:
    """What one stretch of searching found: the part's id, its state, the sealed answer, places, pages without text."""

    parts: tuple[tuple[uuid.UUID, str, bytes | None, int, int], ...]


def _stretch(desk: Desk, search: Search, params: Nothing, stream: Any) -> Stepped:
    with desk.services.database.reading() as session:
        waiting = select(SearchPart).where(SearchPart.search_id == search.id, SearchPart.state == "waiting")
        parts = session.scalars(waiting.order_by(SearchPart.id)).all()
        session.expunge_all()
    began, done = time.monotonic(), []
    for part in parts:
        done.append(_searched(desk, part))
        if time.monotonic() - began > STRETCH_SECONDS:
            break
    return Stepped(tuple(done))


def _searched(desk: Desk, part: SearchPart) -> tuple[uuid.UUID, str, bytes | None, int, int]:
    services = desk.services
    try:
        with services.database.reading() as session:
            opened = open_version(services, session, session.get_one(Version, part.version_id))
            read = slips.words_read(session, opened)
        told = slips.unseal(opened, "query", part.id, part.query)
        found = found_by(desk, Asked(opened, read, tuple(told["queries"]), ()))
    except (Invalid, KeyDestroyed, NotFound):
        return part.id, "failed", None, 0, 0
    sealed = slips.seal(opened, "found", part.id, asdict(found))
    return part.id, "done", sealed, len(found.places), len(found.blank)


@action("search.step", on=Search, prepare=_stretch, performer="service")
def step(work: Work, search: Search, params: Nothing, stepped: Stepped) -> Done:
    """Keeps what a stretch of searching found, sealed, and goes on until every document was searched."""
    for part_id, state, sealed, found, blank in stepped.parts:
        part = work.get(SearchPart, part_id)
        part.state, part.result, part.found, part.blank = state, sealed, found, blank
    work.session.flush()
    if work.one(SearchPart, SearchPart.search_id == search.id, SearchPart.state == "waiting") is None:
        search.state, search.finished_at = "done", work.now
    else:
        work.owe("search.step", search.id)
    work.state(documents=len(stepped.parts), state=search.state)
    return Done(search.id)


@action("search.stop", on=Search)
def stop(work: Work, search: Search, params: Nothing) -> Done:
    """Stops a search; what it has found so far stays."""
    search.state, search.finished_at = "stopped", work.now
    return Done(search.id)


@action("search.list", on=Matter, lists=Search)
def list_searches(work: Work, matter: Matter, params: Nothing) -> tuple[SearchLine, ...]:
    """The own searches in a matter, newest first."""
    rows = work.listed(Search, Search.matter_id == matter.id, order=(Search.created_at.desc(), Search.id))
    parts_of: dict[uuid.UUID, list[tuple[SearchPart, Version]]] = {}
    for part, version in _readable_parts(work, rows):
        parts_of.setdefault(part.search_id, []).append((part, version))
    lines = []
    for row in rows:
        parts = parts_of.get(row.id, [])
        searched = sum(part.state != "waiting" for part, _ in parts)
        found = sum(part.found for part, _ in parts)
        lines.append(SearchLine(row.id, row.state, row.created_at, row.finished_at, len(parts), searched, found))
    return tuple(lines)


def _readable_parts(work: Work, searches: Sequence[Search]) -> list[tuple[SearchPart, Version]]:
    """The parts of these searches about versions this person may search now."""
    query = select(SearchPart, Version).join(Version, Version.id == SearchPart.version_id)
    allowed = work.narrowed(Version, "page.search")
    rows = work.rows(
        query.where(SearchPart.search_id.in_([one.id for one in searches]), allowed).order_by(
            Version.created_at, Version.id
        )
    )
    confirmed = work.confirmed(Version, "page.search", rows, lambda row: row[1].id)
    return [(row[0], row[1]) for row in confirmed]


@action("search.read", on=Search)
def read(work: Work, search: Search, params: Nothing) -> SearchView:
    """How far a search has come and how many places each document has; documents without text are told apart."""
    parts = _readable_parts(work, [search])
    references = present.references(work, [version.document_id for _, version in parts])
    drafts = _drafts(work, [version.id for _, version in parts])
    views = tuple(
        PartView(
            references[version.document_id],
            version.id,
            version.pages,
            part.state,
            part.found,
            part.blank,
            drafts.get(version.id),
        )
        for part, version in parts
    )
    labels: tuple[QueryView, ...] = ()
    if parts:
        labels = _labels(_asked(work, *parts[0])[1])
    return SearchView(
        search.id,
        search.matter_id,
        search.state,
        search.created_at,
        search.finished_at,
        labels,
        views,
        tuple(work.services.workshop.reads()),
        work.allowed(("search.stop", "search.mark"), search),
    )


def _drafts(work: Work, versions: list[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The newest redaction under way by this person of each version."""
    rows = work.all(
        Redaction,
        Redaction.version_id.in_(versions),
        Redaction.state.in_(DRAFTS),
        Redaction.author_id == work.user,
        work.narrowed(Redaction, "redaction.mark"),
        order=(Redaction.created_at, Redaction.id),
    )
    return {row.version_id: row.id for row in rows}


def _asked(work: Work, part: SearchPart, version: Version) -> tuple[Opened, Any]:
    opened = open_version(work.services, work.session, version)
    return opened, slips.unseal(opened, "query", part.id, part.query)


def _labels(told: Any) -> tuple[QueryView, ...]:
    return tuple(QueryView(**label) for label in told["labels"])


def _part(work: Work, search: Search, version_id: uuid.UUID) -> tuple[SearchPart, Version]:
    part = work.one(SearchPart, SearchPart.search_id == search.id, SearchPart.version_id == version_id)
    if part is None:
        raise NotFound()
    version = work.get(Version, version_id)
    work.require("page.search", version)
    return part, version


@action("search.hits", on=Search)
def hits(work: Work, search: Search, params: OfVersion) -> FoundView:
    """Every place a search found in one document, with what stands around it."""
    part, version = _part(work, search, params.version)
    work.concerns(document=version.document_id)
    return _found(work, part, version)


def _found(work: Work, part: SearchPart, version: Version) -> FoundView:
    if part.result is None:
        raise Conflict("This document has not been searched." if part.state == "waiting" else "It cannot be searched.")
    opened, told = _asked(work, part, version)
    return finding.view_of(slips.unseal(opened, "found", part.id, part.result), _labels(told))


@action("search.mark", on=Search)
def mark(work: Work, search: Search, params: Chosen) -> Done:
    """Makes pending marks of chosen places of one document, in the redaction under way or in a new one."""
    part, version = _part(work, search, params.version)
    places = _found(work, part, version).places
    if any(number >= len(places) for number in params.places):
        raise Invalid("places: there are not so many places")
    chosen = [places[number] for number in dict.fromkeys(params.places)] if params.places else list(places)
    draft = _drafts(work, [version.id]).get(version.id)
    redaction = work.get(Redaction, draft) if draft else _begun(work, version, params)
    work.require("redaction.mark", redaction)
    rows = work.all(Mark, Mark.redaction_id == redaction.id)
    taken = {(row.page, row.x0, row.y0, row.x1, row.y1) for row in rows}
    marks = [
        NewMark(
            page=p.page,
            box=box,
            kind="scan" if p.read else "term",
            code=params.code,
            rationale=params.rationale,
            second_code=params.second_code,
            details=params.details,
        )
        for p in chosen
        for box in p.boxes
        if (p.page, *box) not in taken
    ]
    ids = put_marks(work, redaction, version, marks)
    work.concerns(target=redaction, document=version.document_id)
    work.state(search=search.id, marks=len(ids))
    return Done(redaction.id)


def _begun(work: Work, version: Version, params: Chosen) -> Redaction:
    work.require("redaction.start", version)
    if version.category == "unclassified":
        raise Conflict("Classify the document first: its redacted copy needs a category.")
    return begin(work, version, Start(title=params.title, tier=version.tier, category=version.category))
