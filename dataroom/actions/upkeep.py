"""The service's own errands: erasing the bytes of destroyed versions, and sweeping uploads that never became rows."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from dataroom.actions.context import Desk
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.sealing import PREFIX
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict
from dataroom.ids import new_id
from dataroom.model import Hold, HoldDocument, Version

MOST_SWEPT = 1000


class Sweep(Params):
    """How many orphans one run may remove; 0 only counts them."""

    most: int = MOST_SWEPT


def _erase(desk: Desk, version: Version, params: Nothing, stream: object) -> int:
    if version.wrapped_dek is not None or version.state != "destroyed":
        raise Conflict("The version is not destroyed.")
    return desk.services.store.erase(version.object_key)


@action("version.erase", on=Version, prepare=_erase, performer="service")
def erase(work: Work, version: Version, params: Nothing, erased: int) -> Done:
    """Erases every stored copy of a destroyed version's bytes."""
    work.state(object_versions=erased)
    return Done(version.id)


def _orphans(desk: Desk, target: None, params: Sweep, stream: object) -> tuple[int, int, int]:
    services = desk.services
    before = services.clock.now() - timedelta(seconds=services.config.sweep_age)
    aborted = services.store.abort_stale_uploads(before)
    listed = {item.key for item in services.store.listing(PREFIX) if item.modified < before}
    with services.database.reading() as session:
        held = select(HoldDocument.document_id).join(Hold).where(Hold.released_at.is_(None))
        kept = or_(Version.state != "destroyed", Version.document_id.in_(held))
        known = set(session.scalars(select(Version.object_key).where(kept)))
    orphans = sorted(listed - known)
    removed = 0
    for key in orphans[: params.most]:
        services.store.erase(key)
        removed += 1
    return aborted, len(orphans), removed


@action("upload.sweep", on=None, kind="Service", prepare=_orphans, performer="service")
def sweep(work: Work, _target: None, params: Sweep, found: tuple[int, int, int]) -> Done:
    """Removes what broken uploads left in the store: unfinished parts, and old objects that no row names."""
    aborted, orphans, removed = found
    work.state(unfinished=aborted, orphans=orphans, removed=removed)
    return Done(new_id())
