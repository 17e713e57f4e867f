"""What faces receive: frozen records, never rows. Times are aware UTC; boxes are PDF points, origin bottom left.

Here stand matters, the audit log and what everything else names; the other subjects have modules of their own.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class OrganisationView:
    """A company taking part."""

    id: uuid.UUID
    slug: str
    name: str


@dataclass(frozen=True)
class MatterView:
    """A matter as one of its people sees it; `tier` is theirs.

    In `matter.read`, `documents` counts the lines of their list as its `total` does (1001 for more than 1000), and
    `waiting` the requests for access and the emergencies that they, or a colleague of their role, have to answer, and
    for compliance officers those away for whom nobody stands in (`uncovered`). `beyond` names participants whose
    documents do not reach them, for a border between; `place` is where they count as being (empty: unknown). Whoever
    holds the part of a custodian who is away is told for whom and until when (`deputy_for`, `deputy_until`).
    """

    id: uuid.UUID
    name: str
    reference: str
    state: str
    created_at: datetime
    organisations: tuple[OrganisationView, ...]
    tier: int
    documents: int
    waiting: int
    can: frozenset[str]
    place: str = ""
    beyond: tuple[str, ...] = ()
    deputy_for: str = ""
    deputy_until: datetime | None = None
    uncovered: int = 0


@dataclass(frozen=True)
class DocumentRef:
    """A document named in passing."""

    id: uuid.UUID
    number: str
    title: str


@dataclass(frozen=True)
class EntryView:
    """An audit entry with the fields this reader may open; `acting_for` whom, and until when, for what a deputy did."""

    seq: int
    at: datetime
    act: str
    outcome: str
    who: str
    organisation: str
    role: str
    target: str
    document: DocumentRef | None
    policies: tuple[str, ...]
    code: str
    facts: dict[str, Any]
    leaf: str
    acting_for: str = ""


@dataclass(frozen=True)
class EntryPage:
    """A page of the audit log, newest first; `size` is the whole log's, `mismatches` says how often in the last 90 days
    a list's filter let through what the policy refuses, as far as this reader is told."""

    items: tuple[EntryView, ...]
    size: int
    next: int | None
    mismatches: int


@dataclass(frozen=True)
class Done:
    """An action that has nothing to show but its id."""

    id: uuid.UUID
