"""Reading the audit log and handing it out as a bundle that verifies without this service."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AwareDatetime, Field
from sqlalchemy import and_, select, tuple_
from sqlalchemy.orm import Session

from dataroom.actions import present
from dataroom.actions.anchoring import stamps_until
from dataroom.actions.checkpoints import notes_until, shown, sign_head
from dataroom.actions.context import Desk, Download
from dataroom.actions.evidence import handed_out
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.scope import HIDDEN
from dataroom.actions.views import DocumentRef, EntryPage, EntryView, OrganisationView
from dataroom.actions.work import Work
from dataroom.audit.bundle import write_bundle
from dataroom.audit.entry import open_fields, read_entry
from dataroom.model import AuditDisclosure, AuditEntry, AuditLog, Matter


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
    shown = rows[: params.limit]
    opened = _opened(work.session, shown)
    parties = present.organisations(work.session)
    visible = present.references(work, [row.document_id for row in shown])
    items = tuple(_view(row, opened.get((row.log_id, row.seq), {}), parties, visible) for row in shown)
    return EntryPage(items, log.size if log else 0, shown[-1].seq if len(rows) > params.limit else None)


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


def _opened(session: Session, rows: list[AuditEntry]) -> dict[tuple[uuid.UUID, int], dict[str, Any]]:
    keys = [(row.log_id, row.seq) for row in rows]
    found = session.scalars(
        select(AuditDisclosure).where(tuple_(AuditDisclosure.log_id, AuditDisclosure.seq).in_(keys), handed_out())
    )
    texts: dict[tuple[uuid.UUID, int], list[str]] = {}
    for row in found:
        texts.setdefault((row.log_id, row.seq), []).extend(t for t in row.disclosure.split("\n") if t)
    return {
        (row.log_id, row.seq): open_fields(read_entry(row.entry), texts.get((row.log_id, row.seq), [])) for row in rows
    }


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
    )


@dataclass(frozen=True)
class Export:
    """What an export may open: the entries' numbers, and the matter they belong to."""

    matter: uuid.UUID
    reference: str
    open_entries: frozenset[int]


def _bundle(desk: Desk, export: Export) -> Download:
    """Signs the log's present head and writes the bundle; entries the reader may not open stay closed."""
    services = desk.services
    sign_head(services, export.matter)
    out = io.BytesIO()
    with services.database.reading() as session:
        found = shown(session, export.matter)
        log, note = found.log, found.checkpoint
        write_bundle(
            out,
            found.note,
            _column(session, AuditEntry.entry, log, note.size),
            _disclosures(session, log, note.size, export.open_entries),
            notes_until(session, log, note.size),
            _column(session, AuditEntry.leaf, log, note.size),
            stamps_until(session, log, note.size),
        )
    data = out.getvalue()
    name = "".join(c if c.isalnum() else "-" for c in export.reference)
    return Download(f"audit-{name}-{note.size}.zip", "application/zip", iter((data,)), len(data))


def _column(session: Session, column: Any, log: AuditLog, size: int) -> Iterator[bytes]:
    query = select(column).where(AuditEntry.log_id == log.id, AuditEntry.seq < size).order_by(AuditEntry.seq)
    yield from session.scalars(query.execution_options(yield_per=1000))


def _disclosures(
    session: Session, log: AuditLog, size: int, allowed: frozenset[int]
) -> Iterator[tuple[int, list[str]]]:
    query = (
        select(AuditDisclosure)
        .where(and_(AuditDisclosure.log_id == log.id, AuditDisclosure.seq < size, handed_out()))
        .order_by(AuditDisclosure.seq, AuditDisclosure.name)
    )
    pending: tuple[int, list[str]] | None = None
    for row in session.scalars(query.execution_options(yield_per=1000)):
        if row.seq not in allowed:
            continue
        if pending and pending[0] != row.seq:
            yield pending
            pending = None
        texts = [text for text in row.disclosure.split("\n") if text]
        pending = (row.seq, [*(pending[1] if pending else []), *texts])
    if pending:
        yield pending


@action("audit.export", on=Matter, reveal=_bundle)
def export(work: Work, matter: Matter, params: Nothing) -> Export:
    """The whole log of a matter as a bundle; fields of other organisations' own affairs stay closed."""
    rows = work.rows(
        select(AuditEntry.seq).where(AuditEntry.matter_id == matter.id, work.narrowed(AuditEntry, "audit.list"))
    )
    work.state(entries=work.place[1], opened=len(rows))
    return Export(matter.id, matter.reference, frozenset(row[0] for row in rows))
