"""Sealing and opening contents for actions: scopes and their keys, streams in, ranges out.

Nothing here decides who may: the gate has, before it is called. No transaction is open while bytes move.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dataroom.actions.context import Inspected, Services, Source
from dataroom.actions.pins import vouch
from dataroom.errors import Conflict, KeyDestroyed, TooLarge
from dataroom.ids import new_id
from dataroom.model import KeyScope, Term, Version
from dataroom.vault.keys import new_key, scope_key, unwrap_dek, wrap_dek
from dataroom.vault.sealed import Kind, Place, Sealer, open_range, open_stream
from dataroom.vault.store import Stored

PREFIX = "objects/"


@dataclass(frozen=True)
class Scope:
    """An active scope with its key, in memory for one action."""

    id: uuid.UUID
    epoch: int
    kek: bytes


@dataclass(frozen=True)
class SealedObject:
    """What sealing a stream produced: where it lies, how it is described, and the content key that opens it."""

    stored: Stored
    header: bytes
    dek: bytes
    place: Place
    size: int
    sha256: str


@dataclass(frozen=True)
class Opened:
    """A version's key and place, taken inside a transaction so that its bytes can be read after the commit."""

    version_id: uuid.UUID
    place: Place
    header: bytes
    stored: Stored
    size: int
    dek: bytes

    def source(self, services: Services) -> Source:
        """The content as a PDF source read by range."""

        def fetch(start: int, stop: int) -> bytes:
            return open_range(
                self.dek,
                self.place,
                self.header,
                self.stored.length,
                start,
                stop,
                lambda low, high: services.store.read_range(self.stored, low, high),
            )

        return Source(str(self.version_id), self.size, fetch, f"{self.place.matter}/{self.place.organisation}")

    def stream(self, services: Services) -> Iterator[bytes]:
        """The whole content, piece by piece."""
        pieces = services.store.read_stream(self.stored)
        return open_stream(self.dek, self.place, self.header, self.stored.length, pieces)


def scope_for(services: Services, matter: uuid.UUID, organisation: uuid.UUID, tier: int) -> Scope:
    """The scope of (matter, organisation, tier), made with its keys when there is none; a tombstone is refused."""
    with services.database.reading() as session:
        row = _scope_row(session, matter, organisation, tier)
    if row is None:
        row = _new_scope(services, matter, organisation, tier)
    return _open_scope(services, row)


def _scope_row(session: Session, matter: uuid.UUID, organisation: uuid.UUID, tier: int) -> KeyScope | None:
    return session.scalars(
        select(KeyScope).where(
            KeyScope.matter_id == matter, KeyScope.organisation_id == organisation, KeyScope.tier == tier
        )
    ).first()


def _new_scope(services: Services, matter: uuid.UUID, organisation: uuid.UUID, tier: int) -> KeyScope:
    scope_id = new_id()
    name = scope_key(scope_id)
    services.kms.create(name)
    row = KeyScope(
        id=scope_id,
        matter_id=matter,
        organisation_id=organisation,
        tier=tier,
        epoch=1,
        kms_key=name,
        kek_blob=services.kms.wrap(name, new_key()),
        state="active",
        created_at=services.clock.now(),
    )
    with suppress(IntegrityError), services.database.writing() as session:
        session.add(row)
    with services.database.reading() as session:
        found = _scope_row(session, matter, organisation, tier)
    if found is None:
        raise Conflict("The key scope could not be made; try again.")
    if found.id != scope_id:
        services.kms.destroy(name)
    return found


def _open_scope(services: Services, row: KeyScope, epoch: int | None = None) -> Scope:
    """The scope with its key of an epoch: the row's, or while its key is renewed perhaps the one after it."""
    epoch = row.epoch if epoch is None else epoch
    if row.state != "active" or row.kek_blob is None:
        raise KeyDestroyed("The keys of this part of the matter were destroyed.")
    return Scope(row.id, epoch, services.keks.kek(row.id, epoch, row.kek_blob))


def seal_stream(services: Services, place: Place, pieces: Iterable[bytes]) -> SealedObject:
    """Seals `pieces` under a fresh key while they stream into the store; raises `TooLarge` beyond the limit."""
    dek = new_key()
    sealer = Sealer(dek, place)
    stored = services.store.put_stream(
        PREFIX + str(new_id()), sealer.seal(_bounded(pieces, services.config.upload_limit))
    )
    return SealedObject(stored, sealer.header, dek, place, sealer.size, sealer.sha256.hex())


