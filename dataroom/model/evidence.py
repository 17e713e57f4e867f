"""The audit log's rows: a head for each tree, its entries, their closable fields, and signed checkpoints.

`AuditEntry.entry` holds the exact bytes that were hashed; the other columns only index it and prove nothing.
"""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class AuditLog(Base):
    """The head of one tree: how many entries it has and the frontier its next entry folds into.

    There is one for each matter and one for the deployment.
    """

    __tablename__ = "audit_log"
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID | None] = refers("matter.id", unique=True)
    origin: Mapped[str] = mapped_column(String(200), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    frontier: Mapped[bytes]


class AuditEntry(Base):
    """One entry; never updated, never deleted (the database refuses both)."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_target", "log_id", "target_id"),
        Index("ix_audit_entry_actor", "log_id", "actor_id"),
        Index("ix_audit_entry_act", "log_id", "act"),
    )
    log_id: Mapped[uuid.UUID] = refers("audit_log.id", primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry: Mapped[bytes]
    leaf: Mapped[bytes]
    at: Mapped[At]
    matter_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    act: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    actor_organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    owner_organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    target_kind: Mapped[str] = mapped_column(String(30))
    target_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    document_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class AuditDisclosure(Base):
    """The salted opening of one entry's fields; deleting it closes them for good while the tree still verifies.

    `name` is `fact`. Rows named `person` are of before personal fields were sealed, and wait to be.
    """

    __tablename__ = "audit_disclosure"
    log_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    disclosure: Mapped[str] = mapped_column(Text)


class AuditPerson(Base):
    """The key of one person's fields in the log: a KEK wrapped by the key service, under the person's opaque number.

    `id` is that of the user, or the null id for people who were never let in. A person who is to be erased is
    `shredding` until `destroy_at`, and closed at once; then a `tombstone`, without a key.
    """

    __tablename__ = "audit_person"
    __table_args__ = (
        CheckConstraint("state in ('active', 'shredding', 'tombstone')", name="state"),
        CheckConstraint("state != 'tombstone' or kek_blob is null", name="tombstone_has_no_key"),
    )
    id: Mapped[Id]
    kms_key: Mapped[str] = mapped_column(String(80))
    kek_blob: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[At]
    destroy_at: Mapped[MaybeAt]


class AuditSealed(Base):
    """The opening of those fields of an entry that tell of one person, sealed under that person's key."""

    __tablename__ = "audit_sealed"
    log_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, index=True)
    sealed: Mapped[bytes]


class AuditCheckpoint(Base):
    """A signed head of a log at a size (C2SP signed note)."""

    __tablename__ = "audit_checkpoint"
    log_id: Mapped[uuid.UUID] = refers("audit_log.id", primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[At]
