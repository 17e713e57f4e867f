"""Access of single people, its reviews, and disclosures to the people of a club alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATES = "state in ('asked', 'granted', 'refused', 'ended')"
ITEMS = "kind in ('membership', 'club', 'disclosure', 'grant')"


def upgrade() -> None:
    """Disclosures of before are to whole organisations; everything else begins empty."""
    with op.batch_alter_table("disclosure") as table:
        table.add_column(sa.Column("club_id", sa.Uuid(), nullable=True))
        table.create_foreign_key(op.f("fk_disclosure_club_id"), "club", ["club_id"], ["id"])
    _grants()
    _reviews()


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _grants() -> None:
    keys = {
        "matter_id": "matter",
        "organisation_id": "organisation",
        "party_id": "organisation",
        "user_id": "user_account",
        "version_id": "version",
        "document_id": "document",
        "decided_by": "user_account",
        "ended_by": "user_account",
        "judged_by": "user_account",
    }
    op.create_table(
        "access_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_until", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("judge_by", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("judged_by", sa.Uuid(), nullable=True),
        sa.Column("judged_at", sa.BigInteger(), nullable=True),
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('request', 'break_glass')", name=op.f("ck_access_grant_kind")),
        sa.CheckConstraint(STATES, name=op.f("ck_access_grant_state")),
        sa.CheckConstraint("verdict in ('confirmed', 'contested')", name=op.f("ck_access_grant_verdict")),
        *(_key("access_grant", column, other) for column, other in keys.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
    )
    op.create_index(op.f("ix_access_grant_matter_id"), "access_grant", ["matter_id"], unique=False)
    op.create_index(op.f("ix_access_grant_document_id"), "access_grant", ["document_id"], unique=False)
    op.create_index("ix_access_grant_version", "access_grant", ["version_id", "user_id"], unique=False)


def _reviews() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        _key("review", "matter_id", "matter"),
        _key("review", "organisation_id", "organisation"),
        _key("review", "started_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(op.f("ix_review_matter_id"), "review", ["matter_id"], unique=False)
    op.create_table(
        "review_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(ITEMS, name=op.f("ck_review_item_kind")),
        sa.CheckConstraint("outcome in ('kept', 'ended', 'last', 'gone')", name=op.f("ck_review_item_outcome")),
        _key("review_item", "review_id", "review"),
        _key("review_item", "user_id", "user_account"),
        _key("review_item", "decided_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint("review_id", "subject_id", name=op.f("uq_review_item_review_id_subject_id")),
    )
    op.create_index(op.f("ix_review_item_review_id"), "review_item", ["review_id"], unique=False)
