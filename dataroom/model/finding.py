"""What is looked for: an organisation's terms in a matter, searches over its documents, and words read from scans.

Terms, queries, places and words are contents: they lie here sealed. What concerns one version is sealed under that
version's key and so is destroyed with it.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class Term(Base):
    """A term of an organisation's dictionary in a matter; `sealed` (text, kind, options) opens with `wrapped_dek`."""

    __tablename__ = "term"
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    tier: Mapped[int]
    scope_id: Mapped[uuid.UUID] = refers("key_scope.id", index=True)
    scope_epoch: Mapped[int]
    wrapped_dek: Mapped[bytes]
    sealed: Mapped[bytes]
    author_id: Mapped[uuid.UUID] = refers("user_account.id")
    created_at: Mapped[At]


class Search(Base):
    """One person's search over the documents of their organisation in a matter; it makes progress part by part."""

    __tablename__ = "search"
    __table_args__ = (CheckConstraint("state in ('running', 'done', 'stopped')", name="state"),)
    id: Mapped[Id]
    matter_id: Mapped[uuid.UUID] = refers("matter.id", index=True)
    organisation_id: Mapped[uuid.UUID] = refers("organisation.id")
    author_id: Mapped[uuid.UUID] = refers("user_account.id")
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[At]
    finished_at: Mapped[MaybeAt]


class SearchPart(Base):
    """One version of a search: the sealed query, and once it was searched the sealed places and how many there are."""

    __tablename__ = "search_part"
    __table_args__ = (
        UniqueConstraint("search_id", "version_id"),
        CheckConstraint("state in ('waiting', 'done', 'failed')", name="state"),
    )
    id: Mapped[Id]
    search_id: Mapped[uuid.UUID] = refers("search.id", index=True)
    version_id: Mapped[uuid.UUID] = refers("version.id", index=True)
    state: Mapped[str] = mapped_column(String(20))
    query: Mapped[bytes]
    result: Mapped[bytes | None]
    found: Mapped[int]
    blank: Mapped[int]


class Transcript(Base):
    """The reading of a version's pages that are pictures: which pages these are, and how far it has come."""

    __tablename__ = "transcript"
    __table_args__ = (CheckConstraint("state in ('running', 'done', 'failed')", name="state"),)
    id: Mapped[Id]
    version_id: Mapped[uuid.UUID] = refers("version.id", unique=True)
    matter_id: Mapped[uuid.UUID] = refers("matter.id")
    state: Mapped[str] = mapped_column(String(20))
    pages: Mapped[list[Any]]
    author_id: Mapped[uuid.UUID] = refers("user_account.id")
    created_at: Mapped[At]


class TranscriptPage(Base):
    """The sealed words, with their boxes, read from one page (from 1)."""

    __tablename__ = "transcript_page"
    __table_args__ = (UniqueConstraint("version_id", "page"),)
    id: Mapped[Id]
    version_id: Mapped[uuid.UUID] = refers("version.id")
    page: Mapped[int]
    sealed: Mapped[bytes]
