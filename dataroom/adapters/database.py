"""The database: SQLite in WAL mode with full synchronisation, or PostgreSQL, behind one engine.

Transactions that change something take SQLite's write lock at their start (`BEGIN IMMEDIATE`), so that two writers
wait for each other instead of failing in the middle; readings say so and take none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from dataroom.errors import Unavailable
from dataroom.model.base import CHANGES

LOCK_SECONDS = 10


def connect(url: str) -> Engine:
    """An engine for `url` (`sqlite:///file` or `postgresql+psycopg://...`) with the settings durability needs."""
    if url.startswith("sqlite"):
        engine = create_engine(url, pool_size=16, max_overflow=64, connect_args={"timeout": LOCK_SECONDS})
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return _counting(engine)
    engine = create_engine(url, pool_size=8, max_overflow=24, pool_pre_ping=True, pool_timeout=LOCK_SECONDS)
    event.listen(engine, "connect", _postgres_connect)
    return _counting(engine)


def _counting(engine: Engine) -> Engine:
    event.listen(engine, "connect", _count_from_nothing)
    event.listen(engine, "before_cursor_execute", _count_changes)
    return engine


def _count_from_nothing(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[CHANGES] = 0


def _count_changes(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
    """Counts, in the connection's `info`, every statement that is not plainly a question."""
    if not statement.startswith("SELECT "):
        connection.info[CHANGES] += 1


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgres_connect(connection: Any, _record: object) -> None:
    previous = connection.autocommit
    connection.autocommit = True
    connection.execute("SET timezone = 'UTC'")
    connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    connection.autocommit = previous


class Database:
    """Hands out sessions: `writing()` commits at its end or rolls back, `reading()` never changes anything."""

    def __init__(self, engine: Engine):
        self.engine = engine

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction; an exception leaves nothing behind."""
        with self._translated(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that takes no write lock and is rolled back at its end."""
        with (
            self._translated(),
            self.engine.connect().execution_options(reading=True) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """As `reading`, and everything is seen as of one moment, however long it takes."""
        with self.reading() as session:
            if self.engine.dialect.name == "postgresql":
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            yield session

    def ready(self) -> None:
        """Raises `Unavailable` when the database does not answer."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if _is_transient(error):
                raise Unavailable("The database is busy or does not answer. Nothing was changed; try again.") from error
            raise
        except PoolTimeout as error:
            raise Unavailable("Too many people are being served at this moment; try again.") from error


def _is_transient(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return str(code)[:2] in {"08", "40", "53", "55", "57"}
    return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
