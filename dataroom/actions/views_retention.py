"""What faces receive of holds, retention and disposal; see `views`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from dataroom.actions.views import DocumentRef, OrganisationView


@dataclass(frozen=True)
class HoldView:
    """A duty to keep, and what it covers."""

    id: uuid.UUID
    organisation: OrganisationView
    kind: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_at: datetime | None
    release_reason: str | None
    documents: tuple[DocumentRef, ...]
    can: frozenset[str]


@dataclass(frozen=True)
class DueLine:
    """A document with its retention: from what, until when, and whether a hold keeps it."""

    document: DocumentRef
    organisation: OrganisationView
    schedule: str | None
    schedule_title: str
    trigger_on: date | None
    due_on: date | None
    days: int | None
    held: bool
    state: str
    can: frozenset[str]


@dataclass(frozen=True)
class ApprovalView:
    """One approval of a disposal."""

    name: str
    function: str
    approved_at: datetime


@dataclass(frozen=True)
class DisposalView:
    """A disposal and how far it has come."""

    id: uuid.UUID
    organisation: OrganisationView
    reason: str
    state: str
    remark: str
    proposed_by: str
    proposed_at: datetime
    executed_by: str | None
    executed_at: datetime | None
    documents: tuple[DocumentRef, ...]
    approvals: tuple[ApprovalView, ...]
    certificate: str | None
    can: frozenset[str]
