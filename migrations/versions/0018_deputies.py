"""Leave of custodians and their deputies; second persons for ways abroad; what export control was found to ask before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ITEMS = "kind in ('membership', 'club', 'disclosure', 'grant', 'leave')"


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """What documents rest on to go abroad counts as confirmed when it was recorded; everything else begins empty."""
    _leaves()
    _assessments()
    _second_persons()
    with op.batch_alter_table("review_item") as table:
        table.drop_constraint(op.f("ck_review_item_kind"), type_="check")
        table.create_check_constraint(op.f("ck_review_item_kind"), ITEMS)


def _leaves() -> None:
    people = dict.fromkeys(("user_id", "deputy_id", "ended_by"), "user_account")
    keys = {"matter_id": "matter", "organisation_id": "organisation", **people}
    op.create_table(
        "leave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("announced_at", sa.BigInteger(), nullable=False),
        sa.Column("begins_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("deputy_id is null or deputy_id != user_id", name=op.f("ck_leave_two_people")),
        *(_key("leave", column, other) for column, other in keys.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    op.create_index("ix_leave_of", "leave", ["matter_id", "user_id"], unique=False)
    op.create_index("ix_leave_by", "leave", ["matter_id", "deputy_id"], unique=False)


def _assessments() -> None:
    keys = {"document_id": "document", "matter_id": "matter", "organisation_id": "organisation"}
    keys |= {"assessed_by": "user_account"}
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("export", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("assessed_by", sa.Uuid(), nullable=True),
        sa.Column("assessed_at", sa.BigInteger(), nullable=True),
        *(_key("assessment", column, other) for column, other in keys.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    op.create_index(op.f("ix_assessment_document_id"), "assessment", ["document_id"], unique=False)


def _second_persons() -> None:
    with op.batch_alter_table("transfer") as table:
        table.add_column(sa.Column("confirmed_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("confirmed_at", sa.BigInteger(), nullable=True))
        table.create_foreign_key(op.f("fk_transfer_confirmed_by"), "user_account", ["confirmed_by"], ["id"])
    op.execute("UPDATE transfer SET confirmed_at = recorded_at")
    with op.batch_alter_table("suspension") as table:
        table.add_column(sa.Column("resume_asked_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("resume_asked_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("resume_reason", sa.Text(), nullable=True))
        table.create_foreign_key(op.f("fk_suspension_resume_asked_by"), "user_account", ["resume_asked_by"], ["id"])
