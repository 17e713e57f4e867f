"""Which rows a restore tells the log of: those it changed, as far as they were what the backup's own log says of them.

A row that the backup's log does not pin, or pins otherwise, is one that somebody changed past the service. It gets no
new pin, whatever the restore made of it, so that every later check goes on naming it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, select

from dataroom.actions.checks.findings import Report
from dataroom.actions.checks.logs import check_log
from dataroom.actions.context import SERVICE, Services
from dataroom.actions.gate import Gate
from dataroom.actions.pins import UNPINNED_TABLES, digest_of, key_from, pinned_columns
from dataroom.actions.repinning import MOST_ROWS, PIN
from dataroom.adapters.backup_folder import Backup
from dataroom.adapters.backup_tables import LEFT_OUT, Row
from dataroom.cli.backup_checking import rows_in
from dataroom.cli.restore_plan import CHANGED_TABLES, Plan
from dataroom.model import AuditLog, Base, Moment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCOPES: Table = Base.metadata.tables["key_scope"]


@dataclass(frozen=True)
class _Told:
    """What the log of a matter (None: the deployment's) says of a row: columns and digest, empty if it was removed."""

    columns: tuple[str, ...]
    digest: str
    matter: uuid.UUID | None


@dataclass
class _Orders:
    """The rows to pin, by matter, table and columns: id and digest as loaded."""

    rows: dict[tuple[uuid.UUID | None, str, tuple[str, ...]], list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, table: str, key: str, told: _Told, digest: str) -> None:
        """Orders one."""
        self.rows.setdefault((told.matter, table, told.columns), []).append((key, digest))


def pin_changes(services: Services, gate: Gate, backup: Backup, plan: Plan) -> int:
    """Pins the rows that loading the backup changed; returns how many were asked for."""
    orders, count = _orders(services, backup, plan), 0
    for (matter, table, columns), rows in orders.rows.items():
        for start in range(0, len(rows), MOST_ROWS):
            pins = {table: {"columns": list(columns), "rows": dict(rows[start : start + MOST_ROWS])}}
            gate.perform(SERVICE, PIN, None, {"backup": backup.manifest.id, "matter": matter, "tables": pins})
        count += len(rows)
    return count


def _orders(services: Services, backup: Backup, plan: Plan) -> _Orders:
    known, orders = _known(services), _Orders()
    for name in CHANGED_TABLES - UNPINNED_TABLES:
        table = Base.metadata.tables[name]
        for old in rows_in(backup, name):
            new = plan.changed(name, old)
            told = known.get((name, key_from(table, _typed(table, old)))) if new != old else None
            if told is not None and _was_true(table, old, told):
                loaded = digest_of(name, told.columns, _typed(table, new)) if new else ""
                orders.add(name, key_from(table, _typed(table, old)), told, loaded)
    for (name, key), told in known.items():
        if name in LEFT_OUT and told.digest:
            orders.add(name, key, told, "")
    for row in plan.further:
        columns = tuple(pinned_columns(_SCOPES))
        told = _Told(columns, "", row["matter_id"])
        orders.add(_SCOPES.name, str(row["id"]), told, digest_of(_SCOPES.name, columns, _typed(_SCOPES, row)))
    return orders


def _known(services: Services) -> Mapping[tuple[str, str], _Told]:
    """What the restored logs pin of the rows concerned."""
    found: dict[tuple[str, str], _Told] = {}
    with services.database.snapshot() as session:
        for log in session.scalars(select(AuditLog)).all():
            pinned = check_log(services, session, log, Report()).pinned
            for (name, key), (columns, digest, _seq) in pinned.rows.items():
                if name in CHANGED_TABLES or name in LEFT_OUT:
                    found[name, key] = _Told(columns, digest, log.matter_id)
    return found


def _was_true(table: Table, old: Row, told: _Told) -> bool:
    """Whether the row was in the backup as the log says; a column that either does not have proves nothing."""
    here = set(table.c.keys()) & set(old)
    return bool(told.digest) and set(told.columns) <= here and _digest(table, old, told) == told.digest


def _digest(table: Table, row: Row, told: _Told) -> str:
    return digest_of(table.name, told.columns, _typed(table, row))


def _typed(table: Table, row: Row) -> dict[str, Any]:
    """A row of a backup with its times as times."""
    return dict(_values(table, row))


def _values(table: Table, row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        is_time = name in table.c and isinstance(table.c[name].type, Moment) and value is not None
        yield name, _EPOCH + timedelta(microseconds=value) if is_time else value
