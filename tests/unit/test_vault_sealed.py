"""The sealed format: every attack on an object is refused, by the stream and by the range reader."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from functools import partial

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from dataroom.errors import Invalid, Tampered
from dataroom.vault.sealed import (
    Kind,
    Place,
    Sealer,
    ciphertext_length,
    open_range,
    open_stream,
    plain_length,
)

KEY, OTHER_KEY = b"\x11" * 32, b"\x22" * 32
ORG, MATTER, DOC, ELSE = (uuid.UUID(int=number << 64 | number) for number in (1, 2, 3, 4))
PLACE = Place(ORG, MATTER, DOC, 7, Kind.ORIGINAL)
PLAIN = hashlib.shake_256(b"a licence of some length").digest(3 * 16384 + 100)
BOX = 16400


def sealed(plain: bytes = PLAIN, key: bytes = KEY, place: Place = PLACE) -> bytes:
    return b"".join(Sealer(key, place).seal([plain]))


OBJECT = sealed()
HEADER, LENGTH = OBJECT[:56], len(OBJECT)


def streamed(
    data: bytes, header: bytes = HEADER, length: int = LENGTH, place: Place = PLACE, key: bytes = KEY
) -> bytes:
    pieces = (data[start : start + 5000] for start in range(0, len(data), 5000))
    return b"".join(open_stream(key, place, header, length, pieces))


def ranged(
    data: bytes,
    start: int = 0,
    stop: int = len(PLAIN),
    header: bytes = HEADER,
    length: int = LENGTH,
    place: Place = PLACE,
    key: bytes = KEY,
) -> bytes:
    return open_range(key, place, header, length, start, stop, lambda low, high: data[low:high])


def served(data: bytes, low: int, high: int) -> bytes:
    return data


def collect(stream: Iterable[bytes], seen: bytearray) -> None:
    for piece in stream:
        seen += piece


def chunks(data: bytes) -> list[bytes]:
    return [data[start : start + BOX] for start in range(56, len(data), BOX)]


def flipped(position: int) -> bytes:
    position %= len(OBJECT)
    return OBJECT[:position] + bytes([OBJECT[position] ^ 1]) + OBJECT[position + 1 :]


def test_a_sealed_content_opens_whole_and_in_parts() -> None:
    assert streamed(OBJECT) == PLAIN
    assert ranged(OBJECT) == PLAIN
    assert ranged(OBJECT, 16000, 33000) == PLAIN[16000:33000]


def test_the_sealer_tells_size_hash_and_header() -> None:
    sealer = Sealer(KEY, PLACE)
    data = b"".join(sealer.seal([PLAIN[:10], b"", PLAIN[10:]]))
    assert (sealer.size, sealer.sha256) == (len(PLAIN), hashlib.sha256(PLAIN).digest())
    assert data[:56] == sealer.header
    assert len(data) == ciphertext_length(len(PLAIN))
    assert streamed(data, header=sealer.header) == PLAIN


def test_two_seals_of_one_content_share_nothing() -> None:
    first, second = sealed(), sealed()
    assert first[:24] != second[:24]
    assert first[56:72] != second[56:72]


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 32768, 50000])
def test_lengths_are_those_of_the_format(size: int) -> None:
    data = sealed(b"x" * size)
    assert len(data) == ciphertext_length(size)
    assert plain_length(len(data)) == size
    assert streamed(data, header=data[:56], length=len(data)) == b"x" * size


@pytest.mark.parametrize("length", [-1, 0, 55, 56, 71, 56 + 16400, 56 + 16400 + 15, 56 + 2 * 16400 + 1])
def test_lengths_that_no_object_has_are_refused(length: int) -> None:
    with pytest.raises(Tampered):
        plain_length(length)


def test_lengths_beyond_the_format_are_refused() -> None:
    with pytest.raises(Tampered):
        plain_length(ciphertext_length(2**38 * 16384 - 1) + 16400)
    for size in (-1, 2**38 * 16384):
        with pytest.raises(Invalid):
            ciphertext_length(size)


@pytest.mark.parametrize("position", [0, 23, 24, 55, 56, 56 + 16383, 56 + 16384, 56 + BOX, 30000, -17, -16, -1])
def test_bit_flip(position: int) -> None:
    data = flipped(position)
    with pytest.raises(Tampered):
        streamed(data)
    with pytest.raises(Tampered):
        streamed(data, header=data[:56])
    with pytest.raises(Tampered):
        ranged(data, header=data[:56])


@pytest.mark.parametrize("more", [BOX, -BOX, 1, -1])
def test_a_whole_object_is_refused_under_another_length(more: int) -> None:
    """The row's length and the object contradict each other, though every chunk opens."""
    with pytest.raises(Tampered):
        streamed(OBJECT, length=LENGTH + more)


def test_bit_flip_outside_the_range_is_not_seen_and_changes_nothing() -> None:
    assert ranged(flipped(-1), 0, 16384) == PLAIN[:16384]


