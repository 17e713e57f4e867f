"""Writes the export of a log: an uncompressed zip whose every byte follows from its contents.

Members, in this order: `checkpoint`, `checkpoints/000001`... (older notes), `stamps/000001.note` and
`stamps/000001.tsr`... (notes with time-stamp tokens over them), `entries`, `leaves`, `disclosures.jsonl`,
`README.txt`, `verify.py`. README.md beside this file gives their formats. It is made piece by piece, so memory
does not grow with the log. Nothing is verified here: an export of a damaged log is what shows the damage.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from dataroom.audit import verifier
from dataroom.audit.entry import MAX_ENTRY_BYTES
from dataroom.audit.tree import leaf_hash
from dataroom.errors import Invalid, TooLarge

README = """\
This is the export of one audit log. It can be checked without the service that wrote it, and offline.

  python verify.py bundle.zip --key KEY --checkpoint NOTE

KEY is the verifier key of the log. Take it from your contract or from a partner, never from whoever gave
you this file. NOTE is a checkpoint of this log that you kept from earlier; give every one you have, and the
keys of witnesses with further --key options. Without an earlier checkpoint and without a witness, the
holder of the log's key could have rewritten the log and signed it again, and nothing here would show it.

Take verify.py, too, from a source you trust: the one in here is for reading.

  checkpoint         the signed state of the log: its name, the number of entries, the root hash
  checkpoints/       earlier states, as signed then
  stamps/            states that a time-stamp authority (RFC 3161) has seen, and its answers; check one with
                     openssl ts -verify -data 000001.note -in 000001.tsr -CAfile CERTIFICATES_OF_THE_AUTHORITY.pem
  entries            every entry: 2 bytes of length, big-endian, then the entry in JSON
  leaves             the hash of every entry, 32 bytes each, as stored when it was written
  disclosures.jsonl  the fields that were opened for you; the others are in the entries as digests alone
"""

_MAX_BYTES = 2**32 - 1
_DATE = 33  # 1 January 1980: an export has no time of its own


class _Zip:
    """A zip of stored members, produced piece by piece."""

    def __init__(self) -> None:
        self._at = 0
        self._count = 0
        self._directory = b""

    def member(self, name: str, parts: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces of one member made of `parts`."""
        encoded, start, size, crc = name.encode("ascii"), self._at, 0, 0
        lengths = (len(encoded), 0)
        yield self._count_in(struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 8, 0, 0, _DATE, 0, 0, 0, *lengths) + encoded)
        for part in parts:
            size += len(part)
            crc = zlib.crc32(part, crc)
            yield self._count_in(part)
        yield self._count_in(struct.pack("<4s3L", b"PK\x07\x08", crc, size, size))
        fields = (20, 20, 8, 0, 0, _DATE, crc, size, size, *lengths, 0, 0, 0, 0, start)
        self._directory += struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *fields) + encoded
        self._count += 1

    def end(self) -> bytes:
        """The directory; without it nobody can read the zip."""
        counts, where = (self._count, self._count), (len(self._directory), self._at)
        return self._count_in(self._directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *counts, *where, 0))

    def _count_in(self, data: bytes) -> bytes:
        self._at += len(data)
        if self._at > _MAX_BYTES:
            raise TooLarge("an export holds at most 4 GiB")
        return data


def bundle(
    checkpoint_note: bytes,
    entries: Iterable[bytes],
    disclosures: Iterable[tuple[int, list[str]]],
    older_notes: Iterable[bytes] = (),
    leaves: Iterable[bytes] | None = None,
    stamps: Iterable[tuple[bytes, bytes]] = (),
) -> Iterator[bytes]:
    """The export of a log, in pieces of no particular size; only what a piece needs is in memory.

    `entries` are the exact bytes from the first; `leaves` the leaf hashes as they were stored beside them
    (with them the verifier can name the entry that was changed later; without, they are computed here, which
    holds 32 bytes for each); `stamps` notes with the tokens over them;
    `disclosures` the number of an entry and the texts to hand over, numbers rising.
    `Invalid` for an entry that cannot be framed or disclosures out of order, `TooLarge` above 4 GiB: then the
    pieces so far are no readable zip.
    """
    archive, computed = _Zip(), bytearray()
    frames = _frames(entries) if leaves is not None else _hashed(entries, computed)
    yield from archive.member("checkpoint", [checkpoint_note])
    for number, note in enumerate(older_notes, 1):
        yield from archive.member(f"checkpoints/{number:06d}", [note])
    for number, (note, token) in enumerate(stamps, 1):
        yield from archive.member(f"stamps/{number:06d}.note", [note])
        yield from archive.member(f"stamps/{number:06d}.tsr", [token])
    yield from archive.member("entries", frames)
    yield from archive.member("leaves", (bytes(one) for one in [computed]) if leaves is None else leaves)
    yield from archive.member("disclosures.jsonl", _lines(disclosures))
    yield from archive.member("README.txt", [README.encode("ascii")])
    yield from archive.member("verify.py", [Path(verifier.__file__).read_bytes()])
    yield archive.end()


def write_bundle(
    out: BinaryIO,
    checkpoint_note: bytes,
    entries: Iterable[bytes],
    disclosures: Iterable[tuple[int, list[str]]],
    older_notes: Iterable[bytes] = (),
    leaves: Iterable[bytes] | None = None,
    stamps: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Write `bundle` to `out`, which is only ever written to, from start to end."""
    for piece in bundle(checkpoint_note, entries, disclosures, older_notes, leaves, stamps):
        out.write(piece)


def _hashed(entries: Iterable[bytes], leaves: bytearray) -> Iterator[bytes]:
    for frame in _frames(entries):
        leaves += leaf_hash(frame[2:])
        yield frame


def _frames(entries: Iterable[bytes]) -> Iterator[bytes]:
    for entry in entries:
        if not 0 < len(entry) <= MAX_ENTRY_BYTES:
            raise Invalid(f"an entry has 1 to {MAX_ENTRY_BYTES} bytes, not {len(entry)}")
        yield len(entry).to_bytes(2, "big") + entry


def _lines(disclosures: Iterable[tuple[int, list[str]]]) -> Iterator[bytes]:
    last = -1
    for seq, texts in disclosures:
        if seq <= last:
            raise Invalid("disclosures are handed over in the order of their entries")
        last = seq
        if texts:
            yield (json.dumps({"disclosures": texts, "seq": seq}, separators=(",", ":")).encode("ascii") + b"\n")
