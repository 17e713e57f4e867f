"""Our own logs and their witnesses: whom to ask, asking, and resuming after a restore that lost entries."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dataroom.actions import outside
from dataroom.actions.checkpoints import latest
from dataroom.actions.context import Desk, Services
from dataroom.actions.proofs import consistency
from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.audit.notes import WITNESS, VerifierKey
from dataroom.audit.witness import MAX_PROOF_LINES, Submission, read_cosignature, read_size, write_submission
from dataroom.errors import Conflict, Invalid, NotFound, Tampered, Unavailable
from dataroom.ids import new_id
from dataroom.model import (
    AuditCheckpoint,
    AuditCosignature,
    AuditEntry,
    AuditHalt,
    AuditLog,
    Errand,
    Witness,
    WitnessStanding,
)

ASK = "checkpoint.witness"
LEEWAY_SECONDS = 600
REFRESH = timedelta(hours=24)
QUIET = (ASK, "witness.cosign", "checkpoint.anchor")
"""Acts of witnessing and anchoring: alone no reason to ask again, or two installations would keep each other busy."""


class Added(Params):
    """A witness: its verifier key, and the address below which `add-checkpoint` is."""

    key: Annotated[str, Field(max_length=400)]
    url: Annotated[str, Field(max_length=1900)]


class Named(Params):
    """A witness by the name in its key."""

    name: Annotated[str, Field(max_length=200)]


class Ask(Params):
    """Which witness is asked about which log."""

    log: uuid.UUID
    witness: uuid.UUID


class Halted(Params):
    """A log that is not what was signed."""

    log: Annotated[str, Field(max_length=200)]
    signed: int
    size: int


class Resumed(Params):
    """A log to be signed again, and why its lost entries are accepted."""

    log: Annotated[str, Field(max_length=200)]
    reason: Annotated[str, Field(min_length=20, max_length=1000)]


@dataclass(frozen=True)
class Cosigned:
    """A witness's answer that holds: the size, its line, and the time in it."""

    origin: str
    size: int
    witness: str
    line: str
    time: int


@action("witness.add", on=None, kind="Service", performer="service")
def add(work: Work, _target: None, params: Added) -> Done:
    """Adds a witness that is asked to cosign every checkpoint, or changes its address."""
    key = VerifierKey.parse(params.key)
    if key.kind != WITNESS:
        raise Invalid("key: that is not the verifier key of a witness")
    if not work.services.courier.accepts(params.url):
        raise Invalid("url: an https address, or http on this very machine")
    row = work.one(Witness, Witness.name == key.name)
    if row is not None and row.key != str(key):
        raise Conflict("This witness is known by another key; remove it first.")
    if row is None:
        row = work.add(Witness(id=new_id(), name=key.name, key=str(key), url=params.url, added_at=work.now))
    row.url = params.url
    work.state(witness=key.name)
    return Done(row.id)


@action("witness.remove", on=None, kind="Service", performer="service")
def remove(work: Work, _target: None, params: Named) -> Done:
    """Asks a witness no more; what it has cosigned stays."""
    row = work.one(Witness, Witness.name == params.name)
    if row is None:
        raise NotFound()
    work.remove(row)
    work.state(witness=params.name)
    return Done(row.id)


def _asked(desk: Desk, _target: None, params: Ask, _stream: object) -> Cosigned:
    """Asks before the transaction; once more when the witness says that it knows another size."""
    services = desk.services
    with services.database.reading() as session:
        log, witness = session.get(AuditLog, params.log), session.get(Witness, params.witness)
        if log is None or witness is None:
            raise NotFound()
        _, checkpoint = latest(session, log.matter_id)
        standing = session.get(WitnessStanding, (witness.id, log.id))
        old = min(standing.size if standing else 0, checkpoint.size)
        status, body = _post(services, session, witness, checkpoint, old)
        seen = read_size(body) if status == 409 else None
        if seen is not None and seen > checkpoint.size:
            raise Unavailable("The witness has seen more entries than there are.", code="witness-has-seen-more")
        if seen is not None and seen != old:
            status, body = _post(services, session, witness, checkpoint, seen)
    if status != 200:
        raise Unavailable(f"The witness answered {status}.", code=f"witness-says-{status}")
    now = int(services.clock.now().timestamp())
    try:
        note, key = checkpoint.note.encode(), VerifierKey.parse(witness.key)
        line, time = read_cosignature(note, body, key, now, LEEWAY_SECONDS)
    except (Tampered, Invalid):
        raise Unavailable("The witness's answer does not hold.", code="witness-answer-wrong") from None
    return Cosigned(log.origin, checkpoint.size, witness.name, line, time)


def _post(
    services: Services, session: Session, witness: Witness, checkpoint: AuditCheckpoint, old: int
) -> tuple[int, bytes]:
    proof = consistency(session, checkpoint.log_id, old, checkpoint.size)[:MAX_PROOF_LINES]
    body = write_submission(Submission(old, proof, checkpoint.note.encode()))
    status, _, answer = services.courier.post(f"{witness.url.rstrip('/')}/add-checkpoint", body)
    return status, answer


