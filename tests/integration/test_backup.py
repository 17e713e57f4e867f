"""Backups: whole while others write, checked from the folder alone, restored to either database."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from dataroom.actions.gate import Gate
from dataroom.adapters.backup_folder import BackupFolder
from dataroom.adapters.backup_tables import kept_tables, kinds_of
from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.app import build, create_app
from dataroom.cli.backup import backup_command, restore_command, verify_command
from dataroom.cli.backup_checking import check
from dataroom.cli.operate import Operator
from dataroom.errors import Conflict, Invalid, Tampered
from dataroom.model import AuditEntry, Base, Version
from tests.adversarial.house import check_logs, environment_of
from tests.backups import backed_up, content, dispose, elsewhere, restored, sign_in
from tests.cast import World, make_config, make_world, simple_pdf
from tests.parts import Database, Seaweed, migrated_sqlite


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[World]:
    """A house on SQLite with one published document, shared by tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("room")
    made = make_world(make_config(folder, migrated_sqlite(folder), seaweed))
    made.published()
    yield made
    made.close()


def test_every_column_can_be_backed_up() -> None:
    assert {table.name for table in kept_tables()} == set(Base.metadata.tables) - {"session", "pending_login"}
    assert all(kinds_of(table) for table in Base.metadata.sorted_tables)


def dump(world: World) -> dict[str, list[str]]:
    """Every row that is backed up, but where an object lies and what a restore adds."""
    found = {}
    with world.services.database.reading() as session:
        for table in kept_tables():
            columns = [c for c in table.columns if c.name not in {"object_version", "revoked_at", "taken_until"}]
            if not table.name.startswith("audit_") and table.name != "errand":
                found[table.name] = sorted(repr(tuple(row)) for row in session.execute(select(*columns)))
    return found


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_what_was_backed_up_comes_back(world: World, to: str, tmp_path: Path, postgres: Database) -> None:
    """From either database into either: rows, contents, sign-in, pages and a log that verifies."""
    lines = [world.published(data=simple_pdf([f"Chart {n}."])) for n in range(2)]
    world.redacted(lines[0])
    contents = [content(world, line.version) for line in lines]
    made = backed_up(world, tmp_path / "backups")
    assert (made.lost, made.copied) == ([], made.objects)
    before = dump(world)
    url = f"sqlite:///{tmp_path}/there.db" if to == "sqlite" else postgres.create_database()
    there = restored(world, tmp_path / "backups", elsewhere(world, url))
    assert (there.result.disposed, there.result.revived, there.result.objects) == (0, 0, made.objects)
    assert dump(there.world) == before
    assert [content(there.world, line.version) for line in lines] == contents
    sign_in(there.world)
    assert there.world.do("ada", "page.view", lines[0].version, page=1)[:2] == b"\xff\xd8"
    there.world.worker.drain()
    check_logs(there.world, tmp_path)
    there.world.close()


def test_a_backup_while_two_write_is_of_one_moment(world: World, tmp_path: Path) -> None:
    stop, failed = threading.Event(), list[BaseException]()
    world.ready()

    def write(who: str) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                world.ready(who, data=simple_pdf([f"{who} {number}"]), path=f"{who}/{uuid.uuid4()}.pdf")
            except BaseException as error:
                failed.append(error)
                return

    writers = [threading.Thread(target=write, args=(who,)) for who in ("ada", "bodil")]
    for writer in writers:
        writer.start()
    made = []
    for number in range(3):
        made.append(backed_up(world, tmp_path / "backups"))
        world.ready(data=simple_pdf([f"Between backups {number}."]), path=f"between-{number}.pdf")
    stop.set()
    for writer in writers:
        writer.join()
    assert failed == []
    folder = BackupFolder(tmp_path / "backups")
    for one in made:
        assert check(folder, folder.read(one.name)).faults == []
    assert made[0].copied == made[0].objects
    assert 0 < made[2].copied < made[2].objects, "what an earlier backup has is not copied again"


def test_a_backup_stands_in_the_log_and_names_its_manifest(world: World, tmp_path: Path) -> None:
    made = backed_up(world, tmp_path / "backups")
    with world.services.database.reading() as session:
        count = session.scalar(
            select(func.count())
            .select_from(AuditEntry)
            .where(AuditEntry.act == "backup.make", AuditEntry.outcome == "done")
        )
    assert count
    assert BackupFolder(tmp_path / "backups").read().sha256 == made.manifest


