"""The keyring file: shared by processes, private, sealed as a whole, and what is destroyed is gone."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.errors import Conflict, Invalid, KeyDestroyed, Tampered, Unavailable

SECRET = b"a key-encryption key of 32 bytes"


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "ring.json", tmp_path / "master.key"


@pytest.fixture
def kms(paths: tuple[Path, Path]) -> KeyringKms:
    return KeyringKms.create_new(*paths)


def test_wrap_and_unwrap_last_beyond_the_process(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    assert SECRET not in blob
    assert kms.unwrap("s-1", blob) == SECRET
    assert KeyringKms(*paths).unwrap("s-1", blob) == SECRET


def test_a_blob_belongs_to_its_name(kms: KeyringKms) -> None:
    kms.create("s-1")
    kms.create("s-2")
    blob = kms.wrap("s-1", SECRET)
    with pytest.raises(Tampered):
        kms.unwrap("s-2", blob)
    with pytest.raises(Tampered):
        kms.unwrap("s-1", blob[:-1] + bytes([blob[-1] ^ 1]))
    for short in (b"", blob[:50], blob[:-1]):
        with pytest.raises(Tampered):
            kms.unwrap("s-1", short)


def test_destroy_really_removes(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    kms.create("s-1")
    kms.create("s-2")
    blob, kept = kms.wrap("s-1", SECRET), kms.wrap("s-2", SECRET)
    kms.destroy("s-1")
    kms.destroy("s-1")
    for one in (kms, KeyringKms(*paths)):
        assert not one.exists("s-1")
        with pytest.raises(KeyDestroyed):
            one.unwrap("s-1", blob)
        with pytest.raises(KeyDestroyed):
            one.wrap("s-1", SECRET)
        assert one.unwrap("s-2", kept) == SECRET
    assert "s-1" not in kms._ring.wrapping


def test_a_destroyed_name_is_never_given_again(kms: KeyringKms) -> None:
    """Making keys on demand must not bring a destroyed scope back to life."""
    kms.create("s-1")
    kms.destroy("s-1")
    for make in (kms.create, kms.create_signing):
        with pytest.raises(KeyDestroyed):
            make("s-1")


def test_the_old_file_is_overwritten(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    """Whoever held the old file open, or finds its blocks, reads zeros."""
    kms.create("s-1")
    with open(paths[0], "rb", buffering=0) as old:
        assert old.read(1) == b"{"
        kms.destroy("s-1")
        old.seek(0)
        assert set(old.read()) == {0}


def test_names_are_taken_once(kms: KeyringKms) -> None:
    kms.create("s-1")
    for make in (kms.create, kms.create_signing):
        with pytest.raises(Conflict):
            make("s-1")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "\n", "a\n", "\u00e4", "x" * 201])
def test_odd_names_are_refused(kms: KeyringKms, name: str) -> None:
    for act in (kms.create, kms.create_signing, kms.destroy):
        with pytest.raises(Invalid):
            act(name)
    assert not kms.exists(name)


def test_signing(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    kms.create_signing("log")
    signature = kms.sign("log", b"checkpoint")
    public = KeyringKms(*paths).public_key("log")
    Ed25519PublicKey.from_public_bytes(public).verify(signature, b"checkpoint")
    with pytest.raises(KeyDestroyed):
        kms.wrap("log", SECRET)
    kms.create("s-1")
    with pytest.raises(KeyDestroyed):
        kms.sign("s-1", b"checkpoint")
    kms.destroy("log")
    with pytest.raises(KeyDestroyed):
        kms.public_key("log")


def test_another_process_change_is_seen_at_once(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    other = KeyringKms(*paths)
    for number in range(30):
        kms.create(f"s-{number}")
        assert other.unwrap(f"s-{number}", kms.wrap(f"s-{number}", SECRET)) == SECRET
        other.destroy(f"s-{number}")
        assert not kms.exists(f"s-{number}")


def _create_many(path: Path, key_path: Path, who: int) -> None:
    kms = KeyringKms(path, key_path)
    for number in range(15):
        kms.create(f"s-{who}-{number}")
        kms.create(f"gone-{who}-{number}")
        kms.destroy(f"gone-{who}-{number}")


def test_processes_beside_each_other_lose_nothing(paths: tuple[Path, Path]) -> None:
    kms = KeyringKms.create_new(*paths)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_create_many, args=(*paths, who)) for who in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert all(kms.exists(f"s-{who}-{number}") for who in range(3) for number in range(15))
    assert not any(kms.exists(f"gone-{who}-{number}") for who in range(3) for number in range(15))


def test_threads_beside_each_other_lose_nothing(kms: KeyringKms) -> None:
    def work(who: int) -> None:
        for number in range(10):
            kms.create(f"s-{who}-{number}")
            assert kms.unwrap(f"s-{who}-{number}", kms.wrap(f"s-{who}-{number}", SECRET)) == SECRET

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(kms.exists(f"s-{who}-{number}") for who in range(4) for number in range(10))


def test_a_failed_write_changes_nothing(
    kms: KeyringKms, paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails before the new file takes the old one's place."""
    kms.create("s-1")
    before = paths[0].read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        kms.create("s-2")
    monkeypatch.undo()
    assert paths[0].read_bytes() == before
    assert not kms.exists("s-2")
    kms.create("s-2")
    assert kms.exists("s-1")
    assert kms.exists("s-2")


