"""How strongly people signed in, their own keys, and how the service proves itself to a provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns that begin empty, and a table."""
    op.add_column("issuer", sa.Column("strong_acr", sa.JSON(), nullable=True))
    op.add_column("issuer", sa.Column("client_auth", sa.String(length=30), nullable=True))
    op.add_column("issuer", sa.Column("pushed", sa.Boolean(), nullable=True))
    op.add_column("session", sa.Column("acr", sa.String(length=255), nullable=True))
    op.add_column("session", sa.Column("amr", sa.JSON(), nullable=True))
    op.add_column("session", sa.Column("auth_at", sa.BigInteger(), nullable=True))
    op.add_column("session", sa.Column("strong_at", sa.BigInteger(), nullable=True))
    op.add_column("session", sa.Column("challenge", sa.String(length=100), nullable=True))
    op.add_column("session", sa.Column("challenge_at", sa.BigInteger(), nullable=True))
    op.add_column("token", sa.Column("strong_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "authenticator",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("credential_hash", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_authenticator_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator")),
        sa.UniqueConstraint("credential_hash", name=op.f("uq_authenticator_credential_hash")),
    )
    op.create_index(op.f("ix_authenticator_user_id"), "authenticator", ["user_id"], unique=False)