def pass_through(services: Services, place: Place, pieces: Iterable[bytes]) -> tuple[int, Iterator[bytes]]:
    """Keeps a stream sealed in the store under a key of this moment until it was handed out; size and pieces.

    So a child process is done at its own speed, a slow reader holds up nobody, and nothing lies in memory or in the
    clear. What a reader never takes is swept like a broken upload.
    """
    dek = new_key()
    derived = Place(place.organisation, place.matter, place.document, place.version, Kind.DERIVED)
    sealer = Sealer(dek, derived)
    stored = services.store.put_stream(PREFIX + str(new_id()), sealer.seal(pieces))

    def handed_out() -> Iterator[bytes]:
        try:
            yield from open_stream(dek, derived, sealer.header, stored.length, services.store.read_stream(stored))
        finally:
            services.store.erase(stored.key)

    return sealer.size, handed_out()


def _bounded(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise TooLarge(f"The file is larger than the {limit // 1024**2} MiB accepted here.", facts={"limit": limit})
        yield piece


def place_of(version: Version) -> Place:
    """Where a version's content belongs."""
    return Place(version.organisation_id, version.matter_id, version.document_id, version.ordinal, Kind(version.kind))


def versions_of(scope: uuid.UUID, after: tuple[int, uuid.UUID]) -> Select[Version]:
    """The versions under a scope after (epoch, id), in that order: a renewal moves none backwards."""
    place = (Version.scope_epoch, Version.id)
    return select(Version).where(Version.scope_id == scope, tuple_(*place) > tuple_(*after)).order_by(*place)


def place_of_term(term: Term) -> Place:
    """Where a term of a dictionary belongs; its own id stands for the document."""
    return Place(term.organisation_id, term.matter_id, term.id, 0, Kind.DERIVED)


def open_scope_of(services: Services, session: Session, term: Term) -> Scope:
    """The scope that opens a term, with its key of the term's epoch; `KeyDestroyed` once it is out of use."""
    scope = session.get_one(KeyScope, term.scope_id, populate_existing=True)
    return _open_scope(services, scope, term.scope_epoch)


def current(services: Services, session: Session, scope: Scope) -> Scope:
    """The scope as it is now, inside the action's transaction: its key may have been renewed while bytes moved."""
    row = session.get(KeyScope, scope.id, populate_existing=True)
    if row is None:
        raise KeyDestroyed()
    vouch(session, row)
    return scope if row.epoch == scope.epoch and row.state == "active" else _open_scope(services, row)


def wrap(scope: Scope, sealed: SealedObject) -> bytes:
    """The content key of a freshly sealed object, wrapped for its row."""
    return wrap_dek(scope.kek, scope.id, scope.epoch, sealed.place, sealed.dek)


def columns(scope: Scope, sealed: SealedObject, found: Inspected) -> dict[str, Any]:
    """What a version's row says about its content, where it lies and the key that opens it."""
    return {
        "size": sealed.size,
        "sha256": sealed.sha256,
        "pages": found.pages,
        "page_sizes": [list(size) for size in found.page_sizes],
        "has_text": found.has_text,
        "object_key": sealed.stored.key,
        "object_version": sealed.stored.version_id,
        "object_length": sealed.stored.length,
        "header": sealed.header,
        "scope_id": scope.id,
        "scope_epoch": scope.epoch,
        "wrapped_dek": wrap(scope, sealed),
    }


def open_version(services: Services, session: Session, version: Version) -> Opened:
    """The key and place of a version whose scope is active; `KeyDestroyed` once it has been disposed of."""
    scope = session.get(KeyScope, version.scope_id, populate_existing=True)
    if scope is not None and scope.epoch != version.scope_epoch:
        session.refresh(version, ["wrapped_dek", "scope_epoch"])
    if version.wrapped_dek is None or scope is None or version.state == "destroyed":
        raise KeyDestroyed()
    kek = _open_scope(services, scope, version.scope_epoch).kek
    place = place_of(version)
    dek = unwrap_dek(kek, scope.id, version.scope_epoch, place, version.wrapped_dek)
    stored = Stored(version.object_key, version.object_version, version.object_length)
    return Opened(version.id, place, version.header, stored, version.size, dek)


def rewrap(services: Services, session: Session, version: Version, scope: Scope) -> None:
    """Moves a version's key under another scope (its tier has changed); the object stays as it is.

    The scope it leaves becomes stale: backups hold the key under the old one, which must go before the content can.
    """
    opened = open_version(services, session, version)
    scope = current(services, session, scope)
    left = session.get_one(KeyScope, version.scope_id)
    left.stale_at = services.clock.now()
    session.flush()
    version.wrapped_dek = wrap_dek(scope.kek, scope.id, scope.epoch, opened.place, opened.dek)
    version.scope_id, version.scope_epoch = scope.id, scope.epoch
