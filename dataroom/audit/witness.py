"""The protocol between a log and its witnesses (c2sp.org/tlog-witness), without network or database.

A witness keeps, of each log, the newest state it has cosigned. It cosigns a newer state only when the log signed it
and proves that it continues the older one. So a log that was cut, rewritten or forked gets no further cosignature.

`judge` decides; whoever calls it holds the row of the log locked from reading the old `Standing` to writing the
new one, or two requests in flight could both pass.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from dataroom.audit.notes import (
    LOG,
    WITNESS,
    Checkpoint,
    VerifierKey,
    open_checkpoint,
    open_note,
    split_note,
)
from dataroom.audit.tree import EMPTY_ROOT, HASH_BYTES, MAX_SIZE, verify_consistency
from dataroom.errors import Conflict, Invalid, Refused, Tampered, Unavailable

MAX_REQUEST_BYTES: Final = 65_536
MAX_PROOF_LINES: Final = 63
SIZE_MEDIA: Final = "text/x.tlog.size"
MALFORMED: Final = "malformed"
INCONSISTENT: Final = "inconsistent"
FORKED: Final = "forked"
STALE: Final = "other-size"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Submission:
    """An add-checkpoint request: the size the witness is believed to know, the proof from there, the signed note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What a witness knows of a log: size and root last cosigned, and when (seconds since 1970; 0 never)."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    time: int = 0


def write_submission(submission: Submission) -> bytes:
    """The body of an add-checkpoint request."""
    lines = [f"old {submission.old}", *(base64.b64encode(one).decode() for one in submission.proof), ""]
    return ("\n".join(lines) + "\n").encode() + submission.note


def read_submission(data: bytes) -> Submission:
    """Read the body of a request; `Invalid` (code `malformed`) when it is none, before any key is looked at."""
    if len(data) > MAX_REQUEST_BYTES:
        raise Invalid(f"a request has at most {MAX_REQUEST_BYTES} bytes", code=MALFORMED)
    head, gap, note = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        split_note(note)
    except (UnicodeDecodeError, Invalid) as error:
        raise Invalid(f"not an add-checkpoint request: {error}", code=MALFORMED) from None
    match = _OLD.fullmatch(first)
    if not gap or not match or int(match[1]) > MAX_SIZE or len(lines) > MAX_PROOF_LINES:
        raise Invalid("not an add-checkpoint request", code=MALFORMED)
    return Submission(int(match[1]), tuple(_hash(line) for line in lines), note)


def read_size(body: bytes) -> int | None:
    """The size in a 409 answer of type `text/x.tlog.size`; None when it holds none."""
    match = _SIZE.fullmatch(body)
    return int(match[1]) if match and int(match[1]) <= MAX_SIZE else None


def claimed(note: bytes) -> Checkpoint:
    """The checkpoint a note speaks of, before any signature is verified; `Invalid` (code `malformed`)."""
    try:
        return Checkpoint.parse(split_note(note)[0])
    except Invalid as error:
        raise Invalid(error.detail, code=MALFORMED) from None


def judge(standing: Standing, key: VerifierKey, submission: Submission, now: int) -> Standing:
    """The new standing of the log whose key is `key`, to be stored before cosigning at `now`; or why not.

    `Refused` (not signed by the log), `Invalid` with code `malformed` (400) or `inconsistent` (422), `Conflict` with
    code `other-size` (the fact `size` is what the witness knows) or `forked`, `Unavailable` when the own clock went
    back behind the last cosignature.
    """
    if key.kind != LOG:
        raise Invalid("the key is not that of a log")
    claimed(submission.note)
    try:
        checkpoint, _ = open_checkpoint(submission.note, [key])
    except Tampered as error:
        raise Refused(error.detail) from None
    if submission.old > checkpoint.size:
        raise Invalid("the old size is larger than the checkpoint's", code=MALFORMED)
    if submission.old != standing.size:
        detail = f"This witness has seen {standing.size} entries."
        raise Conflict(detail, code=STALE, facts={"size": standing.size})
    if checkpoint.size == standing.size and checkpoint.root != standing.root:
        raise Conflict("This size was signed with another root.", code=FORKED, facts={"size": standing.size})
    try:
        verify_consistency(standing.size, checkpoint.size, standing.root, checkpoint.root, submission.proof)
    except (Tampered, Invalid) as error:
        raise Invalid(error.detail, code=INCONSISTENT) from None
    if now < standing.time:
        raise Unavailable("The witness's clock stands before its last cosignature.", code="clock-went-back")
    return Standing(checkpoint.size, checkpoint.root, now)


def read_cosignature(note: bytes, answer: bytes, key: VerifierKey, now: int, leeway: int) -> tuple[str, int]:
    """The line by the witness `key` in its answer to `note`, verified, and the time it states.

    Other lines are ignored. `Tampered` when the line is missing, does not hold, or states a time further than
    `leeway` seconds from `now`: a cosignature of another day is a replay.
    """
    if key.kind != WITNESS:
        raise Invalid("the key is not that of a witness")
    lines = answer.decode("utf-8", "replace").splitlines(keepends=True)
    _, signatures = open_note(note + answer, [key])
    time = signatures[0].time or 0
    if abs(time - now) > leeway:
        raise Tampered(f"the cosignature by {key.name} is of another time")
    prefix = f"\N{EM DASH} {key.name} "
    mine = [one for one in lines if one.startswith(prefix) and _key_id(one) == key.key_id]
    if len(mine) != 1:
        raise Tampered(f"the answer holds no line by {key.name}")
    return mine[0], time


def _key_id(line: str) -> bytes:
    try:
        return base64.b64decode(line.rstrip("\n").rpartition(" ")[2], validate=True)[:4]
    except binascii.Error:
        return b""


def _hash(line: str) -> bytes:
    try:
        data = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != HASH_BYTES or base64.b64encode(data).decode() != line:
        raise Invalid("a line of the proof is not a hash in base64", code=MALFORMED)
    return data
