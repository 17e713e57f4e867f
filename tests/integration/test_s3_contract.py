"""What any object store must do, on two independent servers: SeaweedFS with versions, rclone without."""

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
from dataroom.adapters.s3_unversioned import UnversionedStore, object_store
from dataroom.errors import Invalid, Tampered, Unavailable
from dataroom.vault.keys import new_key
from dataroom.vault.sealed import Kind, Place, Sealer, ciphertext_length, open_range, open_stream
from dataroom.vault.store import Missing, Stored
from tests.faulty import Faults, faulty
from tests.parts import Seaweed
from tests.rclone import Rclone, rclone

__all__ = ["rclone"]

PLACE = Place(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), 1, Kind.ORIGINAL)

WRONG = "not-the-secret"


@pytest.fixture(scope="module", params=["seaweed", "rclone"])
def store(request: pytest.FixtureRequest) -> S3Store:
    made: S3Store = request.getfixturevalue(request.param).bucket()
    return made


@pytest.fixture
def key() -> str:
    return f"objects/{uuid.uuid4()}"


@pytest.fixture
def spoiled(store: S3Store) -> Iterator[tuple[S3Store, Faults]]:
    """The same bucket behind a proxy that spoils exchanges."""
    with faulty(store._settings.endpoint) as faults:
        yield type(store)(replace(store._settings, endpoint=faults.endpoint)), faults


def content(size: int) -> bytes:
    return hashlib.shake_128(b"content").digest(size)


def pieces_of(data: bytes, size: int = 70_001) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def uploads(store: S3Store) -> list[str]:
    return [one["Key"] for one in store._unfinished()]


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


def test_a_store_that_dies_in_the_midst_is_reported(store: S3Store, key: str) -> None:
    """The credentials go bad after the first part: the upload is unavailable and stays invisible."""
    victim = type(store)(replace(store._settings, attempts=1))

    def pieces() -> Iterator[bytes]:
        yield content(PART_BYTES)
        victim._client = (os.getpid(), type(store)(replace(store._settings, secret_key=WRONG))._s3)
        yield content(PART_BYTES)

    with pytest.raises(Unavailable):
        victim.put_stream(key, pieces())
    assert list(store.listing(key)) == []
    assert store.abort_stale_uploads(datetime.now(UTC) + timedelta(minutes=5)) == 1
    assert uploads(store) == []


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


