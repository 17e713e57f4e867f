"""Rows and stored objects held against each other, both read in the order of their keys, a page at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, collate, select
from sqlalchemy.orm import Session

from dataroom.actions.checks.findings import WARNING, Finding, Report
from dataroom.actions.context import Services
from dataroom.actions.sealing import PREFIX
from dataroom.errors import Unavailable
from dataroom.model import Errand, Version
from dataroom.vault.sealed import ciphertext_length
from dataroom.vault.store import Listed

PAGE = 1000
_COLUMNS = (
    Version.id,
    Version.document_id,
    Version.state,
    Version.size,
    Version.object_key,
    Version.object_version,
    Version.object_length,
)
Line = Any
"""A result row with `_COLUMNS`."""


@dataclass(frozen=True)
class Pair:
    """One key with the row that names it and the versions stored under it; one of the two may be absent."""

    key: str
    row: Line
    stored: tuple[Listed, ...]


def paired(services: Services) -> Iterator[Pair]:
    """Every key of the store or of a row, in order, once. Holds one page of each side."""
    rows, groups = _rows(services), _groups(services.store.listing(PREFIX))
    row, group = next(rows, None), next(groups, None)
    while row is not None or group is not None:
        if group is None or (row is not None and row.object_key < group[0]):
            assert row is not None  # noqa: S101 - told by the condition of the loop
            yield Pair(row.object_key, row, ())
            row = next(rows, None)
        elif row is None or group[0] < row.object_key:
            yield Pair(group[0], None, group[1])
            group = next(groups, None)
        else:
            yield Pair(group[0], row, group[1])
            row, group = next(rows, None), next(groups, None)


def of_matter(services: Services, matter: uuid.UUID) -> Iterator[Pair]:
    """The same for the rows of one matter, with one request each; objects without a row are not seen."""
    for row in _rows(services, Version.matter_id == matter):
        found = [item for item in services.store.listing(row.object_key) if item.key == row.object_key]
        yield Pair(row.object_key, row, tuple(found))


def _rows(services: Services, *where: ColumnElement[bool]) -> Iterator[Line]:
    last = ""
    while True:
        with services.database.reading() as session:
            key = collate(Version.object_key, _collation(session))
            page = session.execute(select(*_COLUMNS).where(key > last, *where).order_by(key).limit(PAGE)).all()
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].object_key


def _collation(session: Session) -> str:
    """The order of bytes, in which an object store lists."""
    return "C" if session.get_bind().dialect.name == "postgresql" else "BINARY"


def _groups(listing: Iterable[Listed]) -> Iterator[tuple[str, tuple[Listed, ...]]]:
    last = ""
    for key, items in groupby(listing, key=attrgetter("key")):
        if key <= last:
            raise Unavailable("The object store does not list keys in order.")
        last = key
        yield key, tuple(items)


def check_objects(services: Services, matter: uuid.UUID | None, out: Report) -> None:
    """Lost, cut, replaced, hidden and surplus objects, from the store's listing alone."""
    old = grace(services)
    erasing = _erasing(services)
    for pair in paired(services) if matter is None else of_matter(services, matter):
        out.looked_at["objects"] += 1
        if not out.looked_at["objects"] % 5000:
            out.say(f"{out.looked_at['objects']} objects")
        if pair.row is None:
            if all(item.modified < old for item in pair.stored):
                out.add(
                    "orphan",
                    pair.key,
                    "No row names this object: left by a broken upload, or its row is gone.",
                    WARNING,
                )
            continue
        found = _judge(pair, pair.row, erasing)
        if found and _still(services, pair.row):
            out.extend(found)


def grace(services: Services) -> datetime:
    """Objects younger than this may belong to an upload under way."""
    return services.clock.now() - timedelta(seconds=services.config.sweep_age)


def _erasing(services: Services) -> set[str]:
    with services.database.reading() as session:
        query = select(Errand.payload).where(Errand.kind == "version.erase", Errand.done_at.is_(None))
        return {str(payload.get("target")) for payload in session.scalars(query)}


def _judge(pair: Pair, row: Line, erasing: set[str]) -> list[Finding]:
    thing = f"version {row.id}"
    if row.state == "destroyed":
        if not pair.stored or str(row.id) in erasing:
            return []
        return [
            Finding("destroyed-object", thing, f"The version was destroyed, but {pair.key} is still stored.", WARNING)
        ]
    if not pair.stored:
        return [Finding("object-missing", thing, f"Its object {pair.key} is not in the store.")]
    found = []
    own = [item for item in pair.stored if item.version_id == row.object_version]
    if not own:
        found.append(
            Finding("object-version", thing, f"The recorded version of {pair.key} is gone; another is stored.")
        )
    for item in own:
        if item.length != row.object_length:
            text = f"{pair.key} has {item.length} bytes; {row.object_length} are recorded."
            found.append(Finding("object-length", thing, text))
    if len(pair.stored) > 1 or not any(item.latest for item in pair.stored):
        text = f"{pair.key} was written to or deleted in the store after it was sealed."
        found.append(Finding("object-touched", thing, text))
    if row.object_length != ciphertext_length(row.size):
        found.append(
            Finding("size", thing, "The recorded length is not that of a sealed content of the recorded size.")
        )
    return found


def _still(services: Services, row: Line) -> bool:
    """Whether a row is what it was when its page was read: it may have been destroyed meanwhile."""
    with services.database.reading() as session:
        now = session.execute(select(*_COLUMNS).where(Version.id == row.id)).first()
    return bool(now == row)


def check_unfinished(services: Services, out: Report) -> None:
    """Uploads in parts that were begun long ago and never ended; their bytes are sealed but cost space."""
    for key, begun in services.store.unfinished():
        if begun < grace(services):
            out.add("upload-unfinished", key, f"An upload begun at {begun:%Y-%m-%d %H:%M} UTC never ended.", WARNING)
