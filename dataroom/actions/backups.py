"""Backups and restores as acts of the installation: what the log says of them, and what a restore still owes.

A restore may lose entries that were signed. Then, or when nothing outside can tell, the logs concerned are not signed
(`AuditHalt`) and the service is not started until whoever runs it has accepted the loss with a reason
(`checkpoint.resume`): a log is either continued honestly or stopped loudly, never grown anew under what others hold.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions import outside
from dataroom.actions.context import Desk, Services
from dataroom.actions.outside import LOG_KEY, RolledBack
from dataroom.actions.registry import Params, action
from dataroom.actions.repinning import PIN
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.audit.notes import LOG, VerifierKey, open_checkpoint
from dataroom.errors import Conflict
from dataroom.ids import new_id
from dataroom.model import AuditCheckpoint, AuditEntry, AuditHalt, AuditLog, Errand

RESTORE = "backup.restore"
BROKEN_OFF = (
    "Nothing of it is served. Restore again, into a new database and a new bucket "
    "(DATAROOM_DATABASE_URL, DATAROOM_S3_BUCKET), and remove these."
)
MOST_NAMED = 100
_SHA256 = Field(pattern="^[0-9a-f]{64}$")
_Name = Annotated[str, Field(pattern="^[0-9]{8}T[0-9]{6}\\.[0-9]{6}Z$")]
_Count = Annotated[int, Field(ge=0)]


class Made(Params):
    """The name of a backup, the SHA-256 of its manifest, and how much is in it."""

    backup: _Name
    manifest: Annotated[str, _SHA256]
    objects: _Count
    object_bytes: _Count
    missing: _Count


class Restored(Params):
    """From which backup, what was closed or opened again on the way, and whether later entries could be known of.

    `certain`: notes of what was signed last survived the loss, so that their absence or presence says something.
    `known`: sizes logs are known to have had, from lists of tombstones. `forgotten`: people erased since the backup.
    """

    backup: _Name
    manifest: Annotated[str, _SHA256]
    made_at: Annotated[str, Field(max_length=40)]
    disposed: _Count
    revived: _Count
    certain: bool
    known: dict[str, int] = Field(default_factory=dict, max_length=100_000)
    forgotten: list[uuid.UUID] = Field(default_factory=list, max_length=100_000)


@dataclass(frozen=True)
class Position:
    """A log after a restore: its size now, and the size that is known to have been signed or seen."""

    log: uuid.UUID
    origin: str
    size: int
    signed: int
    continues: bool


@action("backup.make", on=None, kind="Service", performer="service")
def make(work: Work, _target: None, params: Made) -> Done:
    """Records a backup before it gets its name: the digest of its manifest stands in the log from then on."""
    work.state(**params.model_dump())
    return Done(new_id())


def _positions(desk: Desk, _target: None, params: Restored, stream: object) -> list[Position]:
    """How each log stands to what is known of it outside the database."""
    services, found = desk.services, []
    with services.database.reading() as session:
        heads = list(session.scalars(select(AuditLog).order_by(AuditLog.origin)))
    for head in heads:
        notes = outside.newest(services, head.origin)
        key = VerifierKey(head.origin, LOG, services.kms.public_key(LOG_KEY))
        sizes = [open_checkpoint(note, [key])[0].size for note in notes]
        known = max([params.known.get(head.origin, 0), *sizes])
        with services.database.reading() as session:
            continues = known <= head.size and _continues(services, session, head, notes)
            signed_once = session.scalars(
                select(AuditCheckpoint.size).where(AuditCheckpoint.log_id == head.id).limit(1)
            ).first()
        sure = params.certain and (bool(notes) or signed_once is None)
        found.append(Position(head.id, head.origin, head.size, known, continues and sure))
    return found


def _continues(services: Services, session: Session, head: AuditLog, notes: list[bytes]) -> bool:
    try:
        outside.compare(services, session, head, notes)
    except RolledBack:
        return False
    return True


@action(RESTORE, on=None, kind="Service", performer="service", prepare=_positions)
def restore(work: Work, _target: None, params: Restored, positions: list[Position]) -> Done:
    """Records a restore with both positions of each log that lost entries, and stops the signing of those logs."""
    lost = [position for position in positions if not position.continues]
    for one in lost:
        work.session.merge(AuditHalt(log_id=one.log, signed_size=one.signed, size=one.size, at=work.now))
    work.state(
        **params.model_dump(exclude={"known", "forgotten"}),
        forgotten=[str(one) for one in params.forgotten],
        logs=len(positions),
        halted=len(lost),
        lost=[{"log": one.origin, "restored": one.size, "known": one.signed} for one in lost[:MOST_NAMED]],
    )
    return Done(new_id())


def awaited(services: Services) -> list[tuple[str, int, int]]:
    """The logs of a restore that nobody has accepted yet: name, size now, size known before."""
    query = (
        select(AuditLog.origin, AuditHalt.size, AuditHalt.signed_size)
        .join(AuditLog, AuditLog.id == AuditHalt.log_id)
        .join(AuditEntry, (AuditEntry.at == AuditHalt.at) & (AuditEntry.act == RESTORE))
        .where(AuditEntry.outcome == "done")
        .order_by(AuditLog.origin)
    )
    with services.database.reading() as session:
        return [(row.origin, row.size, row.signed_size) for row in session.execute(query)]


def unfinished(services: Services) -> bool:
    """Whether a restore is under way, or was broken off before everything of it was recorded."""
    with services.database.reading() as session:
        owed = select(Errand.id).where(Errand.kind.in_((RESTORE, PIN)), Errand.done_at.is_(None))
        return session.scalars(owed.limit(1)).first() is not None


def check_unbroken(services: Services) -> None:
    """Refuses (`Conflict`) a database whose restore is not whole."""
    if unfinished(services):
        raise Conflict(f"A restore into this database was broken off, or is under way. {BROKEN_OFF}")


def check_accepted(services: Services) -> None:
    """Refuses (`Conflict`) to serve or to work while a restore is unfinished or its losses are not accepted."""
    check_unbroken(services)
    waiting = awaited(services)
    if waiting:
        named = "; ".join(f"{origin} has {size} entries, was known with {known}" for origin, size, known in waiting[:5])
        raise Conflict(
            f"This installation was restored, and {len(waiting)} logs lost entries or may have: {named}. Nothing is "
            "served or signed until that is accepted: dataroom operate accept-restore --reason ..."
        )


def is_awaited(session: Session, log: uuid.UUID) -> AuditHalt | None:
    """The halt of a log that a restore left and nobody has accepted."""
    query = (
        select(AuditHalt)
        .join(AuditEntry, (AuditEntry.at == AuditHalt.at) & (AuditEntry.act == RESTORE))
        .where(AuditHalt.log_id == log, AuditEntry.outcome == "done")
    )
    return session.scalars(query.limit(1)).first()
