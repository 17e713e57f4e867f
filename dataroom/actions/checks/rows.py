"""Rows held against the pins of the log: what was changed, removed or added past the gate."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.orm import Session

from dataroom.actions.checks.findings import UNREADABLE, WARNING, Report
from dataroom.actions.pins import FIELD, UNPINNED_TABLES, Pins, digest_of, key_from
from dataroom.model import Base, Matter

PAGE = 500
PARENTS = {
    "mark": ("redaction_id", "redaction"),
    "hold_document": ("hold_id", "hold"),
    "disposal_document": ("disposal_id", "disposal"),
    "disposal_approval": ("disposal_id", "disposal"),
    "certificate": ("disposal_id", "disposal"),
    "search_part": ("search_id", "search"),
    "review_item": ("review_id", "review"),
    "survey_part": ("survey_id", "survey"),
    "transcript_page": ("version_id", "version"),
}


@dataclass
class Pinned:
    """The newest pins of one log: by table and key the columns and the digest (empty: the row was removed)."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rows: dict[tuple[str, str], tuple[tuple[str, ...], str, int]] = field(default_factory=dict)

    def take(self, pins: Pins, seq: int) -> None:
        """Takes the pins of the entry with number `seq`, which is later than all before."""
        for table, told in pins.items():
            given = tuple(told["columns"])
            columns = self.columns.get(table, ())
            if columns != given:
                columns = self.columns[table] = given
            for key, digest in told["rows"].items():
                self.rows[table, key] = (columns, digest, seq)


def tables_of(matter: uuid.UUID | None) -> Iterator[tuple[Table, tuple[ColumnElement[bool], ...]]]:
    """The pinned tables whose rows a log vouches for, each with the condition that chooses the rows."""
    tables = Base.metadata.tables
    for table in Base.metadata.sorted_tables:
        name = table.name
        if name in UNPINNED_TABLES:
            continue
        chosen: ColumnElement[bool] | None = None
        if name == Matter.__tablename__:
            chosen = table.c.id == matter
        elif "matter_id" in table.c:
            chosen = table.c.matter_id == matter
        elif name in PARENTS:
            column, parent = PARENTS[name]
            other = tables[parent]
            chosen = table.c[column].in_(select(other.c.id).where(other.c.matter_id == matter))
        if matter is None and chosen is None:
            yield table, ()
        elif matter is not None and chosen is not None:
            yield table, (chosen,)


def pages(
    session: Session, table: Table, where: tuple[ColumnElement[bool], ...]
) -> Iterator[Mapping[str, Any] | Exception]:
    """The rows of a table in key order, as mappings; for one whose bytes cannot be read, the error."""
    query, at = select(table).where(*where).order_by(*table.primary_key), 0
    while True:
        page = query.offset(at).limit(PAGE)
        try:
            found: list[Mapping[str, Any] | Exception] = [dict(row) for row in session.execute(page).mappings()]
        except UNREADABLE:
            found = _one_by_one(session, query, at)
        yield from found
        if len(found) < PAGE:
            return
        at += PAGE


def _one_by_one(session: Session, query: Any, at: int) -> list[Mapping[str, Any] | Exception]:
    found: list[Mapping[str, Any] | Exception] = []
    for number in range(at, at + PAGE):
        try:
            rows = session.execute(query.offset(number).limit(1)).mappings().all()
        except UNREADABLE as error:
            found.append(error)
            continue
        if not rows:
            break
        found.append(dict(rows[0]))
    return found


def check_rows(session: Session, origin: str, matter: uuid.UUID | None, pinned: Pinned, out: Report) -> None:
    """Compares every pinned row of a log with what the log says of it; uses `pinned` up."""
    for table, where in tables_of(matter):
        for row in pages(session, table, where):
            out.looked_at["rows"] += 1
            if isinstance(row, Exception):
                out.add("row-unreadable", table.name, f"A row of {table.name} holds bytes the service never wrote.")
                continue
            _check_row(table, row, pinned, out)
    for (name, key), (_columns, digest, seq) in pinned.rows.items():
        if digest:
            out.add("row-missing", f"{name} {key}", f"The {name} row that entry {seq} of {origin} left is not there.")


def _check_row(table: Table, row: Mapping[str, Any], pinned: Pinned, out: Report) -> None:
    key = key_from(table, row)
    told = pinned.rows.pop((table.name, key), None)
    thing = f"{table.name} {key}"
    if told is None:
        if table.name == "key_scope":
            out.add(
                "scope-unused", thing, "A key scope that no entry mentions: made for an upload that failed.", WARNING
            )
            return
        out.add("row-added", thing, f"No entry of the audit log knows this {table.name} row.")
        return
    columns, digest, seq = told
    if not digest:
        out.add("row-added", thing, f"Entry {seq} says that this {table.name} row was removed.")
    elif not set(columns) <= set(table.c.keys()):
        out.add("row-unproved", thing, f"Entry {seq} speaks of columns that {table.name} no longer has.", WARNING)
    elif digest_of(table.name, columns, row) != digest:
        out.add("row-changed", thing, f"This {table.name} row is not what entry {seq} of the audit log left.")


__all__ = ["FIELD", "Pinned", "check_rows", "pages", "tables_of"]
