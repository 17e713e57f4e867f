"""Signing the heads of the logs: checkpoints over committed entries, made on export and every minute when changed."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dataroom.actions import outside
from dataroom.actions.backups import is_awaited
from dataroom.actions.context import Services
from dataroom.actions.evidence import lock_head
from dataroom.actions.outside import RolledBack
from dataroom.audit.notes import LOG, Checkpoint, VerifierKey, sign_checkpoint
from dataroom.audit.tree import Frontier
from dataroom.errors import NotFound
from dataroom.model import AuditCheckpoint, AuditCosignature, AuditHalt, AuditLog, Witness

LOG_KEY = outside.LOG_KEY
COSIGNED_WITHIN = timedelta(hours=1)
logger = logging.getLogger("dataroom.audit")


@dataclass(frozen=True)
class Shown:
    """What is handed out of a log: its row, the checkpoint's row, and the note with the witnesses' lines."""

    log: AuditLog
    checkpoint: AuditCheckpoint
    note: bytes


def sign_head(services: Services, matter: uuid.UUID | None) -> bool:
    """Signs the present head of a log unless that size was signed before; returns whether it did.

    Only committed entries are signed, so no lock is held while store and key service are asked. The note outside is
    read before the head, or one signed meanwhile would look like a rollback. `RolledBack` when the log does not
    continue it.
    """
    with services.database.reading() as session:
        head = session.scalars(select(AuditLog).where(_of(matter))).one()
        if session.get(AuditCheckpoint, (head.id, head.size)) is not None:
            return False
    notes = outside.newest(services, head.origin)
    with services.database.reading() as session:
        head = session.scalars(select(AuditLog).where(_of(matter))).one()
        outside.compare(services, session, head, notes)
        halt = is_awaited(session, head.id)
        if halt is not None:
            raise RolledBack(head.origin, halt.signed_size, halt.size)
    checkpoint = Checkpoint(head.origin, head.size, Frontier.from_bytes(head.frontier).root())
    public = services.kms.public_key(LOG_KEY)
    note = sign_checkpoint(checkpoint, public, lambda message: services.kms.sign(LOG_KEY, message))
    outside.keep(services, checkpoint, note)
    with services.database.writing() as session:
        lock_head(session, matter)
        if session.get(AuditCheckpoint, (head.id, head.size)) is not None:
            return False
        session.add(
            AuditCheckpoint(log_id=head.id, size=head.size, note=note.decode(), created_at=services.clock.now())
        )
    return True


def sign_heads(services: Services) -> int:
    """Signs every log that has grown since its last checkpoint; returns how many.

    A log that was rolled back is not signed, and does not keep the others from it.
    """
    return sum(done is True for done in _each(services))


def sign_heads_and_tell(services: Services) -> list[RolledBack]:
    """As `sign_heads`; returns which logs were not signed because they were rolled back."""
    return [done for done in _each(services) if isinstance(done, RolledBack)]


def _each(services: Services) -> Iterator[bool | RolledBack]:
    with services.database.reading() as session:
        matters = list(session.scalars(select(AuditLog.matter_id)))
    for matter in matters:
        try:
            yield sign_head(services, matter)
        except RolledBack as error:
            logger.error("not signed: the log was rolled back", extra={"code": error.code, **error.facts})
            yield error


def halted(services: Services) -> bool:
    """Whether the signing of any log is stopped until somebody has looked."""
    with services.database.reading() as session:
        return session.scalars(select(AuditHalt.log_id).limit(1)).first() is not None


def latest(session: Session, matter: uuid.UUID | None) -> tuple[AuditLog, AuditCheckpoint]:
    """A log and its newest checkpoint."""
    found = session.execute(
        select(AuditLog, AuditCheckpoint)
        .join(AuditCheckpoint, AuditCheckpoint.log_id == AuditLog.id)
        .where(_of(matter))
        .order_by(AuditCheckpoint.size.desc())
        .limit(1)
    ).first()
    if found is None:
        raise NotFound()
    return found[0], found[1]


def shown(session: Session, matter: uuid.UUID | None, least: int = 0) -> Shown:
    """The checkpoint to hand out: the newest that most of our witnesses cosigned, if it is at most an hour older
    than the newest of all and has at `least` that many entries; else that one. Later entries go with the next.
    """
    log, newest = latest(session, matter)
    query = (
        select(AuditCheckpoint, AuditCosignature.witness)
        .join(
            AuditCosignature,
            (AuditCosignature.log_id == AuditCheckpoint.log_id) & (AuditCosignature.size == AuditCheckpoint.size),
        )
        .where(AuditCheckpoint.log_id == log.id, AuditCheckpoint.created_at >= newest.created_at - COSIGNED_WITHIN)
        .where(AuditCosignature.witness.in_(select(Witness.name)), AuditCheckpoint.size >= least)
    )
    found: dict[int, tuple[int, AuditCheckpoint]] = {}
    for checkpoint, _ in session.execute(query):
        found[checkpoint.size] = (found.get(checkpoint.size, (0, checkpoint))[0] + 1, checkpoint)
    best = max(found, key=lambda size: (found[size][0], size), default=None)
    chosen = newest if best is None else found[best][1]
    return Shown(log, chosen, chosen.note.encode() + _lines(session, log).get(chosen.size, b""))


def _lines(session: Session, log: AuditLog) -> dict[int, bytes]:
    """By size, what witnesses wrote below the checkpoints of a log."""
    query = (
        select(AuditCosignature)
        .where(AuditCosignature.log_id == log.id)
        .order_by(AuditCosignature.size, AuditCosignature.witness)
    )
    found: dict[int, bytes] = {}
    for row in session.scalars(query):
        found[row.size] = found.get(row.size, b"") + row.line.encode()
    return found


def notes_until(session: Session, log: AuditLog, size: int) -> Iterator[bytes]:
    """The older checkpoints of a log with their cosignatures, oldest first."""
    query = (
        select(AuditCheckpoint.size, AuditCheckpoint.note)
        .where(AuditCheckpoint.log_id == log.id, AuditCheckpoint.size < size)
        .order_by(AuditCheckpoint.size)
    )
    lines = _lines(session, log)
    for row in session.execute(query):
        yield row.note.encode() + lines.get(row.size, b"")


def verifier_key(services: Services, matter: uuid.UUID | None) -> str:
    """The key an outsider checks a log's bundle with, as one line; hand it over outside this service."""
    with services.database.reading() as session:
        origin = session.scalars(select(AuditLog.origin).where(_of(matter))).one()
    return str(VerifierKey(origin, LOG, services.kms.public_key(LOG_KEY)))


def _of(matter: uuid.UUID | None) -> ColumnElement[bool]:
    return AuditLog.matter_id.is_(None) if matter is None else AuditLog.matter_id == matter
