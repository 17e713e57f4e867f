"""Running the whole check, part by part, so that what does not answer keeps nothing else from being looked at."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions import outside
from dataroom.actions.checks.findings import Report
from dataroom.actions.checks.keys import (
    check_certificates,
    check_keys,
    check_people,
    check_scopeless,
    check_service_keys,
)
from dataroom.actions.checks.logs import Arrived, check_log, check_outside
from dataroom.actions.checks.objects import check_objects, check_unfinished
from dataroom.actions.checks.rows import check_rows
from dataroom.actions.checks.strays import NOTES, STRAYS, check_lost_logs, check_strays
from dataroom.actions.context import Services
from dataroom.errors import NotFound
from dataroom.model import AuditLog, AuditPerson, User


def shallow(services: Services, matter: uuid.UUID | None, say: Callable[[str], None]) -> Report:
    """Logs, rows, keys and the store's listing; reads no content. `matter` narrows it to one."""
    return _run(services, matter, False, say)


def deep(services: Services, matter: uuid.UUID | None, say: Callable[[str], None]) -> Report:
    """As `shallow`, and reads every content through the cipher."""
    return _run(services, matter, True, say)


def logs_and_rows(services: Services) -> Report:
    """Whether every log holds, and every row that a log pins is as the service left it."""
    out = Report()
    for log in _logs(services, None):
        with out.part(f"log {log.origin}"):
            _check_one(services, log, out)
    _check_unlogged(services, out)
    return out


def _run(services: Services, matter: uuid.UUID | None, reading: bool, say: Callable[[str], None]) -> Report:
    out = Report(say)
    with out.part("audit logs"):
        for log in _logs(services, matter):
            with out.part(f"log {log.origin}"):
                _check_one(services, log, out)
    if matter is None:
        _check_unlogged(services, out)
    with out.part("object store"):
        check_objects(services, matter, out)
    if matter is None:
        with out.part("unfinished uploads"):
            check_unfinished(services, out)
        with out.part("signing keys and secrets"):
            check_service_keys(services, out)
            check_people(services, out)
    with out.part("key scopes"):
        check_keys(services, matter, reading, out)
        check_scopeless(services, matter, out)
    with out.part("certificates"):
        check_certificates(services, matter, out)
    return out


def _check_unlogged(services: Services, out: Report) -> None:
    with out.part(STRAYS):
        check_strays(services, out)
    with out.part(NOTES):
        check_lost_logs(services, out)


def _logs(services: Services, matter: uuid.UUID | None) -> list[AuditLog]:
    with services.database.reading() as session:
        query = select(AuditLog).order_by(AuditLog.matter_id.is_not(None), AuditLog.origin)
        found = list(session.scalars(query.where(AuditLog.matter_id == matter) if matter else query))
        session.expunge_all()
    if matter and not found:
        raise NotFound("There is no such matter.")
    return found


def _check_one(services: Services, known: AuditLog, out: Report) -> None:
    """A log, its note outside, and the rows it vouches for, all as of one moment."""
    notes = outside.newest(services, known.origin)
    with services.database.snapshot() as session:
        log = session.get_one(AuditLog, known.id)
        read = check_log(services, session, log, out)
        check_outside(services, session, log, notes, out)
        check_rows(session, log.origin, log.matter_id, read.pinned, out)
        if log.matter_id is None:
            _check_people(session, read.arrived, out)
            _check_leaving(session, read.leaving, out)


def _check_leaving(session: Session, leaving: Mapping[str, datetime], out: Report) -> None:
    """Erasures that were ordered: neither taken back nor moved to another day past the service."""
    for row in session.scalars(select(AuditPerson).where(AuditPerson.state != "tombstone")):
        until = leaving.get(str(row.id))
        if until is not None and (row.state, row.destroy_at) != ("shredding", until):
            text = f"The log says that this person is forgotten on {until:%Y-%m-%d %H:%M} UTC; the row says otherwise."
            out.add("person-erasure", f"audit_person {row.id}", text)


def _check_people(session: Session, arrived: Mapping[str, Arrived], out: Report) -> None:
    """Names, addresses and subjects, which pins leave out, against what the log says of each person's last sign-in."""
    for user in session.scalars(select(User).execution_options(yield_per=500)):
        told = arrived.get(str(user.id))
        if told is not None and not told.is_of(user):
            text = "Name, address or the provider's subject differ from the last sign-in's."
            out.add("person-changed", f"user_account {user.id}", text)
