"""Taking a file in: name and size checks, sealing while it streams, then a look inside from a limited child process."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from dataroom.actions import standing
from dataroom.actions.context import Desk, Inspected
from dataroom.actions.sealing import Opened, Scope, SealedObject, scope_for, seal_stream
from dataroom.errors import DataroomError, Invalid, TooLarge
from dataroom.vault.sealed import Kind, Place

PIECE = 256 * 1024
HEAD = 1024


class Incoming(Protocol):
    """What an upload says of itself."""

    path: str
    length: int | None


@dataclass(frozen=True)
class Received:
    """A sealed, inspected upload that no row names yet."""

    document_id: uuid.UUID
    folder: str
    file_name: str
    tier: int
    scope: Scope
    sealed: SealedObject
    found: Inspected


def split_path(path: str) -> tuple[str, str]:
    """Folder and file name of an upload's path; refuses control characters, `..`, absolute and overlong names."""
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for c in path):
        raise Invalid("path: the name holds control or invisible characters", code="bad-name")
    parts = unicodedata.normalize("NFC", path).split("/")
    if any(part.strip() in {"", ".", ".."} or "\\" in part for part in parts):
        raise Invalid("path: every part needs a name, without backslashes or dots alone", code="bad-name")
    if len(parts[-1]) > 255 or len("/".join(parts[:-1])) > 600:
        raise Invalid("path: the name is too long", code="bad-name")
    if not parts[-1].lower().endswith(".pdf"):
        raise Invalid(
            "Only PDF files are accepted, because only they can be shown with a watermark and redacted. "
            "Convert the file to PDF first.",
            code="not-a-pdf",
        )
    return "/".join(parts[:-1]), parts[-1]


def receive(
    desk: Desk,
    matter: uuid.UUID,
    document_id: uuid.UUID,
    ordinal: int,
    tier: int | None,
    params: Incoming,
    stream: Any,
) -> Received:
    """Seals the stream into the store and inspects it there; on any refusal nothing is left behind."""
    folder, file_name = split_path(params.path)
    limit = desk.services.config.upload_limit
    if params.length is not None and params.length > limit:
        raise TooLarge(f"The file is larger than the {limit // 1024**2} MiB accepted here.", facts={"limit": limit})
    organisation = desk.principal.organisation
    if organisation is None:
        raise Invalid("Only people of an organisation contribute.")
    tier = _own_tier(desk, matter) if tier is None else cleared(desk, matter, tier)
    scope = scope_for(desk.services, matter, organisation, tier)
    place = Place(organisation, matter, document_id, ordinal, Kind.ORIGINAL)
    sealed = seal_stream(desk.services, place, _pieces(stream))
    try:
        if params.length is not None and sealed.size != params.length:
            raise Invalid("The upload broke off before its end; nothing was kept.", code="incomplete")
        found = inspect(desk, sealed)
    except BaseException:
        _erase(desk, sealed)
        raise
    return Received(document_id, folder, file_name, tier, scope, sealed, found)


def inspect(desk: Desk, sealed: SealedObject) -> Inspected:
    """Looks at a freshly sealed PDF; refusals by name (`encrypted`, `broken`, ...) are raised as `Invalid`."""
    opened = Opened(uuid.uuid4(), sealed.place, sealed.header, sealed.stored, sealed.size, sealed.dek)
    found = desk.services.workshop.inspect(opened.source(desk.services))
    return Inspected(found.pages, tuple(found.sizes), found.has_text)


def discard(desk: Desk, received: Received) -> None:
    """Erases a received object whose rows did not come about."""
    _erase(desk, received.sealed)


def _erase(desk: Desk, sealed: SealedObject) -> None:
    with suppress(DataroomError):
        desk.services.store.erase(sealed.stored.key)


def cleared(desk: Desk, matter: uuid.UUID, tier: int) -> int:
    """The tier, if there is such a one and the person is cleared for it: before any key is made for it."""
    own = _own_tier(desk, matter)
    if tier not in desk.services.law.tiers:
        raise Invalid(f"tier: there is no tier {tier}")
    if tier > own:
        raise Invalid(f"tier: you are cleared up to tier {own} in this matter")
    return tier


def _own_tier(desk: Desk, matter: uuid.UUID) -> int:
    with desk.services.database.reading() as session:
        member = standing.member(desk.services.law, session, desk.principal, matter, desk.services.clock.now())
    tier = member.attrs["tier"]
    return tier if isinstance(tier, int) else 0


def _pieces(stream: Any) -> Iterator[bytes]:
    """The stream in pieces, its first bytes checked to be a PDF before anything is stored."""
    head = b""
    while len(head) < HEAD:
        more = stream.read(HEAD - len(head))
        if not more:
            break
        head += more
    if not head:
        raise Invalid("The file is empty.", code="empty")
    if b"%PDF-" not in head:
        raise Invalid("The file is named a PDF but is not one.", code="not-a-pdf")
    yield head
    while piece := stream.read(PIECE):
        yield piece
