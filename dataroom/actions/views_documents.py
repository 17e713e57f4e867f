"""What faces receive of the record of a document, for its owner; see `views`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dataroom.actions.views import DocumentRef, OrganisationView
from dataroom.actions.views_redactions import RedactionLine
from dataroom.actions.views_versions import VersionView


@dataclass(frozen=True)
class VisitLine:
    """Who of the recipient's people stated what they open the version for; told to the owner alone."""

    name: str
    purpose: str
    stated_at: datetime


@dataclass(frozen=True)
class DisclosureView:
    """One version given to one organisation, or (`club`, its name) to those of its people who are in a club."""

    id: uuid.UUID
    version: uuid.UUID
    document: DocumentRef
    original: bool
    ordinal: int
    organisation: OrganisationView
    recipient: OrganisationView
    club: str
    purpose: str
    necessity: str
    alternative: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    live: bool
    visits: str
    visited: tuple[VisitLine, ...]
    can: frozenset[str]


@dataclass(frozen=True)
class HeaderView:
    """What logs say of a document: see `document.describe`. `withheld` is the privilege claimed for the whole of it."""

    dated: str
    kind: str
    family: str
    subject: str
    author: tuple[str, ...]
    sender: tuple[str, ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    withheld: dict[str, Any] | None
    outcome: str
    described_by: str
    described_at: datetime


@dataclass(frozen=True)
class DocumentView:
    """A document with all that belongs to it, for its owner."""

    id: uuid.UUID
    matter: uuid.UUID
    number: str
    title: str
    folder: str
    file_name: str
    organisation: OrganisationView
    tier: int
    category: str
    schedule: str | None
    state: str
    trigger_on: date | None
    due_on: date | None
    held: bool
    created_at: datetime
    created_by: str
    disposed_at: datetime | None
    versions: tuple[VersionView, ...]
    redactions: tuple[RedactionLine, ...]
    disclosures: tuple[DisclosureView, ...]
    holds: tuple[HoldLine, ...]
    limits: tuple[LimitLine, ...]
    header: HeaderView | None
    export: str
    export_basis: str
    assessments: tuple[AssessmentLine, ...]
    can: frozenset[str]


@dataclass(frozen=True)
class AssessmentLine:
    """What export control was found to ask of a document, on what grounds; by whom and when, where that is known."""

    export: str
    basis: str
    by: str
    at: datetime | None


@dataclass(frozen=True)
class LimitLine:
    """A club a document is limited to, or a wall that guards it."""

    club: uuid.UUID
    name: str
    kind: str
    ended: bool


@dataclass(frozen=True)
class HoldLine:
    """A hold as a document's page shows it."""

    id: uuid.UUID
    kind: str
    reason: str
    placed_by: str
    placed_at: datetime
