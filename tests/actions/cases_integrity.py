"""Cases of the check and of adopting rows, which the service performs."""

from __future__ import annotations

from typing import Any

from dataroom.actions.pins import FIELD
from dataroom.model import AuditDisclosure, AuditLog
from tests.actions.case import Case
from tests.actions.house import House

REASON = {"reason": "A column was mended by hand after the incident of May."}


def _adopted(house: House, _target: Any, _result: Any) -> None:
    (log,) = house.rows(AuditLog, AuditLog.matter_id.is_(None))
    assert house.rows(
        AuditDisclosure,
        AuditDisclosure.log_id == log.id,
        AuditDisclosure.seq == log.size - 1,
        AuditDisclosure.name == FIELD,
    )


STRAY = {"action": "hold.list", "kind": "hold", "rows": ["one"], "count": 1}


def _told_to_the_owner(house: House, target: Any, _result: Any) -> None:
    (entry,) = house.do("cleo", "audit.list", target, act="list.mismatch", limit=1).items
    assert entry.facts == {"list": "hold.list", "kind": "hold", "rows": ["one"], "withheld": 1}


CASES = (
    Case(
        "list.mismatch",
        "service",
        _told_to_the_owner,
        lambda h: h.matter,
        lambda h, t: {**STRAY, "owner": str(h.person("cleo").organisation)},
        lower="ada",
        reads=True,
    ),
    Case("vault.check", "service", lambda h, t, r: None, lower="cleo", reads=True),
    Case("rows.adopt", "service", _adopted, params=lambda h, t: REASON, lower="cleo", reads=True),
)
