"""Changes of the rules while the installation runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table that begins empty: the delivered rules are in force."""
    op.create_table(
        "policy_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("base", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("delivered", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("approval", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('proposed', 'in_force', 'rejected', 'withdrawn')", name=op.f("ck_policy_change_state")
        ),
        sa.CheckConstraint("(state = 'in_force') = (number is not null)", name=op.f("ck_policy_change_number")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_policy_change_organisation_id")
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["user_account.id"], name=op.f("fk_policy_change_proposed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_policy_change_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_change")),
        sa.UniqueConstraint("number", name=op.f("uq_policy_change_number")),
    )
    op.create_index(op.f("ix_policy_change_state"), "policy_change", ["state"], unique=False)
