"""Pins for what a restore itself changed: rows as they were loaded, told to the log of each matter.

A restore stores every content anew, ends tokens and sessions and closes what was destroyed since. It compares each row
it changes with what the backup's own log pins of it, and only a row that was as the service left it gets a new pin.
Whatever was changed past the service before the backup stays named by every check.
"""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from pydantic import Field, model_validator

from dataroom.actions.evidence import lock_head
from dataroom.actions.pins import is_as_told, vouch, vouch_gone
from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import NotFound
from dataroom.ids import new_id
from dataroom.model import AuditLog, Base

PIN = "backup.pin"
MOST_ROWS = 1000
"""How many rows one entry pins."""
_Digest = Annotated[str, Field(pattern="^([A-Za-z0-9_-]{43})?$")]


class TablePins(Params):
    """Rows of one table: the columns, and by id the digest over them as loaded (empty: the row was not loaded)."""

    columns: list[str]
    rows: dict[uuid.UUID, _Digest]


class Pinning(Params):
    """From which backup, whose log (a matter's, or without one the deployment's), and the rows by table."""

    backup: Annotated[str, Field(pattern="^[0-9]{8}T[0-9]{6}\\.[0-9]{6}Z$")]
    matter: uuid.UUID | None = None
    tables: dict[str, TablePins]

    @model_validator(mode="after")
    def _bounded(self) -> Pinning:
        if sum(len(one.rows) for one in self.tables.values()) > MOST_ROWS:
            raise ValueError(f"one entry pins at most {MOST_ROWS} rows")
        return self


@action(PIN, on=None, kind="Service", performer="service")
def pin(work: Work, _target: None, params: Pinning) -> Done:
    """Tells a log, after a restore, how the rows are that the restore changed; those changed since are left out."""
    if work.one(AuditLog, AuditLog.matter_id == params.matter) is None:
        raise NotFound()
    lock_head(work.session, params.matter)
    counts, unlike = dict[str, int](), 0
    for table, told in params.tables.items():
        there = _there(work, table, told)
        alike = [key for key, digest in told.rows.items() if is_as_told(there.get(key), table, told.columns, digest)]
        for key in alike:
            _pin_one(work, table, key, there.get(key))
        counts[table] = len(alike)
        unlike += len(told.rows) - len(alike)
    work.record.matter_id = params.matter
    work.state(backup=params.backup, rows=counts, unlike=unlike)
    return Done(new_id())


def _there(work: Work, table: str, told: TablePins) -> dict[uuid.UUID, Any]:
    """The rows of the database by id, as they are now."""
    classes = {mapper.local_table.key: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    kind: Any = classes.get(table)
    if kind is None or not hasattr(kind, "id") or not set(told.columns) <= set(kind.__table__.c.keys()):
        raise NotFound()
    return {row.id: row for row in work.all(kind, kind.id.in_(list(told.rows)))}


def _pin_one(work: Work, table: str, key: uuid.UUID, row: Base | None) -> None:
    if row is None:
        vouch_gone(work.session, table, str(key))
    else:
        vouch(work.session, row)
