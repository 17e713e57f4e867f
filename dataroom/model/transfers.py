"""Documents across borders: on what an organisation's documents may reach a recipient in another country."""

from __future__ import annotations

import uuid

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class Transfer(Base):
    """The documents of `organisation_id` in a matter may reach `recipient_id` in one country, by a mechanism.

    It carries nothing before a second person has confirmed it. What was recorded before that was asked for was
    confirmed by nobody, and counts from when it was recorded.
    """

    __tablename__ = "transfer"
    __table_args__ = (Index("ix_transfer_way", "matter_id", "organisation_id", "recipient_id"),)
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    recipient_id: Mapped[uuid.UUID] = refers("organisation.id")
    country: Mapped[str] = mapped_column(String(2))
    mechanism: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[uuid.UUID] = refers("user_account.id")
    recorded_at: Mapped[At]
    confirmed_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    confirmed_at: Mapped[MaybeAt]
    until: Mapped[At]
    ended_at: Mapped[MaybeAt]


class Suspension(Base):
    """An organisation no longer relies on a mechanism, in any matter, until one asks to resume and another does."""

    __tablename__ = "suspension"
    __table_args__ = (Index("ix_suspension_of", "organisation_id", "mechanism"),)
    id: Mapped[Id]
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    mechanism: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    suspended_by: Mapped[uuid.UUID] = refers("user_account.id")
    suspended_at: Mapped[At]
    resume_asked_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    resume_asked_at: Mapped[MaybeAt]
    resume_reason: Mapped[str | None] = mapped_column(Text)
    resumed_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    resumed_at: Mapped[MaybeAt]


class Assessment(Base):
    """What export control was found to ask of a document, and on what grounds; the document itself holds the newest.

    One that was made before these were kept is known without its author and day.
    """

    __tablename__ = "assessment"
    id: Mapped[Id]
    document_id: Mapped[uuid.UUID] = refers("document.id", index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    export: Mapped[str] = mapped_column(String(20))
    basis: Mapped[str] = mapped_column(Text)
    assessed_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    assessed_at: Mapped[MaybeAt]
