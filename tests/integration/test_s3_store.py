"""The object store on a real SeaweedFS: versions pinned, failures leave nothing, what is erased is gone."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dataroom.adapters import s3
from dataroom.adapters.s3 import S3Store
from dataroom.errors import Unavailable
from dataroom.vault.sealed import Kind, Place
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


def raw_put(store: S3Store, key: str, data: bytes) -> Stored:
    """What somebody with access to the bucket can do behind our back."""
    reply = store._s3.put_object(Bucket=store._settings.bucket, Key=key, Body=data)
    return Stored(key, reply["VersionId"], len(data))


def test_reads_are_pinned_to_their_version(store: S3Store, key: str) -> None:
    """Object changed between two reads: the recorded version answers, not the newest."""
    first = store.put_stream(key, [b"first content"])
    raw_put(store, key, b"other content")
    assert store.read_range(first, 0, 5) == b"first"
    assert b"".join(store.read_stream(first)) == b"first content"


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


def test_a_secret_is_not_shown() -> None:
    from_settings = repr(Seaweed("http://x", "id", "a-secret").settings("bucket"))
    assert "a-secret" not in from_settings
