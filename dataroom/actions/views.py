"""What faces receive: frozen records, never rows. Times are aware UTC; boxes are PDF points, origin bottom left."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class OrganisationView:
    """A company taking part."""

    id: uuid.UUID
    slug: str
    name: str


@dataclass(frozen=True)
class MatterView:
    """A matter as one of its people sees it; `tier` is theirs, `documents` counts what they may see."""

    id: uuid.UUID
    name: str
    reference: str
    state: str
    created_at: datetime
    organisations: tuple[OrganisationView, ...]
    tier: int
    documents: int
    can: frozenset[str]


@dataclass(frozen=True)
class MemberView:
    """A person's part in a matter; without force until they have signed in, for which they have `invited_until`."""

    id: uuid.UUID
    user: uuid.UUID
    name: str
    email: str
    organisation: OrganisationView
    role: str
    tier: int
    valid_until: datetime | None
    invited_until: datetime | None
    signed_in: bool


@dataclass(frozen=True)
class ClubPerson:
    """A person named in a club."""

    user: uuid.UUID
    name: str
    email: str
    organisation: OrganisationView
    valid_until: datetime | None


@dataclass(frozen=True)
class ClubView:
    """A club or wall of an organisation with the people named in it now."""

    id: uuid.UUID
    name: str
    kind: str
    organisation: OrganisationView
    created_at: datetime
    ended_at: datetime | None
    people: tuple[ClubPerson, ...]
    can: frozenset[str]


@dataclass(frozen=True)
class VersionView:
    """One sealed content; `original` is false for a redacted copy. `meant` (slugs) is told to the owner alone."""

    id: uuid.UUID
    document: uuid.UUID
    ordinal: int
    original: bool
    state: str
    tier: int
    category: str
    size: int
    sha256: str
    pages: int
    page_sizes: tuple[tuple[float, float], ...]
    has_text: bool
    created_at: datetime
    title: str
    number: str
    organisation: OrganisationView
    can: frozenset[str]
    clawed: bool
    meant: tuple[str, ...]
    redaction: uuid.UUID | None = None


@dataclass(frozen=True)
class ListedVersion:
    """A line of a document list: the newest version of a document the reader may see."""

    id: uuid.UUID
    document: uuid.UUID
    number: str
    title: str
    folder: str
    organisation: OrganisationView
    original: bool
    ordinal: int
    state: str
    document_state: str
    tier: int
    category: str
    pages: int
    size: int
    created_at: datetime
    held: bool
    disclosed_until: datetime | None


@dataclass(frozen=True)
class DocumentPage:
    """One page of a list; `next` is the cursor of the following page, `total` stops counting at 1000."""

    items: tuple[ListedVersion, ...]
    next: str | None
    total: int


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
class DocumentRef:
    """A document named in passing."""

    id: uuid.UUID
    number: str
    title: str


@dataclass(frozen=True)
class DisclosureView:
    """One version given to one organisation."""

    id: uuid.UUID
    version: uuid.UUID
    document: DocumentRef
    original: bool
    ordinal: int
    organisation: OrganisationView
    recipient: OrganisationView
    purpose: str
    necessity: str
    alternative: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    live: bool
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
    can: frozenset[str]


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


@dataclass(frozen=True)
class Uploaded:
    """A line of the upload manifest: what arrived and what became of it."""

    document: uuid.UUID
    version: uuid.UUID
    number: str
    path: str
    size: int
    sha256: str
    pages: int
    outcome: str


@dataclass(frozen=True)
class WordView:
    """A word of a page with its box."""

    text: str
    box: tuple[float, float, float, float]
    line: int


@dataclass(frozen=True)
class PageText:
    """A page's words, its visible box in PDF points before rotation, and its rotation in degrees clockwise."""

    words: tuple[WordView, ...]
    box: tuple[float, float, float, float]
    rotation: int


@dataclass(frozen=True)
class HitView:
    """A place where a searched term stands; one box for each line it spans."""

    page: int
    text: str
    boxes: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class MarkView:
    """A proposed region with its coded reason."""

    id: uuid.UUID
    page: int
    box: tuple[float, float, float, float]
    kind: str
    code: str
    rationale: str
    author: str
    created_at: datetime
    second_code: str
    details: dict[str, str]


@dataclass(frozen=True)
class RedactionLine:
    """A redaction in a list; `audience` names who alone is meant (nobody: every participant), `group` by which name."""

    id: uuid.UUID
    title: str
    state: str
    author: str
    reviewer: str | None
    marks: int
    document: DocumentRef
    created_at: datetime
    decided_at: datetime | None
    result: uuid.UUID | None
    version: uuid.UUID
    group: uuid.UUID | None
    audience: tuple[str, ...]


@dataclass(frozen=True)
class RedactionView:
    """A redaction with its marks; `result` is the redacted copy once the service has made it."""

    id: uuid.UUID
    title: str
    state: str
    matter: uuid.UUID
    document: DocumentRef
    version: VersionView
    result: VersionView | None
    result_title: str
    result_tier: int
    result_category: str
    audience: tuple[OrganisationView, ...]
    remark: str
    author: str
    reviewer: str | None
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    marks: tuple[MarkView, ...]
    checks: tuple[CheckView, ...]
    notes: tuple[str, ...]
    can: frozenset[str]
    progress: ProgressView | None = None


@dataclass(frozen=True)
class ProgressView:
    """How far the service has come: the step under way, which of how many it is, and how much of it is done."""

    name: str
    step: int
    steps: int
    done: int
    of: int


@dataclass(frozen=True)
class CheckView:
    """One check of the finished copy."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class VerifiedView:
    """What came of checking a redacted copy against its original once more."""

    passed: bool
    checks: tuple[CheckView, ...]


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


@dataclass(frozen=True)
class EntryView:
    """An audit entry with the fields this reader may open."""

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


@dataclass(frozen=True)
class EntryPage:
    """A page of the audit log, newest first; `size` is the whole log's, `open_entries` what this reader may open."""

    items: tuple[EntryView, ...]
    size: int
    next: int | None


@dataclass(frozen=True)
class TokenView:
    """An API token: what it is for, and its only matter if it has one. Only the answer that makes it has `secret`."""

    id: uuid.UUID
    name: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    scopes: tuple[str, ...]
    matter: uuid.UUID | None
    secret: str | None = None


@dataclass(frozen=True)
class PersonView:
    """A person of the own organisation; `state` is active, shredding (being erased, until `destroy_at`) or tombstone.

    `against` holds the sentences that say why the person cannot be erased now.
    """

    id: uuid.UUID
    name: str
    email: str
    role: str
    state: str
    destroy_at: datetime | None
    against: tuple[str, ...]
    can: frozenset[str]


@dataclass(frozen=True)
class Done:
    """An action that has nothing to show but its id."""

    id: uuid.UUID


@dataclass(frozen=True)
class AuthenticatorView:
    """A person's own key; `used_at` is None before its first use."""

    id: uuid.UUID
    user: uuid.UUID
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class SessionView:
    """A signed-in browser; `current` is the one that asks."""

    id: uuid.UUID
    user: uuid.UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


@dataclass(frozen=True)
class UserView:
    """A person of the own organisation; `seen_at` is None before the first sign-in, `sessions` counts live ones."""

    id: uuid.UUID
    name: str
    email: str
    role: str
    active: bool
    created_at: datetime
    seen_at: datetime | None
    sessions: int
    invited_until: datetime | None
    signed_in: bool
    can: frozenset[str]
