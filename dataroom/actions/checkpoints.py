"""Signing the heads of the logs: checkpoints over committed entries, made on export and every minute when changed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions.context import Services
from dataroom.actions.evidence import lock_head
from dataroom.audit.notes import LOG, Checkpoint, VerifierKey, sign_checkpoint
from dataroom.audit.tree import Frontier
from dataroom.errors import NotFound
from dataroom.model import AuditCheckpoint, AuditLog

LOG_KEY = "log"


def sign_head(services: Services, matter: uuid.UUID | None) -> bool:
    """Signs the present head of a log unless that size was signed before; returns whether it did."""
    public = services.kms.public_key(LOG_KEY)
    with services.database.writing() as session:
        head = lock_head(session, matter)
        if session.get(AuditCheckpoint, (head.id, head.size)) is not None:
            return False
        root = Frontier.from_bytes(head.frontier).root()
        note = sign_checkpoint(
            Checkpoint(head.origin, head.size, root),
            public,
            lambda message: services.kms.sign(LOG_KEY, message),
        )
        session.add(
            AuditCheckpoint(log_id=head.id, size=head.size, note=note.decode(), created_at=services.clock.now())
        )
    return True


def sign_heads(services: Services) -> int:
    """Signs every log that has grown since its last checkpoint; returns how many."""
    with services.database.reading() as session:
        matters = list(session.scalars(select(AuditLog.matter_id)))
    return sum(sign_head(services, matter) for matter in matters)


def latest(session: Session, matter: uuid.UUID | None) -> tuple[AuditLog, AuditCheckpoint]:
    """A log and its newest checkpoint."""
    criterion = AuditLog.matter_id.is_(None) if matter is None else AuditLog.matter_id == matter
    found = session.execute(
        select(AuditLog, AuditCheckpoint)
        .join(AuditCheckpoint, AuditCheckpoint.log_id == AuditLog.id)
        .where(criterion)
        .order_by(AuditCheckpoint.size.desc())
        .limit(1)
    ).first()
    if found is None:
        raise NotFound()
    return found[0], found[1]


def notes_until(session: Session, log: AuditLog, size: int) -> Iterator[bytes]:
    """The older checkpoints of a log, oldest first."""
    query = (
        select(AuditCheckpoint.note)
        .where(AuditCheckpoint.log_id == log.id, AuditCheckpoint.size < size)
        .order_by(AuditCheckpoint.size)
    )
    for note in session.scalars(query):
        yield note.encode()


def verifier_key(services: Services, matter: uuid.UUID | None) -> str:
    """The key an outsider checks a log's bundle with, as one line; hand it over outside this service."""
    with services.database.reading() as session:
        criterion = AuditLog.matter_id.is_(None) if matter is None else AuditLog.matter_id == matter
        origin = session.scalars(select(AuditLog.origin).where(criterion)).one()
    return str(VerifierKey(origin, LOG, services.kms.public_key(LOG_KEY)))
