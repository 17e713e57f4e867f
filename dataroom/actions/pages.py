"""Looking into a version: page images, words, search, and stamped downloads. Recorded before revealed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from dataroom.actions import present
from dataroom.actions.context import Desk, Download
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.sealing import Opened, open_version, pass_through
from dataroom.actions.views_versions import HitView, PageText, VersionView, WordView
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.errors import Invalid
from dataroom.model import Document, Organisation, Version
from dataroom.vault.sealed import Kind


@dataclass(frozen=True)
class Ticket:
    """What the transaction hands to the phase that reveals: the open content, the watermark, and what is wanted."""

    opened: Opened
    lines: tuple[str, ...]
    params: Any
    file_name: str


class PageView(Params):
    """A page (from 1) and the width of its image in pixels."""

    page: Annotated[int, Field(ge=1, le=100_000)]
    width: Annotated[int, Field(ge=60, le=2400)] = 1000


class PageOnly(Params):
    """A page (from 1)."""

    page: Annotated[int, Field(ge=1, le=100_000)]


class Term(Params):
    """A term to look for; white space, ligatures and line-end hyphens do not matter."""

    term: Annotated[str, Field(min_length=2, max_length=200)]


@action("version.read", on=Version)
def read(work: Work, version: Version, params: Nothing) -> VersionView:
    """What a version is: its document, pages and sizes, and what this person may do with it."""
    document = work.get(Document, version.document_id)
    return present.version(work, version, document, present.organisations(work.session))


def ticket(work: Work, version: Version, params: Any) -> Ticket:
    """Opens a version for the principal and composes the watermark that names them."""
    document = work.get(Document, version.document_id)
    owner = work.get(Organisation, version.organisation_id)
    who = work.principal
    kind = "redacted copy" if version.kind == Kind.REDACTED else "version"
    number = present.number_of(owner.slug, document.number)
    lines = (
        f"{who.name} <{who.email}>",
        who.organisation_name,
        stamp(work.now),
        f"{number} {kind} {version.ordinal}",
    )
    page = getattr(params, "page", None)
    if page is not None and page > version.pages:
        raise Invalid(f"page: the document has {version.pages} pages")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{number}-v{version.ordinal}-{version.title or document.title}")[
        :100
    ].strip("-.")
    return Ticket(open_version(work.services, work.session, version), lines, params, f"{name}.pdf")


def _image(desk: Desk, given: Ticket) -> bytes:
    source = given.opened.source(desk.services)
    return desk.services.workshop.render(source, given.params.page, given.params.width, given.lines)


@action("page.view", on=Version, reveal=_image)
def view(work: Work, version: Version, params: PageView) -> Ticket:
    """A page as a JPEG image with the reader's watermark burned in."""
    given = ticket(work, version, params)
    work.state(page=params.page, width=params.width)
    return given


def _words(desk: Desk, given: Ticket) -> PageText:
    found = desk.services.workshop.words(given.opened.source(desk.services), given.params.page)
    words = tuple(WordView(word.text, tuple(word.box), word.line) for word in found.words)
    return PageText(words, tuple(found.box), found.rotation)


@action("page.words", on=Version, reveal=_words)
def words(work: Work, version: Version, params: PageOnly) -> Ticket:
    """The words of a page with their boxes and how the page lies, for whoever redacts."""
    work.state(page=params.page)
    return ticket(work, version, params)


def _hits(desk: Desk, given: Ticket) -> tuple[HitView, ...]:
    found = desk.services.workshop.search(given.opened.source(desk.services), given.params.term)
    return tuple(HitView(hit.page, hit.text, tuple(tuple(box) for box in hit.boxes)) for hit in found)


@action("page.search", on=Version, reveal=_hits)
def search(work: Work, version: Version, params: Term) -> Ticket:
    """Every place of a term in a version, with boxes, for whoever redacts."""
    return ticket(work, version, params)


def _stamped(desk: Desk, given: Ticket) -> Download:
    workshop = desk.services.workshop
    lay = workshop.overstamp if given.opened.place.kind == Kind.REDACTED else workshop.stamp
    stamped = lay(given.opened.source(desk.services), given.lines)
    size, pieces = pass_through(desk.services, given.opened.place, stamped)
    return Download(given.file_name, "application/pdf", pieces, size)


@action("version.download", on=Version, reveal=_stamped)
def download(work: Work, version: Version, params: Nothing) -> Ticket:
    """A copy of the file stamped for this person; a download is final and cannot be taken back."""
    work.state(sha256=version.sha256, size=version.size)
    return ticket(work, version, params)
