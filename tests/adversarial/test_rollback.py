"""A database set back to an older state: noticed before anything is signed, from either place a note is kept in."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dataroom.actions.checkpoints import latest, sign_head, sign_heads
from dataroom.actions.context import SERVICE
from dataroom.actions.outside import ROLLBACK, RolledBack
from dataroom.app import create_app
from dataroom.errors import Conflict, Unavailable
from dataroom.model import AuditEntry, AuditHalt, AuditLog
from tests.cast import World


class AwayStore:
    """The object store while it does not answer for notes."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def put_once(self, key: str, data: bytes) -> bool:
        """Does not answer."""
        raise Unavailable()

    def first(self, prefix: str) -> None:
        """Does not answer."""
        raise Unavailable()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def database_file(world: World) -> Path:
    """Where the SQLite database is."""
    return Path(world.config.database_url.removeprefix("sqlite:///"))


def saved(world: World, to: Path) -> Path:
    """A backup of the database as it is."""
    copied(database_file(world), to)
    return to


def copied(one: Path, other: Path) -> None:
    """Makes one database the content of another, whoever has that open meanwhile."""
    with closing(sqlite3.connect(one)) as source, closing(sqlite3.connect(other)) as copy:
        source.backup(copy)


def set_back(world: World, backup: Path) -> None:
    """Puts the backup in the database's place."""
    copied(backup, database_file(world))


def act(world: World, times: int) -> None:
    """What the matter's log records."""
    for _ in range(times):
        world.do("ada", "matter.read", world.matter)


def rounds(world: World) -> None:
    """What the worker does when the minute is over."""
    world.worker._done.pop("checkpoints", None)
    world.worker._by_the_clock()


def rolled_back(world: World, folder: Path) -> None:
    """A matter whose database was set back by four entries and has grown by two others."""
    act(world, 2)
    sign_heads(world.services)
    backup = saved(world, folder / "backup.db")
    act(world, 4)
    sign_heads(world.services)
    set_back(world, backup)
    act(world, 2)


def halts(world: World) -> list[str]:
    """The logs that are not signed."""
    with world.services.database.reading() as session:
        query = select(AuditLog.origin).join(AuditHalt, AuditHalt.log_id == AuditLog.id)
        return list(session.scalars(query))


def test_a_database_rolled_back_then_grown_is_not_signed(fresh_world: Callable[[], World], tmp_path: Path) -> None:
    world = fresh_world()
    rolled_back(world, tmp_path)
    for _ in range(2):
        rounds(world)
    (origin,) = halts(world)
    assert origin.endswith(str(world.matter))
    with world.services.database.reading() as session:
        log, checkpoint = latest(session, world.matter)
        assert checkpoint.size < log.size
        told = list(session.scalars(select(AuditEntry.outcome).where(AuditEntry.act == "checkpoint.halt")))
    assert told == ["done"]
    with pytest.raises(Conflict) as caught:
        world.do("cleo", "audit.export", world.matter)
    assert caught.value.code == ROLLBACK
    ready = create_app(world.config, world.services).test_client().get("/readyz")
    assert (ready.status_code, ready.json["parts"]["audit"]) == (503, ROLLBACK)


@pytest.mark.parametrize("left", ["the store", "the key ring's folder"])
def test_either_note_outside_suffices(fresh_world: Callable[[], World], tmp_path: Path, left: str) -> None:
    world = fresh_world()
    rolled_back(world, tmp_path)
    services = world.services
    if left == "the store":
        ring = world.config.keyring_file
        shutil.rmtree(ring.with_name(f"{ring.name}.checkpoints"))
    else:
        services = replace(services, store=AwayStore(services.store))
    with pytest.raises(RolledBack):
        sign_head(services, world.matter)


def test_rewritten_rows_are_not_signed(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    act(world, 3)
    sign_heads(world.services)
    with sqlite3.connect(database_file(world)) as database:
        database.execute("DROP TRIGGER audit_entry_kept_update")
        database.execute(
            "UPDATE audit_entry SET leaf = randomblob(32) WHERE seq = 2 AND log_id = "
            "(SELECT id FROM audit_log WHERE matter_id IS NOT NULL)"
        )
    act(world, 1)
    with pytest.raises(RolledBack):
        sign_head(world.services, world.matter)


def test_a_fork_signed_elsewhere_is_not_signed_again(fresh_world: Callable[[], World], tmp_path: Path) -> None:
    """Two copies of one database grow apart; the second to be signed is refused at the same size."""
    world = fresh_world()
    act(world, 1)
    sign_heads(world.services)
    backup = saved(world, tmp_path / "copy.db")
    act(world, 1)
    sign_heads(world.services)
    set_back(world, backup)
    act(world, 1)
    with pytest.raises(RolledBack):
        sign_head(world.services, world.matter)


def test_an_operator_resumes_and_the_loss_stays_on_record(fresh_world: Callable[[], World], tmp_path: Path) -> None:
    world = fresh_world()
    rolled_back(world, tmp_path)
    rounds(world)
    (origin,) = halts(world)
    with pytest.raises(Conflict):
        world.gate.perform(
            SERVICE, "checkpoint.resume", None, {"log": f"{world.config.log_origin}/deployment", "reason": "x" * 20}
        )
    kept = {item.key for item in world.services.store.listing("checkpoints/")}
    reason = "Restored from last night's backup after a disk failure."
    world.gate.perform(SERVICE, "checkpoint.resume", None, {"log": origin, "reason": reason})
    rounds(world)
    assert halts(world) == []
    with world.services.database.reading() as session:
        log, checkpoint = latest(session, world.matter)
        assert checkpoint.size == log.size
    assert kept < {item.key for item in world.services.store.listing("checkpoints/")}
    act(world, 1)
    assert sign_head(world.services, world.matter)


def test_an_ordinary_restart_goes_on_signing(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    for _ in range(3):
        act(world, 1)
        assert sign_heads(world.services) >= 1
    assert halts(world) == []
