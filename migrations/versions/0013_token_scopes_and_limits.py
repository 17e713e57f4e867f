"""What API tokens are for, allowances of requests, files on their way, and invitations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tokens of before may do what their person may, as they always could; everything else begins empty."""
    with op.batch_alter_table("token") as table:
        table.add_column(sa.Column("scopes", sa.JSON(), nullable=True))
        table.add_column(sa.Column("confined_to", sa.Uuid(), nullable=True))
        table.create_foreign_key(op.f("fk_token_confined_to"), "matter", ["confined_to"], ["id"])
    token = sa.table("token", sa.column("scopes", sa.JSON()))
    op.execute(token.update().values(scopes=["everything"]))
    op.add_column("user_account", sa.Column("invited_until", sa.BigInteger(), nullable=True))
    op.create_table(
        "allowance",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_allowance")),
    )
    op.create_table(
        "outgoing",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_outgoing_user_id")),
        sa.PrimaryKeyConstraint("user_id", "kind", "number", name=op.f("pk_outgoing")),
    )
