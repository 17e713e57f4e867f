"""What faces receive of people: their parts, clubs, keys, sessions and tokens; see `views`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from dataroom.actions.views import OrganisationView


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
    deputy_for: str = ""


@dataclass(frozen=True)
class ClubPerson:
    """A person named in a club, with the written undertaking that a clean team asks for and its day."""

    user: uuid.UUID
    name: str
    email: str
    organisation: OrganisationView
    valid_until: datetime | None
    undertaking: str
    undertaken_on: date | None


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
class DirectoryView:
    """The way in of an organisation's directory; `used_at` is when it last called. Only adding tells the `secret`."""

    id: uuid.UUID
    name: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    secret: str | None = None


@dataclass(frozen=True)
class AccountView:
    """An account as its organisation's directory sees it; `role` is None before the first sign-in.

    `active`: they are, or will be, let in when they sign in. `version` differs when anything else does.
    """

    id: uuid.UUID
    email: str
    name: str
    external_id: str | None
    active: bool
    role: str | None
    created_at: datetime
    version: str


@dataclass(frozen=True)
class AccountPage:
    """Some of the accounts sought, and how many there are in all."""

    items: tuple[AccountView, ...]
    total: int


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
    """A person of the own organisation; `seen_at` is None before the first sign-in, `sessions` counts live ones.

    `filed`: the organisation's directory keeps the account; `departed`: it has ended it.
    """

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
    trained_until: datetime | None
    filed: bool
    departed: bool
    can: frozenset[str]
