"""Redacted copies have titles of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Copies made before keep the document's title, which is what their recipients have seen."""
    op.add_column("version", sa.Column("title", sa.String(length=300), nullable=True))
    op.add_column(
        "redaction", sa.Column("result_title", sa.String(length=300), nullable=False, server_default=sa.text("''"))
    )
    op.execute(
        "UPDATE redaction SET result_title = (SELECT document.title FROM version JOIN document"
        " ON document.id = version.document_id WHERE version.id = redaction.version_id)"
    )
