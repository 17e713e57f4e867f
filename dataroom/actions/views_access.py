"""What faces receive of the access of single people and of its reviews; see `views`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from dataroom.actions.views import DocumentRef, OrganisationView
from dataroom.actions.views_versions import VersionView


@dataclass(frozen=True)
class GrantView:
    """A request for access and what became of it.

    `number` is what was asked for; `document` and `version` are told once something was granted. `granted_by` and
    `judged_by` are names, told to the owner alone. `overdue`: the glass was broken and nobody has judged it in time.
    """

    id: uuid.UUID
    number: str
    organisation: OrganisationView
    party: OrganisationView
    user: uuid.UUID
    person: str
    emergency: bool
    purpose: str
    basis: str
    asked_at: datetime
    asked_until: datetime
    state: str
    live: bool
    document: DocumentRef | None
    version: uuid.UUID | None
    decided_by: str
    decided_at: datetime | None
    remark: str
    expires_at: datetime | None
    ended_at: datetime | None
    judge_by: datetime | None
    verdict: str | None
    judged_by: str
    judged_at: datetime | None
    judgement: str
    overdue: bool
    can: frozenset[str]


@dataclass(frozen=True)
class LeaveView:
    """A custodian's leave. `state`: `coming`, `covered` (somebody stands in), `uncovered` (nobody was named),
    `without-effect` (one of the two lacks what it takes now), `over`.
    """

    id: uuid.UUID
    user: uuid.UUID
    person: str
    deputy: uuid.UUID | None
    deputy_name: str
    reason: str
    announced_at: datetime
    begins_at: datetime
    until: datetime
    ended_at: datetime | None
    state: str
    can: frozenset[str]


@dataclass(frozen=True)
class GrantDetail:
    """One request; `versions` of the document it is about, for whoever may decide on it and as far as they see them."""

    grant: GrantView
    matter: uuid.UUID
    versions: tuple[VersionView, ...]


@dataclass(frozen=True)
class ReviewLine:
    """A review and how far it has come."""

    id: uuid.UUID
    started_by: str
    started_at: datetime
    due_at: datetime
    closed_at: datetime | None
    items: int
    confirmed: int
    ended: int
    can: frozenset[str]


@dataclass(frozen=True)
class ReviewItemView:
    """One thing to confirm: `kind` is membership, club, disclosure or grant; `outcome` as in the table, or None yet."""

    id: uuid.UUID
    kind: str
    what: str
    person: str
    organisation: str
    until: datetime | None
    mine: bool
    outcome: str | None
    decided_by: str
    decided_at: datetime | None


@dataclass(frozen=True)
class ReviewView:
    """A review with everything it is about."""

    line: ReviewLine
    matter: uuid.UUID
    items: tuple[ReviewItemView, ...]
