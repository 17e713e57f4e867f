"""The case of anchoring; the house gets a locked bucket of its own for it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from dataroom.actions.anchoring import LOCKED
from dataroom.actions.checkpoints import latest, sign_head
from dataroom.adapters.s3_locked import LockedBucket
from dataroom.app import data_bucket
from dataroom.model import AuditAnchor
from tests.actions.case import Case, Target
from tests.actions.house import House

_LOGS: dict[int, uuid.UUID] = {}


def _lockable(house: House) -> Target:
    services = house.world.services
    if services.locked is None:
        bucket = LockedBucket(replace(data_bucket(house.world.config), bucket=f"anchors-{uuid.uuid4()}"))
        bucket.prepare()
        object.__setattr__(services, "locked", bucket)
    sign_head(services, house.matter)
    with services.database.reading() as session:
        _LOGS[id(house)] = latest(session, house.matter)[0].id
    return None


def _params(house: House, _target: Any) -> dict[str, Any]:
    return {"log": _LOGS[id(house)], "anchor": LOCKED}


def _anchored(house: House, _target: Any, result: Any) -> None:
    rows = house.rows(AuditAnchor, AuditAnchor.log_id == result.id)
    assert rows
    assert all(row.anchor == LOCKED and row.place.startswith("anchors/") for row in rows)


CASES = (Case("checkpoint.anchor", "service", _anchored, _lockable, params=_params, lower="ada"),)
