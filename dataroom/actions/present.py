"""Turns rows into views, with a constant number of queries whatever the length of a list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dataroom.actions.views import DocumentRef, OrganisationView
from dataroom.actions.views_redactions import MarkView
from dataroom.actions.views_versions import VersionView
from dataroom.actions.work import Work
from dataroom.model import Document, Mark, Organisation, User, Version
from dataroom.vault.sealed import Kind
from policies.engine import Ref

UNTITLED = "(above your clearance)"
_ORGANISATIONS = select(Organisation.id, Organisation.slug, Organisation.name)
VERSION_ACTIONS = (
    "page.view",
    "version.download",
    "version.proof",
    "redaction.start",
    "page.search",
    "disclosure.claw-back",
)


def organisations(session: Session) -> dict[uuid.UUID, OrganisationView]:
    """Every organisation by id; an installation has few."""
    session.flush()
    rows = session.connection().execute(_ORGANISATIONS)
    return {row.id: OrganisationView(row.id, row.slug, row.name) for row in rows}


def names(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """The names of users by id."""
    wanted = {i for i in ids if i}
    found: dict[uuid.UUID | None, str] = {None: ""}
    for user_id, name in session.execute(select(User.id, User.name).where(User.id.in_(wanted))):
        found[user_id] = name
    return found


def number_of(slug: str, number: int) -> str:
    """A document's number as people write it: the owner's letters and four digits, `ALD-0007`."""
    return f"{slug[:3].upper()}-{number:04d}"


def references(work: Work, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, DocumentRef]:
    """Documents named in passing, by id. Whoever may see neither the document nor a version gets no title."""
    wanted = {i for i in ids if i}
    read = select(Document.id, Document.title).where(Document.id.in_(wanted), work.narrowed(Document, "document.read"))
    shown = select(Version.document_id, func.coalesce(Version.title, Document.title), Version.id).where(
        Document.id == Version.document_id, Version.document_id.in_(wanted), work.narrowed(Version, "version.read")
    )
    versions = work.rows(shown.order_by(Version.kind, Version.ordinal.desc()))
    seen = work.confirmed(Version, "version.read", versions, lambda row: row[2])
    titles = {document: title for document, title, _ in reversed(seen)}
    known = work.confirmed(Document, "document.read", work.rows(read), lambda row: row.id)
    titles |= {row.id: row.title for row in known}
    query = (
        select(Document.id, Document.number, Organisation.slug)
        .join(Organisation, Organisation.id == Document.organisation_id)
        .where(Document.id.in_(wanted))
    )
    return {
        row.id: DocumentRef(row.id, number_of(row.slug, row.number), titles.get(row.id, UNTITLED))
        for row in work.rows(query)
    }


def version(work: Work, row: Version, document: Document, parties: dict[uuid.UUID, OrganisationView]) -> VersionView:
    """A version with what this principal may do with it."""
    owner = parties[row.organisation_id]
    return VersionView(
        id=row.id,
        document=row.document_id,
        ordinal=row.ordinal,
        original=row.kind == Kind.ORIGINAL,
        state=row.state,
        tier=row.tier,
        category=row.category,
        size=row.size,
        sha256=row.sha256,
        pages=row.pages,
        page_sizes=tuple((float(w), float(h)) for w, h in row.page_sizes),
        has_text=row.has_text,
        created_at=row.created_at,
        title=row.title or document.title,
        number=number_of(owner.slug, document.number),
        organisation=owner,
        can=work.allowed(VERSION_ACTIONS, row),
        clawed=bool(work.entity(row).attrs["clawed"]),
        meant=_meant(work, row, parties),
        redaction=row.redaction_id,
    )


def _meant(work: Work, row: Version, parties: dict[uuid.UUID, OrganisationView]) -> tuple[str, ...]:
    found = work.entity(row).attrs["meant"]
    if row.organisation_id != work.principal.organisation or not isinstance(found, frozenset):
        return ()
    return tuple(sorted(parties[uuid.UUID(one.id)].slug for one in found if isinstance(one, Ref)))


def mark(row: Mark, people: dict[uuid.UUID | None, str]) -> MarkView:
    """A mark with its author's name."""
    return MarkView(
        id=row.id,
        page=row.page,
        box=(row.x0, row.y0, row.x1, row.y1),
        kind=row.kind,
        code=row.code,
        rationale=row.rationale,
        author=people.get(row.author_id, ""),
        created_at=row.created_at,
        second_code=row.second_code or "",
        details=dict(row.details or {}),
    )
