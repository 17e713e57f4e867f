"""What an exported log says was destroyed: a bundle that somebody holds serves as a list of tombstones.

A bundle opens to each organisation what was done with its own documents, so it closes what the organisation it was
made for disposed of; of others' it knows only how long the log was.
"""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from dataroom.actions.tombstones import Tombstones
from dataroom.audit.entry import Entry, open_fields, read_entry
from dataroom.audit.notes import LOG, VerifierKey
from dataroom.audit.verifier import Unreadable, verify_bundle
from dataroom.errors import Invalid, Tampered

MAGIC = b"PK\x03\x04"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class _Said:
    """What was read so far: contents and scopes destroyed, and disposals by what they name and when they were done."""

    versions: set[uuid.UUID] = field(default_factory=set)
    scopes: set[uuid.UUID] = field(default_factory=set)
    proposed: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=dict)
    done: dict[uuid.UUID, int] = field(default_factory=dict)

    def take(self, entry: Entry, fields: dict[str, Any]) -> None:
        """Takes an entry whose fields were opened."""
        _kind, _, target = str(fields.get("target", "")).partition(":")
        if fields.get("outcome") != "done" or not target:
            return
        act, named = fields.get("act"), uuid.UUID(target)
        if act == "version.erase":
            self.versions.add(named)
        elif act == "scope.destroy":
            self.scopes.add(named)
        elif act == "disposal.propose":
            self.proposed[named] = [uuid.UUID(one) for one in dict(fields.get("facts", {})).get("documents", [])]
        elif act == "disposal.execute":
            self.done[named] = (entry.at - _EPOCH) // timedelta(microseconds=1)


def read_told(path: Path, public: bytes) -> Tombstones:
    """What the bundle at `path` says; `Tampered` unless it verifies under the log key `public`."""
    try:
        with zipfile.ZipFile(path) as archive:
            origin = archive.read("checkpoint").split(b"\n", 1)[0].decode()
        found = verify_bundle(path, [str(VerifierKey(origin, LOG, public))], [])
        if found.faults:
            raise Tampered(f"{path.name} is no export of this installation's log: {found.faults[0]}")
        said = _Said()
        with zipfile.ZipFile(path) as archive, archive.open("entries") as one, archive.open("disclosures.jsonl") as two:
            for entry, texts in _opened(cast(BinaryIO, one), cast(BinaryIO, two)):
                said.take(entry, open_fields(entry, texts))
    except (Unreadable, OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, Invalid) as error:
        raise Tampered(f"{path.name} cannot be read as an exported log.") from error
    documents = {one: at for disposal, at in said.done.items() for one in said.proposed.get(disposal, [])}
    sizes = {found.log: found.size}
    return Tombstones(frozenset(said.versions), documents, frozenset(said.scopes), sizes, frozenset())


def _opened(entries: BinaryIO, lines: BinaryIO) -> Iterator[tuple[Entry, list[str]]]:
    """The entries of which anything is opened, with the openings; both files are in order."""
    seq = -1
    for line in lines:
        told = json.loads(line)
        data = b""
        while seq < told["seq"]:
            data = entries.read(int.from_bytes(entries.read(2), "big"))
            seq += 1
        yield read_entry(data), told["disclosures"]
