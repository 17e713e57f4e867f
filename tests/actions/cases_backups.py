"""Cases of backups and restores, which the operator makes and the service records."""

from __future__ import annotations

from typing import Any

from dataroom.model import AuditHalt
from tests.actions.case import Case
from tests.actions.house import House

MADE = {"backup": "20261122T020000.000000Z", "manifest": "ab" * 32, "objects": 3, "object_bytes": 4096, "missing": 0}
RESTORED = {
    "backup": MADE["backup"],
    "manifest": MADE["manifest"],
    "made_at": "2026-11-22 02:00:00 UTC",
    "disposed": 1,
    "revived": 2,
    "certain": True,
}


def _recorded(house: House, _target: Any, result: Any) -> None:
    assert result.id


def _nothing_lost(house: House, _target: Any, result: Any) -> None:
    """The logs continue what is known of them, so none is stopped by it."""
    assert result.id
    stopped = {halt.log_id for halt in house.rows(AuditHalt)}
    assert len(stopped) <= 1, "but for what the case of checkpoint.halt left"


CASES = (
    Case("backup.make", "service", _recorded, params=lambda h, t: MADE, lower="cleo"),
    Case("backup.restore", "service", _nothing_lost, params=lambda h, t: RESTORED, lower="cleo"),
)
