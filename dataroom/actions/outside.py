"""The newest signed note of each log, kept outside the database: what shows that the database was rolled back.

It is kept twice: in the object store, written once and never over (where the store honours `If-None-Match`), and in
a file beside the key ring, if keys lie in one. Before a log is signed its rows must continue that note. After a
restore that lost entries an operator may resume; that begins a new generation of notes, and the older ones stay.
Anchored notes lie in a third place, if there is one: a bucket that locks them, see `anchoring`.

    checkpoints/<SHA-256 of the origin>/<generation>/<LAST - size>     the note; so the newest comes first in a listing
    checkpoints/<SHA-256 of the origin>/resumed/<LAST - generation>    why a generation was begun
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from dataroom.actions.context import Services
from dataroom.actions.proofs import root_at
from dataroom.audit.notes import LOG, Checkpoint, VerifierKey, open_checkpoint
from dataroom.errors import Conflict, Invalid, Tampered, Unavailable
from dataroom.model import AuditLog

log = logging.getLogger("dataroom.audit")
LOG_KEY = "log"
LAST = 2**63 - 1
ROLLBACK = "audit-rollback"
_FILE = re.compile(r"([0-9a-f]{64})\.([0-9]{8})")


@dataclass(frozen=True)
class _Kept:
    """Where the notes of a log are: the store's prefix, the folder beside the key ring, the generation."""

    digest: str
    generation: int
    folder: Path | None

    @property
    def prefix(self) -> str:
        return f"checkpoints/{self.digest}/{self.generation:08d}/"

    def file(self, generation: int) -> Path | None:
        return self.folder / f"{self.digest}.{generation:08d}" if self.folder else None


class RolledBack(Conflict):
    """The log's rows do not continue what was signed of it: nothing is signed until somebody has looked."""

    code, title = ROLLBACK, "The audit log is not what was signed"

    def __init__(self, origin: str, signed: int, size: int):
        detail = "The audit log does not continue its last signed state. Whoever runs the service has been told."
        super().__init__(detail, code=ROLLBACK, facts={"log": origin, "signed": signed, "size": size})
        self.signed, self.size = signed, size


UNTRUE = (RolledBack, Invalid, Tampered)
"""What `compare` raises: the log does not continue a note, or the note is none that the log's key signed."""


def newest(services: Services, origin: str) -> list[bytes]:
    """The newest notes of a log as kept in either place; read them before the log's rows."""
    kept = _kept(services, origin)
    file = kept.file(kept.generation)
    found = [file.read_bytes()] if file and file.exists() else []
    try:
        stored = services.store.first(kept.prefix)
    except Unavailable as error:
        log.warning("only the note beside the key ring was compared", extra={"code": error.code})
        stored = None
    return [note for note in (*found, stored[1] if stored else b"", *_locked(services, kept.digest)) if note]


def _locked(services: Services, digest: str) -> list[bytes]:
    """Everything written under the newest size in the locked bucket, whatever was laid over it since."""
    if services.locked is None:
        return []
    try:
        found = services.locked.first(_locked_prefix(services, digest))
    except Unavailable as error:
        log.warning("the anchors were not compared", extra={"code": error.code})
        return []
    return found[1] if found else []


def _locked_prefix(services: Services, digest: str) -> str:
    """Where the notes of the present generation are; generations are counted by what is locked there alone."""
    return f"anchors/{digest}/{_locked_generation(services, digest):08d}/"


def _locked_generation(services: Services, digest: str) -> int:
    begun = services.locked.first(f"anchors/{digest}/resumed/") if services.locked else None
    return LAST - int(begun[0].rpartition("/")[2]) if begun else 0


def lock(services: Services, origin: str, size: int, note: bytes, until: datetime) -> tuple[str, datetime]:
    """Locks a note in the bucket for anchors; returns its key and version, and until when it is locked."""
    if services.locked is None:
        raise Unavailable("There is no bucket for anchors.")
    key = f"{_locked_prefix(services, _digest(origin))}{LAST - size:019d}"
    version, until = services.locked.keep(key, note, until)
    return f"{key} {version}", until


def locked_notes(services: Services, origin: str) -> Iterator[tuple[str, bytes]]:
    """Every note of a log in the locked bucket, of the present generation, with its key."""
    if services.locked is not None:
        yield from services.locked.every(_locked_prefix(services, _digest(origin)))


