"""The sealed format: C2SP chunked-encryption, instance Cobblestone-256, bound to the place of one version.

An object is `salt[24] || commitment[32] || chunk_0 || ... || chunk_k`; the first 56 bytes are its header. A
chunk is AES-256-GCM over 16 384 bytes, the last one always shorter (perhaps empty), so a cut is never
mistaken for an end. Format: https://c2sp.org/chunked-encryption@v1. README.md in this folder says how an
outsider reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from hmac import compare_digest
from uuid import UUID

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import AlreadyFinalized, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from dataroom.errors import Invalid, Tampered

KEY_BYTES = 32
HEADER_BYTES = 56
CHUNK_BYTES = 16_384
TAG_BYTES = 16

_SALT = 24
_BOX = CHUNK_BYTES + TAG_BYTES
_MOST_CHUNKS = 2**38
_INFO = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"
_PLACE = b"vault/doc/v1\0"

Fetch = Callable[[int, int], bytes]
"""Reads bytes [start, stop) of a stored object, header included."""


class Kind(IntEnum):
    """Which content of a version an object holds; a byte of the context, so the numbers never change."""

    ORIGINAL = 1
    REDACTED = 2
    DERIVED = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed content belongs. An object opens only at the place it was sealed for."""

    organisation: UUID
    matter: UUID
    document: UUID
    version: int
    kind: Kind

    def __post_init__(self) -> None:
        if not 0 <= self.version < 2**64:
            raise Invalid("A version number lies between 0 and 2^64 - 1.")

    def context(self) -> bytes:
        """The 70 bytes bound into every key derivation; fixed widths, so two places never read alike."""
        ids = self.organisation.bytes + self.matter.bytes + self.document.bytes
        return _PLACE + ids + self.version.to_bytes(8, "big") + bytes([Kind(self.kind)])


