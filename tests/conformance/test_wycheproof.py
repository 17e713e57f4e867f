"""Every Cobblestone-256 vector of C2SP Wycheproof, against the library's stream and the own range reader."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dataroom.errors import Tampered
from dataroom.vault.sealed import CHUNK_BYTES, plain_length, range_in_context, stream_in_context

NAME = "wycheproof/c2sp_chunked_encryption_aes_256_gcm_test.json"
SUITE = json.loads(Path(os.environ["DATAROOM_ORACLES"], NAME).read_text())
VECTORS: list[dict[str, Any]] = [test for group in SUITE["testGroups"] for test in group["tests"]]


@pytest.fixture(params=VECTORS, ids=lambda vector: f"{vector['tcId']}-{vector['comment'][:40]}")
def vector(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One vector with its bytes decoded: key, ctx, ct."""
    raw: dict[str, Any] = dict(request.param)
    return raw | {
        "key": bytes.fromhex(raw["key"]),
        "ctx": bytes.fromhex(raw["ctx"]),
        "ct": zlib.decompress(bytes.fromhex(raw["ct"])),
    }


def stream(vector: dict[str, Any]) -> Iterator[bytes]:
    data: bytes = vector["ct"]
    pieces = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    return stream_in_context(vector["key"], vector["ctx"], data[:56], len(data), pieces)


def collect(vector: dict[str, Any], seen: bytearray) -> None:
    for piece in stream(vector):
        seen += piece


def ranged(vector: dict[str, Any], start: int, stop: int) -> bytes:
    data: bytes = vector["ct"]
    return range_in_context(
        vector["key"], vector["ctx"], data[:56], len(data), start, stop, lambda low, high: data[low:high]
    )


def digest(data: bytes) -> str:
    return hashlib.sha512(data).hexdigest()


def test_all_vectors_are_here() -> None:
    assert SUITE["algorithm"] == "Cobblestone-256"
    assert len(VECTORS) == SUITE["numberOfTests"] == 35
    assert {vector["result"] for vector in VECTORS} == {"valid", "invalid"}


def test_stream(vector: dict[str, Any]) -> None:
    if vector["result"] == "valid":
        plain = b"".join(stream(vector))
        assert (len(plain), digest(plain)) == (vector["msgLength"], vector["msgSha512"])
        return
    seen = bytearray()
    with pytest.raises(Tampered):
        collect(vector, seen)
    assert len(seen) <= vector.get("msgLength", 0)
    if seen and len(seen) == vector["msgLength"]:
        assert digest(bytes(seen)) == vector["msgSha512"]


def test_whole_range(vector: dict[str, Any]) -> None:
    data: bytes = vector["ct"]
    if vector["result"] == "valid":
        plain = ranged(vector, 0, plain_length(len(data)))
        assert (len(plain), digest(plain)) == (vector["msgLength"], vector["msgSha512"])
        return
    with pytest.raises(Tampered):
        ranged(vector, 0, plain_length(len(data)))


def test_chunk_by_chunk(vector: dict[str, Any]) -> None:
    """Each chunk read alone: no invalid object yields all of its chunks."""
    with suppress(Tampered):
        size = plain_length(len(vector["ct"]))
        prefix = bytearray()
        for start in range(0, size, CHUNK_BYTES):
            prefix += ranged(vector, start, min(start + CHUNK_BYTES, size))
        assert vector["result"] == "valid"
        assert digest(bytes(prefix)) == vector["msgSha512"]
        return
    assert vector["result"] == "invalid"


def test_header_failures_are_seen_before_any_chunk(vector: dict[str, Any]) -> None:
    fetched: list[int] = []

    def fetch(low: int, high: int) -> bytes:
        fetched.append(low)
        return vector["ct"][low:high]  # type: ignore[no-any-return]

    data: bytes = vector["ct"]
    with suppress(Tampered):
        range_in_context(vector["key"], vector["ctx"], data[:56], len(data), 0, 0, fetch)
        assert "HeaderFailure" not in vector["flags"]
        return
    assert vector["result"] == "invalid"
    assert fetched == []
