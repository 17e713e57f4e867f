"""Renewing the keys that close what the log tells of people: each KEK is wrapped under a new version of its key.

The KEKs themselves stay, since every field of a person is sealed under theirs. Older versions of the keys stay as well:
a restored database has blobs that were wrapped under them. What the key service does happens before the transaction and
may be left over without harm.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from dataroom.actions.context import Desk
from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import KeyDestroyed, Tampered
from dataroom.ids import new_id
from dataroom.model import AuditPerson, Errand

REWRAP = "person.rewrap"
AT_ONCE = 100
"""How many people one entry tells of."""


class Rewrap(Params):
    """Whose keys: the numbers of people from `first` to `last`, both included."""

    first: uuid.UUID
    last: uuid.UUID


@dataclass(frozen=True, repr=False)
class Fresh:
    """A person's blob wrapped anew, good while the row still has the one it was `made_from`; None: it did not open."""

    person: uuid.UUID
    made_from: bytes
    blob: bytes | None


def owe_rewrapping(work: Work) -> int:
    """Owes the renewal of everybody's key, some at a time, unless an earlier order still does; returns the errands."""
    if work.one(Errand, Errand.kind == REWRAP, Errand.done_at.is_(None)) is not None:
        return 0
    ids = [row[0] for row in work.rows(select(AuditPerson.id).where(*_in_use()).order_by(AuditPerson.id))]
    groups = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
    for group in groups:
        params = {"first": str(group[0]), "last": str(group[-1])}
        work.add(Errand(id=new_id(), kind=REWRAP, payload={"params": params}, due_at=work.now, attempts=0))
    return len(groups)


def _in_use() -> tuple[ColumnElement[bool], ...]:
    return AuditPerson.state == "active", AuditPerson.kek_blob.is_not(None)


def _wrapped_anew(desk: Desk, _target: None, params: Rewrap, stream: object) -> list[Fresh]:
    query = select(AuditPerson).where(*_in_use(), AuditPerson.id.between(params.first, params.last))
    with desk.services.database.reading() as session:
        people = list(session.scalars(query.order_by(AuditPerson.id).limit(AT_ONCE)))
    return [_one(desk, person) for person in people]


def _one(desk: Desk, person: AuditPerson) -> Fresh:
    kms, name, blob = desk.services.kms, person.kms_key, person.kek_blob or b""
    try:
        plain = kms.unwrap(name, blob)
        kms.rotate(name)
        return Fresh(person.id, blob, kms.wrap(name, plain))
    except (KeyDestroyed, Tampered):
        return Fresh(person.id, blob, None)


@action(REWRAP, on=None, kind="Service", prepare=_wrapped_anew, performer="service")
def rewrap(work: Work, _target: None, params: Rewrap, fresh: list[Fresh]) -> Done:
    """Wraps the keys of some people's fields under new versions of their keys in the key service."""
    renewed = 0
    for one in fresh:
        row = work.get(AuditPerson, one.person)
        if one.blob is not None and row.state == "active" and row.kek_blob == one.made_from:
            row.kek_blob = one.blob
            renewed += 1
    work.state(renewed=renewed, damaged=[str(one.person) for one in fresh if one.blob is None])
    return Done(new_id())
