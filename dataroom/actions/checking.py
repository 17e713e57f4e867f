"""The check as an act of the service, recorded each night, and the operator's word for rows no entry speaks of."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import func, select

from dataroom.actions.checks.findings import Report
from dataroom.actions.checks.rows import tables_of
from dataroom.actions.checks.run import shallow
from dataroom.actions.context import Desk, Services
from dataroom.actions.evidence import lock_head
from dataroom.actions.personal import openings
from dataroom.actions.pins import vouch
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.audit.entry import open_fields, read_entry
from dataroom.errors import NotFound
from dataroom.ids import new_id
from dataroom.model import AuditEntry, AuditLog, Base

CHECK = "vault.check"


class Adopt(Params):
    """Whose rows (a matter's, or without one the deployment's), and why they are right as they are."""

    matter: uuid.UUID | None = None
    reason: Annotated[str, Field(min_length=20, max_length=1000)]


def _checked(desk: Desk, target: None, params: Nothing, stream: object) -> Report:
    return shallow(desk.services, None, lambda _text: None)


@action(CHECK, on=None, kind="Service", prepare=_checked, performer="service")
def check(work: Work, _target: None, params: Nothing, found: Report) -> Done:
    """Holds rows, objects, keys and logs against each other without reading contents; records how much was found."""
    work.state(
        status=found.status,
        findings=sum(found.kinds.values()),
        kinds=dict(found.kinds),
        silent=[one.part for one in found.silent],
        looked_at=dict(found.looked_at),
    )
    return Done(new_id())


@dataclass(frozen=True)
class LastCheck:
    """When the worker last checked, its exit status (see `Report.status`) and how many findings there were."""

    at: datetime
    status: int
    findings: int


def last_check(services: Services) -> LastCheck | None:
    """The newest recorded check; None when there was none yet."""
    query = (
        select(AuditEntry.log_id, AuditEntry.seq, AuditEntry.at)
        .join(AuditLog, AuditLog.id == AuditEntry.log_id)
        .where(AuditLog.matter_id.is_(None), AuditEntry.act == CHECK, AuditEntry.outcome == "done")
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )
    with services.database.reading() as session:
        newest = session.execute(query).first()
        if newest is None:
            return None
        entry = session.get_one(AuditEntry, (newest.log_id, newest.seq)).entry
        texts = openings(services, session, newest.log_id, [newest.seq]).get(newest.seq, [])
    facts = open_fields(read_entry(entry), texts).get("facts")
    told: dict[str, Any] = facts if isinstance(facts, dict) else {}
    return LastCheck(newest.at, int(told.get("status", 0)), int(told.get("findings", 0)))


def is_check_due(services: Services, night: datetime) -> bool:
    """Whether nothing was checked since `night`, in an installation that is older than that."""
    query = select(func.max(AuditEntry.at)).join(AuditLog, AuditLog.id == AuditEntry.log_id)
    with services.database.reading() as session:
        last = session.scalar(query.where(AuditLog.matter_id.is_(None), AuditEntry.act == CHECK))
        first = session.scalar(
            select(AuditEntry.at).join(AuditLog).where(AuditLog.matter_id.is_(None), AuditEntry.seq == 0)
        )
    return first is not None and first < night and (last is None or last < night)


@action("rows.adopt", on=None, kind="Service", performer="service")
def adopt(work: Work, _target: None, params: Adopt) -> Done:
    """Pins the rows of one log as they are now: after an upgrade, or after data was mended outside the service."""
    if work.one(AuditLog, AuditLog.matter_id == params.matter) is None:
        raise NotFound()
    lock_head(work.session, params.matter)
    count = 0
    classes = {mapper.local_table.key: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    for table, where in tables_of(params.matter):
        for row in work.all(classes[table.key], *where):
            vouch(work.session, row)
            count += 1
    work.record.matter_id = params.matter
    work.state(reason=params.reason, rows=count)
    return Done(new_id())
