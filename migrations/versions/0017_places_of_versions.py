"""Versions carry their document's place in a list, and indexes lead from what is permitted to documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PLACE = "folder = (SELECT d.folder FROM document d WHERE d.id = version.document_id)"
NUMBER = "number = (SELECT d.number FROM document d WHERE d.id = version.document_id)"
INDEXES = {
    ("version", "own"): ("matter_id", "organisation_id", "state", "tier", "folder", "number", "id"),
    ("version", "shown"): ("matter_id", "state", "tier", "folder", "organisation_id", "number", "id"),
    ("disclosure", "recipient"): ("recipient_id", "withdrawn_at", "expires_at", "version_id"),
    ("disclosure", "club"): ("club_id", "version_id"),
    ("access_grant", "person"): ("user_id", "state", "expires_at", "version_id"),
}


def upgrade() -> None:
    """Folder and number of each document go to its versions too; nothing else changes."""
    with op.batch_alter_table("disclosure") as table:
        table.create_check_constraint(op.f("ck_disclosure_visits"), "visits in ('free', 'stated')")
    op.add_column("version", sa.Column("folder", sa.String(length=600), server_default=sa.text("''"), nullable=False))
    op.add_column("version", sa.Column("number", sa.Integer(), server_default="0", nullable=False))
    op.execute(f"UPDATE version SET {PLACE}, {NUMBER}")
    op.drop_index("ix_version_matter_state", table_name="version")
    for (table, name), columns in INDEXES.items():
        op.create_index(f"ix_{table}_{name}", table, list(columns), unique=False)
