"""Leave of custodians, and who stands in for them meanwhile."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class Leave(Base):
    """A custodian (`user_id`) is away from one matter from `begins_at` until `until`, or until it was ended.

    Meanwhile `deputy_id` holds their part in it, as far as they themselves hold it; without one nobody does.
    """

    __tablename__ = "leave"
    __table_args__ = (
        CheckConstraint("deputy_id is null or deputy_id != user_id", name="two_people"),
        Index("ix_leave_of", "matter_id", "user_id"),
        Index("ix_leave_by", "matter_id", "deputy_id"),
    )
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    user_id: Mapped[uuid.UUID] = refers("user_account.id")
    deputy_id: Mapped[uuid.UUID | None] = refers("user_account.id")
    reason: Mapped[str] = mapped_column(Text)
    announced_at: Mapped[At]
    begins_at: Mapped[At]
    until: Mapped[At]
    ended_at: Mapped[MaybeAt]
    ended_by: Mapped[uuid.UUID | None] = refers("user_account.id")
