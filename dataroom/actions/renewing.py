"""Renewing keys without touching an object: a new version of a scope's key in the key service, or a new KEK.

What the key service does happens before the transaction, is good only while the row is what it was made from, and
may be left over without harm. Shredding is a new KEK under a new version, and, once that is committed and was seen
to open what it must, the end of all older versions: whatever a backup holds under them stays closed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, bindparam, not_, select

from dataroom.actions.attributes_people import held_person
from dataroom.actions.context import Desk, Services
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.renewing_persons import REWRAP, owe_rewrapping
from dataroom.actions.sealing import place_of, place_of_term, versions_of
from dataroom.actions.survivors import keep_sheet
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict, KeyDestroyed, Tampered, Unavailable
from dataroom.ids import new_id
from dataroom.model import AuditPerson, Errand, KeyScope, Term, User, Version
from dataroom.vault.keys import Renewal, kek_of, new_key, renewal_in, unwrap_dek, wrap_dek
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
BATCH = 2000
"""How many content keys one transaction moves: their matter waits meanwhile."""
Keys = Literal["kms", "keks"]
_FREE = select(User.id).where(User.id == AuditPerson.id, not_(held_person())).exists()
UNTAKEN = Errand.taken_until.is_(None)
ERRANDS: dict[str, tuple[str, ...]] = {"kms": ("scope.rewrap", REWRAP), "keks": ("scope.rekey",)}
"""What an order of each kind owes: the scopes' errands first."""


class Rotate(Params):
    """Which keys are renewed: those of the key service (`kms`) or the scopes' own (`keks`); of one scope or of all.

    Those of the key service are also the ones that wrap people's keys.
    """

    keys: Keys
    scope: uuid.UUID | None = None


class Shred(Params):
    """Only what was destroyed before this time (aware); empty: everything."""

    before: datetime | None = None


@dataclass(frozen=True, repr=False)
class Fresh:
    """A blob wrapped anew, good while the row still has the one it was `made_from`."""

    made_from: bytes
    blob: bytes


@dataclass(frozen=True, repr=False)
class Step:
    """One step of a renewal, good while the row still has the blob it was `made_from`.

    `ring` wraps both KEKs while the renewal goes on, `last` the new one alone once it is over; there is no `last` when
    more content keys are left than one step moves.
    """

    made_from: bytes
    renewal: Renewal
    starts: bool
    ring: bytes
    last: bytes | None


@action("key.rotate", on=None, kind="Service", performer="service")
def rotate(work: Work, _target: None, params: Rotate) -> Done:
    """Orders the renewal of keys; what an earlier order still owes is not owed twice."""
    kind = ERRANDS[params.keys][0]
    criteria = [KeyScope.state == "active", *([KeyScope.id == params.scope] if params.scope else [])]
    scopes = work.all(KeyScope, *criteria, order=(KeyScope.id,))
    if params.scope and not scopes:
        raise KeyDestroyed("There is no such scope in use.")
    work.state(keys=params.keys, ordered=_owe_once(work, kind, scopes), scopes=len(scopes))
    if REWRAP in ERRANDS[params.keys] and params.scope is None:
        work.state(people=owe_rewrapping(work))
    return Done(new_id())


@action("key.shred", on=None, kind="Service", performer="service")
def shred_stale(work: Work, _target: None, params: Shred) -> Done:
    """Orders that what was destroyed since the last renewal stays so, whatever is restored; ends what was retired."""
    stale = [KeyScope.stale_at.is_not(None), *([KeyScope.stale_at < params.before] if params.before else [])]
    ordered = _owe_once(work, "scope.shred", work.all(KeyScope, KeyScope.state == "active", *stale), UNTAKEN)
    due = work.all(KeyScope, KeyScope.state == "shredding", KeyScope.destroy_at <= work.now)
    people = work.all(AuditPerson, AuditPerson.state == "shredding", AuditPerson.destroy_at <= work.now, _FREE)
    forgetting = _owe_once(work, "person.destroy", people)
    work.state(ordered=ordered, destroying=_owe_once(work, "scope.destroy", due), forgetting=forgetting)
    return Done(new_id())


