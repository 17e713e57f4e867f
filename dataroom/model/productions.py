"""Productions: versions given under continuous page numbers, and what a log says of documents without their content."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, refers


class Production(Base):
    """One production of an organisation: its pages have the numbers `first` to `last`, written `prefix` and `width`
    digits. It is never changed, and its numbers are never given again."""

    __tablename__ = "production"
    __table_args__ = (
        UniqueConstraint("matter_id", "organisation_id", "prefix", "first"),
        CheckConstraint("first >= 1 and last >= first", name="numbers"),
    )
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    title: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    tier: Mapped[int]
    made_by: Mapped[uuid.UUID] = refers("user_account.id")
    made_at: Mapped[At]


class ProductionItem(Base):
    """A version of a production: its place in the order, from 1, and the numbers of its first and last page."""

    __tablename__ = "production_item"
    production_id: Mapped[uuid.UUID] = refers("production.id", primary_key=True)
    version_id: Mapped[uuid.UUID] = refers("version.id", primary_key=True, index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    place: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]


class ProductionParty(Base):
    """An organisation a production is made for."""

    __tablename__ = "production_party"
    production_id: Mapped[uuid.UUID] = refers("production.id", primary_key=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", primary_key=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")


class DocumentHeader(Base):
    """What a log says of a document without its content: who wrote it to whom and when, its family, a neutral subject,
    and the privilege claimed where it is withheld whole. `people` and `claim` are JSON objects."""

    __tablename__ = "document_header"
    document_id: Mapped[uuid.UUID] = refers("document.id", primary_key=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    dated: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(60))
    family: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(Text)
    people: Mapped[dict[str, Any]]
    claim: Mapped[dict[str, Any] | None]
    outcome: Mapped[str] = mapped_column(Text)
    described_by: Mapped[uuid.UUID] = refers("user_account.id")
    described_at: Mapped[At]
