"""Documents, their immutable sealed versions, and the key scopes that open them."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers

STATES = ("staged", "published", "candidate", "destroyed")
"""What a version can be."""


class Document(Base):
    """The thing that is classified, kept, held and disposed of. `number` counts within matter and owner.

    `export` says what export control asks: `unassessed`, `free` or `controlled`; `export_basis` on what grounds.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("matter_id", "organisation_id", "number"),
        CheckConstraint("state in ('staged', 'ready', 'published', 'disposed')", name="state"),
    )
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", index=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    folder: Mapped[str] = mapped_column(String(600))
    file_name: Mapped[str] = mapped_column(String(300))
    tier: Mapped[int]
    category: Mapped[str] = mapped_column(String(60))
    schedule: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20))
    trigger_on: Mapped[date | None]
    due_on: Mapped[date | None] = mapped_column(index=True)
    created_by: Mapped[uuid.UUID] = refers("user_account.id")
    created_at: Mapped[At]
    disposed_at: Mapped[MaybeAt]
    export: Mapped[str] = mapped_column(String(20), server_default="unassessed", default="unassessed")
    export_basis: Mapped[str | None] = mapped_column(Text)


class KeyScope(Base):
    """A key-encryption key, itself wrapped by the KMS: one for each matter, contributing organisation and tier.

    `stale_at` is set while backups may hold a content key that was removed here since the key was last renewed;
    `destroy_at` is when a scope that is `shredding` may be destroyed for good.
    """

    __tablename__ = "key_scope"
    __table_args__ = (
        UniqueConstraint("matter_id", "organisation_id", "tier"),
        CheckConstraint("state in ('active', 'shredding', 'tombstone')", name="state"),
    )
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    tier: Mapped[int]
    epoch: Mapped[int]
    kms_key: Mapped[str] = mapped_column(String(80))
    kek_blob: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[At]
    stale_at: Mapped[MaybeAt]
    destroy_at: Mapped[MaybeAt]


class Version(Base):
    """One immutable sealed content of a document: an original, or a redacted copy made from one.

    `wrapped_dek` is the only key to the bytes: when it is NULL the content is destroyed, wherever copies of the object
    may lie. A redacted copy has a title of its own, since the document's may tell what was removed. Header and length
    live here and never in the object's metadata. `folder` and `number` are the document's, so that an index holds a
    list's order together with what the policy looks at.
    """

    __tablename__ = "version"
    __table_args__ = (
        UniqueConstraint("document_id", "kind", "ordinal"),
        Index("ix_version_scope", "scope_id", "scope_epoch", "id"),
        Index("ix_version_own", "matter_id", "organisation_id", "state", "tier", "folder", "number", "id"),
        Index("ix_version_shown", "matter_id", "state", "tier", "folder", "organisation_id", "number", "id"),
        CheckConstraint("state in ('staged', 'published', 'candidate', 'destroyed')", name="state"),
        CheckConstraint("state != 'destroyed' or wrapped_dek is null", name="destroyed_has_no_key"),
    )
    id: Mapped[Id]
    document_id: Mapped[uuid.UUID] = refers("document.id", index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id", index=True)
    folder: Mapped[str] = mapped_column(String(600), server_default=text("''"))
    number: Mapped[int] = mapped_column(server_default="0")
    ordinal: Mapped[int]
    kind: Mapped[int]
    original_id: Mapped[uuid.UUID | None] = refers("version.id")
    redaction_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    title: Mapped[str | None] = mapped_column(String(300))
    tier: Mapped[int]
    category: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int]
    page_sizes: Mapped[list[Any]]
    has_text: Mapped[bool]
    object_key: Mapped[str] = mapped_column(String(200), unique=True)
    object_version: Mapped[str] = mapped_column(String(200))
    object_length: Mapped[int] = mapped_column(BigInteger)
    header: Mapped[bytes]
    scope_id: Mapped[uuid.UUID] = refers("key_scope.id")
    scope_epoch: Mapped[int]
    wrapped_dek: Mapped[bytes | None]
    author: Mapped[str] = mapped_column(String(36))
    created_by: Mapped[uuid.UUID | None] = refers("user_account.id")
    created_at: Mapped[At]
