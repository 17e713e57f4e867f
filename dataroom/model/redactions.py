"""Redactions under way, their marks, and the reports of what was removed."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers

STATES = ("draft", "applying", "in_review", "returned", "released", "failed", "discarded")


class Redaction(Base):
    """One redacted copy in the making: drafted by its author, checked by another person, released or sent back."""

    __tablename__ = "redaction"
    __table_args__ = (
        CheckConstraint(f"state in {STATES!r}", name="state"),
        CheckConstraint("reviewer_id is null or reviewer_id != author_id", name="four_eyes"),
    )
    id: Mapped[Id]
    version_id: Mapped[uuid.UUID] = refers("version.id", index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    title: Mapped[str] = mapped_column(String(200))
    result_title: Mapped[str] = mapped_column(String(300), server_default=text("''"))
    tier: Mapped[int]
    result_tier: Mapped[int]
    result_category: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20))
    remark: Mapped[str] = mapped_column(Text)
    report: Mapped[dict[str, Any] | None]
    author_id: Mapped[uuid.UUID] = refers("user_account.id")
    reviewer_id: Mapped[uuid.UUID | None] = refers("user_account.id")
    created_at: Mapped[At]
    submitted_at: Mapped[MaybeAt]
    decided_at: Mapped[MaybeAt]


class RedactionAudience(Base):
    """An organisation a redacted copy is meant for; a redaction without any may be disclosed to every participant."""

    __tablename__ = "redaction_audience"
    redaction_id: Mapped[uuid.UUID] = refers("redaction.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", primary_key=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")


class Mark(Base):
    """A proposed region: page from 1, box in PDF points (origin bottom left, before page rotation), code and reason.

    `details` holds what the codes ask to be recorded, by its name; empty for marks of before this was asked.
    """

    __tablename__ = "mark"
    id: Mapped[Id]
    redaction_id: Mapped[uuid.UUID] = refers("redaction.id", index=True)
    page: Mapped[int]
    x0: Mapped[float]
    y0: Mapped[float]
    x1: Mapped[float]
    y1: Mapped[float]
    kind: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(40))
    rationale: Mapped[str] = mapped_column(Text)
    second_code: Mapped[str | None] = mapped_column(String(40))
    details: Mapped[dict[str, Any] | None]
    author_id: Mapped[uuid.UUID] = refers("user_account.id")
    created_at: Mapped[At]
