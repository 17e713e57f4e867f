"""Statements of an installation about something outside its log, signed with the key of its logs.

A statement is one JSON object: `kind`, `body` (the text that counts, itself JSON), `public_key` and `signature`, both
in hexadecimal. Ed25519 signs

    dataroom-statement/v1 \\n <kind> \\n <SHA-256 of the body in UTF-8, hexadecimal> \\n

which can never be read as a checkpoint, since its second line is no number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dataroom.errors import Tampered

_MEMBERS = {"kind", "body", "public_key", "signature"}


@dataclass(frozen=True)
class Statement:
    """A statement whose signature holds: its text, that text's SHA-256, and the key that signed it (32 bytes)."""

    body: str
    sha256: str
    public: bytes


def sign_statement(kind: str, body: str, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The signed statement as a file's bytes; verified before it is returned."""
    signature = sign(_message(kind, body))
    given = {"kind": kind, "body": body, "public_key": public.hex(), "signature": signature.hex()}
    data = json.dumps(given, indent=1, ensure_ascii=False).encode() + b"\n"
    open_statement(kind, data, public)
    return data


def open_statement(kind: str, data: bytes, public: bytes | None = None) -> Statement:
    """Reads a statement of this kind; `Tampered` unless its signature holds, and is of `public` where that is given."""
    try:
        given = json.loads(data)
        if set(given) != _MEMBERS or given["kind"] != kind or not isinstance(given["body"], str):
            raise ValueError
        key, signature = bytes.fromhex(given["public_key"]), bytes.fromhex(given["signature"])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _message(kind, given["body"]))
    except (ValueError, TypeError, KeyError, InvalidSignature):
        raise Tampered("The signed statement is damaged, or is another.") from None
    if public is not None and key != public:
        raise Tampered("The statement is signed by another installation.")
    return Statement(given["body"], _digest(given["body"]), key)


def _message(kind: str, body: str) -> bytes:
    return f"dataroom-statement/v1\n{kind}\n{_digest(body)}\n".encode()


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
