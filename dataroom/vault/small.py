"""Small contents that lie sealed in a row instead of the store: the same format, bound to purpose, row and place.

The context is `vault/row/v1 || 0 || purpose || 0 || id of the row || context of the place`, so that no blob opens in
another column, row or place than its own.
"""

from __future__ import annotations

from uuid import UUID

from dataroom.errors import Tampered
from dataroom.vault.sealed import HEADER_BYTES, Place, seal_in_context, stream_in_context

_ROW = b"vault/row/v1\0"


def _context(purpose: str, row: UUID, place: Place) -> bytes:
    return _ROW + purpose.encode("ascii") + b"\0" + row.bytes + place.context()


def seal_small(key: bytes, purpose: str, row: UUID, place: Place, plain: bytes) -> bytes:
    """`plain` sealed for one column (`purpose`, ASCII) of one row about one place."""
    return seal_in_context(key, _context(purpose, row, place), plain)


def open_small(key: bytes, purpose: str, row: UUID, place: Place, blob: bytes) -> bytes:
    """What `seal_small` sealed; `Tampered` for anything else."""
    if len(blob) < HEADER_BYTES:
        raise Tampered("The sealed row is too short.")
    pieces = stream_in_context(key, _context(purpose, row, place), blob[:HEADER_BYTES], len(blob), (blob,))
    return b"".join(pieces)
