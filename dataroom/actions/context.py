"""What actions are given: who acts, and the parts of the house they may use, as protocols the adapters fulfil."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from dataroom.clock import Clock
from dataroom.config import Config
from dataroom.vault.keys import KekCache, Kms
from dataroom.vault.store import ObjectStore
from policies.engine import Law

EVERYTHING = "everything"
"""The scope of whoever came without an API token, and of tokens that may do whatever their person may."""


@dataclass(frozen=True)
class Principal:
    """Whoever performs an action. `role` is `service` for the installation's own worker, which has no user.

    `arriving` is true only while somebody signs in for the first time, before their user row exists. `scopes` and
    `confined` (the one matter) are those of the API token somebody came with, and `via` names it in the audit log.
    `place` is the country they are in (ISO 3166-1 alpha-2), empty when nothing trusted tells it.
    """

    role: str
    user: uuid.UUID | None = None
    organisation: uuid.UUID | None = None
    organisation_name: str = ""
    name: str = ""
    email: str = ""
    address: str = ""
    session: uuid.UUID | None = None
    token: uuid.UUID | None = None
    arriving: bool = False
    scopes: tuple[str, ...] = (EVERYTHING,)
    confined: uuid.UUID | None = None
    via: str = ""
    place: str = ""

    @property
    def kind(self) -> str:
        """What acts: a person, the service itself, or an organisation's directory, which `token` names."""
        return self.role if self.role in {"service", "directory"} else "person"


SERVICE = Principal(role="service", name="worker")


class Database(Protocol):
    """Sessions in one transaction each."""

    def writing(self) -> AbstractContextManager[Session]:
        """Commits at its end, or leaves nothing behind."""
        ...

    def reading(self) -> AbstractContextManager[Session]:
        """Changes nothing."""
        ...

    def snapshot(self) -> AbstractContextManager[Session]:
        """Changes nothing and sees everything as of one moment."""
        ...

    def ready(self) -> None:
        """Raises `Unavailable` when the database does not answer."""
        ...


@dataclass(frozen=True)
class Source:
    """A sealed PDF read by range: `fetch(start, stop)` gives plaintext bytes; `key` names the content for reuse.

    A child process that has read behind one `wall` (matter and owner) never reads behind another.
    """

    key: str
    size: int
    fetch: Callable[[int, int], bytes]
    wall: str


@dataclass(frozen=True)
class Inspected:
    """What a limited child process found in a PDF; sizes are (width, height) in points after rotation."""

    pages: int
    page_sizes: tuple[tuple[float, float], ...]
    has_text: bool


Told = Callable[[str, int, int], None]
"""Called with the stage of a long piece of PDF work, how much of it is done, and how much there is."""


def unheard(stage: str, done: int, of: int) -> None:
    """Tells nobody how far the work has come."""


class Workshop(Protocol):
    """PDF work in limited child processes; a refusal by name is raised as `Invalid` with its code."""

    def begin(self) -> None:
        """Begins to start the children that draw pages, so that the first page need not wait for one."""
        ...

    def inspect(self, source: Any) -> Any:
        """Pages, sizes and whether there is text."""
        ...

    def render(self, source: Any, page: int, width: int, lines: Sequence[str]) -> bytes:
        """A page as JPEG, `width` pixels wide, with the watermark lines burned in."""
        ...

    def words(self, source: Any, page: int) -> Any:
        """The words of a page with their boxes."""
        ...

    def search(self, source: Any, term: str) -> Any:
        """Where a term stands."""
        ...

    def find(
        self,
        source: Any,
        queries: Sequence[dict[str, Any]],
        read: Mapping[int, Sequence[dict[str, Any]]],
        first: int = 1,
        last: int | None = None,
    ) -> Any:
        """Where queries stand on pages `first` to `last` (None: to the end), in text and in words read from pictures,
        with what stands around them."""
        ...

    def hidden(self, source: Any, marks: Mapping[int, Sequence[tuple[float, float, float, float]]]) -> Sequence[str]:
        """The phrases that boxes on pages cover."""
        ...

    def sketch(self, source: Any) -> Sequence[int]:
        """What tells documents of nearly the same text."""
        ...

    def pictured(self, source: Any) -> Any:
        """The pages that show a picture instead of text."""
        ...

    def recognise(self, source: Any, page: int) -> Any:
        """The words read from the picture of a page."""
        ...

    def reads(self) -> Sequence[str]:
        """The languages pictures of text are read in; none where they cannot be read."""
        ...

    def redact(self, source: Any, plan: dict[str, Any], salt: bytes, told: Told) -> Any:
        """The redacted and verified copy, its report and proof; `salt` closes what the proof says of the original."""
        ...

    def verify(self, output: Any, original: Any, report: dict[str, Any], plan: dict[str, Any], told: Told) -> Any:
        """The checks of a redacted copy, public and sealed, made anew."""
        ...

    def stamp(self, source: Any, lines: Sequence[str], numbers: Sequence[str] = ()) -> Iterator[bytes]:
        """A copy stamped for one recipient, piece by piece; `numbers` are printed one on each page."""
        ...

    def overstamp(self, source: Any, lines: Sequence[str], numbers: Sequence[str] = ()) -> Iterator[bytes]:
        """Like `stamp`, for a redacted copy: it begins with the bytes its proof speaks of."""
        ...


