"""Handing out the proof of a single entry, for whoever shall believe one line and not see the rest."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dataroom.actions.audit import told
from dataroom.actions.checkpoints import shown, sign_head
from dataroom.actions.context import Desk, Download
from dataroom.actions.personal import openings
from dataroom.actions.proofs import inclusion
from dataroom.actions.registry import Params, action
from dataroom.actions.work import Work
from dataroom.audit.single import write_proof
from dataroom.errors import Conflict, NotFound
from dataroom.model import AuditEntry, Matter


class One(Params):
    """The number of the entry, from 0."""

    seq: Annotated[int, Field(ge=0, le=2**53 - 1)]


@dataclass(frozen=True)
class Proven:
    """The entry to be proved, its matter, and the organisation of whoever asked."""

    matter: uuid.UUID
    reference: str
    seq: int
    reader: uuid.UUID


def _file(desk: Desk, proven: Proven) -> Download:
    """Signs the log's present head and writes the proof under the checkpoint that is handed out."""
    services = desk.services
    sign_head(services, proven.matter)
    with services.database.reading() as session:
        found = shown(session, proven.matter, least=proven.seq + 1)
        if found.checkpoint.size <= proven.seq:
            raise Conflict("The entry is not signed yet; try again in a minute.")
        row = session.get(AuditEntry, (found.log.id, proven.seq))
        if row is None:
            raise NotFound()
        texts = openings(services, session, found.log.id, [proven.seq]).get(proven.seq, [])
        opened = told(texts, row.actor_organisation_id, proven.reader)
        hashes = inclusion(session, found.log.id, proven.seq, found.checkpoint.size)
        data = write_proof(row.entry, opened, hashes, found.note)
    name = "".join(c if c.isalnum() else "-" for c in proven.reference)
    return Download(f"audit-{name}-{proven.seq}.tlog-proof", "application/octet-stream", iter((data,)), len(data))


@action("audit.prove", on=Matter, reveal=_file)
def prove(work: Work, matter: Matter, params: One) -> Proven:
    """The proof of one entry this person may open, to be verified without the rest of the log and without us."""
    visible = work.rows(
        select(AuditEntry.seq).where(
            AuditEntry.matter_id == matter.id,
            AuditEntry.seq == params.seq,
            work.narrowed(AuditEntry, "audit.list"),
        )
    )
    if not visible:
        raise NotFound()
    work.state(entry=params.seq)
    return Proven(matter.id, matter.reference, params.seq, work.organisation)
