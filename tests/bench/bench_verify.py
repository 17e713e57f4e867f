"""How long the offline verifier takes for a million entries: `python -m tests.bench.bench_verify [ENTRIES]`.

A bundle of entries as long as ours with one field in a hundred of them opened; prints the seconds of the
verifier, which runs as outsiders run it: one file, in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from subprocess import run

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dataroom.audit import bundle, verifier
from dataroom.audit.entry import disclose
from dataroom.audit.notes import LOG, Checkpoint, VerifierKey, sign_checkpoint
from dataroom.audit.tree import Frontier, leaf_hash
from tests.bench.figures import machine

ORIGIN = "room.example/matter/4f2d"
FIELDS = 8
LAW = "cd" * 32
BEGAN = 1_790_000_000_000_000


def entries(count: int, shown: list[tuple[int, list[str]]]) -> Iterator[bytes]:
    """Entries in the one canonical form; digests of nothing stand for the fields that stay closed."""
    for seq in range(count):
        digests = [_digest(f"{seq} {number}") for number in range(FIELDS)]
        if seq % 100 == 0:
            opened = disclose("act", "document.view")
            digests[0] = opened.digest
            shown.append((seq, [opened.text]))
        members = {"_sd": sorted(digests), "law": LAW, "log": ORIGIN, "seq": seq, "t": BEGAN + seq, "v": 1}
        yield json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def _digest(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def main(count: int = 1_000_000) -> None:
    """Makes a bundle, verifies it and prints."""
    secret, shown, frontier = Ed25519PrivateKey.generate(), list[tuple[int, list[str]]](), Frontier()
    data = list(entries(count, shown))
    leaves = [leaf_hash(one) for one in data]
    for leaf in leaves:
        frontier = frontier.append(leaf)
    public = secret.public_key().public_bytes_raw()
    note = sign_checkpoint(Checkpoint(ORIGIN, count, frontier.root()), public, secret.sign)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        with open(path, "wb") as out:
            bundle.write_bundle(out, note, data, shown, (), leaves)
        began = time.perf_counter()
        command = [sys.executable, str(verifier.__file__), str(path), "--key", str(VerifierKey(ORIGIN, LOG, public))]
        done = run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
        used = getrusage(RUSAGE_CHILDREN)
        print(f"{count} entries, {path.stat().st_size / 2**20:.0f} MiB: status {done.returncode}, {seconds:.1f} s,"
              f" CPU {used.ru_utime + used.ru_stime:.1f} s, peak {used.ru_maxrss / 1024:.0f} MiB")  # fmt: skip
        print(done.stdout.strip()[-300:], done.stderr.strip()[-300:])


if __name__ == "__main__":
    machine()
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
