"""Audiences: named groups of organisations, each of which may have a redacted copy of its own of one original."""

from __future__ import annotations

import uuid

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class Audience(Base):
    """A named group of participants, as the organisation that redacts for them calls it."""

    __tablename__ = "audience"
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    name: Mapped[str] = mapped_column(String(120))
    created_by: Mapped[uuid.UUID] = refers("user_account.id")
    created_at: Mapped[At]
    ended_at: Mapped[MaybeAt]


class AudienceParty(Base):
    """An organisation in an audience; who is in it does not change, so that nobody comes to older copies by it."""

    __tablename__ = "audience_party"
    audience_id: Mapped[uuid.UUID] = refers("audience.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", primary_key=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")


class RedactionGroup(Base):
    """The audience a redaction was begun for, by name; its organisations were taken over then."""

    __tablename__ = "redaction_group"
    redaction_id: Mapped[uuid.UUID] = refers("redaction.id", primary_key=True)
    audience_id: Mapped[uuid.UUID] = refers("audience.id", index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
