"""What faces receive of versions: lists of them, their pages and words; see `views`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from dataroom.actions.views import OrganisationView


@dataclass(frozen=True)
class VersionView:
    """One sealed content; `original` is false for a redacted copy. `meant` (slugs) is told to the owner alone."""

    id: uuid.UUID
    document: uuid.UUID
    ordinal: int
    original: bool
    state: str
    tier: int
    category: str
    size: int
    sha256: str
    pages: int
    page_sizes: tuple[tuple[float, float], ...]
    has_text: bool
    created_at: datetime
    title: str
    number: str
    organisation: OrganisationView
    can: frozenset[str]
    clawed: bool
    meant: tuple[str, ...]
    redaction: uuid.UUID | None = None


@dataclass(frozen=True)
class ListedVersion:
    """A line of a document list: the newest version of a document the reader may see."""

    id: uuid.UUID
    document: uuid.UUID
    number: str
    title: str
    folder: str
    organisation: OrganisationView
    original: bool
    ordinal: int
    state: str
    document_state: str
    tier: int
    category: str
    pages: int
    size: int
    created_at: datetime
    held: bool
    disclosed_until: datetime | None


@dataclass(frozen=True)
class DocumentPage:
    """One page of a list; `next` is the cursor of the following page, `total` counts to 1000, and is
    1001 for more than that."""

    items: tuple[ListedVersion, ...]
    next: str | None
    total: int


@dataclass(frozen=True)
class Uploaded:
    """A line of the upload manifest: what arrived and what became of it."""

    document: uuid.UUID
    version: uuid.UUID
    number: str
    path: str
    size: int
    sha256: str
    pages: int
    outcome: str


@dataclass(frozen=True)
class WordView:
    """A word of a page with its box."""

    text: str
    box: tuple[float, float, float, float]
    line: int


@dataclass(frozen=True)
class PageText:
    """A page's words, its visible box in PDF points before rotation, and its rotation in degrees clockwise."""

    words: tuple[WordView, ...]
    box: tuple[float, float, float, float]
    rotation: int


@dataclass(frozen=True)
class HitView:
    """A place where a searched term stands; one box for each line it spans."""

    page: int
    text: str
    boxes: tuple[tuple[float, float, float, float], ...]
