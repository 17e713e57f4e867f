"""Reading the audit log and handing it out as a bundle that verifies without this service."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dataroom.actions import present, standing
from dataroom.actions.anchoring import stamps_until
from dataroom.actions.attributes_keeping import HIDDEN
from dataroom.actions.checkpoints import Shown, notes_until, shown, sign_head
from dataroom.actions.context import Desk, Download, Services
from dataroom.actions.mismatches import on_record
from dataroom.actions.personal import BATCH, REPRESENTED, opened, openings
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.sealing import pass_through
from dataroom.actions.views import DocumentRef, EntryPage, EntryView, OrganisationView
from dataroom.actions.work import Work
from dataroom.audit.bundle import bundle
from dataroom.audit.entry import name_of, open_fields, read_entry
from dataroom.model import AuditEntry, AuditLog, Matter, Organisation
from dataroom.vault.sealed import Kind, Place

ADDRESSES = frozenset({"mail", "ip"})
"""Fields that are closed to everybody but the organisation of the person they tell of."""


class Filter(Params):
    """Which entries: action name, outcome, who acted, document, a span of time; `before` is the cursor."""

    act: Annotated[str, Field(max_length=60)] = ""
    outcome: Annotated[str, Field(pattern="^(|done|refused|failed)$")] = ""
    document: uuid.UUID | None = None
    actor: uuid.UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: Annotated[int | None, Field(ge=0, le=2**63 - 1)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@action("audit.list", on=Matter, lists=AuditEntry)
def list_entries(work: Work, matter: Matter, params: Filter) -> EntryPage:
    """The entries of a matter this person may open, newest first."""
    criteria = [AuditEntry.matter_id == matter.id, work.narrowed(AuditEntry), *_filters(params)]
    log = work.one(AuditLog, AuditLog.matter_id == matter.id)
    rows = work.all_entries(criteria, params.limit + 1)
    page = rows[: params.limit]
    shown = work.confirmed(AuditEntry, work.record.act, page, lambda row: row.seq)
    told_of = _fields(work, shown)
    parties = present.organisations(work.session)
    visible = present.references(work, [row.document_id for row in shown])
    items = tuple(_view(row, told_of[row.seq], parties, visible) for row in shown)
    return EntryPage(
        items, log.size if log else 0, page[-1].seq if len(rows) > params.limit else None, on_record(work, matter)
    )


def _filters(params: Filter) -> list[Any]:
    criteria: list[Any] = []
    if params.act:
        criteria.append(AuditEntry.act == params.act)
    if params.outcome:
        outcomes = [params.outcome, HIDDEN] if params.outcome == "refused" else [params.outcome]
        criteria.append(AuditEntry.outcome.in_(outcomes))
    if params.document:
        criteria.append(AuditEntry.document_id == params.document)
    if params.actor:
        criteria.append(AuditEntry.actor_id == params.actor)
    if params.since:
        criteria.append(AuditEntry.at >= params.since)
    if params.until:
        criteria.append(AuditEntry.at < params.until)
    if params.before is not None:
        criteria.append(AuditEntry.seq < params.before)
    return criteria


def _fields(work: Work, rows: list[AuditEntry]) -> dict[int, dict[str, Any]]:
    """The fields of entries of one log, by number."""
    texts = openings(work.services, work.session, rows[0].log_id, [row.seq for row in rows]) if rows else {}
    return {row.seq: open_fields(read_entry(row.entry), texts.get(row.seq, [])) for row in rows}


def _view(
    row: AuditEntry,
    fields: dict[str, Any],
    parties: dict[uuid.UUID, OrganisationView],
    visible: dict[uuid.UUID | None, DocumentRef],
) -> EntryView:
    party = parties.get(row.actor_organisation_id) if row.actor_organisation_id else None
    return EntryView(
        seq=row.seq,
        at=row.at,
        act=str(fields.get("act", "")),
        outcome=str(fields.get("outcome", "")),
        who=str(fields.get("name", "(erased)")),
        organisation=party.name if party else "",
        role=str(fields.get("role", "")),
        target=str(fields.get("target", "")),
        document=visible.get(row.document_id),
        policies=tuple(str(p) for p in fields.get("policies", ())),
        code=str(fields.get("code", "")),
        facts={str(k): v for k, v in dict(fields.get("facts", {})).items()},
        leaf=row.leaf.hex(),
        acting_for=_for(fields.get(REPRESENTED)),
    )


def _for(told: Any) -> str:
    """For whom a deputy acted, in words."""
    return f"{told['name']}, deputy until {told['until']}" if isinstance(told, dict) else ""


class Recipient(Params):
    """The organisation that is to be given the log, by its short name."""

    recipient: Annotated[str, Field(min_length=1, max_length=40)]


@dataclass(frozen=True)
class Export:
    """What is handed out: the log of a matter, for the people of `reader`, with the entries `open_to` them opened."""

    matter: uuid.UUID
    reference: str
    reader: uuid.UUID
    owner: uuid.UUID
    open_to: tuple[ColumnElement[bool], ...]


def _bundle(desk: Desk, export: Export) -> Download:
    """Signs the log's present head and makes the bundle, which is kept sealed in the store until it was taken."""
    services = desk.services
    sign_head(services, export.matter)
    with services.database.reading() as session:
        found = shown(session, export.matter)
        size, pieces = found.checkpoint.size, _pieces(services, session, found, export)
        place = Place(export.owner, export.matter, export.matter, 1, Kind.DERIVED)
        length, taken = pass_through(services, place, pieces)
    name = "".join(c if c.isalnum() else "-" for c in export.reference)
    return Download(f"audit-{name}-{size}.zip", "application/zip", taken, length)


