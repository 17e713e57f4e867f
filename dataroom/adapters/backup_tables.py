"""The rows of a database as text that either database takes back: one JSON object a line, a file a table.

A column has one of the kinds of `KINDS`: ids and days as text, bytes in hexadecimal, times as the whole microseconds
they are stored as. The kinds stand in the manifest, so that rows of an older release are read without its model.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    case,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from dataroom.errors import Invalid
from dataroom.model import Base, Moment

LEFT_OUT = frozenset({"session", "pending_login"})
"""Tables that are not backed up: who is signed in ends with the database."""

AT_ONCE = 500
Row = dict[str, Any]
_SAME: Callable[[Any], Any] = lambda value: value  # noqa: E731 - a named identity
KINDS: Mapping[str, tuple[TypeEngine[Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "int": (BigInteger(), _SAME, int),
    "text": (Text(), _SAME, str),
    "bool": (Boolean(), _SAME, bool),
    "float": (Float(), _SAME, float),
    "json": (JSON(none_as_null=True), _SAME, _SAME),
    "uuid": (Uuid(), str, uuid.UUID),
    "bytes": (LargeBinary(), bytes.hex, bytes.fromhex),
    "date": (Date(), date.isoformat, date.fromisoformat),
}
"""Kind: how it is stored, how it is written and how it is read."""

_TYPES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Moment, "int"),
    (Boolean, "bool"),
    (Integer, "int"),
    (Float, "float"),
    (Date, "date"),
    (JSON, "json"),
    (Uuid, "uuid"),
    (LargeBinary, "bytes"),
    (Text, "text"),
)


def kept_tables() -> list[Table]:
    """The tables that are backed up, each after those it refers to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def kinds_of(table: Table) -> dict[str, str]:
    """The kind of each column; `Invalid` for a type this form does not know."""
    return {column.name: _kind(column.type) for column in table.columns}


def _kind(given: TypeEngine[Any]) -> str:
    for known, kind in _TYPES:
        if isinstance(given, known):
            return kind
    if given.python_type is str:
        return "text"
    raise Invalid(f"A column of type {given!r} cannot be backed up.")


def rows_of(session: Session, table: Table) -> Iterator[Row]:
    """Every row of a table as stored, those that refer to no other row of it first; read piece by piece."""
    plain = _plain(table.name, kinds_of(table))
    own = [column for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]
    order = [case((plain.c[column.name].is_(None), 0), else_=1) for column in own]
    query: Select[Any] = select(plain).order_by(*order, *(plain.c[column.name] for column in table.primary_key))
    for row in session.execute(query.execution_options(yield_per=AT_ONCE)).mappings():
        yield dict(row)


def written(row: Row, kinds: Mapping[str, str]) -> bytes:
    """A row as its line."""
    values = {name: None if row[name] is None else KINDS[kind][1](row[name]) for name, kind in kinds.items()}
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def read(line: bytes, kinds: Mapping[str, str]) -> Row:
    """The row of a line; `Invalid` if it is not one of these columns."""
    try:
        values = json.loads(line)
        if set(values) != set(kinds):
            raise ValueError
        return {name: None if values[name] is None else KINDS[kind][2](values[name]) for name, kind in kinds.items()}
    except (ValueError, TypeError, KeyError):
        raise Invalid("A line of the backup is no row of its table.") from None


def insert(connection: Connection, name: str, kinds: Mapping[str, str], rows: Iterable[Row]) -> int:
    """Adds rows to a table, some hundreds at a time; returns how many."""
    table, batch, count = _plain(name, kinds), list[Row](), 0
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            connection.execute(table.insert(), batch)
            count, batch = count + len(batch), []
    if batch:
        connection.execute(table.insert(), batch)
    return count + len(batch)


def _plain(name: str, kinds: Mapping[str, str]) -> Table:
    """A table known by names and kinds alone."""
    return Table(name, MetaData(), *(Column(column, KINDS[kind][0]) for column, kind in kinds.items()))