def test_files_are_private(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    kms.create("s-1")
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o600, 0o600]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777])
@pytest.mark.parametrize("which", [0, 1])
def test_lax_rights_are_refused(kms: KeyringKms, paths: tuple[Path, Path], mode: int, which: int) -> None:
    paths[which].chmod(mode)
    with pytest.raises(Unavailable, match="laxer than 0600"):
        KeyringKms(*paths)


def test_a_read_only_key_file_is_fine(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    paths[1].chmod(0o400)
    assert not KeyringKms(*paths).exists("s-1")


def test_a_damaged_keyring_says_so(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    kms.create("s-1")
    good = paths[0].read_bytes()
    outer = json.loads(good)
    sealed = outer["sealed"]
    changed = sealed[:100] + ("A" if sealed[100] != "A" else "B") + sealed[101:]
    bad = [
        b"",
        good[:-20],
        b"[]",
        b"{}",
        b"\xff\xfe",
        json.dumps(outer | {"format": "dataroom-keyring-2"}).encode(),
        json.dumps(outer | {"sealed": changed}).encode(),
        json.dumps(outer | {"sealed": 7}).encode(),
        json.dumps(outer | {"sealed": "%%%"}).encode(),
        json.dumps(outer | {"scrypt_salt": "00" * 16}).encode(),
        json.dumps(outer | {"scrypt_salt": "zz"}).encode(),
        json.dumps(outer | {"more": "x"}).encode(),
    ]
    for data in bad:
        paths[0].write_bytes(data)
        with pytest.raises(Unavailable, match="damaged"):
            KeyringKms(*paths)
    paths[0].write_bytes(good)
    assert KeyringKms(*paths).exists("s-1")


def test_a_wrong_key_file_says_so(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    for data, words in ((b"0" * 64, "not its key file"), (b"0" * 63, "hexadecimal"), (b"", "hexadecimal")):
        paths[1].write_bytes(data)
        with pytest.raises(Unavailable, match=words):
            KeyringKms(*paths)


def test_missing_files_say_so(paths: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="key file cannot be read"):
        KeyringKms(*paths)
    kms = KeyringKms.create_new(*paths)
    paths[0].unlink()
    with pytest.raises(Unavailable, match="gone"):
        kms.exists("s-1")
    with pytest.raises(Unavailable, match="keyring cannot be read"):
        kms.create("s-1")
    paths[0].mkdir()
    with pytest.raises(Unavailable):
        KeyringKms(*paths)
    with pytest.raises(Unavailable, match="locked"):
        KeyringKms.with_passphrase(tmp_path / "no" / "ring", "a long passphrase")


def test_creating_never_overwrites(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    kms.create("s-1")
    with pytest.raises(Conflict):
        KeyringKms.create_new(*paths)
    assert KeyringKms(*paths).exists("s-1")
    with pytest.raises(Invalid):
        KeyringKms.create_new(paths[0], paths[0])


def test_creating_uses_a_key_file_that_is_there(paths: tuple[Path, Path], tmp_path: Path) -> None:
    KeyringKms.create_new(*paths)
    key = paths[1].read_bytes()
    KeyringKms.create_new(tmp_path / "second.json", paths[1])
    assert paths[1].read_bytes() == key


def test_passphrase(tmp_path: Path) -> None:
    path, words = tmp_path / "ring.json", "correct horse battery"
    with pytest.raises(Invalid):
        KeyringKms.create_new_with_passphrase(path, "too short")
    kms = KeyringKms.create_new_with_passphrase(path, words)
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    assert KeyringKms.with_passphrase(path, words).unwrap("s-1", blob) == SECRET
    with pytest.raises(Unavailable, match="passphrase"):
        KeyringKms.with_passphrase(path, words + "!")


def test_a_passphrase_does_not_open_a_key_file_ring(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    with pytest.raises(Unavailable, match="not with a passphrase"):
        KeyringKms.with_passphrase(paths[0], "correct horse battery")


def test_no_key_is_shown_or_lies_open(kms: KeyringKms, paths: tuple[Path, Path]) -> None:
    kms.create("s-1")
    kms.create_signing("log")
    shown = repr(kms) + repr(kms._ring) + paths[0].read_text()
    for keys in (kms._ring.wrapping, kms._ring.signing):
        for key in keys.values():
            assert key.hex() not in shown
            assert repr(key) not in shown
    assert "s-1" not in paths[0].read_text()


def test_no_descriptor_is_lost(kms: KeyringKms) -> None:
    kms.create("s-1")
    before = len(os.listdir("/proc/self/fd"))
    for number in range(20):
        kms.create(f"t-{number}")
    assert len(os.listdir("/proc/self/fd")) <= before
