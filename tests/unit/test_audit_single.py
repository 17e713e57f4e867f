"""Proofs of single entries: written, verified by the offline verifier, and every change of them noticed."""

from __future__ import annotations

import base64
import json
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dataroom.audit import verifier
from dataroom.audit.entry import SealedEntry, seal_entry
from dataroom.audit.notes import LOG, WITNESS, Checkpoint, VerifierKey, cosign, sign_checkpoint
from dataroom.audit.single import write_proof
from dataroom.audit.tree import inclusion_proof, leaf_hash, root_of
from dataroom.cli.offline import verify_audit
from dataroom.errors import Invalid, Tampered

ORIGIN = "room.example/matter/1"
SECRET = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
KEY = VerifierKey(ORIGIN, LOG, SECRET.public_key().public_bytes_raw())
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
WATCHER = VerifierKey("partner.example/witness", WITNESS, OTHER.public_key().public_bytes_raw())
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TIME = 1795253520
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33)


def log_of(size: int) -> list[SealedEntry]:
    """A log of entries with two fields each."""
    return [
        seal_entry(ORIGIN, seq, AT + timedelta(minutes=seq), "0" * 64, {"act": "page.view", "who": f"p{seq}"})
        for seq in range(size)
    ]


def note_of(entries: list[SealedEntry], at: int = TIME) -> bytes:
    """The log's checkpoint, cosigned by the witness."""
    root = root_of([one.leaf for one in entries])
    note = sign_checkpoint(Checkpoint(ORIGIN, len(entries), root), KEY.public, SECRET.sign)
    return note + cosign(note, WATCHER, at, OTHER.sign)


def proof_of(entries: list[SealedEntry], seq: int, fields: int = 2, at: int = TIME) -> bytes:
    """The proof of one entry with so many of its fields open."""
    texts = [one.text for one in entries[seq].disclosures[:fields]]
    path = inclusion_proof([one.leaf for one in entries], seq)
    return write_proof(entries[seq].data, texts, path, note_of(entries, at))


def faults(folder: Path, data: bytes, *keys: VerifierKey, **more: int) -> list[str]:
    """What the verifier names."""
    file = folder / "entry.tlog-proof"
    file.write_bytes(data)
    return verifier.verify_proof(file, [str(key) for key in keys or (KEY, WATCHER)], **more).faults


@pytest.mark.parametrize("size", SIZES)
def test_every_entry_is_proved(tmp_path: Path, size: int) -> None:
    entries = log_of(size)
    for seq in range(size):
        assert faults(tmp_path, proof_of(entries, seq, seq % 3)) == []


def test_the_file_is_that_of_the_format() -> None:
    lines = proof_of(log_of(5), 3).split(b"\n")
    assert lines[0] == b"c2sp.org/tlog-proof@v1"
    assert lines[1].startswith(b"extra ")
    assert lines[2] == b"index 3"
    assert [len(base64.b64decode(line)) for line in lines[3:6]] == [32, 32, 32]
    assert lines[6:9] == [b"", ORIGIN.encode(), b"5"]


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    data = proof_of(log_of(9), 4)
    whole = data.index(b"partner.example/witness")
    for place in random.Random(7).sample(range(whole), 250):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            assert faults(tmp_path, changed, KEY)
        except verifier.Unreadable:
            continue


def test_another_place_another_log_another_entry(tmp_path: Path) -> None:
    entries = log_of(8)
    data = proof_of(entries, 3)
    assert faults(tmp_path, data.replace(b"index 3", b"index 2"))
    assert faults(tmp_path, data.replace(b"index 3", b"index 9"))
    path = inclusion_proof([one.leaf for one in entries], 3)
    with pytest.raises(Tampered):
        write_proof(entries[2].data, [], path, note_of(entries))
    with pytest.raises(Tampered):
        write_proof(entries[3].data, [], path[:-1], note_of(entries))
    with pytest.raises(Tampered):
        write_proof(entries[3].data, [entries[2].disclosures[0].text], path, note_of(entries))
    with pytest.raises((Tampered, Invalid)):
        write_proof(entries[3].data, [], path, note_of(log_of(2)))


def test_a_proof_of_an_entry_the_log_does_not_hold(tmp_path: Path) -> None:
    entries = log_of(6)
    data = proof_of(entries, 2, 0)
    forged = seal_entry(ORIGIN, 2, AT, "0" * 64, {"act": "page.view"}).data
    extra = base64.b64encode(len(forged).to_bytes(2, "big") + forged)
    first, _, rest = data.split(b"\n", 2)
    (fault,) = faults(tmp_path, b"\n".join((first, b"extra " + extra, rest)))
    assert "does not lead" in fault


def test_witness_and_age_are_demanded(tmp_path: Path) -> None:
    data = proof_of(log_of(6), 2)
    assert faults(tmp_path, data, KEY, WATCHER, max_age=60, now=TIME + 59) == []
    (late,) = faults(tmp_path, data, KEY, WATCHER, max_age=60, now=TIME + 61)
    (early,) = faults(tmp_path, data, KEY, WATCHER, max_age=60, now=TIME - 3600)
    assert "older than 60 seconds" in late
    assert "from the future" in early
    bare = data[: data.index("\N{EM DASH} partner".encode())]
    (missing,) = faults(tmp_path, bare)
    assert "has not cosigned" in missing
    with pytest.raises(verifier.Unreadable):
        faults(tmp_path, data, KEY, max_age=60)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "entry.tlog-proof"
    file.write_bytes(proof_of(log_of(6), 2))
    assert verifier.main(["--proof", str(file), "--key", str(KEY), "--key", str(WATCHER)]) == 0
    assert "OK: every check passed" in capsys.readouterr().out
    assert verifier.main(["--proof", str(file), "--key", str(KEY), "--key", str(WATCHER), "--max-age", "60"]) in (0, 1)
    file.write_bytes(b"nothing")
    assert verifier.main(["--proof", str(file), "--key", str(KEY)]) == 2
    with pytest.raises(SystemExit):
        verifier.main(["--key", str(KEY)])
    assert leaf_hash(b"") != leaf_hash(b"\x00")


def verified(*arguments: object) -> Result:
    """`dataroom audit verify` with the log's key."""
    return CliRunner().invoke(verify_audit, [str(one) for one in (*arguments, "--key", KEY)])


def test_audit_verify_of_a_proof(tmp_path: Path) -> None:
    file = tmp_path / "entry.tlog-proof"
    file.write_bytes(proof_of(log_of(6), 2))
    assert verified("--proof", file).exit_code == 0
    assert json.loads(verified("--proof", file, "--json").output)["faults"] == []
    assert verified(file, "--proof", file).exit_code == 2
    assert verified().exit_code == 2
    file.write_bytes(file.read_bytes().replace(b"index 2", b"index 3"))
    assert verified("--proof", file).exit_code == 1
    file.write_bytes(b"nothing")
    assert verified("--proof", file).exit_code == 2


def test_audit_verify_demands_an_age(tmp_path: Path) -> None:
    file, now = tmp_path / "entry.tlog-proof", int(time.time())
    asked = ("--proof", file, "--key", WATCHER, "--max-age")
    for at, age, status in ((now, 600, 0), (now - 900, 600, 1), (now - 900, 1800, 0), (now + 7200, 600, 1)):
        file.write_bytes(proof_of(log_of(6), 2, at=at))
        assert verified(*asked, age).exit_code == status, (at - now, age)
    assert verified(*asked, -1).exit_code == 2
    assert verified("--proof", file, "--max-age", 600).exit_code == 2
