"""Organisations' directories (SCIM), and what they have filed of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table, and columns that begin empty but for accounts that a colleague has deactivated, nobody says when."""
    op.add_column("user_account", sa.Column("external_id", sa.String(length=255), nullable=True))
    for name in ("filed_at", "departed_at", "removed_at", "closed_at"):
        op.add_column("user_account", sa.Column(name, sa.BigInteger(), nullable=True))
    op.execute("UPDATE user_account SET closed_at = created_at WHERE active = false AND invited_until IS NULL")
    op.create_table(
        "directory",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_directory_organisation_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_directory_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_directory_token_hash")),
    )
    op.create_index(op.f("ix_directory_organisation_id"), "directory", ["organisation_id"], unique=False)
