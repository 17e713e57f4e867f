"""Productions, what logs say of documents, named audiences, surveys of marks; nothing that is there changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables alone."""
    _productions()
    _headers()
    _audiences()
    _surveys()


def _productions() -> None:
    op.create_table(
        "production",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first >= 1 and last >= first", name=op.f("ck_production_numbers")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_production_made_by")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_production_matter_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_production_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production")),
        sa.UniqueConstraint(
            "matter_id",
            "organisation_id",
            "prefix",
            "first",
            name=op.f("uq_production_matter_id_organisation_id_prefix_first"),
        ),
    )
    op.create_index(op.f("ix_production_matter_id"), "production", ["matter_id"], unique=False)
    op.create_table(
        "production_party",
        sa.Column("production_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_production_party_matter_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_production_party_organisation_id")
        ),
        sa.ForeignKeyConstraint(["production_id"], ["production.id"], name=op.f("fk_production_party_production_id")),
        sa.PrimaryKeyConstraint("production_id", "organisation_id", name=op.f("pk_production_party")),
    )
    op.create_table(
        "production_item",
        sa.Column("production_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_production_item_matter_id")),
        sa.ForeignKeyConstraint(["production_id"], ["production.id"], name=op.f("fk_production_item_production_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_production_item_version_id")),
        sa.PrimaryKeyConstraint("production_id", "version_id", name=op.f("pk_production_item")),
    )
    op.create_index(op.f("ix_production_item_version_id"), "production_item", ["version_id"], unique=False)


def _headers() -> None:
    op.create_table(
        "document_header",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("dated", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("family", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("claim", sa.JSON(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("described_by", sa.Uuid(), nullable=False),
        sa.Column("described_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["described_by"], ["user_account.id"], name=op.f("fk_document_header_described_by")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_header_document_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_document_header_matter_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_document_header_organisation_id")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_header")),
    )
    op.create_index(op.f("ix_document_header_matter_id"), "document_header", ["matter_id"], unique=False)


def _audiences() -> None:
    op.create_table(
        "audience",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_audience_created_by")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_audience_matter_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_audience_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audience")),
    )
    op.create_index(op.f("ix_audience_matter_id"), "audience", ["matter_id"], unique=False)
    op.create_table(
        "audience_party",
        sa.Column("audience_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["audience_id"], ["audience.id"], name=op.f("fk_audience_party_audience_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_audience_party_matter_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_audience_party_organisation_id")
        ),
        sa.PrimaryKeyConstraint("audience_id", "organisation_id", name=op.f("pk_audience_party")),
    )
    op.create_table(
        "redaction_group",
        sa.Column("redaction_id", sa.Uuid(), nullable=False),
        sa.Column("audience_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["audience_id"], ["audience.id"], name=op.f("fk_redaction_group_audience_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_redaction_group_matter_id")),
        sa.ForeignKeyConstraint(["redaction_id"], ["redaction.id"], name=op.f("fk_redaction_group_redaction_id")),
        sa.PrimaryKeyConstraint("redaction_id", name=op.f("pk_redaction_group")),
    )
    op.create_index(op.f("ix_redaction_group_audience_id"), "redaction_group", ["audience_id"], unique=False)


def _surveys() -> None:
    op.create_table(
        "survey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state in ('running', 'done')", name=op.f("ck_survey_state")),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_survey_author_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_survey_matter_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_survey_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
    )
    op.create_index(op.f("ix_survey_matter_id"), "survey", ["matter_id"], unique=False)
    op.create_table(
        "survey_part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("redaction_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'done', 'failed')", name=op.f("ck_survey_part_state")),
        sa.ForeignKeyConstraint(["redaction_id"], ["redaction.id"], name=op.f("fk_survey_part_redaction_id")),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_survey_part_survey_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_survey_part_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_part")),
    )
    op.create_index(op.f("ix_survey_part_survey_id"), "survey_part", ["survey_id"], unique=False)
    op.create_index(op.f("ix_survey_part_version_id"), "survey_part", ["version_id"], unique=False)
