"""Changes of the rules while the installation runs: proposed by one organisation, put in force by another."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class PolicyChange(Base):
    """One change. `texts` are all rule files that differ from the delivered ones once it is in force, by file name.

    `delivered` holds the SHA-256 of the delivered text under each of them ("" where there is none), `told` the
    difference as it was shown, `number` its place among the changes in force: the law in force is that of the highest
    one. `proposal` and `approval` are statements signed with the key of the logs. The operator's return to the
    delivered law is a row without a person.
    """

    __tablename__ = "policy_change"
    __table_args__ = (
        CheckConstraint("state in ('proposed', 'in_force', 'rejected', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'in_force') = (number is not null)", name="number"),
    )
    id: Mapped[Id]
    organisation_id: Mapped[uuid.UUID | None] = refers("organisation.id")
    proposed_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    proposed_at: Mapped[At]
    reason: Mapped[str] = mapped_column(Text)
    base: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    texts: Mapped[dict[str, Any]]
    delivered: Mapped[dict[str, Any]]
    told: Mapped[dict[str, Any]]
    proposal: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), index=True)
    decided_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    decided_at: Mapped[MaybeAt]
    decision: Mapped[str] = mapped_column(Text)
    number: Mapped[int | None] = mapped_column(Integer, unique=True)
    approval: Mapped[str | None] = mapped_column(Text)
