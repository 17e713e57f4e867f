"""Sealing of the personal fields of an audit entry: small texts under the key of the person they tell of.

Each text is a whole Cobblestone-256 message, bound to the person, the log and the entry, so that none opens in
another place. It is 72 bytes longer than the text. Keys are the KEKs of the persons' scopes; they live elsewhere.
"""

from __future__ import annotations

from uuid import UUID

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from dataroom.errors import Tampered

OVERHEAD = 72
_FIELDS = b"vault/person/v1\0"


def seal_fields(kek: bytes, person: UUID, log: UUID, seq: int, plain: bytes) -> bytes:
    """`plain` sealed under the person's `kek` (32 bytes) for entry `seq` of `log`."""
    sealer = Cobblestone256Encryptor(kek, _context(person, log, seq))
    return sealer.update(plain) + sealer.finalize()


def open_fields_of(kek: bytes, person: UUID, log: UUID, seq: int, sealed: bytes) -> bytes:
    """What `seal_fields` sealed; `Tampered` when it was changed, or sealed for another person, log or entry."""
    try:
        opener = Cobblestone256Decryptor(kek, _context(person, log, seq))
        return opener.update(sealed) + opener.finalize()
    except (InvalidTag, ValueError):
        raise Tampered("The personal fields of an entry do not belong to their place.") from None


def _context(person: UUID, log: UUID, seq: int) -> bytes:
    return _FIELDS + person.bytes + log.bytes + seq.to_bytes(8, "big")
