"""Which hosts are called for an organisation's identity provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column that begins empty: then the issuer's own host alone is called."""
    op.add_column("issuer", sa.Column("hosts", sa.JSON(), nullable=True))
