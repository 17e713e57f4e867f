"""Renewing keys without touching an object: a new version of a scope's key in the key service, or a new KEK.

What the key service does happens before the transaction, is good only while the row is what it was made from, and
may be left over without harm. Shredding is a new KEK under a new version, and, once that is committed and was seen
to open what it must, the end of all older versions: whatever a backup holds under them stays closed.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Row, bindparam, select

from dataroom.actions.context import Desk, Services
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.sealing import place_of
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict, KeyDestroyed, Tampered, Unavailable
from dataroom.ids import new_id
from dataroom.model import Errand, KeyScope, Version
from dataroom.vault.keys import new_key, unwrap_dek, wrap_dek
from dataroom.vault.sealed import Kind, Place, open_range
from dataroom.vault.store import Stored

_COLUMNS = (
    Version.id,
    Version.organisation_id,
    Version.matter_id,
    Version.document_id,
    Version.ordinal,
    Version.kind,
    Version.scope_epoch,
    Version.wrapped_dek,
)
_WRAPPED_ANEW = (
    Version.__table__.update()  # type: ignore[attr-defined]
    .where(Version.__table__.c.id == bindparam("row"))
    .values(scope_epoch=bindparam("epoch"), wrapped_dek=bindparam("wrapped"))
)
Keys = Literal["kms", "keks"]
UNTAKEN = Errand.taken_until.is_(None)
ERRANDS: dict[str, str] = {"kms": "scope.rewrap", "keks": "scope.rekey"}


class Rotate(Params):
    """Which keys are renewed: those of the key service (`kms`) or the scopes' own (`keks`); of one scope or of all."""

    keys: Keys
    scope: uuid.UUID | None = None


class Shred(Params):
    """Only what was destroyed before this time (aware); empty: everything."""

    before: datetime | None = None


@dataclass(frozen=True, repr=False)
class Fresh:
    """A KEK wrapped anew: `old` was in the row's blob `made_from`, `new` (it may be the same) is in `blob`."""

    made_from: bytes
    old: bytes
    new: bytes
    blob: bytes


@action("key.rotate", on=None, kind="Service", performer="service")
def rotate(work: Work, _target: None, params: Rotate) -> Done:
    """Orders the renewal of keys; what an earlier order still owes is not owed twice."""
    kind = ERRANDS[params.keys]
    criteria = [KeyScope.state == "active", *([KeyScope.id == params.scope] if params.scope else [])]
    scopes = work.all(KeyScope, *criteria, order=(KeyScope.id,))
    if params.scope and not scopes:
        raise KeyDestroyed("There is no such scope in use.")
    work.state(keys=params.keys, ordered=_owe_once(work, kind, scopes), scopes=len(scopes))
    return Done(new_id())


@action("key.shred", on=None, kind="Service", performer="service")
def shred_stale(work: Work, _target: None, params: Shred) -> Done:
    """Orders that what was destroyed since the last renewal stays so, whatever is restored; ends what was retired."""
    stale = [KeyScope.stale_at.is_not(None), *([KeyScope.stale_at < params.before] if params.before else [])]
    ordered = _owe_once(work, "scope.shred", work.all(KeyScope, KeyScope.state == "active", *stale), UNTAKEN)
    due = work.all(KeyScope, KeyScope.state == "shredding", KeyScope.destroy_at <= work.now)
    work.state(ordered=ordered, destroying=_owe_once(work, "scope.destroy", due))
    return Done(new_id())


def is_due(services: Services, before: datetime) -> bool:
    """Whether `key.shred` would order anything that fell due before this time."""
    stale = (KeyScope.state == "active") & (KeyScope.stale_at < before)
    over = (KeyScope.state == "shredding") & (KeyScope.destroy_at < before)
    with services.database.reading() as session:
        return session.scalars(select(KeyScope.id).where(stale | over).limit(1)).first() is not None


def _owe_once(work: Work, kind: str, scopes: Sequence[KeyScope], *which: ColumnElement[bool]) -> int:
    """Owes `kind` on each scope for which there is no open errand of that kind (among `which`); returns how many."""
    open_ones = work.all(Errand, Errand.kind == kind, Errand.done_at.is_(None), *which)
    owed = {errand.payload.get("target") for errand in open_ones}
    fresh = [scope for scope in scopes if str(scope.id) not in owed]
    for scope in fresh:
        work.owe(kind, scope.id)
    return len(fresh)


