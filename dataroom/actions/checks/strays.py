"""What no log vouches for because there is none: rows of unknown matters, evidence of no log, logs that are gone."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from dataroom.actions import outside
from dataroom.actions.checks.findings import Report
from dataroom.actions.checks.rows import PARENTS
from dataroom.actions.context import Services
from dataroom.actions.pins import UNPINNED_TABLES, key_from
from dataroom.model import AuditLog, AuditPerson, AuditSealed, Base, Matter

STRAYS, NOTES = "rows without a log", "signed notes"
_EVIDENCE = ("audit_checkpoint", "audit_disclosure", "audit_entry", "audit_node", "audit_sealed")


def check_strays(services: Services, out: Report) -> None:
    """Names what the check of each log cannot meet."""
    with services.database.snapshot() as session:
        for table in Base.metadata.sorted_tables:
            for key in _strays(session, table):
                out.add("row-added", f"{table.name} {key}", f"No log tells of the matter of this {table.name} row.")
        for name in _EVIDENCE:
            column = Base.metadata.tables[name].c.log_id
            for log in session.scalars(select(column).where(column.not_in(select(AuditLog.id))).distinct()):
                out.add("log-unknown", f"{name} {log}", f"Rows of {name} belong to a log that is not there.")
        unknown = AuditSealed.person_id.not_in(select(AuditPerson.id))
        for person in session.scalars(select(AuditSealed.person_id).where(unknown).distinct()):
            out.add("fields-forged", f"audit_sealed {person}", "Fields of entries are closed for somebody unknown.")


def check_lost_logs(services: Services, out: Report) -> None:
    """Names each log that was signed once and is not there any more."""
    with services.database.reading() as session:
        origins = list(session.scalars(select(AuditLog.origin)))
    for origin in outside.unknown(services, origins):
        if not _is_there(services, origin):
            out.add("log-missing", origin, "This log was signed, but none of it is in the database any more.")


def _is_there(services: Services, origin: str) -> bool:
    """Asked again before it is believed: a matter may have been opened meanwhile."""
    with services.database.reading() as session:
        return session.scalars(select(AuditLog.id).where(AuditLog.origin == origin)).first() is not None


def _strays(session: Session, table: Table) -> Iterator[str]:
    """The keys of rows whose matter, or parent, does not exist as far as the logs know."""
    logged = select(AuditLog.matter_id).where(AuditLog.matter_id.is_not(None))
    if table.name in PARENTS:
        column, parent = PARENTS[table.name]
        where = table.c[column].not_in(select(Base.metadata.tables[parent].c.id))
    elif table.name == Matter.__tablename__:
        where = table.c.id.not_in(logged)
    elif "matter_id" in table.c and table.name not in UNPINNED_TABLES:
        where = table.c.matter_id.not_in(logged)
    else:
        return
    for row in session.execute(select(*table.primary_key).where(where)).mappings():
        yield key_from(table, dict(row))
