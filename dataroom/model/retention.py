"""Holds, disposals, their approvals and the certificates that prove destruction."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers

HOLD_KINDS = ("litigation", "investigation", "audit", "contract", "subject_request")


class Hold(Base):
    """A duty to keep; while `released_at` is empty nothing destroys what it covers."""

    __tablename__ = "hold"
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    kind: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[uuid.UUID] = refers("user_account.id")
    placed_at: Mapped[At]
    released_at: Mapped[MaybeAt]
    released_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    release_reason: Mapped[str | None] = mapped_column(Text)


class HoldDocument(Base):
    """A document a hold covers."""

    __tablename__ = "hold_document"
    hold_id: Mapped[uuid.UUID] = refers("hold.id", primary_key=True)
    document_id: Mapped[uuid.UUID] = refers("document.id", primary_key=True, index=True)


class Disposal(Base):
    """A proposal to destroy documents that are due, and what became of it."""

    __tablename__ = "disposal"
    __table_args__ = (CheckConstraint("state in ('proposed', 'approved', 'void', 'rejected', 'done')", name="state"),)
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    remark: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[uuid.UUID] = refers("user_account.id")
    proposed_at: Mapped[At]
    executed_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    executed_at: Mapped[MaybeAt]


class DisposalDocument(Base):
    """A document a disposal would destroy."""

    __tablename__ = "disposal_document"
    disposal_id: Mapped[uuid.UUID] = refers("disposal.id", primary_key=True)
    document_id: Mapped[uuid.UUID] = refers("document.id", primary_key=True, index=True)


class DisposalApproval(Base):
    """One approval; each person and each function (role) approves at most once."""

    __tablename__ = "disposal_approval"
    __table_args__ = (UniqueConstraint("disposal_id", "function"), UniqueConstraint("disposal_id", "user_id"))
    id: Mapped[Id]
    disposal_id: Mapped[uuid.UUID] = refers("disposal.id", index=True)
    user_id: Mapped[uuid.UUID] = refers("user_account.id")
    function: Mapped[str] = mapped_column(String(20))
    approved_at: Mapped[At]


class Certificate(Base):
    """The signed statement of a destruction: `body` is the exact canonical JSON that `signature` (Ed25519) covers."""

    __tablename__ = "certificate"
    id: Mapped[Id]
    disposal_id: Mapped[uuid.UUID] = refers("disposal.id", unique=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    body: Mapped[bytes]
    signature: Mapped[bytes]
    public_key: Mapped[bytes]
    summary: Mapped[dict[str, Any]]
    created_at: Mapped[At]