def test_stale_uploads_are_dropped_and_fresh_ones_kept(store: S3Store, key: str) -> None:
    store._s3.create_multipart_upload(Bucket=store._settings.bucket, Key=key)
    assert store.abort_stale_uploads(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert uploads(store) == [key]
    assert store.abort_stale_uploads(datetime.now(UTC) + timedelta(minutes=5)) == 1
    assert uploads(store) == []


def test_wrong_credentials_and_a_dead_server_are_unavailable(store: S3Store) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{holder.getsockname()[1]}"
        for bad in (
            replace(store._settings, secret_key=WRONG),
            replace(store._settings, access_key="nobody"),
            replace(store._settings, endpoint=nobody, connect_timeout=1, attempts=1),
        ):
            other = type(store)(bad)
            for act in (other.ready, other.alive, lambda other=other: other.put_stream("key", [b"x"])):
                with pytest.raises(Unavailable) as caught:
                    act()
                assert bad.secret_key not in str(caught.value) + str(caught.value.facts)


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


def test_ready_wants_the_bucket(store: S3Store) -> None:
    store.ready()
    store.prepare()
    with pytest.raises((Unavailable, Missing)):
        type(store)(replace(store._settings, bucket=f"test-{uuid.uuid4()}")).ready()


def test_listing_and_erasing(store: S3Store) -> None:
    prefix = f"listed/{uuid.uuid4()}/"
    started = datetime.now(UTC) - timedelta(minutes=1)
    one, two = store.put_stream(prefix + "a", [b"one"]), store.put_stream(prefix + "ab", [b""])
    found = {item.key: item for item in store.listing(prefix)}
    assert {(item.key, item.version_id, item.length) for item in found.values()} == {
        (stored.key, stored.version_id, stored.length) for stored in (one, two)
    }
    assert all(item.latest and started < item.modified for item in found.values())
    assert (store.erase(one.key), store.erase(one.key)) == (1, 0)
    assert [item.key for item in store.listing(prefix)] == [two.key]
    with pytest.raises(Missing):
        store.read_range(one, 0, 1)


def test_a_key_is_written_once(store: S3Store) -> None:
    assert store.first("notes/") is None
    assert store.put_once("notes/b", b"one")
    assert not store.put_once("notes/b", b"two")
    assert store.put_once("notes/a", b"three")
    assert store.first("notes/") == ("notes/a", b"three")
    assert store.first("notes/b") == ("notes/b", b"one")


@pytest.mark.parametrize("size", [20_000, PART_BYTES + 1])
def test_with_checksums_where_the_server_has_them(store: S3Store, key: str, size: int) -> None:
    checking = type(store)(replace(store._settings, checksums="when_supported"))
    data = content(size)
    stored = checking.put_stream(key, pieces_of(data))
    assert b"".join(checking.read_stream(stored)) == data
    assert checking.read_range(stored, 5, 900) == data[5:900]


def test_a_busy_server_is_asked_again(spoiled: tuple[S3Store, Faults], key: str) -> None:
    store, faults = spoiled
    for busy, act in (
        (2, lambda: store.put_stream(key, [b"patience"]).length),
        (1, lambda: len(list(store.listing(key)))),
        (1, lambda: store.erase(key)),
    ):
        faults.busy = busy
        assert act()
        assert faults.busy == 0


def test_a_server_that_stays_busy_is_unavailable(spoiled: tuple[S3Store, Faults], key: str) -> None:
    store, faults = spoiled
    once = type(store)(replace(store._settings, attempts=2))
    faults.busy = 99
    with pytest.raises(Unavailable, match="SlowDown"):
        once.put_stream(key, [b"x"])
    assert len(faults.asked) == 2


def test_a_broken_download_goes_on_at_the_byte_reached(spoiled: tuple[S3Store, Faults], key: str) -> None:
    store, faults = spoiled
    data = content(900_000)
    stored = store.put_stream(key, [data])
    faults.cuts = [300_000, 0, 262_144]
    assert b"".join(store.read_stream(stored)) == data
    ranges = [asked for method, asked in faults.asked if method == "GET"]
    assert ranges[0] == ""
    begins = [int(one.removeprefix("bytes=").partition("-")[0]) for one in ranges[1:]]
    assert len(begins) == 3
    assert begins == sorted(begins)
    assert 262_144 <= begins[0] <= 300_000
    assert all(one.endswith("-899999") for one in ranges[1:])
    faults.cuts = [10]
    assert store.read_range(stored, 1000, 2000) == data[1000:2000]


def test_a_download_that_never_gets_on_is_unavailable(spoiled: tuple[S3Store, Faults], key: str) -> None:
    store, faults = spoiled
    twice = type(store)(replace(store._settings, attempts=2))
    stored = twice.put_stream(key, [content(5000)])
    faults.cuts = [0] * 20
    with pytest.raises(Unavailable):
        b"".join(twice.read_stream(stored))
    assert len(faults.cuts) == 18


def test_an_object_changed_in_the_midst_of_a_download_is_refused(spoiled: tuple[S3Store, Faults], key: str) -> None:
    """Whoever has the bucket replaces the object while it is read: never are two objects joined into one."""
    store, faults = spoiled
    data = content(600_000)
    stored = store.put_stream(key, [data])

    def replace_it() -> None:
        faults.meanwhile = None
        store._s3.put_object(Bucket=store._settings.bucket, Key=key, Body=content(600_001)[1:])

    faults.cuts, faults.meanwhile = [300_000], replace_it
    if store._settings.versions == "kept":
        assert b"".join(store.read_stream(stored)) == data
    else:
        with pytest.raises(Tampered):
            b"".join(store.read_stream(stored))


def test_object_changed_between_two_reads_is_never_served(store: S3Store, key: str) -> None:
    stored = store.put_stream(key, [b"first content"])
    store._s3.put_object(Bucket=store._settings.bucket, Key=key, Body=b"other content")
    if store._settings.versions == "kept":
        assert store.read_range(stored, 0, 5) == b"first"
    else:
        for read in (lambda: store.read_range(stored, 0, 5), lambda: store.read_stream(stored)):
            with pytest.raises(Tampered):
                read()


def test_a_bucket_with_versions_is_refused_where_none_are_expected(seaweed: Seaweed) -> None:
    kept = seaweed.bucket()
    with pytest.raises(Unavailable, match="keeps versions"):
        UnversionedStore(replace(kept._settings, versions="none")).ready()
    assert isinstance(object_store(replace(kept._settings, versions="none")), UnversionedStore)
    assert type(object_store(kept._settings)) is S3Store


def test_a_server_without_versions_is_refused_unless_asked_for(rclone: Rclone) -> None:
    bucket = rclone.bucket()
    plain = S3Store(replace(bucket._settings, versions="kept"))
    for act in (plain.ready, plain.prepare, lambda: plain.put_stream("key", [b"x"])):
        with pytest.raises(Unavailable):
            act()
