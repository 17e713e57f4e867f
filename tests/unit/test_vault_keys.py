"""Wrapped content keys belong to one row, and the cache of scope keys never outlives what it may."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.errors import KeyDestroyed, Tampered
from dataroom.vault.keys import KekCache, new_key, scope_key, unwrap_dek, wrap_dek
from dataroom.vault.sealed import Kind, Place

SCOPE, OTHER = uuid.UUID(int=10), uuid.UUID(int=11)
PLACE = Place(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), 1, Kind.ORIGINAL)
KEK, DEK = new_key(), new_key()


class StillClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class CountingKms(KeyringKms):
    """A real keyring that counts how often it is asked."""

    asked = 0

    def unwrap(self, name: str, blob: bytes) -> bytes:
        self.asked += 1
        return super().unwrap(name, blob)


@pytest.fixture
def kms(tmp_path: Path) -> CountingKms:
    CountingKms.create_new(tmp_path / "ring", tmp_path / "key")
    kms = CountingKms(tmp_path / "ring", tmp_path / "key")
    for scope in (SCOPE, OTHER):
        kms.create(scope_key(scope))
    return kms


def test_a_wrapped_key_opens_at_its_place() -> None:
    wrapped = wrap_dek(KEK, SCOPE, 3, PLACE, DEK)
    assert len(wrapped) == 104
    assert unwrap_dek(KEK, SCOPE, 3, PLACE, wrapped) == DEK


OTHER_ROWS = {
    "scope": (KEK, OTHER, 3, PLACE),
    "epoch": (KEK, SCOPE, 4, PLACE),
    "key": (new_key(), SCOPE, 3, PLACE),
    "document": (KEK, SCOPE, 3, Place(PLACE.organisation, PLACE.matter, uuid.UUID(int=9), 1, Kind.ORIGINAL)),
    "version": (KEK, SCOPE, 3, Place(PLACE.organisation, PLACE.matter, PLACE.document, 2, Kind.ORIGINAL)),
    "kind": (KEK, SCOPE, 3, Place(PLACE.organisation, PLACE.matter, PLACE.document, 1, Kind.REDACTED)),
}


@pytest.mark.parametrize("row", OTHER_ROWS.values(), ids=OTHER_ROWS.keys())
def test_wrapped_key_moved_to_another_row(row: tuple[bytes, uuid.UUID, int, Place]) -> None:
    with pytest.raises(Tampered):
        unwrap_dek(*row, wrap_dek(KEK, SCOPE, 3, PLACE, DEK))


@pytest.mark.parametrize("position", [0, 23, 24, 55, 56, 87, 88, 103])
def test_wrapped_key_with_a_flipped_bit(position: int) -> None:
    wrapped = bytearray(wrap_dek(KEK, SCOPE, 3, PLACE, DEK))
    wrapped[position] ^= 0x80
    with pytest.raises(Tampered):
        unwrap_dek(KEK, SCOPE, 3, PLACE, bytes(wrapped))


def test_keys_of_wrong_lengths_are_refused() -> None:
    wrapped = wrap_dek(KEK, SCOPE, 3, PLACE, DEK)
    for bad in (wrapped[:-1], wrapped + b"\0", b""):
        with pytest.raises(Tampered):
            unwrap_dek(KEK, SCOPE, 3, PLACE, bad)
    for kek, dek in ((KEK[:16], DEK), (KEK, DEK[:16])):
        with pytest.raises(Tampered):
            wrap_dek(kek, SCOPE, 3, PLACE, dek)
    for epoch in (-1, 2**32):
        with pytest.raises(Tampered):
            wrap_dek(KEK, SCOPE, epoch, PLACE, DEK)


def test_the_cache_asks_once_until_time_is_up(kms: CountingKms) -> None:
    clock = StillClock()
    cache = KekCache(kms, 300, clock)
    blob = kms.wrap(scope_key(SCOPE), KEK)
    assert [cache.kek(SCOPE, 1, blob) for _ in range(3)] == [KEK] * 3
    assert kms.asked == 1
    clock.moment += timedelta(seconds=300)
    assert cache.kek(SCOPE, 1, blob) == KEK
    assert kms.asked == 2
    clock.moment -= timedelta(hours=1)
    cache.kek(SCOPE, 1, blob)
    assert kms.asked == 3


def test_the_cache_tells_scope_epoch_and_blob_apart(kms: CountingKms) -> None:
    cache = KekCache(kms, 300, StillClock())
    old, new = (kms.wrap(scope_key(SCOPE), key) for key in (KEK, DEK))
    assert (cache.kek(SCOPE, 1, old), cache.kek(SCOPE, 1, new), cache.kek(SCOPE, 2, old)) == (KEK, DEK, KEK)
    assert kms.asked == 3


def test_kek_blob_of_another_scope(kms: CountingKms) -> None:
    cache = KekCache(kms, 300, StillClock())
    blob = kms.wrap(scope_key(SCOPE), KEK)
    cache.kek(SCOPE, 1, blob)
    with pytest.raises(Tampered):
        cache.kek(OTHER, 1, blob)


def test_shredded_scope_is_gone_once_forgotten(kms: CountingKms) -> None:
    cache = KekCache(kms, 300, StillClock())
    blob, kept = kms.wrap(scope_key(SCOPE), KEK), kms.wrap(scope_key(OTHER), DEK)
    cache.kek(SCOPE, 1, blob)
    cache.kek(OTHER, 1, kept)
    kms.destroy(scope_key(SCOPE))
    cache.forget(SCOPE)
    with pytest.raises(KeyDestroyed):
        cache.kek(SCOPE, 1, blob)
    asked = kms.asked
    assert cache.kek(OTHER, 1, kept) == DEK
    assert kms.asked == asked


def test_forgetting_during_an_unwrapping_keeps_nothing(kms: CountingKms) -> None:
    blob = kms.wrap(scope_key(SCOPE), KEK)
    reached, go = threading.Event(), threading.Event()

    class SlowKms(CountingKms):
        def unwrap(self, name: str, blob: bytes) -> bytes:
            kek = super().unwrap(name, blob)
            reached.set()
            go.wait(10)
            return kek

    slow = SlowKms(kms._path, kms._path.with_name("key"))
    cache = KekCache(slow, 300, StillClock())
    thread = threading.Thread(target=cache.kek, args=(SCOPE, 1, blob))
    thread.start()
    assert reached.wait(10)
    cache.forget(SCOPE)
    go.set()
    thread.join()
    cache.kek(SCOPE, 1, blob)
    assert slow.asked == 2


def test_the_cache_is_bounded(kms: CountingKms) -> None:
    cache = KekCache(kms, 300, StillClock(), most=2)
    blobs = [kms.wrap(scope_key(SCOPE), KEK) for _ in range(3)]
    for blob in blobs:
        cache.kek(SCOPE, 1, blob)
    cache.kek(SCOPE, 1, blobs[2])
    cache.kek(SCOPE, 1, blobs[1])
    assert kms.asked == 3
    cache.kek(SCOPE, 1, blobs[0])
    assert kms.asked == 4


def test_a_key_of_the_wrong_length_never_leaves_the_cache(kms: CountingKms) -> None:
    cache = KekCache(kms, 300, StillClock())
    with pytest.raises(Tampered):
        cache.kek(SCOPE, 1, kms.wrap(scope_key(SCOPE), b"short"))


def test_failures_are_not_kept(kms: CountingKms) -> None:
    cache = KekCache(kms, 300, StillClock())
    for _ in range(2):
        with pytest.raises(Tampered):
            cache.kek(SCOPE, 1, b"no blob at all")
    assert kms.asked == 2
