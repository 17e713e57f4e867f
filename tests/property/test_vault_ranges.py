"""For generated contents, the range reader, the library's stream and the plain content agree."""

from __future__ import annotations

import hashlib
import uuid
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dataroom.errors import Tampered
from dataroom.vault.sealed import Kind, Place, Sealer, open_range, open_stream, plain_length

PLACES = st.builds(Place, st.uuids(), st.uuids(), st.uuids(), st.integers(0, 2**64 - 1), st.sampled_from(list(Kind)))
SIZES = st.one_of(
    st.integers(0, 70_000),
    st.sampled_from([edge + off for edge in (0, 16384, 32768, 65536) for off in (-1, 0, 1) if edge + off >= 0]),
)


def content(size: int, seed: int) -> bytes:
    return hashlib.shake_128(seed.to_bytes(8, "big")).digest(size)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(position % (len(data) + 1) for position in at)})
    return [data[low:high] for low, high in pairwise(edges)]


@given(st.binary(min_size=32, max_size=32), PLACES, SIZES, st.integers(0, 2**32), st.lists(st.integers(0, 10**6)))
@settings(max_examples=150, deadline=None)
def test_what_was_sealed_in_any_pieces_opens_from_any_pieces(
    key: bytes, place: Place, size: int, seed: int, at: list[int]
) -> None:
    plain = content(size, seed)
    sealer = Sealer(key, place)
    data = b"".join(sealer.seal(cut(plain, at)))
    assert plain_length(len(data)) == size
    assert b"".join(open_stream(key, place, sealer.header, len(data), cut(data, at))) == plain


@given(st.binary(min_size=32, max_size=32), PLACES, SIZES, st.integers(0, 2**32), st.data())
@settings(max_examples=150, deadline=None)
def test_every_range_is_that_part_of_the_stream(
    key: bytes, place: Place, size: int, seed: int, draw: st.DataObject
) -> None:
    sealer = Sealer(key, place)
    data = b"".join(sealer.seal([content(size, seed)]))
    whole = b"".join(open_stream(key, place, sealer.header, len(data), [data]))
    start = draw.draw(st.integers(0, size))
    stop = draw.draw(st.integers(start, size))
    got = open_range(key, place, sealer.header, len(data), start, stop, lambda low, high: data[low:high])
    assert got == whole[start:stop]


@given(SIZES, st.data())
@settings(max_examples=150, deadline=None)
def test_one_changed_byte_is_never_read_as_content(size: int, draw: st.DataObject) -> None:
    key, place = b"k" * 32, Place(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), 1, Kind.DERIVED)
    plain = content(size, 1)
    sealer = Sealer(key, place)
    data = bytearray(b"".join(sealer.seal([plain])))
    data[draw.draw(st.integers(0, len(data) - 1))] ^= draw.draw(st.integers(1, 255))
    stored = bytes(data)
    try:
        got = b"".join(open_stream(key, place, sealer.header, len(stored), [stored]))
    except Tampered:
        got = None
    assert got is None
    start = draw.draw(st.integers(0, size))
    try:
        part = open_range(key, place, stored[:56], len(stored), start, size, lambda low, high: stored[low:high])
    except Tampered:
        return
    assert part == plain[start:]


@given(PLACES, PLACES)
def test_contexts_are_injective(one: Place, two: Place) -> None:
    assert (one == two) == (one.context() == two.context())