def test_every_changed_byte_is_named(fresh_world: Callable[[], World], tmp_path: Path) -> None:
    world = fresh_world()
    world.ready()
    dispose(world, world.due())
    made = backed_up(world, tmp_path / "b")
    folder = BackupFolder(tmp_path / "b")
    assert check(folder, folder.read()).faults == []
    for path in sorted(one for one in (tmp_path / "b").rglob("*") if one.is_file() and one.name != "dataroom-backups"):
        good = path.read_bytes()
        for place in {0, len(good) // 2, len(good) - 1} if good else set():
            path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
            said = verified(world, tmp_path / "b")
            assert (said.exit_code, path.name in said.output) == (1, True), (path, place, said.output)
        path.unlink()
        said = verified(world, tmp_path / "b")
        assert said.exit_code == (2 if path.name == "manifest.json" else 1), path
        assert path.name in said.output or path.name == "manifest.json"
        path.write_bytes(good)
    (made.path / "more").write_bytes(b"")
    assert f"{made.name}/more: not named" in verified(world, tmp_path / "b").output
    (made.path / "more").unlink()
    said = verified(world, tmp_path / "b", "--deep", "--json")
    told = json.loads(said.output)
    assert (said.exit_code, told["ok"], told["opened"], told["objects"]) == (0, True, 1, 1)


def verified(world: World, folder: Path, *arguments: str) -> Any:
    """`dataroom verify-backup` with the configuration of the world."""
    return CliRunner(env=environment_of(world.config, folder)).invoke(
        verify_command, [str(folder), *arguments], obj=Operator(build=build, gate=Gate)
    )


def test_keys_and_data_are_kept_apart(room: World, tmp_path: Path) -> None:
    world = room
    run = CliRunner(env=environment_of(world.config, tmp_path))
    operator = Operator(build=build, gate=Gate)
    folder = tmp_path / "backups"
    for where in (folder / "keys.json", folder / "deeper" / "keys.json"):
        said = run.invoke(backup_command, [str(folder), "--keys", str(where)], obj=operator)
        assert (said.exit_code, "kept apart" in said.output) == (1, True)
    home = world.config.keyring_file.parent
    said = run.invoke(backup_command, [str(home)], obj=operator)
    assert (said.exit_code, "kept apart" in said.output) == (1, True)
    keys = tmp_path / "safe" / "keys.json"
    keys.parent.mkdir()
    said = run.invoke(backup_command, [str(folder), "--keys", str(keys)], obj=operator)
    assert said.exit_code == 0, said.output
    assert keys.read_bytes() == world.config.keyring_file.read_bytes()
    secrets = [world.config.keyring_key_file.read_bytes().strip(), json.loads(keys.read_bytes())["sealed"].encode()]
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.is_dir() or not any(secret in path.read_bytes() for secret in secrets)
    said = run.invoke(backup_command, [str(folder), "--keys", str(keys)], obj=operator)
    assert (said.exit_code, "not replaced" in said.output) == (1, True)


def test_a_key_ring_is_restored_from_its_copy(room: World, tmp_path: Path) -> None:
    """Everything but the master key is lost; nothing outside tells what was signed last, so that has to be accepted."""
    world = room
    with world.services.database.reading() as session:
        version = session.scalars(select(Version.id)).first()
    assert version
    plain = content(world, version)
    run = CliRunner(env=environment_of(world.config, tmp_path))
    operator = Operator(build=build, gate=Gate)
    keys, folder = tmp_path / "keys.json", tmp_path / "backups"
    assert run.invoke(backup_command, [str(folder), "--keys", str(keys)], obj=operator).exit_code == 0
    config = elsewhere(world, f"sqlite:///{tmp_path}/there.db")
    config.keyring_file.write_bytes(config.keyring_file.read_bytes() + b" ")
    with pytest.raises(Conflict, match="another key ring"):
        restored(world, folder, config, keys=keys)
    config = replace(config, keyring_file=tmp_path / "new" / "keyring.json")
    there = restored(world, folder, config, keys=keys, tombstones=[tmp_path / "keys.json.tombstones"])
    assert content(there.world, version) == plain
    assert there.result.lost_logs
    there.world.close()
    again = replace(config, database_url=f"sqlite:///{tmp_path}/again.db", s3_bucket=f"again-{uuid.uuid4()}")
    there = restored(world, folder, again, keys=keys)
    assert there.result.lost_logs, "the copy in its place already tells no more"
    there.world.close()


@pytest.mark.parametrize("what", ["database", "bucket", "keys"])
def test_a_restore_refuses_what_is_not_empty(room: World, tmp_path: Path, what: str) -> None:
    world = room
    backed_up(world, tmp_path / "backups")
    config = elsewhere(world, f"sqlite:///{tmp_path}/there.db")
    if what == "database":
        config = replace(config, database_url=world.config.database_url)
    elif what == "bucket":
        config = replace(config, s3_bucket=world.config.s3_bucket)
    else:
        KeyringKms.create_new(tmp_path / "ring", tmp_path / "master")
        config = replace(config, keyring_file=tmp_path / "ring", keyring_key_file=tmp_path / "master")
    before = {item.key for item in world.services.store.listing("")}
    with pytest.raises(Conflict):
        restored(world, tmp_path / "backups", config)
    assert {item.key for item in world.services.store.listing("")} == before
    if (tmp_path / "there.db").exists():
        with sqlite3.connect(tmp_path / "there.db") as database:
            assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_a_killed_backup_counts_for_nothing(room: World, tmp_path: Path) -> None:
    world = room
    for number in range(4):
        world.ready(data=simple_pdf([f"Chart {number}."] * 30))
    folder, environment = tmp_path / "backups", environment_of(world.config, tmp_path)
    command = [sys.executable, "-m", "dataroom", "backup", str(folder)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(folder.glob("objects/*/*")):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    opened = BackupFolder(folder)
    assert (opened.ids(), len(opened.broken_off())) == ([], 1)
    with pytest.raises(Invalid):
        opened.read()
    assert verified(world, folder).exit_code == 2
    made = backed_up(world, folder)
    assert (opened.ids(), opened.broken_off()) == ([made.name], [])
    assert verified(world, folder).exit_code == 0


def test_a_damaged_backup_is_not_restored(room: World, tmp_path: Path) -> None:
    world = room
    backed_up(world, tmp_path / "backups")
    path = next(one for one in (tmp_path / "backups" / "objects").rglob("*") if one.is_file())
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(Tampered, match="changed"):
        restored(world, tmp_path / "backups", elsewhere(world, f"sqlite:///{tmp_path}/there.db"))
    assert not (tmp_path / "there.db").exists()


def test_memory_is_bounded(room: World, tmp_path: Path) -> None:
    """Thirty times the bytes need no thirty times the memory."""
    world = room
    pdf = simple_pdf(["Heavy."])
    peaks = []
    for megabytes in (1, 64):
        with world.services.database.reading() as session:
            known = session.scalar(select(func.count()).select_from(Version))
        world.ready(data=pdf + b"%" + os.urandom(megabytes * 1024**2).replace(b"\n", b" ") + b"\n", path=f"{known}.pdf")
        said = subprocess.run(
            [sys.executable, "-c", _PEAK, str(tmp_path / f"b{megabytes}")],
            env=environment_of(world.config, tmp_path),
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(said.stdout.split()[-1]))
    assert peaks[1] - peaks[0] < 16 * 1024, peaks


_PEAK = """
import sys
from click.testing import CliRunner
from dataroom.actions.gate import Gate
from dataroom.app import build
from dataroom.cli.backup import backup_command
from dataroom.cli.operate import Operator
said = CliRunner().invoke(backup_command, [sys.argv[1]], obj=Operator(build=build, gate=Gate))
assert said.exit_code == 0, said.output
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_an_object_store_older_than_its_database_fails_closed(fresh_world: Callable[[], World], tmp_path: Path) -> None:
    """An object is gone that a row names: nothing else is shown for it, and a backup names it."""
    world = fresh_world()
    line = world.published()
    with world.services.database.reading() as session:
        key = session.get_one(Version, line.version).object_key
    world.services.store.erase(key)
    client = create_app(world.config, world.services).test_client()
    token = world.do("ada", "token.create", scopes=["everything"], name="reader").secret
    reply = client.get(f"/api/v1/versions/{line.version}/pages/1", headers={"Authorization": f"Bearer {token}"})
    assert (reply.status_code, reply.json["code"]) == (500, "object-missing")
    assert "not in the object store" in reply.json["detail"]
    run = CliRunner(env=environment_of(world.config, tmp_path))
    said = run.invoke(backup_command, [str(tmp_path / "b")], obj=Operator(build=build, gate=Gate))
    assert (said.exit_code, key in said.output) == (1, True)
    assert f"version {line.version}: its object was missing" in verified(world, tmp_path / "b").output


def test_the_commands_say_what_they_did(room: World, tmp_path: Path) -> None:
    world = room
    run, operator = CliRunner(env=environment_of(world.config, tmp_path)), Operator(build=build, gate=Gate)
    said = run.invoke(backup_command, [str(tmp_path / "b"), "--json"], obj=operator)
    objects = json.loads(said.output)["objects"]
    there = elsewhere(world, f"sqlite:///{tmp_path}/there.db")
    run = CliRunner(env=environment_of(there, tmp_path))
    said = run.invoke(restore_command, [str(tmp_path / "b")], obj=operator)
    assert said.exit_code == 0, said.output
    assert f"rows, {objects} objects" in said.output
    assert run.invoke(restore_command, [str(tmp_path / "b")], obj=operator).exit_code == 1
    assert run.invoke(verify_command, [str(tmp_path / "nothing")], obj=operator).exit_code == 2
