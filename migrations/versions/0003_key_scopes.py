"""Key scopes remember what was destroyed under them, and until when their own destruction can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two times, both empty."""
    with op.batch_alter_table("key_scope", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stale_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("destroy_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE key_scope SET stale_at = created_at "
        "WHERE id IN (SELECT scope_id FROM version WHERE state = 'destroyed')"
    )