class Paper(Protocol):
    """Writes tables and statements as PDF."""

    def table(
        self,
        title: str,
        facts: Sequence[tuple[str, str]],
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
    ) -> bytes:
        """A titled PDF with a block of facts and a table."""
        ...


class Courier(Protocol):
    """Takes a request to a witness outside; `Unavailable` when no acceptable answer came."""

    def accepts(self, url: str) -> bool:
        """Whether the address may be called: https, or http on this very machine."""
        ...

    def post(self, url: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, media type and body of the answer."""
        ...


class TimeStamps(Protocol):
    """A time-stamp authority (RFC 3161)."""

    def stamp(self, note: bytes, now: datetime) -> tuple[bytes, datetime]:
        """A fresh token over a note, and the time in it; `Unavailable` when none came that holds."""
        ...

    def holds(self, note: bytes, token: bytes) -> datetime:
        """The time in an earlier token; `Tampered` unless it is over `note` and by the authority."""
        ...


class Locked(Protocol):
    """A bucket in which nothing can be changed or deleted before its date, not by us either."""

    def keep(self, key: str, data: bytes, until: datetime) -> tuple[str, datetime]:
        """Writes and locks; returns the id of the version and until when. `Conflict` when the key holds another."""
        ...

    def first(self, prefix: str) -> tuple[str, list[bytes]] | None:
        """The first key, in order, that begins with `prefix`, and everything ever written under it."""
        ...

    def every(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Everything ever written under keys that begin with `prefix`, with its key."""
        ...


class AccessTokens(Protocol):
    """Access tokens that companies' identity providers issue (RFC 9068); each refusal is `Unauthenticated`."""

    def issuer(self, token: str) -> str:
        """Whose token this claims to be, unverified."""
        ...

    def holder(
        self, token: str, issuer: str, audience: str, algorithms: tuple[str, ...], hosts: tuple[str, ...], now: float
    ) -> tuple[str, tuple[str, ...] | None]:
        """Subject and scopes (None: it names none) of a token of `issuer` for `audience` that holds at `now`, in
        seconds since 1970. `hosts` may be called for the issuer besides its own."""
        ...


@dataclass(frozen=True)
class Services:
    """Every part an action may reach, composed once in `dataroom.app`."""

    config: Config
    clock: Clock
    database: Database
    law: Law
    store: ObjectStore
    kms: Kms
    keks: KekCache
    workshop: Workshop
    paper: Paper
    courier: Courier
    stamps: TimeStamps | None = None
    locked: Locked | None = None
    access: AccessTokens | None = None


@dataclass(frozen=True)
class Desk:
    """What the phases outside the transaction get: the services, and for whom they work."""

    services: Services
    principal: Principal


@dataclass(frozen=True)
class Download:
    """A file handed to a person: `pieces` are its bytes, `name` a safe file name."""

    name: str
    media_type: str
    pieces: Iterator[bytes]
    length: int | None = None
