"""Checking a backup from its folder alone: every hash and length, the logs from their entries, keys and tombstones.

What does not hold is named by its file. Nothing is asked of a service; with keys, `open_everything` opens each object.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataroom.actions.tombstones import read_tombstones
from dataroom.adapters.backup_folder import (
    MANIFEST,
    OBJECTS,
    TOMBSTONES,
    Backup,
    BackupFolder,
    FileNote,
    digest_of,
    pieces_of,
)
from dataroom.adapters.backup_tables import Row, read
from dataroom.audit.notes import LOG, VerifierKey, open_checkpoint
from dataroom.audit.tree import Frontier, leaf_hash
from dataroom.errors import DataroomError, Invalid, Tampered
from dataroom.vault.keys import Kms, kek_of, unwrap_dek
from dataroom.vault.sealed import Kind, Place, open_stream


@dataclass
class Checked:
    """What was looked at, and what does not hold (empty: everything does)."""

    backup: str
    faults: list[str] = field(default_factory=list)
    rows: int = 0
    objects: int = 0
    object_bytes: int = 0
    entries: int = 0
    opened: int = 0

    def tell(self, fault: str) -> None:
        """Notes a fault."""
        self.faults.append(fault)


def rows_in(backup: Backup, table: str) -> Iterator[Row]:
    """The rows of a table of a backup; none for a table it does not have."""
    note = backup.manifest.tables.get(table)
    if note is None:
        return
    with (backup.path / "tables" / f"{table}.jsonl").open("rb") as lines:
        for line in lines:
            yield read(line, note.columns)


def check(folder: BackupFolder, backup: Backup) -> Checked:
    """Everything that can be known without a key."""
    found = Checked(backup.manifest.id)
    _files(backup, found)
    if any(OBJECTS in fault for fault in found.faults):
        return found
    for part in (_objects,) if found.faults else (_objects, _versions, _logs):
        try:
            part(folder, backup, found)
        except DataroomError as error:
            found.tell(error.detail)
    return found


def _files(backup: Backup, found: Checked) -> None:
    notes: dict[str, FileNote] = {f"tables/{name}.jsonl": note for name, note in backup.manifest.tables.items()}
    notes |= backup.manifest.files
    for name, note in notes.items():
        _file(backup, name, note, found)
    there = {str(one.relative_to(backup.path)) for one in backup.path.rglob("*") if not one.is_dir()}
    for name in sorted(there - set(notes) - {MANIFEST}):
        found.tell(f"{backup.manifest.id}/{name}: not named in the manifest")
    found.rows = sum(note.rows for note in backup.manifest.tables.values())


def _file(backup: Backup, name: str, note: FileNote, found: Checked) -> None:
    path, said = backup.path / name, f"{backup.manifest.id}/{name}"
    if not path.is_file() or path.is_symlink():
        found.tell(f"{said}: missing")
        return
    now = digest_of(path)
    if (now.size, now.sha256) != (note.size, note.sha256):
        found.tell(f"{said}: changed ({now.size} bytes, the manifest says {note.size})")


def _objects(folder: BackupFolder, backup: Backup, found: Checked) -> None:
    for note in backup.objects():
        if note.sha256 is None:
            continue
        path = folder.object(note.sha256)
        said = path.relative_to(folder.path)
        if not path.is_file():
            found.tell(f"{said}: missing (the object {note.key})")
            continue
        now = digest_of(path)
        if (now.size, now.sha256) != (note.length, note.sha256):
            found.tell(f"{said}: changed (the object {note.key})")
        found.objects += 1
        found.object_bytes += now.size
    if (found.objects, backup.manifest.object_bytes) != (backup.manifest.objects, found.object_bytes):
        found.tell(f"{backup.manifest.id}/{OBJECTS}: other objects than the manifest counts")


def _versions(folder: BackupFolder, backup: Backup, found: Checked) -> None:
    """Each content with a key has its object, and what was destroyed has no key and stands among the tombstones."""
    buried = read_tombstones((backup.path / TOMBSTONES).read_bytes(), backup.public)
    there = {note.key: note for note in backup.objects()}
    for row in rows_in(backup, "version"):
        said = f"version {row['id']}"
        if row["state"] == "destroyed":
            if row["wrapped_dek"] is not None:
                found.tell(f"{said}: destroyed, yet it has a key")
            if row["id"] not in buried.versions:
                found.tell(f"{said}: destroyed, yet no tombstone says so")
            continue
        note = there.get(row["object_key"])
        if note is None or (note.version, note.length) != (row["object_version"], row["object_length"]):
            found.tell(f"{said}: its object is not in the list of objects")
        elif note.sha256 is None and row["id"] not in buried.versions:
            found.tell(f"{said}: its object was missing in the store when the backup was made")


def _logs(folder: BackupFolder, backup: Backup, found: Checked) -> None:
    """Recomputes every log from its entries and compares it with the manifest and with every signed checkpoint."""
    heads = {row["id"]: row for row in rows_in(backup, "audit_log")}
    notes: dict[uuid.UUID, dict[int, str]] = {one: {} for one in heads}
    for row in rows_in(backup, "audit_checkpoint"):
        notes.setdefault(row["log_id"], {})[row["size"]] = row["note"]
    frontiers = {one: Frontier() for one in heads}
    for row in rows_in(backup, "audit_entry"):
        log, before = row["log_id"], frontiers.get(row["log_id"])
        if before is None or row["seq"] != before.size or leaf_hash(row["entry"]) != row["leaf"]:
            found.tell(f"audit log {log}: entry {row['seq']} does not hold")
            return
        frontiers[log] = before.append(row["leaf"])
        found.entries += 1
        _compare(backup, heads[log]["origin"], frontiers[log], notes[log].pop(row["seq"] + 1, None), found)
    stated = {note.origin: (note.size, note.root) for note in backup.manifest.logs}
    for one, head in heads.items():
        now = frontiers[one]
        if (head["size"], head["frontier"]) != (now.size, now.to_bytes()) or stated.pop(head["origin"], None) != (
            now.size,
            now.root().hex(),
        ):
            found.tell(f"audit log {head['origin']}: its head is not what its entries say")
        if any(notes[one]):
            found.tell(f"audit log {head['origin']}: it was signed with more entries than it has")
    if stated:
        found.tell(f"audit logs are missing: {', '.join(sorted(stated))}")


def _compare(backup: Backup, origin: str, now: Frontier, note: str | None, found: Checked) -> None:
    if note is None:
        return
    try:
        signed = open_checkpoint(note.encode(), [VerifierKey(origin, LOG, backup.public)])[0]
    except (Tampered, Invalid) as error:
        found.tell(f"audit log {origin}: the checkpoint of {now.size} entries does not hold: {error.detail}")
        return
    if (signed.origin, signed.size, signed.root) != (origin, now.size, now.root()):
        found.tell(f"audit log {origin}: its entries are not those that were signed at {now.size}")


def place_in(row: Row) -> Place:
    """Where the content of a version's row belongs."""
    return Place(row["organisation_id"], row["matter_id"], row["document_id"], row["ordinal"], Kind(row["kind"]))


