"""What the vault asks of an object store: versions kept, and nothing half-written ever readable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dataroom.errors import NotFound


class Missing(NotFound):
    """A recorded object is not in the store: erased, or lost. Nothing can be shown in its place."""

    code, status = "object-missing", 500
    title = "The stored object is gone"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as written: its key, the store's id of this very version, and its length in bytes."""

    key: str
    version_id: str
    length: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One version found by `listing`; `latest` when it is the one a reader without a version id would get."""

    key: str
    version_id: str
    length: int
    modified: datetime
    latest: bool


class ObjectStore(Protocol):
    """A bucket. All methods are safe for threads and raise `Unavailable` when the store does not serve us."""

    def put_stream(self, key: str, pieces: Iterable[bytes]) -> Stored:
        """Store all `pieces` as one new version, in bounded memory.

        If the iterable raises, or the store fails, that error comes out and nothing readable is left behind.
        """
        ...

    def read_range(self, stored: Stored, start: int, stop: int) -> bytes:
        """Bytes [start, stop) of exactly this version; `Missing`; `Tampered` if length or version differ."""
        ...

    def read_stream(self, stored: Stored) -> Iterator[bytes]:
        """All bytes of exactly this version; `Missing` and a differing length are raised before any byte."""
        ...

    def put_once(self, key: str, data: bytes) -> bool:
        """Store a few bytes under a key that holds nothing yet; False, and nothing stored, when it holds something."""
        ...

    def first(self, prefix: str) -> tuple[str, bytes] | None:
        """The first key, in order, that begins with `prefix`, and what it holds now; None when there is none."""
        ...

    def erase(self, key: str) -> int:
        """Remove every version and delete marker of `key`; returns how many. Nothing to do is no error."""
        ...

    def listing(self, prefix: str) -> Iterator[Listed]:
        """Every version of every key that begins with `prefix`."""
        ...

    def unfinished(self) -> Iterator[tuple[str, datetime]]:
        """Key and beginning (aware) of every upload in parts that was neither finished nor aborted."""
        ...

    def abort_stale_uploads(self, older_than: datetime) -> int:
        """Drop unfinished uploads begun before `older_than` (aware); returns how many."""
        ...

    def ready(self) -> None:
        """Returns if the bucket serves us and keeps versions."""
        ...
