"""Anchors: checkpoints handed to somebody outside who cannot take them back, a time-stamp authority or a locked bucket.

anchors/<SHA-256 of the origin>/<generation>/<LAST - size>     a note in the locked bucket; the newest comes first
anchors/<SHA-256 of the origin>/resumed/<LAST - generation>    why a generation was begun, see `outside`
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dataroom.actions import outside
from dataroom.actions.checkpoints import latest
from dataroom.actions.context import Desk, Services
from dataroom.actions.cosigning import has_news
from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import NotFound, Tampered
from dataroom.ids import new_id
from dataroom.model import AuditAnchor, AuditCheckpoint, AuditLog, Errand

ANCHOR = "checkpoint.anchor"
STAMP, LOCKED = "time-stamp", "locked-bucket"


class Wanted(Params):
    """Which log is anchored, and how."""

    log: uuid.UUID
    anchor: Literal["time-stamp", "locked-bucket"]


@dataclass(frozen=True)
class Anchored:
    """An anchor as it was given: over which state, the token (a time stamp's), the time it vouches for, its place."""

    origin: str
    size: int
    token: bytes
    time: datetime
    place: str


@dataclass(frozen=True)
class Standing:
    """How one kind of anchor stands for a log: the newest, whether it is overdue, and what last went wrong."""

    anchor: str
    origin: str
    size: int
    at: datetime | None
    place: str
    late: bool
    error: str


def configured(services: Services) -> tuple[str, ...]:
    """The kinds of anchors this installation has."""
    return tuple(name for name, part in ((STAMP, services.stamps), (LOCKED, services.locked)) if part is not None)


def _anchored(desk: Desk, _target: None, params: Wanted, _stream: object) -> Anchored:
    """Asks outside, before the transaction, for an anchor of the newest checkpoint, after the log was compared."""
    services = desk.services
    now = services.clock.now()
    with services.database.reading() as session:
        log = session.get(AuditLog, params.log)
        if log is None or params.anchor not in configured(services):
            raise NotFound()
        _, checkpoint = latest(session, log.matter_id)
        note, size, origin = checkpoint.note.encode(), checkpoint.size, log.origin
        outside.compare(services, session, log, [*outside.newest(services, origin), note])
    if params.anchor == STAMP and services.stamps is not None:
        token, time = services.stamps.stamp(note, now)
        return Anchored(origin, size, token, time, "")
    until = now + timedelta(days=services.config.anchor_days)
    place, until = outside.lock(services, origin, size, note, until)
    return Anchored(origin, size, b"", until, place)


@action(ANCHOR, on=None, kind="Service", performer="service", prepare=_anchored)
def anchor(work: Work, _target: None, params: Wanted, found: Anchored) -> Done:
    """Keeps the anchor that was given outside to the newest checkpoint of a log."""
    row = AuditAnchor(log_id=params.log, size=found.size, anchor=params.anchor, token=found.token, place=found.place)
    row.time, row.at = found.time, work.now
    work.session.merge(row)
    work.state(log=found.origin, size=found.size, anchor=params.anchor, time=found.time.isoformat())
    return Done(params.log)


def owe_anchors(services: Services) -> int:
    """Owes an errand for each log and kind of anchor that is due and has something new; returns how many."""
    kinds, now = configured(services), services.clock.now()
    if not kinds:
        return 0
    before = now - timedelta(hours=services.config.anchor_hours)
    with services.database.reading() as session:
        waiting = _waiting(session)
        due = [
            {"log": str(log.id), "anchor": kind}
            for log in session.scalars(select(AuditLog))
            for kind in kinds
            if (str(log.id), kind) not in waiting and _due(session, log, kind, before)
        ]
    if due:
        with services.database.writing() as session:
            for params in due:
                session.add(Errand(id=new_id(), kind=ANCHOR, payload={"params": params}, due_at=now, attempts=0))
    return len(due)


def _waiting(session: Session) -> dict[tuple[str, str], Errand]:
    rows = session.scalars(select(Errand).where(Errand.kind == ANCHOR, Errand.done_at.is_(None)))
    return {(str(row.payload["params"]["log"]), str(row.payload["params"]["anchor"])): row for row in rows}


def _due(session: Session, log: AuditLog, kind: str, before: datetime) -> bool:
    last = _last(session, log.id, kind)
    if last is not None and last.at > before:
        return False
    signed = session.scalar(select(func.max(AuditCheckpoint.size)).where(AuditCheckpoint.log_id == log.id)) or 0
    return has_news(session, log.id, last.size if last else 0, signed)


def _last(session: Session, log: uuid.UUID, kind: str) -> AuditAnchor | None:
    query = select(AuditAnchor).where(AuditAnchor.log_id == log, AuditAnchor.anchor == kind)
    return session.scalars(query.order_by(AuditAnchor.size.desc()).limit(1)).first()


def standings(services: Services, log: uuid.UUID | None = None) -> list[Standing]:
    """How every configured anchor stands for every log, or for the one with this id.

    Late is an anchor when something recorded longer ago than `anchor_warn_hours` is under none.
    """
    kinds, found = configured(services), list[Standing]()
    bound = services.clock.now() - timedelta(hours=services.config.anchor_warn_hours)
    with services.database.reading() as session:
        waiting = _waiting(session) if kinds else {}
        chosen = select(AuditLog).order_by(AuditLog.origin)
        for row in session.scalars(chosen if log is None else chosen.where(AuditLog.id == log)) if kinds else ():
            for kind in kinds:
                last, errand = _last(session, row.id, kind), waiting.get((str(row.id), kind))
                size = last.size if last else 0
                late = has_news(session, row.id, size, row.size, bound)
                when, place = (last.at, last.place) if last else (None, "")
                error = errand.error if errand and errand.error else ""
                found.append(Standing(kind, row.origin, size, when, place, late, error))
    return found


def of_matter(services: Services, matter: uuid.UUID) -> list[Standing]:
    """How every configured anchor stands for the log of a matter; for people who may see that log."""
    with services.database.reading() as session:
        log = session.scalars(select(AuditLog.id).where(AuditLog.matter_id == matter)).one()
    return standings(services, log)


def is_late(services: Services) -> bool:
    """Whether any log has been without an anchor for too long."""
    return any(one.late for one in standings(services))


def contradictions(services: Services) -> Iterator[str]:
    """A sentence for every anchor, of any age, that the logs as they are now do not continue."""
    with services.database.reading() as session:
        for log in session.scalars(select(AuditLog).order_by(AuditLog.origin)):
            for place, note in outside.locked_notes(services, log.origin):
                if not _continues(services, session, log, note):
                    yield f"{log.origin} does not continue the note locked at {place}"
            rows = select(AuditAnchor).where(AuditAnchor.log_id == log.id, AuditAnchor.anchor == STAMP)
            for row in session.scalars(rows.order_by(AuditAnchor.size)):
                note = _note(session, row)
                if not _continues(services, session, log, note) or not _stamped(services, row, note):
                    yield f"{log.origin} does not continue what was time-stamped at {row.size} entries"


def _note(session: Session, row: AuditAnchor) -> bytes:
    checkpoint = session.get(AuditCheckpoint, (row.log_id, row.size))
    return checkpoint.note.encode() if checkpoint else b""


def _continues(services: Services, session: Session, log: AuditLog, note: bytes) -> bool:
    try:
        outside.compare(services, session, log, [note])
    except outside.UNTRUE:
        return False
    return True


def _stamped(services: Services, row: AuditAnchor, note: bytes) -> bool:
    """Whether the token holds; without an authority configured any more nobody here can tell, so it counts."""
    if services.stamps is None:
        return True
    try:
        return services.stamps.holds(note, row.token) == row.time
    except Tampered:
        return False


def stamps_until(session: Session, log: AuditLog, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The time-stamped notes of a log up to a size with their tokens, oldest first."""
    query = (
        select(AuditAnchor, AuditCheckpoint.note)
        .join(
            AuditCheckpoint,
            (AuditCheckpoint.log_id == AuditAnchor.log_id) & (AuditCheckpoint.size == AuditAnchor.size),
        )
        .where(AuditAnchor.log_id == log.id, AuditAnchor.size <= size, AuditAnchor.anchor == STAMP)
        .order_by(AuditAnchor.size)
    )
    for row, note in session.execute(query):
        yield note.encode(), row.token
