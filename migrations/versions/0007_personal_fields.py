"""Personal fields of the log are sealed under a key of the person they tell of."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables; the sealing of what is there is owed to the worker, which has the keys."""
    op.create_table(
        "audit_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kms_key", sa.String(length=80), nullable=False),
        sa.Column("kek_blob", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("destroy_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state in ('active', 'shredding', 'tombstone')", name=op.f("ck_audit_person_state")),
        sa.CheckConstraint(
            "state != 'tombstone' or kek_blob is null", name=op.f("ck_audit_person_tombstone_has_no_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_person")),
    )
    op.create_table(
        "audit_sealed",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log_id", "seq", "person_id", name=op.f("pk_audit_sealed")),
    )
    op.create_index(op.f("ix_audit_sealed_person_id"), "audit_sealed", ["person_id"])
    _owe_the_sealing()


def _owe_the_sealing() -> None:
    connection = op.get_bind()
    disclosure = sa.table("audit_disclosure", sa.column("name", sa.String()))
    if connection.execute(sa.select(disclosure).where(disclosure.c.name == "person").limit(1)).first() is None:
        return
    errand = sa.table(
        "errand",
        sa.column("id", sa.Uuid()),
        sa.column("kind", sa.String()),
        sa.column("payload", sa.JSON()),
        sa.column("due_at", sa.BigInteger()),
        sa.column("attempts", sa.Integer()),
    )
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    op.execute(errand.insert().values(id=uuid.uuid4(), kind="person.seal", payload={}, due_at=now, attempts=0))
