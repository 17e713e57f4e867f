"""Cases of backups and restores, which the operator makes and the service records."""

from __future__ import annotations

from typing import Any

from dataroom.actions.pins import FIELD, digest_of
from dataroom.model import AuditDisclosure, AuditHalt, AuditLog, Organisation
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


def _pinned(house: House, _target: Any, result: Any) -> None:
    """The newest entry pins the row as it is."""
    (log,) = house.rows(AuditLog, AuditLog.matter_id.is_(None))
    of_entry = (AuditDisclosure.log_id == log.id, AuditDisclosure.seq == log.size - 1, AuditDisclosure.name == FIELD)
    assert house.rows(AuditDisclosure, *of_entry)


def _a_row(house: House, _target: Any) -> dict[str, Any]:
    row = house.rows(Organisation)[0]
    digest = digest_of("organisation", ["id", "name"], {"id": row.id, "name": row.name})
    pins = {"organisation": {"columns": ["id", "name"], "rows": {str(row.id): digest}}}
    return {"backup": MADE["backup"], "tables": pins}


CASES = (
    Case("backup.pin", "service", _pinned, params=_a_row, lower="cleo", reads=True),
    Case("backup.make", "service", _recorded, params=lambda h, t: MADE, lower="cleo"),
    Case("backup.restore", "service", _nothing_lost, params=lambda h, t: RESTORED, lower="cleo"),
)
