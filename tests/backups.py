"""Installations for the tests of backups: one that is backed up, and what is made of its backup elsewhere."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dataroom.actions import identity
from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.actions.sealing import open_version
from dataroom.adapters.backup_folder import BackupFolder
from dataroom.app import build
from dataroom.cli.backup_making import Made, make_backup
from dataroom.cli.operate import Operator
from dataroom.cli.restoring import Result, Sources, restore
from dataroom.config import Config
from dataroom.jobs.worker import Worker
from dataroom.model import Document, Version
from tests.cast import PEOPLE, World, sign_everybody_in

REASON = "The retention period of these charts has ended."


def content(world: World, version: uuid.UUID) -> bytes:
    """The plain bytes of a version, opened with what database, store and key service hold now."""
    with world.services.database.reading() as session:
        opened = open_version(world.services, session, session.get_one(Version, version))
    return b"".join(opened.stream(world.services))


def states(world: World, line: Any) -> tuple[str, str, bool]:
    """How document and version stand, and whether there is a key."""
    with world.services.database.reading() as session:
        version = session.get_one(Version, line.version)
        return session.get_one(Document, line.document).state, version.state, version.wrapped_dek is not None


def dispose(world: World, line: Any) -> None:
    """Disposes of a document that is due."""
    made = world.do("ada", "disposal.propose", line.document, reason=REASON).id
    world.do("bram", "disposal.approve", made)
    world.do("cleo", "disposal.approve", made)
    world.do("carl", "disposal.execute", made)


def shred(world: World) -> None:
    """The night after."""
    world.gate.perform(SERVICE, "key.shred", None, {})
    world.worker.drain()


def backed_up(world: World, folder: Path) -> Made:
    """One more backup in the folder."""
    return make_backup(world.services, world.gate, BackupFolder.create(folder))


def elsewhere(world: World, database_url: str) -> Config:
    """The keys and notes as they are now, copied as if to another machine, another database and a new bucket."""
    ring = world.config.keyring_file
    home = ring.parent / f"elsewhere-{uuid.uuid4()}"
    home.mkdir(mode=0o700)
    for path in ring.parent.glob(f"{ring.stem}*"):
        if path.is_dir():
            shutil.copytree(path, home / path.name)
        else:
            shutil.copy2(path, home / path.name)
    place = {"keyring_file": home / ring.name, "keyring_key_file": home / world.config.keyring_key_file.name}
    return replace(world.config, **place, database_url=database_url, s3_bucket=f"restored-{uuid.uuid4()}")


@dataclass(frozen=True)
class Restored:
    """A restored installation and what the restore said."""

    world: World
    result: Result


def restored(world: World, folder: Path, config: Config, *, name: str = "", **sources: Any) -> Restored:
    """The newest backup of the folder, or `name`, restored to `config`; nobody is signed in yet."""
    opened = BackupFolder(folder)
    operator = Operator(build=lambda given: build(given, world.clock), gate=Gate)
    result = restore(operator, config, Sources(opened, opened.read(name), **sources), lambda line: None)
    services = operator.build(config)
    gate = Gate(services)
    made = replace(world, config=config, services=services, gate=gate, worker=Worker(services, gate), people={})
    return Restored(made, result)


def sign_in(world: World) -> World:
    """Everybody signs in again; their user rows are those of the backup."""
    before = {row.id for row in _users(world)}
    sign_everybody_in(world)
    assert {person.user for person in world.people.values()} <= before
    assert set(world.people) == set(PEOPLE)
    return world


def _users(world: World) -> Sequence[Any]:
    with world.services.database.reading() as session:
        return list(session.scalars(select(identity.User)))


def lose_everything(world: World) -> None:
    """The database and the bucket are gone; the key ring stays."""
    world.services.database.engine.dispose()  # type: ignore[attr-defined]
    place = Path(world.config.database_url.removeprefix("sqlite:///"))
    for path in place.parent.glob(f"{place.name}*"):
        path.unlink()
    for item in list(world.services.store.listing("")):
        world.services.store.erase(item.key)
    shutil.rmtree(place.parent / "temporary", ignore_errors=True)
