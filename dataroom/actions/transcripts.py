"""Reading scanned pages: which pages hold a picture instead of text, and the words the service reads from them.

The words are kept sealed under their version's key and are used to find places alone; nobody is shown them as text.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from dataroom.actions import slips
from dataroom.actions.context import Desk
from dataroom.actions.found import ScansView
from dataroom.actions.registry import Nothing, action
from dataroom.actions.sealing import Opened, open_version
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Transcript, TranscriptPage, Version

STRETCH_SECONDS = 8.0
"""How long one errand reads before it lets others have their turn."""


@dataclass(frozen=True)
class Looking:
    """What the phase that reveals needs to tell which pages are pictures."""

    opened: Opened
    known: tuple[int, ...] | None
    read: int
    state: str


def _scans(desk: Desk, looking: Looking) -> ScansView:
    workshop, pages = desk.services.workshop, looking.known
    if pages is None:
        pages = tuple(workshop.pictured(looking.opened.source(desk.services)))
    return ScansView(pages, looking.read, looking.state, tuple(workshop.reads()))


@action("version.scans", on=Version, reveal=_scans)
def scans(work: Work, version: Version, params: Nothing) -> Looking:
    """The pages of a version on which terms cannot be found because they hold a picture, and whether they were read."""
    row = work.one(Transcript, Transcript.version_id == version.id)
    opened = open_version(work.services, work.session, version)
    if row is None:
        return Looking(opened, None, 0, "none")
    read = work.rows(select(TranscriptPage.id).where(TranscriptPage.version_id == version.id))
    return Looking(opened, tuple(row.pages), len(read), row.state)


def _pictured(desk: Desk, version: Version, params: Nothing, stream: Any) -> tuple[int, ...]:
    if not desk.services.workshop.reads():
        raise Conflict("Scanned pages cannot be read here: Tesseract is not installed on this machine.")
    with desk.services.database.reading() as session:
        opened = open_version(desk.services, session, session.get_one(Version, version.id))
    return tuple(desk.services.workshop.pictured(opened.source(desk.services)))


@action("version.recognise", on=Version, prepare=_pictured)
def recognise(work: Work, version: Version, params: Nothing, pages: tuple[int, ...]) -> Done:
    """Has the service read the words of pages that are pictures, so that terms can be found there too."""
    if not pages:
        raise Conflict("Every page of this version has text.")
    row = work.one(Transcript, Transcript.version_id == version.id)
    if row is not None and row.state != "failed":
        raise Conflict("These pages are being read." if row.state == "running" else "These pages have been read.")
    if row is None:
        row = Transcript(id=new_id(), version_id=version.id, matter_id=version.matter_id, created_at=work.now)
    row.state, row.pages, row.author_id = "running", list(pages), work.user
    work.add(row)
    work.owe("version.transcribe", version.id)
    work.state(pages=len(pages))
    return Done(version.id)


@dataclass(frozen=True)
class Read:
    """Pages read in one stretch: the row's id, the page, its sealed words; and why the reading ended early, if so."""

    pages: tuple[tuple[uuid.UUID, int, bytes], ...]
    problem: str = ""


def _read(desk: Desk, version: Version, params: Nothing, stream: Any) -> Read:
    services = desk.services
    with services.database.reading() as session:
        row = session.scalars(select(Transcript).where(Transcript.version_id == version.id)).first()
        if row is None or row.state != "running":
            raise Conflict("Nothing is to be read.")
        have = set(session.scalars(select(TranscriptPage.page).where(TranscriptPage.version_id == version.id)))
        missing = [page for page in row.pages if page not in have]
        opened = open_version(services, session, session.get_one(Version, version.id))
    source, began = opened.source(services), time.monotonic()
    done: list[tuple[uuid.UUID, int, bytes]] = []
    for page in missing:
        try:
            words = services.workshop.recognise(source, page)
        except Invalid as refusal:
            return Read(tuple(done), refusal.code)
        row_id = new_id()
        told = [{"text": word.text, "box": word.box, "line": word.line} for word in words]
        done.append((row_id, page, slips.seal(opened, "words", row_id, told)))
        if time.monotonic() - began > STRETCH_SECONDS:
            break
    return Read(tuple(done))


@action("version.transcribe", on=Version, prepare=_read, performer="service")
def transcribe(work: Work, version: Version, params: Nothing, read: Read) -> Done:
    """Keeps the words read from a version's pages, sealed, and goes on until every page is read."""
    row = work.one(Transcript, Transcript.version_id == version.id)
    if row is None:
        raise Conflict("Nothing is to be read.")
    kept = select(TranscriptPage.page).where(TranscriptPage.version_id == version.id)
    have = {found[0] for found in work.rows(kept)}
    for row_id, page, sealed in read.pages:
        if page not in have:
            work.add(TranscriptPage(id=row_id, version_id=version.id, page=page, sealed=sealed))
            have.add(page)
    if read.problem:
        row.state = "failed"
    elif have >= set(row.pages):
        row.state = "done"
    else:
        work.owe("version.transcribe", version.id)
    work.state(pages=len(read.pages), state=row.state)
    return Done(version.id)
