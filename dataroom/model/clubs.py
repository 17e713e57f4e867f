"""Clubs: named people inside a matter, and the documents only they, or everybody but them, may reach."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, Date, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers

WALL = "ethical_wall"
COUNSEL = "outside_counsel"
TEAM = "clean_team"
COUNSELS = (COUNSEL, TEAM)
"""The kinds of club that take counsel (custodians) alone; a clean team only those who gave a written undertaking."""
KINDS = (TEAM, "confidentiality_club", COUNSEL, WALL)


class Club(Base):
    """A named circle of people, kept by one organisation. `kind`, which nothing changes, says whom it lets in or that
    it, a wall, keeps out."""

    __tablename__ = "club"
    __table_args__ = (
        CheckConstraint(
            "kind in ('clean_team', 'confidentiality_club', 'outside_counsel', 'ethical_wall')", name="kind"
        ),
    )
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(30))
    created_by: Mapped[uuid.UUID] = refers("user_account.id")
    created_at: Mapped[At]
    ended_at: Mapped[MaybeAt]


class ClubMember(Base):
    """A person's place in a club, from and until when, and where and of which day their written undertaking is."""

    __tablename__ = "club_member"
    __table_args__ = (CheckConstraint("(undertaking is null) = (undertaken_on is null)", name="undertaking"),)
    id: Mapped[Id]
    club_id: Mapped[uuid.UUID] = refers("club.id", index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    user_id: Mapped[uuid.UUID] = refers("user_account.id", index=True)
    added_by: Mapped[uuid.UUID] = refers("user_account.id")
    valid_from: Mapped[At]
    valid_until: Mapped[MaybeAt]
    removed_at: Mapped[MaybeAt]
    undertaking: Mapped[str | None] = mapped_column(Text)
    undertaken_on: Mapped[date | None] = mapped_column(Date)


class Limitation(Base):
    """A document is limited to a club (`way` is `club`) or kept from those behind a wall (`wall`): one each at most."""

    __tablename__ = "limitation"
    __table_args__ = (CheckConstraint("way in ('club', 'wall')", name="way"),)
    document_id: Mapped[uuid.UUID] = refers("document.id", primary_key=True)
    way: Mapped[str] = mapped_column(String(10), primary_key=True)
    club_id: Mapped[uuid.UUID] = refers("club.id", index=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    limited_by: Mapped[uuid.UUID] = refers("user_account.id")
    limited_at: Mapped[At]
