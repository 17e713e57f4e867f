"""The service's own errands: erasing the bytes of destroyed versions, and sweeping uploads that never became rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dataroom.actions import outside
from dataroom.actions.checks.findings import ERROR, Finding
from dataroom.actions.checks.objects import Pair, grace, paired
from dataroom.actions.checks.run import logs_and_rows
from dataroom.actions.context import Desk, Services
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.errors import Conflict, Unavailable
from dataroom.ids import new_id
from dataroom.model import AuditHalt, AuditLog, Hold, HoldDocument, Version

MOST_SWEPT = 100
SHARE = 10
ROWS = frozenset({"row-added", "row-changed", "row-missing", "person-changed"})
FEW = 10
"""So many orphans are always believed; beyond, they may be at most a share of all objects."""


class Sweep(Params):
    """How many orphans one run may remove, and how many of a hundred objects may look like one at most."""

    most: Annotated[int, Field(ge=1, le=10_000)] = MOST_SWEPT
    share: Annotated[int, Field(ge=1, le=100)] = SHARE


@dataclass(frozen=True)
class Orphan:
    """An object that nothing needs: its key, the bytes of all its versions, when it was last written."""

    key: str
    length: int
    modified: datetime


@dataclass(frozen=True)
class Orphans:
    """What a sweep would take: the first `most` orphans, how many there are, and of how many objects."""

    first: tuple[Orphan, ...]
    count: int
    objects: int
    unfinished: int


def _erase(desk: Desk, version: Version, params: Nothing, stream: object) -> int:
    if version.wrapped_dek is not None or version.state != "destroyed":
        raise Conflict("The version is not destroyed.")
    return desk.services.store.erase(version.object_key)


@action("version.erase", on=Version, prepare=_erase, performer="service")
def erase(work: Work, version: Version, params: Nothing, erased: int) -> Done:
    """Erases every stored copy of a destroyed version's bytes."""
    work.state(object_versions=erased)
    return Done(version.id)


def orphans(services: Services, most: int) -> Orphans:
    """Objects past the grace period that no row names, or that a destroyed and unheld version left; removes nothing."""
    first: list[Orphan] = []
    before, count, objects = grace(services), 0, 0
    for pair in paired(services):
        objects += bool(pair.stored)
        if not pair.stored or not _is_needless(services, pair, before):
            continue
        count += 1
        if len(first) < most:
            length = sum(item.length for item in pair.stored)
            first.append(Orphan(pair.key, length, max(item.modified for item in pair.stored)))
    unfinished = sum(begun < before for _key, begun in services.store.unfinished())
    return Orphans(tuple(first), count, objects, unfinished)


def _is_needless(services: Services, pair: Pair, before: datetime) -> bool:
    if any(item.modified >= before for item in pair.stored):
        return False
    if pair.row is None:
        return True
    return pair.row.state == "destroyed" and not _held(services, pair)


def _held(services: Services, pair: Pair) -> bool:
    query = select(HoldDocument.document_id).join(Hold, Hold.id == HoldDocument.hold_id)
    with services.database.reading() as session:
        live = query.where(Hold.released_at.is_(None), HoldDocument.document_id == pair.row.document_id)
        return session.scalars(live).first() is not None


def _look(desk: Desk, target: None, params: Sweep, stream: object) -> Orphans:
    """Refuses where the rows are not to be trusted: then objects look orphaned that are not."""
    services = desk.services
    _check_not_rolled_back(services)
    found = orphans(services, params.most)
    if found.count > max(FEW, found.objects * params.share // 100):
        text = f"{found.count} of {found.objects} objects have no row. That is no broken upload; run `dataroom check`."
        raise Conflict(text, code="too-many-orphans")
    if found.count:
        _check_rows_hold(services)
    return found


def _check_rows_hold(services: Services) -> None:
    """An object whose row was deleted past the service looks like an orphan; the log's pins know better."""
    report = logs_and_rows(services)
    if report.silent:
        raise Unavailable("The log could not be asked which rows there were; nothing is removed until it can.")
    wrong = [one for one in report.findings if one.severity == ERROR and not _is_elsewhere(one)]
    if wrong:
        text = f"Rows or logs are not as the service left them ({wrong[0].kind}: {wrong[0].id}"
        more = f" and {len(wrong) - 1} more" if wrong[1:] else ""
        raise Conflict(f"{text}{more}), so nothing is removed. Run `dataroom check`.", code="rows-changed")


def _is_elsewhere(one: Finding) -> bool:
    """Whether a finding is about a row that says nothing of objects and holds."""
    return one.kind in ROWS and not one.id.startswith(("version ", "document ", "hold ", "hold_document "))


def _check_not_rolled_back(services: Services) -> None:
    with services.database.reading() as session:
        if session.scalars(select(AuditHalt.log_id).limit(1)).first() is not None:
            raise Conflict("A log is not what was signed; nothing is removed until somebody has looked.")
        logs = list(session.scalars(select(AuditLog.origin)))
    for origin in logs:
        notes = outside.newest(services, origin)
        with services.database.reading() as session:
            head = session.scalars(select(AuditLog).where(AuditLog.origin == origin)).one()
            outside.compare(services, session, head, notes)


def _remove(desk: Desk, swept: tuple[Done, Sequence[str]]) -> Done:
    """After the commit, so that nothing goes unrecorded: a run broken off here is done again by the next."""
    done, keys = swept
    store = desk.services.store
    store.abort_stale_uploads(grace(desk.services))
    for key in keys:
        store.erase(key)
    return done


@action("upload.sweep", on=None, kind="Service", prepare=_look, reveal=_remove, performer="service")
def sweep(work: Work, _target: None, params: Sweep, found: Orphans) -> tuple[Done, Sequence[str]]:
    """Removes what broken uploads left in the store: unfinished parts, and old objects that no row names."""
    keys = [one.key for one in found.first]
    named = work.rows(select(Version.object_key).where(Version.object_key.in_(keys), Version.state != "destroyed"))
    taken = [one for one in found.first if one.key not in {row[0] for row in named}]
    work.state(
        orphans=found.count,
        objects=found.objects,
        unfinished=found.unfinished,
        removed=[{"object": one.key, "bytes": one.length, "written": stamp(one.modified)} for one in taken],
    )
    return Done(new_id()), [one.key for one in taken]
