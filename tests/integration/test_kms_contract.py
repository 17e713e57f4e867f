"""One contract for every key service: the keyring file, a real OpenBao, and AWS KMS as far as a fake of it goes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from dataroom.adapters.kms_aws import AwsKms
from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.errors import Conflict, Invalid, KeyDestroyed, Tampered, Unavailable
from dataroom.vault.keys import Kms
from tests.aws_kms import FakeAwsKms, serving
from tests.openbao import openbao

__all__ = ["openbao"]

SECRET = b"a key-encryption key of 32 bytes"
GONE = (KeyDestroyed, Tampered)


@pytest.fixture(scope="module")
def aws() -> Iterator[FakeAwsKms]:
    """The fake of AWS KMS on a port."""
    with serving() as fake:
        yield fake


@pytest.fixture(params=["keyring", "openbao", "aws"])
def kms(request: pytest.FixtureRequest, tmp_path: Path) -> Kms:
    """A key service nobody else uses."""
    if request.param == "keyring":
        return KeyringKms.create_new(tmp_path / "ring.json", tmp_path / "master.key")
    if request.param == "openbao":
        made: Kms = request.getfixturevalue("openbao").kms()
        return made
    fake: FakeAwsKms = request.getfixturevalue("aws")
    local = KeyringKms.create_new(tmp_path / "ring.json", tmp_path / "master.key")
    return AwsKms(local, "eu-central-1", f"test-{secrets.token_hex(4)}", fake.address, ("id", "key"))


def test_what_is_wrapped_unwraps(kms: Kms) -> None:
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    assert SECRET not in blob
    assert kms.wrap("s-1", SECRET) != blob
    assert kms.unwrap("s-1", blob) == SECRET


@pytest.mark.parametrize("size", [1, 31, 500, 4000])
def test_sizes(kms: Kms, size: int) -> None:
    plain = secrets.token_bytes(size)
    kms.create("s-1")
    assert kms.unwrap("s-1", kms.wrap("s-1", plain)) == plain


def test_a_blob_belongs_to_its_name(kms: Kms) -> None:
    kms.create("s-1")
    kms.create("s-2")
    blob = kms.wrap("s-1", SECRET)
    with pytest.raises(Tampered):
        kms.unwrap("s-2", blob)
    assert kms.unwrap("s-1", blob) == SECRET


def test_garbage_is_tampered(kms: Kms) -> None:
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    middle = len(blob) // 2
    changed = blob[:middle] + bytes([blob[middle] ^ 1]) + blob[middle + 1 :]
    for bad in (b"", b"x", b"\xff" * 80, blob[:-9], blob[:50], changed, b"vault:v1:", b"vault:v99:" + b"A" * 80):
        with pytest.raises(Tampered):
            kms.unwrap("s-1", bad)


def test_no_key_is_made_on_demand(kms: Kms) -> None:
    """Wrapping under a name that is not there must not make one: it may be a destroyed scope's."""
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    for act in (
        lambda: kms.wrap("s-2", SECRET),
        lambda: kms.unwrap("s-2", blob),
        lambda: kms.rotate("s-2"),
        lambda: kms.trim("s-2", blob),
        lambda: kms.enable("s-2"),
        lambda: kms.sign("s-2", b""),
        lambda: kms.public_key("s-2"),
    ):
        with pytest.raises(KeyDestroyed):
            act()
    assert not kms.exists("s-2")
    kms.disable("s-2")
    assert not kms.exists("s-2")


def test_destroyed_is_gone_and_its_name_is_not_used_again(kms: Kms) -> None:
    kms.create("s-1")
    kms.create("s-2")
    blob, kept = kms.wrap("s-1", SECRET), kms.wrap("s-2", SECRET)
    assert not kms.was_destroyed("s-1")
    kms.destroy("s-1")
    kms.destroy("s-1")
    assert [kms.was_destroyed(name) for name in ("s-1", "s-2", "s-3")] == [True, False, False]
    assert not kms.exists("s-1")
    for act in (lambda: kms.unwrap("s-1", blob), lambda: kms.wrap("s-1", SECRET), lambda: kms.enable("s-1")):
        with pytest.raises(KeyDestroyed):
            act()
    for make in (kms.create, kms.create_signing, kms.create_es256):
        with pytest.raises(KeyDestroyed):
            make("s-1")
    assert kms.unwrap("s-2", kept) == SECRET


def test_names_are_taken_once(kms: Kms) -> None:
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    for make in (kms.create, kms.create_signing, kms.create_es256):
        with pytest.raises(Conflict):
            make("s-1")
    assert kms.unwrap("s-1", blob) == SECRET


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../s", "a?b", "\n", "a\n", "\u00e4", "x" * 201])
def test_odd_names_are_refused(kms: Kms, name: str) -> None:
    for act in (kms.create, kms.create_signing, kms.create_es256, kms.destroy):
        with pytest.raises(Invalid):
            act(name)
    assert not kms.exists(name)


