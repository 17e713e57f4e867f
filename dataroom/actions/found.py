"""What faces receive of searches: terms, places with what stands around them, progress, and pages without text."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from dataroom.actions.views import DocumentRef


@dataclass(frozen=True)
class TermView:
    """A term of the dictionary."""

    id: uuid.UUID
    text: str
    kind: str
    whole: bool
    case: bool
    tier: int
    author: str
    created_at: datetime
    can: frozenset[str]


@dataclass(frozen=True)
class QueryView:
    """What a place was found by: a short id within the answer, a label, and the kind (term, expression, pattern or a
    kind of the dictionary)."""

    id: str
    label: str
    kind: str


@dataclass(frozen=True)
class PlaceView:
    """A place: page from 1, one box for each line, the text with what stands before and after, and whether it was
    read from a picture."""

    page: int
    boxes: tuple[tuple[float, float, float, float], ...]
    text: str
    before: str
    after: str
    query: str
    read: bool


@dataclass(frozen=True)
class FrameView:
    """How a page lies, for showing a place on its image: the visible box in user space points, and the rotation in
    degrees clockwise."""

    page: int
    box: tuple[float, float, float, float]
    rotation: int


@dataclass(frozen=True)
class FoundView:
    """The places in one version in reading order; `blank` are pages on which terms cannot be found because they hold
    a picture nobody has read; `cut` tells that there were too many places; `frames` are of the pages with places."""

    places: tuple[PlaceView, ...]
    queries: tuple[QueryView, ...]
    blank: tuple[int, ...]
    cut: bool
    frames: tuple[FrameView, ...] = ()


@dataclass(frozen=True)
class ScansView:
    """The pages of a version that hold a picture instead of text, and how far reading them has come.

    `state` is none, running, done or failed; `languages` is empty where pictures cannot be read at all.
    """

    pages: tuple[int, ...]
    read: int
    state: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class SearchLine:
    """A search in a list."""

    id: uuid.UUID
    state: str
    created_at: datetime
    finished_at: datetime | None
    documents: int
    searched: int
    found: int


@dataclass(frozen=True)
class PartView:
    """One document of a search; `draft` is the redaction its marks would go to."""

    document: DocumentRef
    version: uuid.UUID
    pages: int
    state: str
    found: int
    blank: int
    draft: uuid.UUID | None


@dataclass(frozen=True)
class SearchView:
    """A search with its progress, document by document; documents the person may no longer read are left out.

    `languages` are those in which pictures of text can be read; none where they cannot be read at all.
    """

    id: uuid.UUID
    matter: uuid.UUID
    state: str
    created_at: datetime
    finished_at: datetime | None
    queries: tuple[QueryView, ...]
    parts: tuple[PartView, ...]
    languages: tuple[str, ...]
    can: frozenset[str]
