"""Writes the proof of a single entry: a `c2sp.org/tlog-proof@v1` file, which `verifier` checks with `--proof`.

Its `extra` line holds, in base64, the entry framed as in an export (two bytes of length, big-endian, then the entry)
and then, if fields are opened, one line as in `disclosures.jsonl`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from dataroom.audit.entry import open_fields, read_entry
from dataroom.audit.notes import Checkpoint, split_note
from dataroom.audit.tree import leaf_hash, verify_inclusion
from dataroom.errors import Tampered

HEAD = "c2sp.org/tlog-proof@v1"


def write_proof(entry: bytes, disclosures: Sequence[str], hashes: Sequence[bytes], note: bytes) -> bytes:
    """The proof that `entry` is in the log that `note` signs; `hashes` from the leaf's sibling up.

    All of it is checked first, so that nothing is handed out that does not hold: `Tampered`.
    """
    told, checkpoint = read_entry(entry), Checkpoint.parse(split_note(note)[0])
    if told.origin != checkpoint.origin:
        raise Tampered("The entry belongs to another log.")
    verify_inclusion(leaf_hash(entry), told.seq, checkpoint.size, hashes, checkpoint.root)
    open_fields(told, disclosures)
    extra = len(entry).to_bytes(2, "big") + entry
    if disclosures:
        shown = {"disclosures": list(disclosures), "seq": told.seq}
        extra += json.dumps(shown, separators=(",", ":")).encode("ascii") + b"\n"
    lines = [HEAD, f"extra {_b64(extra)}", f"index {told.seq}", *map(_b64, hashes), "", ""]
    return "\n".join(lines).encode("ascii") + note


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
