"""This installation as a witness: partners' logs, and cosigning what continues them (c2sp.org/tlog-witness)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import func, select

from dataroom.actions.context import Services
from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.audit.notes import LOG, WITNESS, Checkpoint, VerifierKey, cosign
from dataroom.audit.tree import EMPTY_ROOT
from dataroom.audit.witness import (
    FORKED,
    INCONSISTENT,
    MALFORMED,
    MAX_REQUEST_BYTES,
    Standing,
    Submission,
    claimed,
    judge,
    read_submission,
)
from dataroom.errors import Conflict, Invalid, NotFound, Refused
from dataroom.ids import new_id
from dataroom.model import WitnessedLog

WITNESS_KEY = "witness"
MOST_LOGS = 10_000
DEPLOYMENT = "/deployment"
_ORIGIN = re.compile(r"[A-Za-z0-9._:/~-]{1,200}")
_OF_MATTER = re.compile(r"(.+)/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Verdict:
    """What this witness says: the line to hand back, or the code of why not and the size it knows."""

    line: str = ""
    code: str = ""
    size: int = 0


class Trust(Params):
    """The verifier key of a partner's log; `matters` when its key also vouches for the logs of its matters."""

    key: Annotated[str, Field(max_length=400)]
    covers: Literal["log", "matters"] = "log"


class Request(Params):
    """An add-checkpoint request, its bytes in base64."""

    request: Annotated[str, Field(max_length=MAX_REQUEST_BYTES * 4 // 3 + 4)]


def own_key(services: Services) -> VerifierKey:
    """The verifier key of this installation as a witness; partners put it into their verifiers."""
    return VerifierKey(f"{services.config.log_origin}/witness", WITNESS, services.kms.public_key(WITNESS_KEY))


@action("witness.trust", on=None, kind="Service", performer="service")
def trust(work: Work, _target: None, params: Trust) -> Done:
    """Registers a partner's log, so that this installation cosigns its checkpoints."""
    key = VerifierKey.parse(params.key)
    if key.kind != LOG or not _ORIGIN.fullmatch(key.name):
        raise Invalid("key: that is not the verifier key of a log")
    if params.covers == "matters" and not key.name.endswith(DEPLOYMENT):
        raise Invalid(f"covers: only the key of a deployment's log (…{DEPLOYMENT}) vouches for its matters")
    row = work.one(WitnessedLog, WitnessedLog.origin == key.name)
    if row is not None and row.key != str(key):
        raise Conflict("This log is known by another key. A log keeps its key; ask the partner.")
    if row is None:
        row = work.add(_new(work, key, params.covers))
    row.covers = params.covers
    work.state(log=key.name, covers=params.covers)
    return Done(row.id)


@action("witness.cosign", on=None, kind="Service", performer="service")
def cosign_checkpoint(work: Work, _target: None, params: Request) -> Verdict:
    """Cosigns a partner's checkpoint if it continues what was cosigned before; keeps the proof if it does not."""
    submission = _read(params)
    claim = claimed(submission.note)
    row = _known(work, claim)
    now = int(work.now.timestamp())
    work.state(log=claim.origin, size=claim.size)
    try:
        standing = judge(Standing(row.size, row.root, row.cosigned_at), VerifierKey.parse(row.key), submission, now)
    except (Invalid, Conflict) as error:
        if error.code not in {INCONSISTENT, FORKED}:
            raise
        row.conflict = row.conflict or submission.note.decode()
        work.state(verdict=error.code)
        return Verdict(code=error.code, size=row.size)
    line = cosign(submission.note, own_key(work.services), now, lambda m: work.services.kms.sign(WITNESS_KEY, m))
    row.size, row.root, row.cosigned_at = standing.size, standing.root, standing.time
    row.note = submission.note.decode()
    work.session.add(row)
    work.state(verdict="cosigned")
    return Verdict(line=line.decode(), size=row.size)


def _read(params: Request) -> Submission:
    try:
        data = base64.b64decode(params.request, validate=True)
    except ValueError:
        raise Invalid("request: not in base64", code=MALFORMED) from None
    return read_submission(data)


def _known(work: Work, claim: Checkpoint) -> WitnessedLog:
    """The row of a log, locked; of a matter's log whose deployment is trusted with its matters, a new one."""
    row = _locked(work, claim.origin)
    if row is not None:
        return row
    match = _OF_MATTER.fullmatch(claim.origin)
    parent = _locked(work, f"{match[1]}{DEPLOYMENT}") if match else None
    if parent is None or parent.covers != "matters":
        raise NotFound("This witness does not know the log.")
    if (work.session.scalar(select(func.count()).select_from(WitnessedLog)) or 0) >= MOST_LOGS:
        raise Refused("This witness follows as many logs as it can.")
    return _new(work, VerifierKey(claim.origin, LOG, VerifierKey.parse(parent.key).public), "log")


def _locked(work: Work, origin: str) -> WitnessedLog | None:
    query = select(WitnessedLog).where(WitnessedLog.origin == origin)
    return work.session.scalars(query.with_for_update().execution_options(populate_existing=True)).first()


def _new(work: Work, key: VerifierKey, covers: str) -> WitnessedLog:
    return WitnessedLog(
        id=new_id(),
        origin=key.name,
        key=str(key),
        covers=covers,
        size=0,
        root=EMPTY_ROOT,
        note="",
        cosigned_at=0,
        conflict="",
        added_at=work.now,
    )
