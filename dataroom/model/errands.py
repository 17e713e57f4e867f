"""Errands: what an action owes after its commit, done by a worker at least once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt


class Errand(Base):
    """`kind` is the action the worker performs, `payload` its target and parameters as plain JSON (ids only)."""

    __tablename__ = "errand"
    __table_args__ = (Index("ix_errand_due", "done_at", "due_at"),)
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    due_at: Mapped[At]
    taken_until: Mapped[MaybeAt]
    attempts: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[MaybeAt]
