"""What somebody has to have done before they see anything: agreed to a text, been trained, said what they look for."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, refers


class Agreement(Base):
    """One wording of a matter's usage agreement; the one with the highest `ordinal` holds.

    `training` is `needed` where it also takes one that is valid, else `none`.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("matter_id", "ordinal"),
        CheckConstraint("training in ('needed', 'none')", name="training"),
    )
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    ordinal: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    training: Mapped[str] = mapped_column(String(10))
    set_by: Mapped[uuid.UUID] = refers("user_account.id")
    set_at: Mapped[At]


class Acceptance(Base):
    """A person has accepted one wording."""

    __tablename__ = "acceptance"
    __table_args__ = (UniqueConstraint("agreement_id", "user_id"),)
    id: Mapped[Id]
    agreement_id: Mapped[uuid.UUID] = refers("agreement.id")
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    user_id: Mapped[uuid.UUID] = refers("user_account.id", index=True)
    accepted_at: Mapped[At]


class Training(Base):
    """What a compliance officer recorded of a person's training; the record made last counts."""

    __tablename__ = "training"
    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = refers("user_account.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    valid_until: Mapped[At]
    recorded_by: Mapped[uuid.UUID] = refers("user_account.id")
    recorded_at: Mapped[At]


class Visit(Base):
    """What somebody said they open a version for, and until when that counts. `organisation_id` is the owner's."""

    __tablename__ = "visit"
    id: Mapped[Id]
    version_id: Mapped[uuid.UUID] = refers("version.id", index=True)
    document_id: Mapped[uuid.UUID] = refers("document.id")
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    user_id: Mapped[uuid.UUID] = refers("user_account.id")
    purpose: Mapped[str] = mapped_column(Text)
    stated_at: Mapped[At]
    until: Mapped[At]
