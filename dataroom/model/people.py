"""Who: organisations, their identity providers, users, sessions and API tokens."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers

ROLES = ("custodian", "partner", "compliance")
AWAITED = "#awaited-"
"""Begins the subject of people who have not signed in yet; no provider's subject is taken that begins so."""
SET_ASIDE = "#until-"
"""Joins the subject of an account whose provider was replaced with the moment of that, so that it signs in no more."""


class Organisation(Base):
    """A partner company. `ceiling` is the highest tier any of its people may hold; None is an unknown country."""

    __tablename__ = "organisation"
    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    mail_domains: Mapped[list[Any]]
    ceiling: Mapped[int]
    created_at: Mapped[At]
    country: Mapped[str | None] = mapped_column(String(2))


class Issuer(Base):
    """The one OpenID provider that speaks for an organisation. The client secret is wrapped by the KMS.

    `strong_acr` are the classes of sign-in that count as strong; none where the provider knows of no classes.
    `client_auth` is `private_key_jwt` where a key of ours signs instead of the secret; `pushed` says that requests
    are pushed to the provider (RFC 9126). `hosts` are those that are called for it besides the issuer's own.
    """

    __tablename__ = "issuer"
    id: Mapped[Id]
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", unique=True)
    issuer: Mapped[str] = mapped_column(String(500), unique=True)
    client_id: Mapped[str] = mapped_column(String(200))
    client_secret: Mapped[bytes | None]
    algorithms: Mapped[list[Any]]
    role_claim: Mapped[str] = mapped_column(String(100))
    role_map: Mapped[dict[str, Any]]
    strong_acr: Mapped[list[Any] | None]
    client_auth: Mapped[str | None] = mapped_column(String(30))
    pushed: Mapped[bool | None]
    hosts: Mapped[list[Any] | None]


class User(Base):
    """A person, known by (issuer, subject); the organisation follows from the issuer, never from a claim.

    Somebody invited before their first sign-in is not active, has a subject that stands for nobody (`AWAITED`), and
    `invited_until` while the invitation holds. Since `filed_at` the organisation's directory keeps the account, which
    it calls `external_id`; it has ended it since `departed_at`, and deleted it since `removed_at`. A colleague has
    taken it, or the invitation, away since `closed_at`.
    """

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("issuer_id", "subject"),)
    id: Mapped[Id]
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", index=True)
    issuer_id: Mapped[uuid.UUID] = refers("issuer.id")
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool]
    created_at: Mapped[At]
    invited_until: Mapped[MaybeAt]
    external_id: Mapped[str | None] = mapped_column(String(255))
    filed_at: Mapped[MaybeAt]
    departed_at: Mapped[MaybeAt]
    removed_at: Mapped[MaybeAt]
    closed_at: Mapped[MaybeAt]


class Directory(Base):
    """The way in of an organisation's directory (SCIM): opaque, expiring, kept as a hash, shown once.

    `used_at` is when it last called, to the minute.
    """

    __tablename__ = "directory"
    id: Mapped[Id]
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[uuid.UUID] = refers("user_account.id")
    created_at: Mapped[At]
    expires_at: Mapped[At]
    revoked_at: Mapped[MaybeAt]
    used_at: Mapped[MaybeAt]


class Session(Base):
    """A signed-in browser. Only a keyed hash of the cookie's value is kept.

    `acr` and `amr` are what the provider said of the last sign-in, `auth_at` when it asked the person; `strong_at` is
    when they last proved strongly who they are. `challenge` awaits one answer of the person's own key. `country` is
    where the provider said they were at that sign-in.
    """

    __tablename__ = "session"
    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = refers("user_account.id", index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issuer_session: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[At]
    seen_at: Mapped[At]
    expires_at: Mapped[At]
    ended_at: Mapped[MaybeAt]
    acr: Mapped[str | None] = mapped_column(String(255))
    amr: Mapped[list[Any] | None]
    auth_at: Mapped[MaybeAt]
    strong_at: Mapped[MaybeAt]
    challenge: Mapped[str | None] = mapped_column(String(100))
    challenge_at: Mapped[MaybeAt]
    country: Mapped[str | None] = mapped_column(String(2))


class Authenticator(Base):
    """A person's own key (WebAuthn): what the browser made, and the highest count it has shown. Kept when removed."""

    __tablename__ = "authenticator"
    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = refers("user_account.id", index=True)
    name: Mapped[str] = mapped_column(String(100))
    credential: Mapped[bytes]
    credential_hash: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[bytes]
    count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[At]
    used_at: Mapped[MaybeAt]
    removed_at: Mapped[MaybeAt]


class PendingLogin(Base):
    """A sign-in under way: what must come back from the provider, tied to one browser by a cookie's hash."""

    __tablename__ = "pending_login"
    id: Mapped[Id]
    browser_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issuer_id: Mapped[uuid.UUID] = refers("issuer.id")
    data: Mapped[dict[str, Any]]
    created_at: Mapped[At]


class Token(Base):
    """An API token: opaque, expiring, kept as a hash, shown once.

    `strong_at` is that of the session it was made in, so that it is as strong as its maker was, for as long.
    `scopes` names what it is for (none: nothing), `confined_to` the only matter it reaches.
    """

    __tablename__ = "token"
    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = refers("user_account.id", index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any] | None]
    confined_to: Mapped[uuid.UUID | None] = refers("matter.id")
    created_at: Mapped[At]
    expires_at: Mapped[At]
    revoked_at: Mapped[MaybeAt]
    strong_at: Mapped[MaybeAt]