def ciphertext_length(plain: int) -> int:
    """The length in bytes of the stored object, header included, that holds `plain` bytes."""
    if plain < 0 or plain // CHUNK_BYTES >= _MOST_CHUNKS:
        raise Invalid("No content of this length can be sealed.")
    return HEADER_BYTES + plain + TAG_BYTES * (plain // CHUNK_BYTES + 1)


def plain_length(stored: int) -> int:
    """The length of the content of an object of `stored` bytes; `Tampered` if no object is so long."""
    full, rest = divmod(stored - HEADER_BYTES, _BOX)
    if stored < HEADER_BYTES + TAG_BYTES or rest < TAG_BYTES or full >= _MOST_CHUNKS:
        raise Tampered("The stored length is one that no sealed content has.")
    return full * CHUNK_BYTES + rest - TAG_BYTES


class Sealer:
    """Seals one content, once: `header`, what `update` returns and what `finalize` returns are the object.

    `size` and `sha256` speak of the plain content seen so far. Not for use by two threads at once.
    """

    def __init__(self, key: bytes, place: Place) -> None:
        _check_key(key)
        self._encryptor = Cobblestone256Encryptor(key, place.context())
        self._hash = hashlib.sha256()
        self.header: bytes = self._encryptor.update(b"")
        self.size = 0

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the plain content so far, 32 bytes."""
        return self._hash.digest()

    def update(self, plain: bytes) -> bytes:
        """Take content in; returns whole chunks that became ready (perhaps none), never the header."""
        self._hash.update(plain)
        self.size += len(plain)
        return self._encryptor.update(plain)

    def finalize(self) -> bytes:
        """The last chunk. Without it the object does not open."""
        return self._encryptor.finalize()

    def seal(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The whole object, header first, for content in pieces of any size; for `ObjectStore.put_stream`."""
        yield self.header
        for piece in pieces:
            ready = self.update(piece)
            if ready:
                yield ready
        yield self.finalize()


def open_stream(key: bytes, place: Place, header: bytes, length: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Open a whole object from its stored bytes, cut anywhere; yields authentic plain pieces in order.

    `header` and `length` come from the row. Only when the iterator ends without `Tampered` is the content
    complete; whoever stops earlier holds a true beginning and no more.
    """
    return stream_in_context(key, place.context(), header, length, chunks)


def open_range(
    key: bytes,
    place: Place,
    header: bytes,
    length: int,
    start: int,
    stop: int,
    fetch: Fetch,
) -> bytes:
    """Plain bytes [start, stop) of an object, by one call of `fetch` for just the chunks that hold them.

    `header` and `length` come from the row. The commitment is compared before any chunk is read. A range
    that reaches the end reads the last chunk even if it is empty, and so proves the end. Damage
    outside the chunks read is not seen. Raises `Invalid` for a range outside the content, `Tampered` for
    anything not authentic.
    """
    return range_in_context(key, place.context(), header, length, start, stop, fetch)


def seal_in_context(key: bytes, context: bytes, plain: bytes) -> bytes:
    """A whole object, header first, for a context given as bytes."""
    _check_key(key)
    encryptor = Cobblestone256Encryptor(key, context)
    return encryptor.update(b"") + encryptor.update(plain) + encryptor.finalize()


def stream_in_context(
    key: bytes, context: bytes, header: bytes, length: int, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    """As `open_stream`, for a context given as bytes."""
    plain_length(length)
    _check_key(key)
    opener = Cobblestone256Decryptor(key, context)
    return _opened(opener, header, length, chunks)


def _opened(opener: Cobblestone256Decryptor, header: bytes, length: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    head, total = b"", 0
    for piece in chunks:
        total += len(piece)
        if total > length:
            raise Tampered("The object is longer than recorded.")
        if len(head) < HEADER_BYTES:
            head += bytes(piece[: HEADER_BYTES - len(head)])
            if not compare_digest(head, header[: len(head)]):
                raise Tampered("The object's header is not the recorded one.")
        plain = _authentic(partial(opener.update, piece))
        if plain:
            yield plain
    if total != length or len(header) != HEADER_BYTES:
        raise Tampered("The object is shorter than recorded.")
    plain = _authentic(opener.finalize)
    if plain:
        yield plain


def range_in_context(
    key: bytes,
    context: bytes,
    header: bytes,
    length: int,
    start: int,
    stop: int,
    fetch: Fetch,
) -> bytes:
    """As `open_range`, for a context given as bytes."""
    size = plain_length(length)
    if not 0 <= start <= stop <= size:
        raise Invalid("The range lies outside the content.")
    chunk_key, base = _derive(key, context, header)
    if start == stop != size:
        return b""
    first, last = start // CHUNK_BYTES, (stop if stop == size else stop - 1) // CHUNK_BYTES
    low, high = (
        HEADER_BYTES + first * _BOX,
        min(HEADER_BYTES + (last + 1) * _BOX, length),
    )
    boxes = memoryview(fetch(low, high))
    if len(boxes) != high - low:
        raise Tampered("The store returned another number of bytes than asked.")
    cipher, plain = AESGCM(chunk_key), bytearray()
    for number in range(first, last + 1):
        box = boxes[(number - first) * _BOX : (number - first + 1) * _BOX]
        nonce = (base ^ number).to_bytes(12, "big")
        plain += _authentic(partial(cipher.decrypt, nonce, box, None))
    return bytes(memoryview(plain)[start - first * CHUNK_BYTES : stop - first * CHUNK_BYTES])


def _derive(key: bytes, context: bytes, header: bytes) -> tuple[bytes, int]:
    """The chunk key and base nonce; `Tampered` unless `header` commits to this key and context."""
    _check_key(key)
    if len(header) != HEADER_BYTES:
        raise Tampered("The header has the wrong length.")
    output = HKDFExpand(SHA512(), 76, _INFO + header[:_SALT] + context).derive(key)
    if not compare_digest(output[44:], header[_SALT:]):
        raise Tampered("The header commits to another key or place.")
    return output[:32], int.from_bytes(output[32:44], "big")


def _authentic(step: Callable[[], bytes]) -> bytes:
    try:
        return step()
    except (InvalidTag, AlreadyFinalized):
        raise Tampered("The stored bytes are not those that were sealed.") from None


def _check_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise Tampered("A content key has 32 bytes.")
