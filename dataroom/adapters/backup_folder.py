"""A folder of backups: one folder a backup, and the sealed objects all of them share.

    dataroom-backups                     marks the folder as ours
    objects/<2 digits>/<SHA-256>         ciphertext as it lies in the store, each content once
    <id>.part/                           a backup that is being made, or was broken off
    <id>/manifest.json                   a whole backup: the signed list of what follows, written last
    <id>/tables/<name>.jsonl             rows
    <id>/objects.jsonl                   the objects its rows name: key, version, length, SHA-256
    <id>/tombstones.json                 what was destroyed until the backup was whole (signed)

Everything is only the owner's to read. A folder gets its name without `.part` when all of it is on the disk.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from dataroom.audit.statement import open_statement
from dataroom.errors import Conflict, Invalid, Tampered

MARK = "dataroom-backups"
MANIFEST = "manifest.json"
OBJECTS = "objects.jsonl"
TOMBSTONES = "tombstones.json"
KIND = "backup"
PIECE = 1024 * 1024
_ID = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TABLE = re.compile(r"[a-z_]{1,63}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileNote(_Part):
    """Length in bytes and SHA-256 of a file."""

    size: int
    sha256: str


class TableNote(FileNote):
    """A table's file, its number of rows, and the kind of each column."""

    rows: int
    columns: dict[str, str]


class LogNote(_Part):
    """A log as it was in the snapshot: its name, number of entries and root (hexadecimal)."""

    origin: str
    size: int
    root: str


class ObjectNote(_Part):
    """An object of the snapshot; without `sha256` it was not to be had, since its version was destroyed meanwhile."""

    key: str
    version: str
    length: int
    sha256: str | None


class Manifest(_Part):
    """What a backup consists of. Tables stand in the order in which they can be loaded."""

    format: Literal["dataroom-backup/1"]
    id: str
    made_at: str
    product: str
    revision: str
    installation: str
    tables: dict[str, TableNote]
    files: dict[str, FileNote]
    logs: list[LogNote]
    objects: int
    object_bytes: int


@dataclass(frozen=True)
class Backup:
    """A whole backup whose manifest's signature holds (by the key it names: compare it with one you trust)."""

    path: Path
    manifest: Manifest
    sha256: str
    public: bytes

    def objects(self) -> Iterator[ObjectNote]:
        """The objects its rows name."""
        with (self.path / OBJECTS).open("rb") as lines:
            for line in lines:
                yield object_note(line)


def object_note(line: bytes) -> ObjectNote:
    """One line of the list of objects."""
    try:
        return ObjectNote.model_validate_json(line)
    except ValidationError:
        raise Tampered("A line of the list of objects cannot be read.") from None


class BackupFolder:
    """The folder at `path`; `create` makes it when it is missing or empty."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        if not (self.path / MARK).is_file():
            raise Invalid(f"{path} is not a folder of backups.")

    @classmethod
    def create(cls, path: Path) -> BackupFolder:
        """The folder, made when there is none; `Conflict` when it holds something else."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (path / MARK).exists():
            if any(path.iterdir()):
                raise Conflict(f"{path} holds something that is no backup. Give an empty or a new folder.")
            write_new(path / MARK, [b"backups of a data room, see docs/backup.md\n"])
        return cls(path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the folder for one backup at a time."""
        with (self.path / MARK).open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict("Another backup is being made in this folder.") from None
            yield

    def ids(self) -> list[str]:
        """The whole backups, oldest first."""
        return sorted(one.name for one in self.path.iterdir() if _ID.fullmatch(one.name) and (one / MANIFEST).is_file())

    def broken_off(self) -> list[str]:
        """Backups that were begun and are not whole."""
        return sorted(one.name for one in self.path.glob("*.part"))

    def begin(self, name: str) -> Path:
        """The folder of a backup being made, after what was broken off earlier has been removed."""
        for left in (*self.path.glob("*.part"), *self.path.glob("objects/*/*.part")):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        made = self.path / f"{name}.part"
        for folder in (self.path / "objects", made, made / "tables"):
            folder.mkdir(mode=0o700, exist_ok=True)
        return made

    def finish(self, name: str, manifest: bytes) -> Path:
        """Writes the manifest and gives the backup its name: from now on it is one."""
        made, whole = self.path / f"{name}.part", self.path / name
        write_new(made / MANIFEST, [manifest])
        for folder in (made / "tables", made):
            _sync(folder)
        made.rename(whole)
        _sync(self.path)
        return whole

    def read(self, name: str = "") -> Backup:
        """The backup of this name, or the newest; `Invalid` when there is none, `Tampered` for a wrong manifest."""
        names = self.ids()
        if not names or (name and name not in names):
            raise Invalid("There is no such backup in this folder." if names else "There is no whole backup here.")
        path = self.path / (name or names[-1])
        stated = open_statement(KIND, (path / MANIFEST).read_bytes())
        try:
            manifest = Manifest.model_validate_json(stated.body)
        except ValidationError:
            raise Tampered("The manifest is of another form.") from None
        if manifest.id != path.name or not all(_TABLE.fullmatch(one) for one in manifest.tables):
            raise Tampered("The manifest belongs to another backup.")
        if set(manifest.files) != {OBJECTS, TOMBSTONES}:
            raise Tampered("The manifest names other files.")
        return Backup(path, manifest, stated.sha256, stated.public)

    def object(self, sha256: str) -> Path:
        """Where the object with this hash is or would be."""
        if not _SHA256.fullmatch(sha256):
            raise Tampered("A hash in the list of objects is none.")
        return self.path / "objects" / sha256[:2] / sha256

    def holds(self, sha256: str, length: int) -> bool:
        """Whether the object is here and unchanged; it is read to know that."""
        path = self.object(sha256)
        return path.is_file() and path.stat().st_size == length and digest_of(path).sha256 == sha256

    def keep(self, pieces: Iterable[bytes]) -> FileNote:
        """Keeps an object under its hash."""
        fresh = self.path / "objects" / "00" / f"{os.urandom(8).hex()}.part"
        fresh.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            note = write_new(fresh, pieces)
            place = self.object(note.sha256)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            fresh.rename(place)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        _sync(place.parent)
        return note


def write_new(path: Path, pieces: Iterable[bytes]) -> FileNote:
    """Writes a new file that only its owner reads, onto the disk; its length and hash. `Conflict` if there is one."""
    digest, size = hashlib.sha256(), 0
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise Conflict(f"{path} exists already.") from None
    with os.fdopen(descriptor, "wb") as out:
        for piece in pieces:
            out.write(piece)
            digest.update(piece)
            size += len(piece)
        out.flush()
        os.fsync(out.fileno())
    return FileNote(size=size, sha256=digest.hexdigest())


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file, a MiB at a time."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def digest_of(path: Path) -> FileNote:
    """Length and hash of a file as it is."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces_of(path):
        digest.update(piece)
        size += len(piece)
    return FileNote(size=size, sha256=digest.hexdigest())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
