"""Disclosures: one version given to one organisation, on terms, with the reason recorded."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class Disclosure(Base):
    """Live from `granted_at` until `expires_at` or `withdrawn_at`, whichever is first; with `club_id` to its people.

    `visits`: `stated` where whoever opens the version says first what for, else `free`.
    """

    __tablename__ = "disclosure"
    __table_args__ = (
        CheckConstraint("visits in ('free', 'stated')", name="visits"),
        Index("ix_disclosure_live", "version_id", "recipient_id"),
        Index("ix_disclosure_recipient", "recipient_id", "withdrawn_at", "expires_at", "version_id"),
        Index("ix_disclosure_club", "club_id", "version_id"),
    )
    id: Mapped[Id]
    version_id: Mapped[uuid.UUID] = refers("version.id")
    document_id: Mapped[uuid.UUID] = refers("document.id", index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    recipient_id: Mapped[uuid.UUID] = refers("organisation.id")
    club_id: Mapped[uuid.UUID | None] = refers("club.id")
    purpose: Mapped[str] = mapped_column(Text)
    necessity: Mapped[str] = mapped_column(Text)
    alternative: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[uuid.UUID] = refers("user_account.id")
    granted_at: Mapped[At]
    expires_at: Mapped[At]
    withdrawn_at: Mapped[MaybeAt]
    withdrawn_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    visits: Mapped[str] = mapped_column(String(10), server_default="free", default="free")