def resumptions(services: Services, origin: str) -> Iterator[str]:
    """Why generations of locked notes were begun: what was said then, oldest last."""
    if services.locked is not None:
        for _, reason in services.locked.every(f"anchors/{_digest(origin)}/resumed/"):
            yield reason.decode(errors="replace")


def compare(services: Services, session: Session, head: AuditLog, notes: Sequence[bytes]) -> None:
    """Passes when the log continues every one of `notes`; else `RolledBack`."""
    key = VerifierKey(head.origin, LOG, services.kms.public_key(LOG_KEY))
    for note in notes:
        known, _ = open_checkpoint(note, [key])
        if known.size > head.size or root_at(session, head.id, known.size) != known.root:
            raise RolledBack(head.origin, known.size, head.size)


def keep(services: Services, checkpoint: Checkpoint, note: bytes) -> None:
    """Keeps a signed note before the database learns of it; `RolledBack` when this size was signed otherwise."""
    kept = _kept(services, checkpoint.origin)
    name = f"{kept.prefix}{LAST - checkpoint.size:019d}"
    try:
        if not services.store.put_once(name, note):
            found = services.store.first(name)
            if found is None or found[1] != note:
                raise RolledBack(checkpoint.origin, checkpoint.size, checkpoint.size)
    except Unavailable as error:
        log.warning("note kept beside the key ring only", extra={"code": error.code})
    _write(kept.file(kept.generation), note)


def unknown(services: Services, origins: Collection[str]) -> Iterator[str]:
    """The names of logs whose notes are kept outside although they are none of `origins`: all their rows are gone.

    A log whose loss was accepted (`resume`) has no note in its newest generation and is not told.
    """
    known, folder = {_digest(origin) for origin in origins}, _folder(services)
    told = {match[1] for match in _files(folder)}
    told |= {item.key.split("/")[1] for item in services.store.listing("checkpoints/")}
    for digest in sorted(told - known):
        for note in _any(services, folder, digest):
            origin = note.partition(b"\n")[0].decode(errors="replace")
            if _digest(origin) == digest:
                if any(_signed(services, origin, one) for one in newest(services, origin)):
                    yield origin
                break


def _any(services: Services, folder: Path | None, digest: str) -> Iterator[bytes]:
    """Notes of a log from any generation, to learn its name from."""
    for match in _files(folder):
        if folder and match[1] == digest:
            yield (folder / match[0]).read_bytes()
    stored = services.store.first(f"checkpoints/{digest}/")
    yield stored[1] if stored else b""


def _signed(services: Services, origin: str, note: bytes) -> bool:
    try:
        open_checkpoint(note, [VerifierKey(origin, LOG, services.kms.public_key(LOG_KEY))])
    except (Tampered, Invalid):
        return False
    return True


def resume(services: Services, origin: str, reason: str) -> None:
    """Begins a new generation of notes, so that a log restored from an older backup is signed again."""
    kept = _kept(services, origin)
    generation = kept.generation + 1
    services.store.put_once(f"checkpoints/{kept.digest}/resumed/{LAST - generation:019d}", reason.encode())
    _write(kept.file(generation), b"")
    if services.locked is not None:
        begun = _locked_generation(services, kept.digest) + 1
        until = services.clock.now() + timedelta(days=services.config.anchor_days)
        services.locked.keep(f"anchors/{kept.digest}/resumed/{LAST - begun:019d}", reason.encode(), until)


def _digest(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _kept(services: Services, origin: str) -> _Kept:
    digest, folder = _digest(origin), _folder(services)
    begun = [int(match[2]) for match in _files(folder) if match[1] == digest]
    try:
        found = services.store.first(f"checkpoints/{digest}/resumed/")
        if found is not None:
            begun.append(LAST - int(found[0].rpartition("/")[2]))
    except Unavailable as error:
        log.warning("the store was not asked for generations", extra={"code": error.code})
    return _Kept(digest, max(begun, default=0), folder)


def _folder(services: Services) -> Path | None:
    ring = services.config.keyring_file
    return ring.with_name(f"{ring.name}.checkpoints") if ring.name else None


def _files(folder: Path | None) -> list[re.Match[str]]:
    names = [one.name for one in folder.iterdir()] if folder and folder.is_dir() else []
    return [match for name in names if (match := _FILE.fullmatch(name))]


def _write(file: Path | None, note: bytes) -> None:
    """Replaces the file whole and on the disk; without a key ring there is none."""
    if file is None:
        return
    file.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(note)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
