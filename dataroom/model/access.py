"""Access of single people: what somebody asked for, what was granted on it, and what was opened in an emergency."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers

REQUEST = "request"
BREAK_GLASS = "break_glass"


class Grant(Base):
    """One person's request for a document of `organisation_id`, known by its number, and what became of it.

    It opens `version_id` to the person while `state` is `granted` and until `expires_at`. One of kind `break_glass` is
    granted by nobody; a second person judges it afterwards, by `judge_by`.
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        CheckConstraint("kind in ('request', 'break_glass')", name="kind"),
        CheckConstraint("state in ('asked', 'granted', 'refused', 'ended')", name="state"),
        CheckConstraint("verdict in ('confirmed', 'contested')", name="verdict"),
        Index("ix_access_grant_version", "version_id", "user_id"),
        Index("ix_access_grant_person", "user_id", "state", "expires_at", "version_id"),
    )
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    party_id: Mapped[uuid.UUID] = refers("organisation.id")
    user_id: Mapped[uuid.UUID] = refers("user_account.id")
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    purpose: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[At]
    asked_until: Mapped[At]
    state: Mapped[str] = mapped_column(String(20))
    version_id: Mapped[uuid.UUID | None] = refers("version.id")
    document_id: Mapped[uuid.UUID | None] = refers("document.id", index=True)
    decided_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    decided_at: Mapped[MaybeAt]
    remark: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[MaybeAt]
    ended_at: Mapped[MaybeAt]
    ended_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    judge_by: Mapped[MaybeAt]
    verdict: Mapped[str | None] = mapped_column(String(20))
    judged_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    judged_at: Mapped[MaybeAt]
    judgement: Mapped[str] = mapped_column(Text)
