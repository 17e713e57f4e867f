"""A log that cannot be written: the database itself refuses every new entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

_REFUSE = {
    "sqlite": (
        "CREATE TRIGGER no_entries BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'the log is full'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION no_entries() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the log is full'; END $$",
        "CREATE TRIGGER no_entries BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION no_entries()",
    ),
}
_ALLOW = {
    "sqlite": ("DROP TRIGGER no_entries",),
    "postgresql": ("DROP TRIGGER no_entries ON audit_entry", "DROP FUNCTION no_entries()"),
}


@contextmanager
def refusing_entries(writing: Callable[[], Any]) -> Iterator[None]:
    """While it lasts, the database refuses every new audit entry; `writing` opens a transaction past the gate."""
    _execute(writing, _REFUSE)
    try:
        yield
    finally:
        _execute(writing, _ALLOW)


def _execute(writing: Callable[[], Any], statements: dict[str, tuple[str, ...]]) -> None:
    with writing() as session:
        for statement in statements[session.get_bind().dialect.name]:
            session.execute(text(statement))