def _under_a_new_version(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> Fresh:
    blob, kms = _blob(scope), desk.services.kms
    kms.rotate(scope.kms_key)
    kek = kms.unwrap(scope.kms_key, blob)
    return Fresh(blob, kek, kek, kms.wrap(scope.kms_key, kek))


def _a_new_kek(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> Fresh:
    blob, kms, new = _blob(scope), desk.services.kms, new_key()
    return Fresh(blob, kms.unwrap(scope.kms_key, blob), new, kms.wrap(scope.kms_key, new))


def _a_new_kek_under_a_new_version(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> Fresh:
    desk.services.kms.rotate(scope.kms_key)
    return _a_new_kek(desk, scope, params, stream)


def _blob(scope: KeyScope) -> bytes:
    if scope.kek_blob is None:
        raise KeyDestroyed("The scope's key was destroyed.")
    return scope.kek_blob


@action("scope.rewrap", on=KeyScope, prepare=_under_a_new_version, performer="service")
def rewrap(work: Work, scope: KeyScope, params: Nothing, fresh: Fresh) -> Done:
    """Wraps a scope's KEK under a new version of its key in the key service."""
    _check_unchanged(scope, fresh)
    scope.kek_blob = fresh.blob
    work.state(epoch=scope.epoch)
    return Done(scope.id)


@action("scope.rekey", on=KeyScope, prepare=_a_new_kek, performer="service")
def rekey(work: Work, scope: KeyScope, params: Nothing, fresh: Fresh) -> Done:
    """Gives a scope a new KEK and wraps every content key of the scope anew, in one transaction."""
    _renew(work, scope, fresh)
    return Done(scope.id)


@action("scope.shred", on=KeyScope, prepare=_a_new_kek_under_a_new_version, performer="service")
def shred(work: Work, scope: KeyScope, params: Nothing, fresh: Fresh) -> Done:
    """Gives a scope a new KEK under a new version of its key, and owes the end of the older versions."""
    _renew(work, scope, fresh)
    scope.stale_at = None
    work.owe("scope.trim", scope.id)
    return Done(scope.id)


def _renew(work: Work, scope: KeyScope, fresh: Fresh) -> None:
    _check_unchanged(scope, fresh)
    epoch = scope.epoch + 1
    held = work.session.execute(select(*_COLUMNS).where(Version.scope_id == scope.id, Version.wrapped_dek.is_not(None)))
    rows = []
    for row, organisation, matter, document, ordinal, kind, before, wrapped in held:
        place = Place(organisation, matter, document, ordinal, Kind(kind))
        dek = unwrap_dek(fresh.old, scope.id, before, place, wrapped or b"")
        rows.append({"row": row, "epoch": epoch, "wrapped": wrap_dek(fresh.new, scope.id, epoch, place, dek)})
    if rows:
        work.session.connection().execute(_WRAPPED_ANEW, rows)
        work.session.expire_all()
    scope.epoch, scope.kek_blob = epoch, fresh.blob
    work.state(epoch=epoch, keys=len(rows))


def _check_unchanged(scope: KeyScope, fresh: Fresh) -> None:
    if scope.kek_blob != fresh.made_from:
        raise Unavailable("The scope's key was renewed meanwhile; it is tried again.")


def _trim(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> int:
    """Sees that the committed rows open every content key, and one content, before older versions end."""
    services = desk.services
    with services.database.reading() as session:
        query = select(Version, KeyScope.epoch, KeyScope.kek_blob).join(KeyScope, KeyScope.id == Version.scope_id)
        rows = session.execute(query.where(KeyScope.id == scope.id, Version.wrapped_dek.is_not(None))).all()
        session.expunge_all()
    blob = rows[0].kek_blob if rows else _blob(scope)
    kek = services.kms.unwrap(scope.kms_key, blob)
    deks = [_opened(kek, scope.id, row) for row in rows]
    for row, dek in list(zip(rows, deks, strict=True))[:1]:
        _read_one(services, row[0], dek)
    services.kms.trim(scope.kms_key, blob)
    return len(rows)


def _opened(kek: bytes, scope: uuid.UUID, row: Row[Version, int, bytes | None]) -> bytes:
    version, epoch, _blob = row
    return unwrap_dek(kek, scope, epoch, place_of(version), version.wrapped_dek or b"")


def _read_one(services: Services, version: Version, dek: bytes) -> None:
    stored = Stored(version.object_key, version.object_version, version.object_length)
    place, stop = place_of(version), min(version.size, 64)
    piece = open_range(
        dek,
        place,
        version.header,
        stored.length,
        0,
        stop,
        lambda low, high: services.store.read_range(stored, low, high),
    )
    if len(piece) != stop:
        raise Tampered("A content that must survive does not open; no key was destroyed.")


@action("scope.trim", on=KeyScope, prepare=_trim, performer="service")
def trim(work: Work, scope: KeyScope, params: Nothing, opened: int) -> Done:
    """Ends the older versions of a scope's key, so that nothing a backup holds under them opens any more."""
    if scope.kek_blob is None:
        raise Conflict("The scope is gone.")
    work.state(epoch=scope.epoch, opened=opened)
    return Done(scope.id)
