"""The worked example of dataroom/vault/README.md, recomputed as an outsider would, and by the vault."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from dataroom import vault
from dataroom.vault.keys import unwrap_dek
from dataroom.vault.sealed import Kind, Place, open_range, open_stream

INFO = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"


def example() -> dict[str, str]:
    """The lines of the example: a name in the first 13 columns, or more of the value above."""
    text = Path(vault.__file__).with_name("README.md").read_text()
    block = text.split("## Worked example")[1].split("```")[1]
    found: dict[str, str] = {}
    name = ""
    for line in block.strip("\n").splitlines():
        name = line[:13].strip() or name
        found[name] = found.get(name, "") + line[13:]
    return found


E = example()


@pytest.fixture
def place() -> Place:
    organisation, matter, document = (uuid.UUID(E[name]) for name in ("organisation", "matter", "document"))
    return Place(organisation, matter, document, int(E["version"]), Kind(int(E["kind"], 16)))


def test_the_contexts_are_as_written(place: Place) -> None:
    assert place.context().hex() == E["place"]
    scope = uuid.UUID(E["scope"]).bytes
    context = b"vault/dek/v1\0" + scope + int(E["epoch"]).to_bytes(4, "big") + place.context()
    assert context.hex() == E["dek context"]


def test_the_object_by_hand() -> None:
    dek, salt, stored = (bytes.fromhex(E[name]) for name in ("dek", "salt", "object"))
    output = HKDFExpand(SHA512(), 76, INFO + salt + bytes.fromhex(E["place"])).derive(dek)
    assert output.hex() == E["okm"]
    chunk = AESGCM(output[:32]).encrypt(output[32:44], E["plain"].encode(), None)
    assert salt + output[44:] + chunk == stored


def test_the_object_by_the_vault(place: Place) -> None:
    dek, stored = bytes.fromhex(E["dek"]), bytes.fromhex(E["object"])
    plain = E["plain"].encode()
    assert b"".join(open_stream(dek, place, stored[:56], len(stored), [stored])) == plain
    part = open_range(dek, place, stored[:56], len(stored), 9, 13, lambda low, high: stored[low:high])
    assert part == plain[9:13]


def test_the_wrapped_key(place: Place) -> None:
    kek, wrapped = bytes.fromhex(E["kek"]), bytes.fromhex(E["wrapped dek"])
    assert unwrap_dek(kek, uuid.UUID(E["scope"]), int(E["epoch"]), place, wrapped).hex() == E["dek"]
