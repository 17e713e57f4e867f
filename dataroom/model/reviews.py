"""Access reviews: everything an organisation lets people do in a matter, to be confirmed by a day or to end."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers

KINDS = ("membership", "club", "disclosure", "grant")


class Review(Base):
    """One campaign. What nobody has confirmed by `due_at` ends, and `closed_at` tells when that was done."""

    __tablename__ = "review"
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    started_by: Mapped[uuid.UUID] = refers("user_account.id")
    started_at: Mapped[At]
    due_at: Mapped[At]
    closed_at: Mapped[MaybeAt]


class ReviewItem(Base):
    """One part in the matter, place in a club, disclosure, grant or deputyship (`subject_id`), and what became of it.

    `user_id` is the person it lets in, if it is one. `outcome`: `kept` was confirmed, `ended` was not, `last` was not
    either but would have left the organisation without anybody of that role, `gone` had ended before by itself.
    """

    __tablename__ = "review_item"
    __table_args__ = (
        UniqueConstraint("review_id", "subject_id"),
        CheckConstraint("kind in ('membership', 'club', 'disclosure', 'grant', 'leave')", name="kind"),
        CheckConstraint("outcome in ('kept', 'ended', 'last', 'gone')", name="outcome"),
    )
    id: Mapped[Id]
    review_id: Mapped[uuid.UUID] = refers("review.id", index=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID | None] = refers("user_account.id")
    outcome: Mapped[str | None] = mapped_column(String(20))
    decided_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    decided_at: Mapped[MaybeAt]
