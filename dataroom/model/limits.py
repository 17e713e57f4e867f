"""How much somebody may ask at once: allowances of requests, and files on their way to a person."""

from __future__ import annotations

import uuid

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, MaybeAt, refers


class Allowance(Base):
    """How many requests are left to a person, token or address (`name`) since `at`; it fills again with time.

    `told_at` is when the log was last told that there were none left.
    """

    __tablename__ = "allowance"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    level: Mapped[int]
    at: Mapped[At]
    told_at: Mapped[MaybeAt]


class Outgoing(Base):
    """A place taken by a file on its way to a person; free again after `until`, which its `holder` puts off."""

    __tablename__ = "outgoing"
    user_id: Mapped[uuid.UUID] = refers("user_account.id", primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[uuid.UUID]
    until: Mapped[At]