def is_due(services: Services, before: datetime) -> bool:
    """Whether `key.shred` would order anything that fell due before this time."""
    stale = (KeyScope.state == "active") & (KeyScope.stale_at < before)
    over = (KeyScope.state == "shredding") & (KeyScope.destroy_at < before)
    with services.database.reading() as session:
        scopes = session.scalars(select(KeyScope.id).where(stale | over).limit(1)).first()
        leaving = select(AuditPerson.id).where(AuditPerson.state == "shredding", AuditPerson.destroy_at < before, _FREE)
        return scopes is not None or session.scalars(leaving.limit(1)).first() is not None


def _owe_once(work: Work, kind: str, scopes: Sequence[KeyScope | AuditPerson], *which: ColumnElement[bool]) -> int:
    """Owes `kind` on each scope or person without an open errand of that kind (among `which`); returns how many."""
    open_ones = work.all(Errand, Errand.kind == kind, Errand.done_at.is_(None), *which)
    owed = {errand.payload.get("target") for errand in open_ones}
    fresh = [scope for scope in scopes if str(scope.id) not in owed]
    for scope in fresh:
        work.owe(kind, scope.id)
    return len(fresh)


def _under_a_new_version(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> Fresh:
    blob, kms = _blob(scope), desk.services.kms
    kms.rotate(scope.kms_key)
    return Fresh(blob, kms.wrap(scope.kms_key, kms.unwrap(scope.kms_key, blob)))


def _rekeying(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> Step:
    return _step(desk.services, scope, lambda old: Renewal("moves", scope.epoch, old, new_key()))


def _shredding(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> Step:
    return _step(desk.services, scope, lambda old: Renewal("shreds", scope.epoch, old, new_key()))


def _step(services: Services, scope: KeyScope, begin: Callable[[bytes], Renewal]) -> Step:
    """Begins a renewal, or goes on with the one the blob tells of, whoever began it.

    The last blob of a renewal that shreds is wrapped under a version of the key that nothing before it used, the ring
    included: a backup from amidst the renewal is closed like any older one.
    """
    blob, kms, name = _blob(scope), services.kms, scope.kms_key
    plain = kms.unwrap(name, blob)
    found, few = renewal_in(plain), _left(services, scope) <= BATCH
    if found and found.epoch != scope.epoch:
        raise Tampered("The scope's keys are of other epochs.")
    renewal = found or begin(plain)
    if few and renewal.purpose == "shreds":
        kms.rotate(name)
    ring = blob if found else kms.wrap(name, renewal.to_bytes())
    return Step(blob, renewal, found is None, ring, kms.wrap(name, renewal.new) if few else None)


def _left(services: Services, scope: KeyScope) -> int:
    with services.database.reading() as session:
        return len(session.scalars(select(Version.id).where(*_behind(scope)).limit(BATCH + 1)).all())


def _behind(scope: KeyScope) -> tuple[ColumnElement[bool], ...]:
    """The content keys of a scope that are still under its old KEK."""
    return (Version.scope_id == scope.id, Version.scope_epoch == scope.epoch, Version.wrapped_dek.is_not(None))


def _blob(scope: KeyScope) -> bytes:
    if scope.kek_blob is None:
        raise KeyDestroyed("The scope's key was destroyed.")
    return scope.kek_blob


@action("scope.rewrap", on=KeyScope, prepare=_under_a_new_version, performer="service")
def rewrap(work: Work, scope: KeyScope, params: Nothing, fresh: Fresh) -> Done:
    """Wraps a scope's KEK under a new version of its key in the key service."""
    _check_unchanged(scope, fresh.made_from)
    scope.kek_blob = fresh.blob
    work.state(epoch=scope.epoch)
    return Done(scope.id)


@action("scope.rekey", on=KeyScope, prepare=_rekeying, performer="service")
def rekey(work: Work, scope: KeyScope, params: Nothing, step: Step) -> Done:
    """Gives a scope a new KEK and wraps its content keys anew, some thousand in a transaction until all are."""
    if not _renew(work, scope, step):
        work.owe("scope.rekey", scope.id)
    return Done(scope.id)


@action("scope.shred", on=KeyScope, prepare=_shredding, performer="service")
def shred(work: Work, scope: KeyScope, params: Nothing, step: Step) -> Done:
    """Gives a scope a new KEK under a new version of its key, and owes the end of the older versions.

    A renewal for another purpose that is under way is ended first: what was destroyed meanwhile needs a KEK of its own.
    """
    if not _renew(work, scope, step) or step.renewal.purpose != "shreds":
        work.owe("scope.shred", scope.id)
    return Done(scope.id)


def _renew(work: Work, scope: KeyScope, step: Step) -> bool:
    """Moves as many content keys as one transaction should; returns whether those were the last."""
    _check_unchanged(scope, step.made_from)
    renewal, epoch = step.renewal, scope.epoch + 1
    query = select(*_COLUMNS).where(*_behind(scope)).order_by(Version.id).limit(BATCH + 1)
    held = work.session.execute(query).all()
    rows = []
    for row, organisation, matter, document, ordinal, kind, before, wrapped in held[:BATCH]:
        place = Place(organisation, matter, document, ordinal, Kind(kind))
        dek = unwrap_dek(renewal.old, scope.id, before, place, wrapped or b"")
        rows.append({"row": row, "epoch": epoch, "wrapped": wrap_dek(renewal.new, scope.id, epoch, place, dek)})
    if rows:
        work.session.connection().execute(_WRAPPED_ANEW, rows)
        work.session.expire_all()
    over = len(held) <= BATCH and step.last is not None
    if over:
        _renew_terms(work, scope, renewal)
        scope.epoch, scope.kek_blob = epoch, step.last
    else:
        scope.kek_blob = step.ring
    _note_purpose(work, scope, step, over)
    work.state(epoch=epoch, keys=len(rows), over=over)
    return over


def _renew_terms(work: Work, scope: KeyScope, renewal: Renewal) -> None:
    """Moves the keys of the dictionary's terms, which are few, along with the last of the content keys."""
    for term in work.all(Term, Term.scope_id == scope.id, Term.scope_epoch == scope.epoch):
        place = place_of_term(term)
        dek = unwrap_dek(renewal.old, scope.id, term.scope_epoch, place, term.wrapped_dek)
        term.scope_epoch = scope.epoch + 1
        term.wrapped_dek = wrap_dek(renewal.new, scope.id, term.scope_epoch, place, dek)


def _note_purpose(work: Work, scope: KeyScope, step: Step, over: bool) -> None:
    """What a renewal that shreds means for the scope: destroyed from now on is for the next, trimmed at the end."""
    if step.renewal.purpose == "shreds":
        scope.stale_at = None if step.starts else scope.stale_at
        if over:
            work.owe("scope.trim", scope.id)


def _check_unchanged(scope: KeyScope, made_from: bytes) -> None:
    if scope.kek_blob != made_from:
        raise Unavailable("The scope's key was renewed meanwhile; it is tried again.")


def _trim(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> int:
    """Sees that the committed rows open every content key, and one content, before older versions end.

    What lets older databases open the survivors is kept first, or nothing ends.
    """
    services, blob, opened = desk.services, _blob(scope), 0
    plain = services.kms.unwrap(scope.kms_key, blob)
    for version in _survivors(services, scope.id, blob):
        epoch = version.scope_epoch
        dek = unwrap_dek(kek_of(plain, epoch), scope.id, epoch, place_of(version), version.wrapped_dek or b"")
        if opened == 0:
            _read_one(services, version, dek)
        opened += 1
    with services.database.reading() as session:
        terms = session.scalars(select(Term).where(Term.scope_id == scope.id)).all()
    for term in terms:
        kek = kek_of(plain, term.scope_epoch)
        unwrap_dek(kek, scope.id, term.scope_epoch, place_of_term(term), term.wrapped_dek)
    keep_sheet(services, scope)
    services.kms.trim(scope.kms_key, blob)
    return opened


def _survivors(services: Services, scope: uuid.UUID, blob: bytes) -> Iterator[Version]:
    """Every version with a content key, page by page, while the scope's own key stays the same."""
    last = (0, uuid.UUID(int=0))
    while True:
        with services.database.reading() as session:
            if session.scalar(select(KeyScope.kek_blob).where(KeyScope.id == scope)) != blob:
                raise Unavailable("The scope's key was renewed meanwhile; it is tried again.")
            query = versions_of(scope, last).where(Version.wrapped_dek.is_not(None))
            page = list(session.scalars(query.limit(BATCH)))
            session.expunge_all()
        yield from page
        if len(page) < BATCH:
            return
        last = (page[-1].scope_epoch, page[-1].id)


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
