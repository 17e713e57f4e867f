"""Surveys: an organisation's marks in a matter held against each other, part by part, by the service.

What a part found is sealed under the key of the version it is about: the rows tell how many documents there are.
"""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class Survey(Base):
    """One reading of an organisation's originals and marks in a matter."""

    __tablename__ = "survey"
    __table_args__ = (CheckConstraint("state in ('running', 'done')", name="state"),)
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    author_id: Mapped[uuid.UUID] = refers("user_account.id")
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[At]
    finished_at: Mapped[MaybeAt]


class SurveyPart(Base):
    """One original of a survey (its sketch), or one redaction (what its marks hide and where it stands elsewhere)."""

    __tablename__ = "survey_part"
    __table_args__ = (CheckConstraint("state in ('waiting', 'done', 'failed')", name="state"),)
    id: Mapped[Id]
    survey_id: Mapped[uuid.UUID] = refers("survey.id", index=True)
    version_id: Mapped[uuid.UUID] = refers("version.id", index=True)
    redaction_id: Mapped[uuid.UUID | None] = refers("redaction.id")
    state: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[bytes | None]
