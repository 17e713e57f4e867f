"""What an outsider does with an exported log: verifies it, and verifies it after one digit was changed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from dataroom.audit.bundle import write_bundle


def verify(verifier: Path, bundle: Path, key: str) -> subprocess.CompletedProcess[str]:
    """Runs the verifier as an outsider would: alone, without this project on its path."""
    command = [sys.executable, "-I", "-S", str(verifier), str(bundle), "--key", key]
    return subprocess.run(command, capture_output=True, text=True, cwd=verifier.parent, timeout=60)


def with_changed_entry(data: bytes) -> bytes:
    """The export as it would be had somebody changed one digit of entry 3's time in the database."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    entries: list[bytes] = []
    framed = members["entries"]
    while framed:
        size = 2 + int.from_bytes(framed[:2], "big")
        entries.append(framed[2:size])
        framed = framed[size:]
    place = entries[3].index(b'"t":') + 6
    digit = b"1" if entries[3][place : place + 1] != b"1" else b"2"
    entries[3] = entries[3][:place] + digit + entries[3][place + 1 :]
    shown = [json.loads(line) for line in members["disclosures.jsonl"].splitlines()]
    older = [members[name] for name in sorted(members) if name.startswith("checkpoints/")]
    leaves = [members["leaves"][at : at + 32] for at in range(0, len(members["leaves"]), 32)]
    out = io.BytesIO()
    disclosures = [(line["seq"], line["disclosures"]) for line in shown]
    write_bundle(out, members["checkpoint"], entries, disclosures, older, leaves)
    return out.getvalue()
