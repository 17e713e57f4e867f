"""Anchors of checkpoints: time-stamp tokens, and notes in a locked bucket."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table; nothing was anchored before."""
    op.create_table(
        "audit_anchor",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("anchor", sa.String(length=20), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["audit_log.id"], name=op.f("fk_audit_anchor_log_id")),
        sa.PrimaryKeyConstraint("log_id", "size", "anchor", name=op.f("pk_audit_anchor")),
    )
