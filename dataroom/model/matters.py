"""Matters: the walled unit of joint work, which organisations take part, and who of their people."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class Matter(Base):
    """One joint enforcement."""

    __tablename__ = "matter"
    __table_args__ = (CheckConstraint("state in ('open', 'closed')", name="state"),)
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    created_by: Mapped[uuid.UUID] = refers("user_account.id")
    created_at: Mapped[At]
    closed_at: Mapped[MaybeAt]


class Participation(Base):
    """An organisation takes part in a matter."""

    __tablename__ = "participation"
    matter_id: Mapped[uuid.UUID] = refers("matter.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", primary_key=True)


class Membership(Base):
    """A user's part in a matter: the tier up to which they are cleared, from and until when."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("matter_id", "user_id"),
        CheckConstraint("tier between 1 and 9", name="tier"),
    )
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    user_id: Mapped[uuid.UUID] = refers("user_account.id", index=True)
    tier: Mapped[int]
    valid_from: Mapped[At]
    valid_until: Mapped[MaybeAt]
    removed_at: Mapped[MaybeAt]
