"""Signing a proof and checking its signature, with Ed25519 and the verifier keys of C2SP signed notes.

A proof is a JSON object in one spelling: UTF-8, members sorted, no white space. Its member `signature` holds the name
of the key and, in base64, the signature over

    redaction-proof/2 \\n the name of the key \\n the object without `signature`, in that spelling

so that it can never be taken for a checkpoint of an audit log, which the same key may sign. A verifier key is the text
`name+id+base64(0x01 || public key)`, where `id` is the hexadecimal of the first 4 bytes of
SHA-256(name || 0x0A || 0x01 || public key).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "redaction-proof/2"
ED25519 = b"\x01"


def spelled(held: Mapping[str, object]) -> bytes:
    """The one spelling of a proof: the bytes that are stored, hashed and handed out."""
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def signed(held: Mapping[str, object], name: str, sign: Callable[[bytes], bytes]) -> dict[str, object]:
    """The proof with its signature by the key `name`; `sign` is Ed25519 over the bytes it is given."""
    if not name or any(character.isspace() or character == "+" for character in name):
        raise ValueError("the name of a key has no space and no plus sign")
    value = sign(_message(held, name))
    return {**held, "signature": {"key": name, "value": base64.b64encode(value).decode("ascii")}}


def is_signed(held: Mapping[str, object], key: str) -> bool:
    """Whether the proof is signed by the verifier key. Raises ValueError when `key` is not one."""
    name, public = _parsed(key)
    stated = held.get("signature")
    if not isinstance(stated, Mapping) or stated.get("key") != name:
        return False
    try:
        value = base64.b64decode(str(stated.get("value")), validate=True)
        public.verify(value, _message(held, name))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _message(held: Mapping[str, object], name: str) -> bytes:
    rest = {key: value for key, value in held.items() if key != "signature"}
    return f"{FORMAT}\n{name}\n".encode() + spelled(rest)


def _parsed(key: str) -> tuple[str, Ed25519PublicKey]:
    parts = key.strip().split("+", 2)
    try:
        name, identity, encoded = parts
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise ValueError("this is not a verifier key") from None
    expected = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    if data[:1] != ED25519 or len(data) != 33 or identity != expected:
        raise ValueError("this is not a verifier key")
    return name, Ed25519PublicKey.from_public_bytes(data[1:])
