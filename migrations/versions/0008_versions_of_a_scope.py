"""The versions of a key scope are found without looking at all others."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index in the order in which renewals go through a scope."""
    op.create_index("ix_version_scope", "version", ["scope_id", "scope_epoch", "id"])
