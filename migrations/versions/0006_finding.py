"""Terms of a matter, searches over its documents, and words read from scanned pages; nothing that is there changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables alone."""
    _terms()
    _searches()
    _transcripts()


def _terms() -> None:
    op.create_table(
        "term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("scope_epoch", sa.Integer(), nullable=False),
        sa.Column("wrapped_dek", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_term_author_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_term_matter_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_term_organisation_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["key_scope.id"], name=op.f("fk_term_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
    )
    op.create_index(op.f("ix_term_matter_id"), "term", ["matter_id"], unique=False)
    op.create_index(op.f("ix_term_scope_id"), "term", ["scope_id"], unique=False)


def _searches() -> None:
    op.create_table(
        "search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state in ('running', 'done', 'stopped')", name=op.f("ck_search_state")),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_search_author_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_search_matter_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_search_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
    )
    op.create_index(op.f("ix_search_matter_id"), "search", ["matter_id"], unique=False)
    op.create_table(
        "search_part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("query", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("blank", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'done', 'failed')", name=op.f("ck_search_part_state")),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name=op.f("fk_search_part_search_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_search_part_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_part")),
        sa.UniqueConstraint("search_id", "version_id", name=op.f("uq_search_part_search_id_version_id")),
    )
    op.create_index(op.f("ix_search_part_search_id"), "search_part", ["search_id"], unique=False)
    op.create_index(op.f("ix_search_part_version_id"), "search_part", ["version_id"], unique=False)


def _transcripts() -> None:
    op.create_table(
        "transcript",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state in ('running', 'done', 'failed')", name=op.f("ck_transcript_state")),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_transcript_author_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_transcript_matter_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_transcript_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript")),
        sa.UniqueConstraint("version_id", name=op.f("uq_transcript_version_id")),
    )
    op.create_table(
        "transcript_page",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_transcript_page_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript_page")),
        sa.UniqueConstraint("version_id", "page", name=op.f("uq_transcript_page_version_id_page")),
    )
