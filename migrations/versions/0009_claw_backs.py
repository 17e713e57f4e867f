"""Versions clawed back and the answers to it, the audience of a redaction, further codes and statements of a mark."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

GROUNDS = "ground in ('fre-502b', 'fre-502d', 'frcp-26b5b', 'zpo', 'agreement', 'other')"
ANSWERS = "answer is null or answer in ('returned', 'destroyed', 'sequestered', 'disputed')"


def upgrade() -> None:
    """Tables and empty columns alone; nothing that is there changes."""
    _claw_backs()
    op.create_table(
        "redaction_audience",
        sa.Column("redaction_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_redaction_audience_matter_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_redaction_audience_organisation_id")
        ),
        sa.ForeignKeyConstraint(["redaction_id"], ["redaction.id"], name=op.f("fk_redaction_audience_redaction_id")),
        sa.PrimaryKeyConstraint("redaction_id", "organisation_id", name=op.f("pk_redaction_audience")),
    )
    op.add_column("mark", sa.Column("second_code", sa.String(length=40), nullable=True))
    op.add_column("mark", sa.Column("details", sa.JSON(), nullable=True))


def _claw_backs() -> None:
    op.create_table(
        "claw_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(GROUNDS, name=op.f("ck_claw_back_ground")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_claw_back_document_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_claw_back_matter_id")),
        sa.ForeignKeyConstraint(["ordered_by"], ["user_account.id"], name=op.f("fk_claw_back_ordered_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_claw_back_organisation_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_claw_back_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claw_back")),
        sa.UniqueConstraint("version_id", name=op.f("uq_claw_back_version_id")),
    )
    op.create_index(op.f("ix_claw_back_document_id"), "claw_back", ["document_id"], unique=False)
    op.create_index(op.f("ix_claw_back_matter_id"), "claw_back", ["matter_id"], unique=False)
    op.create_table(
        "claw_back_party",
        sa.Column("claw_back_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(ANSWERS, name=op.f("ck_claw_back_party_answer")),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_claw_back_party_answered_by")),
        sa.ForeignKeyConstraint(["claw_back_id"], ["claw_back.id"], name=op.f("fk_claw_back_party_claw_back_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_claw_back_party_matter_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_claw_back_party_organisation_id")
        ),
        sa.PrimaryKeyConstraint("claw_back_id", "organisation_id", name=op.f("pk_claw_back_party")),
    )