def test_rotation_keeps_what_was_wrapped(kms: Kms) -> None:
    kms.create("s-1")
    blobs = [kms.wrap("s-1", SECRET)]
    for _ in range(3):
        kms.rotate("s-1")
        blobs.append(kms.wrap("s-1", SECRET))
    assert [kms.unwrap("s-1", blob) for blob in blobs] == [SECRET] * 4


def test_trimming_takes_the_older_versions_and_no_others(kms: Kms) -> None:
    kms.create("s-1")
    kms.create("s-2")
    blobs, other = [kms.wrap("s-1", SECRET)], kms.wrap("s-2", SECRET)
    for _ in range(3):
        kms.rotate("s-1")
        blobs.append(kms.wrap("s-1", SECRET))
    for _ in range(2):
        kms.trim("s-1", blobs[2])
    for blob in blobs[:2]:
        with pytest.raises(GONE):
            kms.unwrap("s-1", blob)
    assert [kms.unwrap("s-1", blob) for blob in blobs[2:]] == [SECRET] * 2
    assert kms.unwrap("s-1", kms.wrap("s-1", b"more")) == b"more"
    assert kms.unwrap("s-2", other) == SECRET


def test_trimming_needs_a_blob_that_unwraps(kms: Kms) -> None:
    """A damaged or dead blob must never decide which versions go."""
    kms.create("s-1")
    old = kms.wrap("s-1", SECRET)
    kms.rotate("s-1")
    new = kms.wrap("s-1", SECRET)
    for bad in (b"", new[:-9], b"vault:v2:" + b"A" * 80):
        with pytest.raises(Tampered):
            kms.trim("s-1", bad)
    assert kms.unwrap("s-1", old) == SECRET
    kms.trim("s-1", new)
    with pytest.raises(GONE):
        kms.trim("s-1", old)
    assert kms.unwrap("s-1", new) == SECRET


def test_disabling_can_be_undone_until_the_key_is_destroyed(kms: Kms) -> None:
    kms.create("s-1")
    old = kms.wrap("s-1", SECRET)
    kms.rotate("s-1")
    blob = kms.wrap("s-1", SECRET)
    for _ in range(2):
        kms.disable("s-1")
    assert not kms.exists("s-1")
    for act in (lambda: kms.unwrap("s-1", blob), lambda: kms.unwrap("s-1", old), lambda: kms.wrap("s-1", SECRET)):
        with pytest.raises(KeyDestroyed):
            act()
    with pytest.raises((KeyDestroyed, Conflict)):
        kms.create("s-1")
    for _ in range(2):
        kms.enable("s-1")
    assert kms.exists("s-1")
    assert [kms.unwrap("s-1", one) for one in (old, blob)] == [SECRET] * 2
    kms.disable("s-1")
    kms.destroy("s-1")
    with pytest.raises(KeyDestroyed):
        kms.enable("s-1")
    with pytest.raises(KeyDestroyed):
        kms.unwrap("s-1", blob)


def test_signing(kms: Kms) -> None:
    kms.create_signing("log")
    assert kms.exists("log")
    for message in (b"", b"checkpoint", secrets.token_bytes(3000)):
        signature = kms.sign("log", message)
        assert len(signature) == 64
        Ed25519PublicKey.from_public_bytes(kms.public_key("log")).verify(signature, message)
    with pytest.raises(KeyDestroyed):
        kms.wrap("log", SECRET)
    kms.create("s-1")
    for act in (lambda: kms.sign("s-1", b"checkpoint"), lambda: kms.public_key("s-1")):
        with pytest.raises(KeyDestroyed):
            act()
    kms.destroy("log")
    for act in (lambda: kms.sign("log", b"checkpoint"), lambda: kms.public_key("log")):
        with pytest.raises(KeyDestroyed):
            act()


def test_signing_on_a_curve_that_more_verify(kms: Kms) -> None:
    kms.create_es256("client")
    assert kms.exists("client")
    raw = kms.public_key("client")
    assert len(raw) == 64
    x, y = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    for message in (b"", b"assertion", secrets.token_bytes(3000)):
        signature = kms.sign("client", message)
        assert len(signature) == 64
        r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(KeyDestroyed):
        kms.wrap("client", SECRET)
    kms.destroy("client")
    for act in (lambda: kms.sign("client", b"assertion"), lambda: kms.public_key("client")):
        with pytest.raises(KeyDestroyed):
            act()


def test_nothing_secret_is_shown(kms: Kms) -> None:
    for name, value in vars(kms).items():
        if isinstance(value, str) and name in {"_token", "_secret"}:
            assert value not in repr(kms)


def test_unavailable_is_an_error_of_its_own() -> None:
    assert not issubclass(Unavailable, GONE)
