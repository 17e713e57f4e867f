"""Claw-backs: a version that others have had is locked for them, and what each of them answered."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers

GROUNDS = ("fre-502b", "fre-502d", "frcp-26b5b", "zpo", "agreement", "other")
ANSWERS = ("returned", "destroyed", "sequestered", "disputed")


class ClawBack(Base):
    """One version taken back from everybody outside its organisation, for good; there is at most one a version."""

    __tablename__ = "claw_back"
    __table_args__ = (CheckConstraint(f"ground in {GROUNDS!r}", name="ground"),)
    id: Mapped[Id]
    version_id: Mapped[uuid.UUID] = refers("version.id", unique=True)
    document_id: Mapped[uuid.UUID] = refers("document.id", index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    tier: Mapped[int]
    ground: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    notice: Mapped[str] = mapped_column(Text)
    ordered_by: Mapped[uuid.UUID] = refers("user_account.id")
    ordered_at: Mapped[At]


class ClawBackParty(Base):
    """An organisation that had the version, and what it says became of its copies; empty until it has answered."""

    __tablename__ = "claw_back_party"
    __table_args__ = (CheckConstraint(f"answer is null or answer in {ANSWERS!r}", name="answer"),)
    claw_back_id: Mapped[uuid.UUID] = refers("claw_back.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", primary_key=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    answer: Mapped[str | None] = mapped_column(String(20))
    statement: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    answered_at: Mapped[MaybeAt]
