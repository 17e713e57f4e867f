"""The object store on a real SeaweedFS: versions pinned, failures leave nothing, what is erased is gone."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import socket
import tracemalloc
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dataroom.adapters import s3
from dataroom.adapters.s3 import PART_BYTES, S3Store
from dataroom.errors import Invalid, Tampered, Unavailable
from dataroom.vault.keys import new_key
from dataroom.vault.sealed import Kind, Place, Sealer, ciphertext_length, open_range, open_stream
from dataroom.vault.store import Missing, Stored
from tests.parts import Seaweed

PLACE = Place(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), 1, Kind.ORIGINAL)

WRONG = "not-the-secret"


@pytest.fixture(scope="module")
def store(seaweed: Seaweed) -> S3Store:
    return seaweed.bucket()


@pytest.fixture
def key() -> str:
    return f"objects/{uuid.uuid4()}"


def content(size: int) -> bytes:
    return hashlib.shake_128(b"content").digest(size)


def pieces_of(data: bytes, size: int = 70_001) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def uploads(store: S3Store) -> list[str]:
    reply = store._s3.list_multipart_uploads(Bucket=store._settings.bucket)
    return [one["Key"] for one in reply.get("Uploads", [])]


def raw_put(store: S3Store, key: str, data: bytes) -> Stored:
    """What somebody with access to the bucket can do behind our back."""
    reply = store._s3.put_object(Bucket=store._settings.bucket, Key=key, Body=data)
    return Stored(key, reply["VersionId"], len(data))


@pytest.mark.parametrize(
    "size", [0, 1, 16384, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 3 * PART_BYTES + 12345]
)
def test_what_is_put_comes_back(store: S3Store, key: str, size: int) -> None:
    data = content(size)
    stored = store.put_stream(key, pieces_of(data))
    assert (stored.key, stored.length) == (key, size)
    assert b"".join(store.read_stream(stored)) == data
    assert store.read_range(stored, size // 3, size // 2) == data[size // 3 : size // 2]
    assert store.read_range(stored, max(size - 5, 0), size) == data[max(size - 5, 0) :]
    assert uploads(store) == []


def test_pieces_larger_than_a_part(store: S3Store, key: str) -> None:
    data = content(2 * PART_BYTES + 99)
    assert b"".join(store.read_stream(store.put_stream(key, [data[:7], data[7:]]))) == data


@pytest.mark.parametrize("size", [0, 20_000, PART_BYTES + 1])
def test_sealed_contents_make_the_round_trip(store: S3Store, key: str, size: int) -> None:
    data, dek = content(size), new_key()
    sealer = Sealer(dek, PLACE)
    stored = store.put_stream(key, sealer.seal(pieces_of(data)))
    assert stored.length == ciphertext_length(size)
    opened = open_stream(dek, PLACE, sealer.header, stored.length, store.read_stream(stored))
    assert b"".join(opened) == data

    def fetch(low: int, high: int) -> bytes:
        return store.read_range(stored, low, high)

    assert open_range(dek, PLACE, sealer.header, stored.length, size // 2, size, fetch) == data[size // 2 :]


def test_an_upload_holds_few_parts_at_once(store: S3Store, key: str) -> None:
    block = bytes(256 * 1024)
    store.put_stream(key, [b"connections and buffers are there"])
    tracemalloc.start()
    stored = store.put_stream(key, (block for _ in range(12 * PART_BYTES // len(block))))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stored.length == 12 * PART_BYTES
    assert peak < (s3.CONCURRENT_PARTS + 1) * PART_BYTES * 1.25


class Broken(Exception):
    """What an iterator may raise in the midst of an upload."""


@pytest.mark.parametrize("after", [0, 100, PART_BYTES, 5 * PART_BYTES + 100])
@pytest.mark.parametrize("error", [Broken, KeyboardInterrupt])
def test_multipart_abort_leaves_nothing_readable(
    store: S3Store, key: str, after: int, error: type[BaseException]
) -> None:
    def pieces() -> Iterator[bytes]:
        yield from pieces_of(content(after))
        raise error

    with pytest.raises(error):
        store.put_stream(key, pieces())
    assert list(store.listing(key)) == []
    assert uploads(store) == []


def test_a_store_that_dies_in_the_midst_is_reported(seaweed: Seaweed, store: S3Store, key: str) -> None:
    """The credentials go bad after the first part: the upload is unavailable and stays invisible."""
    victim = S3Store(replace(store._settings, attempts=1))

    def pieces() -> Iterator[bytes]:
        yield content(PART_BYTES)
        victim._client = (os.getpid(), S3Store(replace(store._settings, secret_key=WRONG))._s3)
        yield content(PART_BYTES)

    with pytest.raises(Unavailable):
        victim.put_stream(key, pieces())
    assert list(store.listing(key)) == []
    assert store.abort_stale_uploads(datetime.now(UTC) + timedelta(minutes=5)) == 1
    assert uploads(store) == []


def test_reads_are_pinned_to_their_version(store: S3Store, key: str) -> None:
    """Object changed between two reads: the recorded version answers, not the newest."""
    first = store.put_stream(key, [b"first content"])
    raw_put(store, key, b"other content")
    assert store.read_range(first, 0, 5) == b"first"
    assert b"".join(store.read_stream(first)) == b"first content"


def test_an_object_of_another_length_is_refused_before_any_byte(store: S3Store, key: str) -> None:
    stored = store.put_stream(key, [b"0123456789"])
    for length in (9, 11, 100):
        lied = replace(stored, length=length)
        with pytest.raises(Tampered):
            store.read_stream(lied)
        with pytest.raises(Tampered):
            store.read_range(lied, 0, 5)
    with pytest.raises(Tampered):
        store.read_range(replace(stored, length=100), 50, 60)


def test_a_version_of_another_key_is_not_served(store: S3Store, key: str) -> None:
    mine, other = store.put_stream(key, [b"mine!"]), store.put_stream(key + "-other", [b"other"])
    with pytest.raises((Missing, Tampered)):
        store.read_range(replace(mine, version_id=other.version_id), 0, 5)


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (3, 2), (0, 6), (6, 6)])
def test_ranges_outside_the_object_are_invalid(store: S3Store, key: str, start: int, stop: int) -> None:
    with pytest.raises(Invalid):
        store.read_range(Stored(key, "any", 5), start, stop)


def test_an_empty_range_asks_nobody(store: S3Store) -> None:
    assert store.read_range(Stored("no such", "any", 5), 3, 3) == b""


def test_missing_objects_are_missing(store: S3Store, key: str) -> None:
    stored = store.put_stream(key, [b"here"])
    assert store.erase(key) == 1
    for gone in (stored, Stored("objects/never", stored.version_id, 4)):
        with pytest.raises(Missing):
            store.read_range(gone, 0, 4)
        with pytest.raises(Missing):
            store.read_stream(gone)


def test_erase_removes_every_version_and_marker_of_that_key_alone(store: S3Store, key: str) -> None:
    kept = store.put_stream(key + "2", [b"a neighbour whose key begins alike"])
    versions = [store.put_stream(key, [bytes([number])]) for number in range(3)]
    store._s3.delete_object(Bucket=store._settings.bucket, Key=key)
    for stored in versions:
        assert store.read_range(stored, 0, 1)
    assert store.erase(key) == 4
    assert store.erase(key) == 0
    assert [one.key for one in store.listing(key)] == [kept.key]
    for stored in versions:
        with pytest.raises(Missing):
            store.read_range(stored, 0, 1)
    assert store.read_range(kept, 0, 1) == b"a"


def test_listing_shows_every_version(store: S3Store) -> None:
    prefix = f"listed/{uuid.uuid4()}/"
    started = datetime.now(UTC) - timedelta(minutes=1)
    old = store.put_stream(prefix + "a", [b"old"])
    new = store.put_stream(prefix + "a", [b"newer"])
    other = store.put_stream(prefix + "b", [b""])
    found = {one.version_id: one for one in store.listing(prefix)}
    assert set(found) == {old.version_id, new.version_id, other.version_id}
    assert [found[one.version_id].latest for one in (old, new, other)] == [False, True, True]
    assert [found[one.version_id].length for one in (old, new, other)] == [3, 5, 0]
    assert all(started < one.modified for one in found.values())


def test_listing_and_erasing_go_beyond_a_page(store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_LIST_AT_ONCE", 3)
    monkeypatch.setattr(s3, "_DELETE_AT_ONCE", 2)
    prefix = f"pages/{uuid.uuid4()}/"
    for number in range(20):
        raw_put(store, f"{prefix}{number % 2}", b"x")
    assert len({one.version_id for one in store.listing(prefix)}) == 20
    assert (store.erase(f"{prefix}1"), store.erase(f"{prefix}0")) == (10, 10)
    assert list(store.listing(prefix)) == []


def test_stale_uploads_are_dropped_and_fresh_ones_kept(store: S3Store, key: str) -> None:
    store._s3.create_multipart_upload(Bucket=store._settings.bucket, Key=key)
    assert store.abort_stale_uploads(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert uploads(store) == [key]
    assert store.abort_stale_uploads(datetime.now(UTC) + timedelta(minutes=5)) == 1
    assert uploads(store) == []


def test_ready_wants_a_bucket_with_versions(seaweed: Seaweed, store: S3Store) -> None:
    store.ready()
    store.prepare()
    fresh = S3Store(seaweed.settings(f"test-{uuid.uuid4()}"))
    with pytest.raises((Unavailable, Missing)):
        fresh.ready()
    fresh._s3.create_bucket(Bucket=fresh._settings.bucket)
    with pytest.raises(Unavailable):
        fresh.ready()
    with pytest.raises(Unavailable):
        fresh.put_stream("key", [b"not versioned"])


def test_wrong_credentials_and_a_dead_server_are_unavailable(seaweed: Seaweed, store: S3Store) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{holder.getsockname()[1]}"
        for bad in (
            replace(store._settings, secret_key=WRONG),
            replace(store._settings, access_key="nobody"),
            replace(store._settings, endpoint=nobody, connect_timeout=1, attempts=1),
        ):
            other = S3Store(bad)
            for act in (other.ready, other.alive, lambda other=other: other.put_stream("key", [b"x"])):
                with pytest.raises(Unavailable) as caught:
                    act()
                assert bad.secret_key not in str(caught.value) + str(caught.value.facts)


def test_a_secret_is_not_shown() -> None:
    from_settings = repr(Seaweed("http://x", "id", "a-secret").settings("bucket"))
    assert "a-secret" not in from_settings


def _read_in_child(store: S3Store, stored: Stored, answers: Any) -> None:
    answers.put((store.read_range(stored, 0, 4), store._client[0] == os.getpid()))  # type: ignore[index]


def test_a_forked_process_gets_connections_of_its_own(store: S3Store, key: str) -> None:
    stored = store.put_stream(key, [b"fork"])
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_read_in_child, args=(store, stored, answers))
    child.start()
    assert answers.get(timeout=30) == (b"fork", True)
    child.join()
    assert store.read_range(stored, 0, 4) == b"fork"
