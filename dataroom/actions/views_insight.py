"""What faces receive of effective access: through whose eyes, what they see, and why they may or may not."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from dataroom.actions.views import DocumentRef, OrganisationView
from dataroom.actions.views_documents import DocumentView
from dataroom.actions.views_versions import ListedVersion, VersionView


@dataclass(frozen=True)
class ReaderView:
    """Through whose eyes something is seen."""

    user: uuid.UUID
    name: str
    role: str
    organisation: OrganisationView


@dataclass(frozen=True)
class SeenPage:
    """A page of the list a reader gets, of the asker's documents alone; `next` and `total` as in `DocumentPage`."""

    reader: ReaderView
    items: tuple[ListedVersion, ...]
    next: str | None
    total: int


@dataclass(frozen=True)
class SeenDocument:
    """What a reader gets of a document: the versions open to them with what they may do, and the record if it is."""

    reader: ReaderView
    document: DocumentRef
    matter: uuid.UUID
    versions: tuple[VersionView, ...]
    record: DocumentView | None


@dataclass(frozen=True)
class RuleView:
    """A rule of the law; `effect` is permit or forbid."""

    id: str
    effect: str
    sentence: str


@dataclass(frozen=True)
class WhyView:
    """Whether whoever asks may do `action` to `thing` (None: to the matter), by which rules, and what would change it.

    `confirming`: they may, once they have confirmed who they are. Each of `changes` is a list of what would have to be
    so together.
    """

    matter: uuid.UUID
    action: str
    thing: uuid.UUID | None
    allowed: bool
    confirming: bool
    rules: tuple[RuleView, ...]
    changes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ExplainedView:
    """Whether a reader may do `action`, by which rules (none: no rule permits it), and what was taken for granted.

    `changes` are sentences. Where it is refused each is a list of what would have to be so together; where it is
    allowed, each is one thing that would end it.
    """

    reader: ReaderView
    document: DocumentRef
    matter: uuid.UUID
    action: str
    version: uuid.UUID | None
    allowed: bool
    rules: tuple[RuleView, ...]
    assumed: tuple[str, ...]
    changes: tuple[tuple[str, ...], ...]
