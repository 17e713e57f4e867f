"""Signed notes and checkpoints of C2SP: what a log promises, signed, and what witnesses say to it.

Formats: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature (Ed25519 kinds 0x01 and
0x04). A log signs under its own name: the key name of a log's signature is the origin of its checkpoints. A
malformed note is `Invalid`; one that no known key signed, or that a known key did not sign as it says,
`Tampered`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dataroom.audit.tree import EMPTY_ROOT, HASH_BYTES, MAX_SIZE
from dataroom.errors import Invalid, Tampered

LOG: Final = 0x01
WITNESS: Final = 0x04
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as others know it: `name`, `kind` (`LOG` or `WITNESS`) and the 32 bytes of Ed25519."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.kind not in (LOG, WITNESS) or len(self.public) != 32:
            raise Invalid("the key is not of a known kind")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that stand before a signature of this key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """The text to hand to verifiers: name+id+base64(kind and key)."""
        return f"{self.name}+{self.key_id.hex()}+{_b64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a key written by `str`; the id must be that of the key."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        data = _unb64(encoded)
        key = cls(name, data[0], data[1:])
        if not _KEY_ID.fullmatch(key_id) or key.key_id.hex() != key_id:
            raise Invalid("the id of the verifier key is not that of its key")
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was checked: by which key, and for a witness when (seconds since 1970, as it says)."""

    key: VerifierKey
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, how many entries it has, and the root hash of their tree."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        _check_name(self.origin)
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_BYTES:
            raise Invalid("a checkpoint has a size and a root of 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise Invalid("the root of an empty log is another")

    def body(self) -> str:
        """The text that is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """Read a signed text; extension lines are `Invalid`, as no log of this service writes any."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3]:
            raise Invalid("a checkpoint has three lines")
        if not _DECIMAL.fullmatch(lines[1]):
            raise Invalid("the size of a checkpoint is not a decimal number")
        return cls(lines[0], int(lines[1]), _unb64(lines[2]))


def sign_checkpoint(checkpoint: Checkpoint, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The signed note of a checkpoint; `sign` is Ed25519 over the bytes it is given, `public` its key.

    The result was verified before it is returned, so a wrong key pair is `Tampered` here.
    """
    key = VerifierKey(checkpoint.origin, LOG, public)
    body = checkpoint.body()
    note = f"{body}\n{_line(key, sign(body.encode()))}".encode()
    open_checkpoint(note, [key])
    return note


def cosign(note: bytes, key: VerifierKey, time: int, sign: Callable[[bytes], bytes]) -> bytes:
    """The line a witness adds to `note` at `time` (seconds since 1970); append it to the note's bytes.

    The caller has verified the log's signature and the consistency with what the witness saw before.
    """
    if key.kind != WITNESS or not 0 < time <= MAX_SIZE:
        raise Invalid("a cosignature needs a witness key and a time")
    body, _ = split_note(note)
    signature = sign(_cosigned(body, time))
    return _line(key, time.to_bytes(8, "big") + signature).encode()


def split_note(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and of each signature line the key name and its data (4 bytes id, then the
    signature).
    """
    if len(note) > MAX_NOTE_BYTES:
        raise Invalid("the note is too long")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("the note is not UTF-8") from None
    if _CONTROL.search(whole):
        raise Invalid("the note holds control characters")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not text or not lines.endswith("\n"):
        raise Invalid("the note has no signature lines")
    signatures = [_read_line(line) for line in lines[:-1].split("\n")]
    if len(signatures) > MAX_SIGNATURES:
        raise Invalid("the note has too many signatures")
    return text + "\n", signatures


def open_note(note: bytes, keys: Iterable[VerifierKey]) -> tuple[str, tuple[Signature, ...]]:
    """The text of a note and its signatures by known keys; those of unknown keys are ignored.

    `Tampered` when no known key signed, when a known key's signature is wrong, or when one signed twice.
    """
    body, lines = split_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    found: list[Signature] = []
    for name, data in lines:
        key = known.get((name, data[:4]))
        if key is None:
            continue
        if any(one.key == key for one in found):
            raise Tampered(f"the note is signed twice by {name}")
        found.append(_verify(body, key, data[4:]))
    if not found:
        raise Tampered("the note is signed by no known key")
    return body, tuple(found)


def open_checkpoint(note: bytes, keys: Iterable[VerifierKey]) -> tuple[Checkpoint, tuple[Signature, ...]]:
    """The checkpoint in a note that the log itself signed, with all signatures by known keys.

    The log's key is a `LOG` key whose name is the origin; a note that only witnesses signed is `Tampered`.
    """
    body, signatures = open_note(note, keys)
    checkpoint = Checkpoint.parse(body)
    if not any(one.key.kind == LOG and one.key.name == checkpoint.origin for one in signatures):
        raise Tampered(f"the checkpoint is not signed by the log {checkpoint.origin}")
    return checkpoint, signatures


def _verify(body: str, key: VerifierKey, signature: bytes) -> Signature:
    time = None
    message = body.encode()
    if key.kind == WITNESS:
        time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        if time > MAX_SIZE:
            raise Tampered(f"the time of the cosignature by {key.name} is out of range")
        message = _cosigned(body, time)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Tampered(f"the signature by {key.name} does not hold") from None
    return Signature(key, time)


def _cosigned(body: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{body}".encode()


def _line(key: VerifierKey, signature: bytes) -> str:
    return f"\N{EM DASH} {key.name} {_b64(key.key_id + signature)}\n"


def _read_line(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\N{EM DASH}":
        raise Invalid("a signature line is a dash, a name and a signature")
    _check_name(parts[1])
    data = _unb64(parts[2])
    if len(data) < 5:
        raise Invalid("a signature is too short")
    return parts[1], data


def _check_name(name: str) -> None:
    if not name or "+" in name or _CONTROL.search(name) or any(one.isspace() for one in name):
        raise Invalid("a key name is not empty and holds no space and no plus sign")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    """Decode standard base64; every other spelling of the same bytes is `Invalid`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or _b64(data) != text:
        raise Invalid("not in base64")
    return data