CUTS = {
    "one byte": OBJECT[:-1],
    "the last tag": OBJECT[:-16],
    "the last chunk": OBJECT[: 56 + 3 * BOX],
    "two chunks": OBJECT[: 56 + 2 * BOX],
    "all chunks": OBJECT[:56],
    "part of the header": OBJECT[:40],
    "everything": b"",
}


@pytest.mark.parametrize("data", CUTS.values(), ids=CUTS.keys())
def test_cut(data: bytes) -> None:
    with pytest.raises(Tampered):
        streamed(data)
    with pytest.raises(Tampered):
        streamed(data, length=len(data))
    with pytest.raises(Tampered):
        ranged(data)
    with pytest.raises(Tampered):
        ranged(data, length=len(data), stop=plain_length(len(data)))


def test_a_cut_at_a_chunk_shows_only_a_true_beginning() -> None:
    """finalize is what proves completeness: without it a cut object would read as a shorter one."""
    seen = bytearray()
    with pytest.raises(Tampered):
        collect(open_stream(KEY, PLACE, HEADER, LENGTH, [OBJECT[: 56 + 2 * BOX]]), seen)
    assert bytes(seen) in (PLAIN[: 16384 * count] for count in (1, 2))


def test_a_cut_passes_neither_with_a_length_to_match() -> None:
    """A row rolled to a shorter length that is possible: the last chunk is missing or does not open."""
    for length in (LENGTH - 1, 56 + 2 * BOX + 16, 72):
        with pytest.raises(Tampered):
            streamed(OBJECT[:length], length=length)
        size = plain_length(length)
        with pytest.raises(Tampered):
            ranged(OBJECT[:length], max(size - 1, 0), size, length=length)


def _swapped(parts: list[bytes]) -> list[bytes]:
    return [parts[1], parts[0], *parts[2:]]


def _duplicated(parts: list[bytes]) -> list[bytes]:
    return [parts[0], parts[0], *parts[2:]]


def _inserted(parts: list[bytes]) -> list[bytes]:
    return [parts[0], *parts]


def _dropped(parts: list[bytes]) -> list[bytes]:
    return parts[1:]


@pytest.mark.parametrize("attack", [_swapped, _duplicated, _inserted, _dropped])
def test_chunks_moved(attack: Callable[[list[bytes]], list[bytes]]) -> None:
    data = HEADER + b"".join(attack(chunks(OBJECT)))
    for length in {LENGTH, len(data)}:
        with pytest.raises(Tampered):
            streamed(data, length=length)
        with pytest.raises(Tampered):
            ranged(data, length=length, stop=plain_length(length))


@pytest.mark.parametrize(
    "tail", [b"\0", b"\0" * 16, OBJECT[-116:], OBJECT[56 : 56 + BOX]], ids=["byte", "tag", "last", "first"]
)
def test_append(tail: bytes) -> None:
    data = OBJECT + tail
    with pytest.raises(Tampered):
        streamed(data)
    with pytest.raises(Tampered):
        streamed(data, length=len(data))


def test_object_of_another_document() -> None:
    other = sealed(place=Place(ORG, MATTER, ELSE, 7, Kind.ORIGINAL))
    for header in (HEADER, other[:56]):
        with pytest.raises(Tampered):
            streamed(other, header=header)
        with pytest.raises(Tampered):
            ranged(other, header=header)


def test_chunk_or_header_of_another_object() -> None:
    other = sealed()
    mixed = OBJECT[: 56 + BOX] + other[56 + BOX :]
    for data in (mixed, other[:56] + OBJECT[56:], OBJECT[:24] + other[24:56] + OBJECT[56:]):
        with pytest.raises(Tampered):
            streamed(data)
        with pytest.raises(Tampered):
            streamed(data, header=data[:56])
        with pytest.raises(Tampered):
            ranged(data, header=data[:56])


def test_old_version_of_the_same_document() -> None:
    """The same key and place, as after a restored object: the row's header tells them apart."""
    old = sealed(b"old" + PLAIN[3:])
    with pytest.raises(Tampered):
        streamed(old)
    with pytest.raises(Tampered):
        ranged(old)


WRONG_PLACES = {
    "organisation": Place(ELSE, MATTER, DOC, 7, Kind.ORIGINAL),
    "matter": Place(ORG, ELSE, DOC, 7, Kind.ORIGINAL),
    "document": Place(ORG, MATTER, ELSE, 7, Kind.ORIGINAL),
    "version": Place(ORG, MATTER, DOC, 8, Kind.ORIGINAL),
    "kind": Place(ORG, MATTER, DOC, 7, Kind.REDACTED),
    "ids in another order": Place(MATTER, ORG, DOC, 7, Kind.ORIGINAL),
}


@pytest.mark.parametrize("place", WRONG_PLACES.values(), ids=WRONG_PLACES.keys())
def test_wrong_place(place: Place) -> None:
    with pytest.raises(Tampered):
        streamed(OBJECT, place=place)
    with pytest.raises(Tampered):
        ranged(OBJECT, place=place)
    with pytest.raises(Tampered, match="another key or place"):
        ranged(OBJECT, 5, 5, place=place)