@action(ASK, on=None, kind="Service", performer="service", prepare=_asked)
def witnessed(work: Work, _target: None, params: Ask, found: Cosigned) -> Done:
    """Keeps the cosignature that a witness gave to the newest checkpoint of a log."""
    work.session.merge(
        AuditCosignature(log_id=params.log, size=found.size, witness=found.witness, line=found.line, time=found.time)
    )
    work.session.merge(
        WitnessStanding(witness_id=params.witness, log_id=params.log, size=found.size, cosigned_at=work.now)
    )
    work.state(log=found.origin, size=found.size, witness=found.witness)
    return Done(params.log)


@action("checkpoint.halt", on=None, kind="Service", performer="service")
def halt(work: Work, _target: None, params: Halted) -> Done:
    """Records that a log is no longer signed, because it does not continue what was signed of it."""
    log = _log(work, params.log)
    work.session.merge(AuditHalt(log_id=log.id, signed_size=params.signed, size=params.size, at=work.now))
    work.state(log=params.log, signed=params.signed, size=params.size)
    return Done(log.id)


def _begin(desk: Desk, resumed: tuple[Done, str, str]) -> Done:
    done, origin, reason = resumed
    outside.resume(desk.services, origin, reason)
    return done


def _kept_outside(desk: Desk, _target: None, params: Resumed, _stream: object) -> bool:
    return any(outside.newest(desk.services, params.log))


@action("checkpoint.resume", on=None, kind="Service", performer="service", prepare=_kept_outside, reveal=_begin)
def resume(work: Work, _target: None, params: Resumed, noted: bool) -> tuple[Done, str, str]:
    """Accepts that a restore lost signed entries, or a whole log; what was signed stays as proof of the loss.

    The log is signed again. Of a log that is not there at all the check no longer says that it is missing.
    """
    if noted and work.one(AuditLog, AuditLog.origin == params.log) is None:
        work.state(log=params.log, reason=params.reason)
        return Done(new_id()), params.log, params.reason
    log = _log(work, params.log)
    row = work.one(AuditHalt, AuditHalt.log_id == log.id)
    if row is None:
        raise Conflict("The signing of this log is not stopped.")
    work.state(log=params.log, signed=row.signed_size, size=row.size, reason=params.reason)
    work.remove(row)
    return Done(log.id), params.log, params.reason


def _log(work: Work, origin: str) -> AuditLog:
    row = work.one(AuditLog, AuditLog.origin == origin)
    if row is None:
        raise NotFound()
    return row


def is_halted(services: Services, origin: str) -> bool:
    """Whether it is on record that this log is not signed."""
    with services.database.reading() as session:
        query = select(AuditHalt.log_id).join(AuditLog, AuditLog.id == AuditHalt.log_id)
        return session.scalars(query.where(AuditLog.origin == origin)).first() is not None


def owe_cosignatures(services: Services) -> int:
    """Owes an errand for each witness and log that has something to be cosigned; returns how many."""
    now = services.clock.now()
    with services.database.reading() as session:
        witnesses = list(session.scalars(select(Witness.id)))
        if not witnesses:
            return 0
        open_errands = select(Errand.payload).where(Errand.kind == ASK, Errand.done_at.is_(None))
        owed = {_key(payload) for payload in session.scalars(open_errands)}
        sizes = session.execute(
            select(AuditLog, func.max(AuditCheckpoint.size))
            .join(AuditCheckpoint, AuditCheckpoint.log_id == AuditLog.id)
            .group_by(AuditLog.id)
        ).all()
        due = [
            {"log": str(log.id), "witness": str(witness)}
            for log, size in sizes
            for witness in witnesses
            if (str(log.id), str(witness)) not in owed
            and _due(log, size, session.get(WitnessStanding, (witness, log.id)), session, now - REFRESH)
        ]
    if due:
        with services.database.writing() as session:
            for params in due:
                errand = Errand(id=new_id(), kind=ASK, payload={"params": params}, due_at=now, attempts=0)
                session.add(errand)
    return len(due)


def _key(payload: dict[str, object]) -> tuple[str, str]:
    params = payload.get("params")
    given = params if isinstance(params, dict) else {}
    return str(given.get("log")), str(given.get("witness"))


def _due(log: AuditLog, size: int, standing: WitnessStanding | None, session: Session, before: datetime) -> bool:
    if standing is None or standing.cosigned_at is None or standing.cosigned_at < before:
        return True
    return has_news(session, log.id, standing.size, size)


def has_news(session: Session, log: uuid.UUID, start: int, stop: int, before: datetime | None = None) -> bool:
    """Whether the entries from `start` to below `stop` hold an act that is not quiet (and older than `before`)."""
    if start >= stop:
        return False
    news = select(AuditEntry.seq).where(
        AuditEntry.log_id == log,
        AuditEntry.seq >= start,
        AuditEntry.seq < stop,
        AuditEntry.act.not_in(QUIET),
        *([] if before is None else [AuditEntry.at < before]),
    )
    return session.scalars(news.limit(1)).first() is not None