def _pieces(services: Services, session: Session, found: Shown, export: Export) -> Iterator[bytes]:
    log, size = found.log, found.checkpoint.size
    return bundle(
        found.note,
        _column(session, AuditEntry.entry, log.id, size),
        (
            (row.seq, told(texts, row.actor_organisation_id, export.reader))
            for row, texts in opened(services, session, log.id, size, *export.open_to)
        ),
        notes_until(session, log, size),
        _column(session, AuditEntry.leaf, log.id, size),
        stamps_until(session, log, size),
    )


def told(texts: list[str], actor: uuid.UUID | None, reader: uuid.UUID) -> list[str]:
    """The openings that leave this service: addresses of people only for their own organisation."""
    return texts if actor == reader else [text for text in texts if name_of(text) not in ADDRESSES]


def _column(session: Session, column: Any, log: uuid.UUID, size: int) -> Iterator[bytes]:
    for first in range(0, size, BATCH):
        batch = (AuditEntry.seq >= first, AuditEntry.seq < min(first + BATCH, size))
        yield from session.scalars(select(column).where(AuditEntry.log_id == log, *batch).order_by(AuditEntry.seq))


@action("audit.export", on=Matter, reveal=_bundle)
def export(work: Work, matter: Matter, params: Nothing) -> Export:
    """The whole log of a matter as a bundle; fields of other organisations' own affairs stay closed."""
    return _export(work, matter, work.organisation)


def recipient_of(session: Session, params: Recipient) -> uuid.UUID:
    """The organisation to be given the log; the null id for an unknown name."""
    found = session.scalars(select(Organisation.id).where(Organisation.slug == params.recipient)).first()
    return found or uuid.UUID(int=0)


@action("audit.give", on=Matter, reveal=_bundle, asks={"recipient": recipient_of})
def give(work: Work, matter: Matter, params: Recipient) -> Export:
    """The whole log of a matter as a bundle for another participant, in which only what both may read is open."""
    recipient = recipient_of(work.session, params)
    officer = standing.officer(work.session, recipient, matter.id, work.now)
    work.state(recipient=recipient)
    return _export(work, matter, recipient, work.narrowed(AuditEntry, "audit.list", officer))


def _export(work: Work, matter: Matter, reader: uuid.UUID, *more: ColumnElement[bool]) -> Export:
    criteria = (AuditEntry.seq < work.place[1], work.narrowed(AuditEntry, "audit.list"), *more)
    (count,) = work.rows(select(func.count()).where(AuditEntry.matter_id == matter.id, *criteria))[0]
    work.state(entries=work.place[1], opened=count)
    return Export(matter.id, matter.reference, reader, matter.organisation_id, criteria)