@pytest.mark.parametrize("key", [OTHER_KEY, KEY[:31], KEY + b"\x11", b""])
def test_wrong_key(key: bytes) -> None:
    with pytest.raises(Tampered):
        streamed(OBJECT, key=key)
    with pytest.raises(Tampered):
        ranged(OBJECT, key=key)


@pytest.mark.parametrize("key", [b"", KEY[:31], KEY * 2])
def test_sealing_needs_a_whole_key(key: bytes) -> None:
    with pytest.raises(Tampered):
        Sealer(key, PLACE)


def test_a_wrong_key_or_place_is_refused_before_any_chunk_is_fetched() -> None:
    fetched: list[int] = []

    def fetch(low: int, high: int) -> bytes:
        fetched.append(low)
        return OBJECT[low:high]

    with pytest.raises(Tampered):
        open_range(OTHER_KEY, PLACE, HEADER, LENGTH, 0, 10, fetch)
    assert fetched == []


def test_two_key_object_does_not_open_under_the_second_key() -> None:
    """A chunk made for a second key with the same salt: without the commitment it would open there."""
    data = sealed(b"royalty 2.50 EUR")
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + data[:24] + PLACE.context()
    derived = HKDFExpand(SHA512(), 76, info).derive(OTHER_KEY)
    chunk = AESGCM(derived[:32]).encrypt(derived[32:44], b"royalty 0.25 EUR", None)
    honest = data[:24] + derived[44:] + chunk
    assert streamed(honest, header=honest[:56], length=len(honest), key=OTHER_KEY) == b"royalty 0.25 EUR"
    forged = data[:56] + chunk
    for reader in (streamed, partial(ranged, stop=16)):
        with pytest.raises(Tampered):
            reader(forged, header=data[:56], length=len(data), key=OTHER_KEY)


def test_ambiguous_ids_make_different_contexts() -> None:
    """Moving bytes from one field into its neighbour never gives the same context."""
    places = [
        Place(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), 4, Kind.ORIGINAL),
        Place(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3 << 8), 4, Kind.ORIGINAL),
        Place(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), 4 << 8, Kind.ORIGINAL),
        Place(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), 4, Kind.DERIVED),
        Place(uuid.UUID(int=2), uuid.UUID(int=1), uuid.UUID(int=3), 4, Kind.ORIGINAL),
    ]
    assert len({place.context() for place in places}) == len(places)
    assert {len(place.context()) for place in places} == {70}


def test_context_is_the_documented_layout() -> None:
    expected = b"vault/doc/v1\0" + ORG.bytes + MATTER.bytes + DOC.bytes + bytes(7) + b"\x07" + b"\x01"
    assert PLACE.context() == expected


@pytest.mark.parametrize("version", [-1, 2**64])
def test_a_version_number_fits_its_field(version: int) -> None:
    with pytest.raises(Invalid):
        Place(ORG, MATTER, DOC, version, Kind.ORIGINAL)


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, len(PLAIN) + 1), (len(PLAIN) + 1, len(PLAIN) + 1)])
def test_a_range_outside_the_content_is_invalid(start: int, stop: int) -> None:
    with pytest.raises(Invalid):
        ranged(OBJECT, start, stop)


def test_a_store_that_returns_too_little_or_too_much_is_refused() -> None:
    for wrong in (OBJECT[56 : 56 + BOX - 1], OBJECT[56 : 56 + BOX + 1], b""):
        with pytest.raises(Tampered):
            open_range(KEY, PLACE, HEADER, LENGTH, 0, 100, partial(served, wrong))


@pytest.mark.parametrize("header", [b"", HEADER[:55], HEADER + b"\0"], ids=["empty", "short", "long"])
def test_a_header_of_the_wrong_length_is_refused(header: bytes) -> None:
    with pytest.raises(Tampered):
        streamed(OBJECT, header=header)
    with pytest.raises(Tampered):
        ranged(OBJECT, header=header)


@pytest.mark.parametrize("size", [0, 16384])
def test_a_range_to_the_end_proves_the_end(size: int) -> None:
    """The last chunk of these contents is empty: nothing of it is returned, and yet it is checked."""
    data = sealed(b"x" * size)
    damaged = data[:-1] + bytes([data[-1] ^ 1])
    assert ranged(data, 0, size, data[:56], len(data)) == b"x" * size
    with pytest.raises(Tampered):
        ranged(damaged, 0, size, data[:56], len(data))


def test_only_the_chunks_needed_are_read() -> None:
    asked: list[tuple[int, int]] = []

    def fetch(low: int, high: int) -> bytes:
        asked.append((low, high))
        return OBJECT[low:high]

    assert open_range(KEY, PLACE, HEADER, LENGTH, 16384, 16385, fetch) == PLAIN[16384:16385]
    assert asked == [(56 + BOX, 56 + 2 * BOX)]


def test_opening_keeps_no_more_than_it_must() -> None:
    """Plain pieces come out while stored pieces go in."""
    taken: list[int] = []

    def pieces() -> Iterable[bytes]:
        for start in range(0, len(OBJECT), BOX):
            taken.append(start)
            yield OBJECT[start : start + BOX]

    stream = open_stream(KEY, PLACE, HEADER, LENGTH, pieces())
    next(stream)
    assert len(taken) <= 3
