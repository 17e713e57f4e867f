"""Usage agreements, training and purposes of visits; countries, transfers across borders and export control."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Countries begin unknown and documents unassessed, which is the strictest; everything else begins empty."""
    op.add_column("organisation", sa.Column("country", sa.String(length=2), nullable=True))
    op.add_column("session", sa.Column("country", sa.String(length=2), nullable=True))
    assessed = sa.Column("export", sa.String(length=20), nullable=False, server_default="unassessed")
    op.add_column("document", assessed)
    op.add_column("document", sa.Column("export_basis", sa.Text(), nullable=True))
    op.add_column("disclosure", sa.Column("visits", sa.String(length=10), nullable=False, server_default="free"))
    _agreements()
    _visits()
    _transfers()


def _columns(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=False) for name in names]


def _keys(table: str, **targets: str) -> list[sa.Constraint]:
    found: list[sa.Constraint] = [sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]
    for name, target in targets.items():
        found.append(sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}")))
    return found


def _agreements() -> None:
    op.create_table(
        "agreement",
        *_columns("id", "matter_id", "set_by"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("training", sa.String(length=10), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("training in ('needed', 'none')", name=op.f("ck_agreement_training")),
        sa.UniqueConstraint("matter_id", "ordinal", name=op.f("uq_agreement_matter_id_ordinal")),
        *_keys("agreement", matter_id="matter", set_by="user_account"),
    )
    op.create_table(
        "acceptance",
        *_columns("id", "agreement_id", "matter_id", "user_id"),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("agreement_id", "user_id", name=op.f("uq_acceptance_agreement_id_user_id")),
        *_keys("acceptance", agreement_id="agreement", matter_id="matter", user_id="user_account"),
    )
    op.create_index(op.f("ix_acceptance_user_id"), "acceptance", ["user_id"], unique=False)
    op.create_table(
        "training",
        *_columns("id", "user_id", "organisation_id", "recorded_by"),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        *_keys("training", user_id="user_account", organisation_id="organisation", recorded_by="user_account"),
    )
    op.create_index(op.f("ix_training_user_id"), "training", ["user_id"], unique=False)


def _visits() -> None:
    op.create_table(
        "visit",
        *_columns("id", "version_id", "document_id", "matter_id", "organisation_id", "user_id"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        *_keys(
            "visit",
            version_id="version",
            document_id="document",
            matter_id="matter",
            organisation_id="organisation",
            user_id="user_account",
        ),
    )
    op.create_index(op.f("ix_visit_version_id"), "visit", ["version_id"], unique=False)


def _transfers() -> None:
    op.create_table(
        "transfer",
        *_columns("id", "matter_id", "organisation_id", "recipient_id", "recorded_by"),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("mechanism", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        *_keys(
            "transfer",
            matter_id="matter",
            organisation_id="organisation",
            recipient_id="organisation",
            recorded_by="user_account",
        ),
    )
    op.create_index("ix_transfer_way", "transfer", ["matter_id", "organisation_id", "recipient_id"], unique=False)
    op.create_table(
        "suspension",
        *_columns("id", "organisation_id", "suspended_by"),
        sa.Column("mechanism", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("suspended_at", sa.BigInteger(), nullable=False),
        sa.Column("resumed_by", sa.Uuid(), nullable=True),
        sa.Column("resumed_at", sa.BigInteger(), nullable=True),
        *_keys("suspension", organisation_id="organisation", suspended_by="user_account", resumed_by="user_account"),
    )
    op.create_index("ix_suspension_of", "suspension", ["organisation_id", "mechanism"], unique=False)
