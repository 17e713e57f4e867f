"""Clubs and walls: named people of a matter, and the documents limited to them; nothing that is there changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KINDS = "kind in ('clean_team', 'confidentiality_club', 'outside_counsel', 'ethical_wall')"


def upgrade() -> None:
    """Tables alone."""
    op.create_table(
        "club",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_club_kind")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_club_created_by")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_club_matter_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_club_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_club")),
    )
    op.create_index(op.f("ix_club_matter_id"), "club", ["matter_id"], unique=False)
    _people()
    _limits()


def _people() -> None:
    op.create_table(
        "club_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("club_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_club_member_added_by")),
        sa.ForeignKeyConstraint(["club_id"], ["club.id"], name=op.f("fk_club_member_club_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_club_member_matter_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_club_member_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_club_member")),
    )
    op.create_index(op.f("ix_club_member_club_id"), "club_member", ["club_id"], unique=False)
    op.create_index(op.f("ix_club_member_user_id"), "club_member", ["user_id"], unique=False)


def _limits() -> None:
    op.create_table(
        "limitation",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("club_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("limited_by", sa.Uuid(), nullable=False),
        sa.Column("limited_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("way in ('club', 'wall')", name=op.f("ck_limitation_way")),
        sa.ForeignKeyConstraint(["club_id"], ["club.id"], name=op.f("fk_limitation_club_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_limitation_document_id")),
        sa.ForeignKeyConstraint(["limited_by"], ["user_account.id"], name=op.f("fk_limitation_limited_by")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_limitation_matter_id")),
        sa.PrimaryKeyConstraint("document_id", "way", name=op.f("pk_limitation")),
    )
    op.create_index(op.f("ix_limitation_club_id"), "limitation", ["club_id"], unique=False)
