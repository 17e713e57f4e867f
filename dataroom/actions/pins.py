"""Pins: what an entry says of the rows its action left behind, so that a row changed past the gate contradicts the log.

While an action runs, every row it adds, changes or removes is noted; its entry then tells a digest of each, in one
salted field that is never handed out. A row is as the service left it when it has the digest that the last entry
naming it tells. A pin names its columns, so a column added later leaves older pins true; a migration that changes
values has to pin anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, Table, Uuid, event
from sqlalchemy import inspect as mapped
from sqlalchemy.orm import Session

from dataroom.model import Base, Moment

FIELD = "rows"
"""The field of an entry that holds its pins, and the name under which their opening is kept."""

UNPINNED_TABLES = frozenset(
    {
        "allowance",
        "audit_checkpoint",
        "audit_disclosure",
        "audit_entry",
        "audit_log",
        "audit_node",
        "audit_person",
        "audit_sealed",
        "errand",
        "outgoing",
        "pending_login",
        "witness_standing",
    }
)
"""Tables written outside actions, or that the log's own proofs cover."""

UNPINNED_COLUMNS = frozenset(
    {
        ("directory", "used_at"),
        ("leave", "reason"),
        ("session", "challenge"),
        ("session", "challenge_at"),
        ("session", "seen_at"),
        ("user_account", "email"),
        ("user_account", "external_id"),
        ("user_account", "name"),
        ("user_account", "subject"),
        ("version", "scope_epoch"),
        ("version", "wrapped_dek"),
    }
)
"""Written outside actions, personal, or proved by the cipher itself."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOUCHED = "dataroom.touched"
Key = tuple[str, str]
"""A table's name and a row's primary key as text."""

Pins = dict[str, dict[str, Any]]
"""By table: `columns`, the names pinned in order, and `rows`, by key the digest (empty: the row was removed)."""


def watch(session: Session) -> None:
    """From now on notes which rows the session's transaction changes."""
    session.info[_TOUCHED] = {}
    event.listen(session, "after_flush", _note)


def vouch(session: Session, row: Base) -> None:
    """Has the entry pin a row that the action relies on although it does not change it."""
    if _TOUCHED in session.info:
        session.info[_TOUCHED][key_of(row)] = row


def vouch_gone(session: Session, table: str, key: str) -> None:
    """Has the entry pin that a row is not there any more, although the action did not remove it."""
    if _TOUCHED in session.info:
        session.info[_TOUCHED][table, key] = None


def _note(session: Session, _context: object) -> None:
    touched = session.info[_TOUCHED]
    for row in chain(session.new, session.dirty):
        touched[key_of(row)] = row
    for row in session.deleted:
        touched[key_of(row)] = None


def taken(session: Session) -> Pins:
    """The pins of everything touched since `watch`; empty for a session that is not watched."""
    found: Pins = {}
    for (name, key), row in sorted(session.info.get(_TOUCHED, {}).items(), key=lambda item: item[0]):
        if name in UNPINNED_TABLES:
            continue
        columns = pinned_columns(Base.metadata.tables[name])
        of_table = found.setdefault(name, {"columns": columns, "rows": {}})
        of_table["rows"][key] = "" if row is None else digest_of(name, columns, _values(row))
    return found


def count_of(pins: Pins) -> int:
    """How many rows are pinned."""
    return sum(len(one["rows"]) for one in pins.values())


def is_as_told(row: Base | None, table: str, columns: Iterable[str], digest: str) -> bool:
    """Whether a row has this digest over `columns`; an empty one says that it is not there."""
    return row is None if not digest else row is not None and digest_of(table, columns, _values(row)) == digest


def pinned_columns(table: Table) -> list[str]:
    """The names of a table's columns that pins cover."""
    return [column.name for column in table.columns if (table.name, column.name) not in UNPINNED_COLUMNS]


def key_of(row: Base) -> Key:
    """How pins name a row."""
    table = row.__table__
    assert isinstance(table, Table)  # noqa: S101 - every model is a plain table
    return table.name, key_from(table, _values(row))


def key_from(table: Table, values: Mapping[str, Any]) -> str:
    """The primary key in a row's values, as text."""
    return ":".join(str(plain(column, values[column.name])) for column in table.primary_key)


def digest_of(name: str, columns: Iterable[str], values: Mapping[str, Any]) -> str:
    """The digest of a row over `columns`: base64url of the SHA-256 of its values in canonical JSON."""
    table = Base.metadata.tables[name]
    known = [[column, plain(table.columns[column], values[column])] for column in columns]
    text = json.dumps([name, known], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode("ascii")


def plain(column: Column[Any], value: Any) -> Any:
    """A value as JSON that is the same before it is written and after it was read, on either database."""
    kind = column.type
    if value is None:
        return None
    if isinstance(kind, Moment):
        return (value - _EPOCH) // timedelta(microseconds=1)
    if isinstance(kind, LargeBinary):
        return bytes(value).hex()
    if isinstance(kind, Boolean):
        return bool(value)
    if isinstance(kind, Float):
        return float(value).hex()
    if isinstance(kind, Integer):
        return int(value)
    if isinstance(kind, Uuid):
        return str(value)
    return value if isinstance(value, str | dict | list | tuple) else str(value)


def _values(row: Base) -> dict[str, Any]:
    mapper = mapped(type(row))
    return {
        column.name: getattr(row, mapper.get_property_by_column(column).key) for column in mapper.local_table.columns
    }
