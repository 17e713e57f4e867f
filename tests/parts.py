"""Fixtures: one SeaweedFS and one PostgreSQL for a whole test run, shared by its workers.

The worker that needs a part first starts it and writes down how to reach it; the others wait for that note.
Everyone who uses a part holds a shared lock on its `users` file, which the kernel lets go even of a killed
worker; the starter stops the part when it gets that lock alone.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from dataroom.adapters.parts import Postgres, SeaweedFS
from dataroom.adapters.s3 import S3Settings, S3Store
from dataroom.cli.operate import upgrade

_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "512MB",
}

Start = Callable[[Path], tuple[dict[str, str], Callable[[], None]]]


@dataclass(frozen=True)
class Seaweed:
    """How to reach the run's SeaweedFS."""

    endpoint: str
    access_key: str
    secret_key: str

    def settings(self, bucket: str) -> S3Settings:
        """Settings for `bucket`, which need not exist yet."""
        return S3Settings(self.endpoint, bucket, self.access_key, self.secret_key)

    def bucket(self) -> S3Store:
        """A store on a fresh bucket of its own."""
        store = S3Store(self.settings(f"test-{uuid.uuid4()}"))
        store.prepare()
        return store


@dataclass(frozen=True)
class Database:
    """How to reach the run's PostgreSQL; `url` is SQLAlchemy's address of the database `postgres`."""

    url: str

    def create_database(self, name: str | None = None) -> str:
        """Make a database (under a fresh name if none is given); returns its SQLAlchemy address."""
        name = name or f"t_{uuid.uuid4().hex}"
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._address(name)

    def migrated(self) -> str:
        """Make a database with the newest schema, copied from one that was migrated once in the run."""
        name, model = f"t_{uuid.uuid4().hex}", "t_model"
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(1)")
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [model]).fetchone() is None:
                upgrade(self.create_database("t_model_begun"))
                connection.execute("ALTER DATABASE t_model_begun RENAME TO t_model")
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(model))
            connection.execute(copy)
        return self._address(name)

    def _address(self, name: str) -> str:
        return self.url.replace("@/postgres", f"@/{name}")


@cache
def _migrated_file() -> bytes:
    """An SQLite database with the newest schema, migrated once in a process."""
    with tempfile.TemporaryDirectory() as folder:
        upgrade(f"sqlite:///{folder}/model.db")
        return Path(folder, "model.db").read_bytes()


def migrated_sqlite(folder: Path) -> str:
    """Make `room.db` with the newest schema in a folder; returns its SQLAlchemy address."""
    (folder / "room.db").write_bytes(_migrated_file())
    return f"sqlite:///{folder}/room.db"


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """The run's SeaweedFS; ask it for a `bucket()` of your own."""

    def start(folder: Path) -> tuple[dict[str, str], Callable[[], None]]:
        part = SeaweedFS(folder)
        part.start()
        note = {
            "endpoint": part.endpoint,
            "access_key": part.access_key,
            "secret_key": part.secret_key,
        }
        return note, part.stop

    with _shared(_run_folder(tmp_path_factory) / "seaweed", start) as note:
        yield Seaweed(**note)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The run's PostgreSQL (quick, not durable); ask it for a `create_database()` of your own."""

    def start(folder: Path) -> tuple[dict[str, str], Callable[[], None]]:
        part = Postgres(folder, _QUICK)
        part.start()
        return {"url": part.url}, part.stop

    with _shared(_run_folder(tmp_path_factory) / "postgres", start) as note:
        yield Database(**note)


def _run_folder(factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of a run: under xdist each worker's own base lies one level below it."""
    base = factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


@contextmanager
def _shared(base: Path, start: Start) -> Iterator[dict[str, str]]:
    base.mkdir(exist_ok=True)
    note_file, stop = base / "note.json", None
    with open(base / "users", "w") as users, open(base / "starting", "w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if note_file.exists():
            note = json.loads(note_file.read_text())
        else:
            note, stop = _started(start)
            note_file.write_text(json.dumps(note))
        fcntl.flock(starting, fcntl.LOCK_UN)
        try:
            yield note
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if stop is not None:
                _stop_last(users, starting, note_file, stop)


def _started(start: Start) -> tuple[dict[str, str], Callable[[], None]]:
    """Start in a folder outside pytest's own, whose rights every beginning pytest narrows to one account."""
    folder = Path(tempfile.mkdtemp(prefix="parts-"))
    note, stop = start(folder / "part")

    def stop_and_remove() -> None:
        stop()
        shutil.rmtree(folder)

    return note, stop_and_remove


def _stop_last(users: object, starting: object, note_file: Path, stop: Callable[[], None]) -> None:
    """Wait until nobody else uses the part, see to it that nobody begins to, and stop it."""
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)  # type: ignore[arg-type]
        fcntl.flock(users, fcntl.LOCK_UN)  # type: ignore[arg-type]
        fcntl.flock(starting, fcntl.LOCK_EX)  # type: ignore[arg-type]
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
        except BlockingIOError:
            fcntl.flock(starting, fcntl.LOCK_UN)  # type: ignore[arg-type]
            continue
        note_file.unlink()
        stop()
        return
