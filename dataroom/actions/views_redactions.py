"""What faces receive of redactions, their marks and the checks of a finished copy; see `views`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from dataroom.actions.views import DocumentRef, OrganisationView
from dataroom.actions.views_versions import VersionView


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
