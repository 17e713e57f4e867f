"""Witnesses: partners' logs we follow, witnesses we ask, their cosignatures, subtree roots and halted logs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables alone; nothing that is there changes."""
    _partners()
    _own_logs()


def _partners() -> None:
    op.create_table(
        "witness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witness")),
        sa.UniqueConstraint("name", name=op.f("uq_witness_name")),
    )
    op.create_table(
        "witnessed_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("covers", sa.String(length=10), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cosigned_at", sa.BigInteger(), nullable=False),
        sa.Column("conflict", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witnessed_log")),
        sa.UniqueConstraint("origin", name=op.f("uq_witnessed_log_origin")),
    )


def _own_logs() -> None:
    log = sa.ForeignKeyConstraint
    op.create_table(
        "witness_standing",
        sa.Column("witness_id", sa.Uuid(), nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cosigned_at", sa.BigInteger(), nullable=True),
        log(["log_id"], ["audit_log.id"], name=op.f("fk_witness_standing_log_id")),
        log(["witness_id"], ["witness.id"], name=op.f("fk_witness_standing_witness_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("witness_id", "log_id", name=op.f("pk_witness_standing")),
    )
    op.create_table(
        "audit_cosignature",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        log(["log_id"], ["audit_log.id"], name=op.f("fk_audit_cosignature_log_id")),
        sa.PrimaryKeyConstraint("log_id", "size", "witness", name=op.f("pk_audit_cosignature")),
    )
    op.create_table(
        "audit_node",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log_id", "level", "index", name=op.f("pk_audit_node")),
    )
    op.create_table(
        "audit_halt",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("signed_size", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        log(["log_id"], ["audit_log.id"], name=op.f("fk_audit_halt_log_id")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_audit_halt")),
    )
