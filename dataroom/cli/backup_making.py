"""Making a backup while the service runs: the rows of one moment, then every object they name, then the manifest.

Rows are read in one snapshot. An object may be erased after it, because its version was destroyed meanwhile: then the
list of tombstones, written last, has that version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from dataroom.actions.checkpoints import sign_heads
from dataroom.actions.context import SERVICE, Services
from dataroom.actions.gate import Gate
from dataroom.actions.outside import LOG_KEY
from dataroom.actions.tombstones import read_tombstones, tombstones
from dataroom.adapters.backup_folder import (
    KIND,
    OBJECTS,
    TOMBSTONES,
    BackupFolder,
    FileNote,
    LogNote,
    Manifest,
    ObjectNote,
    TableNote,
    write_new,
)
from dataroom.adapters.backup_tables import Row, kept_tables, kinds_of, rows_of, written
from dataroom.audit.statement import open_statement, sign_statement
from dataroom.audit.tree import Frontier
from dataroom.clock import stamp
from dataroom.errors import Unavailable
from dataroom.model import AuditLog
from dataroom.vault.store import Missing, Stored


@dataclass(frozen=True)
class Made:
    """A finished backup: where, what is in it, how much had to be copied, and objects the store has lost."""

    name: str
    path: Path
    manifest: str
    objects: int
    object_bytes: int
    copied: int
    lost: list[str]


@dataclass(frozen=True)
class _Wanted:
    """An object the snapshot names, and whose it is."""

    version: str
    stored: Stored
    header: bytes


@dataclass
class _Snapshot:
    """What was read in one moment."""

    revision: str = ""
    tables: dict[str, TableNote] = field(default_factory=dict)
    logs: list[LogNote] = field(default_factory=list)
    wanted: list[_Wanted] = field(default_factory=list)


def make_backup(services: Services, gate: Gate, folder: BackupFolder) -> Made:
    """Adds a backup to the folder; it has its name only when all of it is on the disk, and the log knows it before."""
    with folder.alone():
        sign_heads(services)
        name = name_of(services.clock.now())
        place = folder.begin(name)
        snapshot = _rows(services, place)
        notes, copied = _objects(services, folder, snapshot.wanted, _known(folder))
        listed = write_new(place / OBJECTS, (note.model_dump_json().encode() + b"\n" for note in notes))
        stated = tombstones(services)
        gone = read_tombstones(stated, services.kms.public_key(LOG_KEY)).versions
        lost = [
            one.stored.key
            for one, note in zip(snapshot.wanted, notes, strict=True)
            if note.sha256 is None and one.version not in {str(version) for version in gone}
        ]
        manifest = Manifest(
            format="dataroom-backup/1",
            id=name,
            made_at=stamp(services.clock.now()),
            product=_product(),
            revision=snapshot.revision,
            installation=services.config.log_origin,
            tables=snapshot.tables,
            files={OBJECTS: listed, TOMBSTONES: write_new(place / TOMBSTONES, [stated])},
            logs=snapshot.logs,
            objects=sum(note.sha256 is not None for note in notes),
            object_bytes=sum(note.length for note in notes if note.sha256 is not None),
        )
        return _finished(services, gate, folder, manifest, copied, lost)


def _finished(
    services: Services, gate: Gate, folder: BackupFolder, manifest: Manifest, copied: int, lost: list[str]
) -> Made:
    public = services.kms.public_key(LOG_KEY)
    body = json.dumps(manifest.model_dump(), indent=1, ensure_ascii=False)
    data = sign_statement(KIND, body, public, lambda message: services.kms.sign(LOG_KEY, message))
    digest = open_statement(KIND, data).sha256
    facts = {
        "backup": manifest.id,
        "manifest": digest,
        "objects": manifest.objects,
        "object_bytes": manifest.object_bytes,
        "missing": len(lost),
    }
    gate.perform(SERVICE, "backup.make", None, facts)
    path = folder.finish(manifest.id, data)
    return Made(manifest.id, path, digest, manifest.objects, manifest.object_bytes, copied, lost)


def _product() -> str:
    """The installed release; a checkout that was not installed has none."""
    try:
        return version_of("dataroom")
    except PackageNotFoundError:
        return "checkout"


def name_of(moment: datetime) -> str:
    """The name of a backup begun at this time (UTC); names sort by time."""
    return moment.strftime("%Y%m%dT%H%M%S.%fZ")


def _rows(services: Services, place: Path) -> _Snapshot:
    found = _Snapshot()
    with services.database.snapshot() as session:
        found.revision = str(MigrationContext.configure(session.connection()).get_current_revision())
        for log in session.scalars(select(AuditLog).order_by(AuditLog.origin)):
            root = Frontier.from_bytes(log.frontier).root()
            found.logs.append(LogNote(origin=log.origin, size=log.size, root=root.hex()))
        for table in kept_tables():
            found.tables[table.name] = _table(session, table, place, found.wanted)
    return found


def _table(session: Session, table: Table, place: Path, wanted: list[_Wanted]) -> TableNote:
    kinds, count = kinds_of(table), 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for row in rows_of(session, table):
            if table.name == "version" and row["wrapped_dek"] is not None:
                wanted.append(_wanted(row))
            count += 1
            yield written(row, kinds)

    note = write_new(place / "tables" / f"{table.name}.jsonl", lines())
    return TableNote(size=note.size, sha256=note.sha256, rows=count, columns=kinds)


def _wanted(row: Row) -> _Wanted:
    stored = Stored(row["object_key"], row["object_version"], row["object_length"])
    return _Wanted(str(row["id"]), stored, row["header"])


def _known(folder: BackupFolder) -> dict[tuple[str, str], str]:
    """The hashes of objects an earlier backup has, by key and version: an object never changes."""
    names = folder.ids()
    if not names:
        return {}
    return {(one.key, one.version): one.sha256 for one in folder.read().objects() if one.sha256}


def _objects(
    services: Services, folder: BackupFolder, wanted: list[_Wanted], known: dict[tuple[str, str], str]
) -> tuple[list[ObjectNote], int]:
    notes, copied = [], 0
    for one in wanted:
        stored = one.stored
        sha256 = known.get((stored.key, stored.version_id))
        if sha256 is None or not folder.holds(sha256, stored.length):
            kept = _copied(services, folder, one)
            sha256 = kept.sha256 if kept else None
            copied += kept is not None
        notes.append(ObjectNote(key=stored.key, version=stored.version_id, length=stored.length, sha256=sha256))
    return notes, copied


def _copied(services: Services, folder: BackupFolder, one: _Wanted) -> FileNote | None:
    """Streams an object into the folder; None when the store does not have it, or has another under its name."""
    try:
        return folder.keep(_whole(services, one))
    except Missing:
        return None


def _whole(services: Services, one: _Wanted) -> Iterator[bytes]:
    """The ciphertext, which begins with the header its row has and is as long as its row says."""
    length, head = 0, b""
    for piece in services.store.read_stream(one.stored):
        if len(head) < len(one.header):
            head += piece[: len(one.header) - len(head)]
        length += len(piece)
        yield piece
    if length != one.stored.length:
        raise Unavailable("The object store broke off its reply; make the backup again.")
    if head != one.header:
        raise Missing()
