"""The worked example in the README of the audit formats, recomputed line by line."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import dataroom.audit
from dataroom.audit.entry import JsonValue, SealedEntry, seal_entry
from dataroom.audit.notes import (
    LOG,
    WITNESS,
    Checkpoint,
    VerifierKey,
    cosign,
    open_checkpoint,
    sign_checkpoint,
)
from dataroom.audit.tree import Frontier, node_hash

ORIGIN = "room.example/matter/1"
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LAW = hashlib.sha256(b"").hexdigest()
SECRET, WITNESS_SECRET = (Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 2))


def salts() -> Callable[[int], bytes]:
    numbers = itertools.count(1)
    return lambda size: bytes([next(numbers)]) * size


def entries() -> list[SealedEntry]:
    salt = salts()
    told: list[tuple[datetime, dict[str, JsonValue]]] = [
        (AT + timedelta(microseconds=5), {"act": "document.view", "who": "Zoë"}),
        (AT + timedelta(minutes=1), {}),
        (AT + timedelta(minutes=2), {"act": "hold.place", "facts": {"pages": 12}}),
    ]
    return [seal_entry(ORIGIN, seq, at, LAW, fields, salt) for seq, (at, fields) in enumerate(told)]


def describe(one: SealedEntry) -> str:
    """An entry as the README shows it."""
    lines = [one.data.decode(), one.leaf.hex()]
    for shown in one.disclosures:
        told = base64.urlsafe_b64decode(shown.text + "=" * (-len(shown.text) % 4)).decode()
        lines += [shown.text, f"  {told}", f"  {shown.digest}"]
    return "\n".join(lines)


def example() -> dict[str, str]:
    """The blocks of the worked example by the names they have in a fresh README."""
    log = entries()
    frontier = Frontier()
    for one in log:
        frontier = frontier.append(one.leaf)
    key = VerifierKey(ORIGIN, LOG, SECRET.public_key().public_bytes_raw())
    witness = VerifierKey("partner.example/witness", WITNESS, WITNESS_SECRET.public_key().public_bytes_raw())
    note = sign_checkpoint(Checkpoint(ORIGIN, 3, frontier.root()), key.public, SECRET.sign)
    note += cosign(note, witness, 1795253520, WITNESS_SECRET.sign)
    assert len(open_checkpoint(note, [key, witness])[1]) == 2
    tree = [node_hash(log[0].leaf, log[1].leaf), frontier.root(), frontier.to_bytes()]
    blocks = {f"ENTRY{seq}": describe(one) for seq, one in enumerate(log)}
    blocks |= {"TREE": "\n".join(one.hex() for one in tree), "KEYS": f"{key}\n{witness}"}
    return {**blocks, "NOTE": note.decode().rstrip("\n")}


def indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def test_the_worked_example_is_what_the_code_computes() -> None:
    readme = (Path(dataroom.audit.__path__[0]) / "README.md").read_text(encoding="utf-8")
    _, _, worked = readme.partition("## Worked example")
    for name, text in example().items():
        assert f"\n\n{indented(text)}\n" in worked, name
