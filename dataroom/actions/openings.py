"""Who has come to know a version: everybody of other organisations who opened or took it, as the audit log has it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from dataroom.actions import present
from dataroom.actions.work import Work
from dataroom.model import AuditEntry, AuditLog, Disclosure, Grant, Participation, ProductionItem, Version

OPENING = ("version.read", "page.view", "version.download", "version.proof")
"""Acts by which somebody comes to know a version; a download has left this service for good."""
EXPORT = "production.export"
"""The act by which somebody takes every version of a production they may have."""
TAKING = ("version.download", EXPORT)
"""Acts after which a copy is outside this service."""
ACTS = {
    "version.read": "looked at its record",
    "page.view": "opened pages",
    "version.download": "downloaded a copy",
    "version.proof": "downloaded its proof",
    "production.export": "exported a production with it",
}


@dataclass(frozen=True)
class AccessView:
    """How often one person did one thing with the version, and when."""

    organisation: str
    who: str
    act: str
    times: int
    first: datetime
    last: datetime


def had_it(work: Work, version: Version) -> list[uuid.UUID]:
    """Every other organisation the version was disclosed to, is published to, or that has opened it."""
    given = select(Disclosure.recipient_id).where(Disclosure.version_id == version.id)
    found = {row[0] for row in work.rows(given)}
    opened_to = select(Grant.party_id).where(Grant.version_id == version.id)
    found |= {row[0] for row in work.rows(opened_to)}
    if version.state == "published":
        parts = select(Participation.organisation_id).where(Participation.matter_id == version.matter_id)
        found |= {row[0] for row in work.rows(parts)}
    opened = select(AuditEntry.actor_organisation_id).where(*openings(work, version)).distinct()
    found |= {row[0] for row in work.rows(opened)}
    return sorted(found - {None, version.organisation_id})


def openings(work: Work, version: Version) -> tuple[ColumnElement[bool], ...]:
    """What an entry has to be to tell that somebody came to know the version."""
    log = work.one(AuditLog, AuditLog.matter_id == version.matter_id)
    produced = select(ProductionItem.production_id).where(ProductionItem.version_id == version.id)
    return (
        AuditEntry.log_id == (log.id if log else None),
        or_(
            and_(AuditEntry.target_id == version.id, AuditEntry.act.in_(OPENING)),
            and_(AuditEntry.target_id.in_(produced), AuditEntry.act == EXPORT),
        ),
        AuditEntry.outcome == "done",
    )


def accesses(work: Work, version: Version) -> tuple[AccessView, ...]:
    """Who of other organisations opened or downloaded the version, as far as this person may read the log."""
    query = (
        select(
            AuditEntry.actor_organisation_id,
            AuditEntry.actor_id,
            AuditEntry.act,
            func.count(),
            func.min(AuditEntry.at),
            func.max(AuditEntry.at),
        )
        .where(
            *openings(work, version),
            AuditEntry.actor_organisation_id != version.organisation_id,
            work.narrowed(AuditEntry, "audit.list"),
        )
        .group_by(AuditEntry.actor_organisation_id, AuditEntry.actor_id, AuditEntry.act)
    )
    found = work.rows(query)
    parties = present.organisations(work.session)
    people = present.names(work.session, [line[1] for line in found])
    views = (
        AccessView(parties[party].name, people.get(person, "(erased)"), act, times, first, last)
        for party, person, act, times, first, last in found
        if party in parties
    )
    return tuple(sorted(views, key=lambda view: (view.organisation, view.who, view.first)))