def open_everything(
    folder: BackupFolder, backup: Backup, kms: Kms, found: Checked, heard: Callable[[int], None]
) -> None:
    """Opens every object with the key service of today; what does not open is a fault, unless its key was destroyed."""
    scopes: Mapping[Any, Row] = {row["id"]: row for row in rows_in(backup, "key_scope")}
    hashes = {note.key: note.sha256 for note in backup.objects()}
    keks: dict[uuid.UUID, bytes] = {}
    for row in rows_in(backup, "version"):
        sha256, scope = hashes.get(row["object_key"]), scopes.get(row["scope_id"])
        if row["wrapped_dek"] is None or sha256 is None or scope is None or scope["state"] != "active":
            continue
        try:
            if scope["id"] not in keks:
                keks[scope["id"]] = kms.unwrap(scope["kms_key"], scope["kek_blob"])
            place = place_in(row)
            kek = kek_of(keks[scope["id"]], row["scope_epoch"])
            dek = unwrap_dek(kek, scope["id"], row["scope_epoch"], place, row["wrapped_dek"])
            pieces = pieces_of(folder.object(sha256))
            size = sum(map(len, open_stream(dek, place, row["header"], row["object_length"], pieces)))
            if size != row["size"]:
                raise Tampered("It has another length.")
        except (DataroomError, OSError) as error:
            detail = error.detail if isinstance(error, DataroomError) else type(error).__name__
            found.tell(f"version {row['id']}: does not open: {detail}")
            continue
        found.opened += 1
        heard(found.opened)
