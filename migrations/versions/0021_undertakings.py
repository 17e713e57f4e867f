"""Written undertakings of people who are named in clubs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns that begin empty: nobody is in a clean team until their undertaking is on record."""
    op.add_column("club_member", sa.Column("undertaking", sa.Text(), nullable=True))
    op.add_column("club_member", sa.Column("undertaken_on", sa.Date(), nullable=True))
    with op.batch_alter_table("club_member") as table:
        table.create_check_constraint(
            op.f("ck_club_member_undertaking"), "(undertaking is null) = (undertaken_on is null)"
        )
