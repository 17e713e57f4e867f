"""Backups older than a disposal: what was destroyed stays so, what was to survive opens, and logs say what was lost."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from dataroom.actions.backups import awaited, check_accepted
from dataroom.actions.checkpoints import sign_head, sign_heads
from dataroom.actions.checks.run import shallow
from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.actions.outside import LOG_KEY, RolledBack
from dataroom.actions.tombstones import write_tombstones
from dataroom.actions.tombstones_told import read_told
from dataroom.app import build
from dataroom.cli.backup import accept_command
from dataroom.cli.operate import Operator
from dataroom.errors import Conflict, KeyDestroyed, Tampered
from dataroom.model import AuditEntry, AuditPerson, AuditSealed, KeyScope, User, Version
from tests.actions.house import enrol
from tests.adversarial.house import check_logs, environment_of
from tests.backups import (
    Restored,
    backed_up,
    content,
    dispose,
    elsewhere,
    lose_everything,
    restored,
    shred,
    sign_in,
    states,
)
from tests.cast import World, simple_pdf
from tests.parts import Database


class Room:
    """A house that was backed up, then disposed of one document, while others of the same scope are kept."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.kept = world.ready(data=simple_pdf(["Kept."]))
        self.moved = world.ready(tier=2, data=simple_pdf(["Moved to another tier."]))
        self.doomed = world.due(data=simple_pdf(["The secret."]))
        self.before = {line.version: content(world, line.version) for line in (self.kept, self.moved)}
        sign_heads(world.services)
        self.made = backed_up(world, folder / "backups")
        classes = {"category": "claim-chart", "schedule": "work-product"}
        world.do("ada", "document.classify", self.moved.document, tier=1, **classes)
        dispose(world, self.doomed)

    def restore(self, **sources: Any) -> Restored:
        """The backup, restored beside what is left."""
        config = elsewhere(self.world, f"sqlite:///{self.folder}/there.db")
        return restored(self.world, self.folder / "backups", config, name=self.made.name, **sources)

    def check(self, there: World) -> None:
        """The disposed document is stated as disposed and has no key; the others open."""
        assert states(there, self.doomed) == ("disposed", "destroyed", False)
        with pytest.raises(KeyDestroyed):
            content(there, self.doomed.version)
        for version, plain in self.before.items():
            assert content(there, version) == plain


@pytest.fixture
def room(fresh_world: Callable[[], World], tmp_path: Path) -> Room:
    """A fresh one."""
    return Room(fresh_world(), tmp_path)


def test_the_key_service_alone_keeps_what_was_shredded_closed(room: Room) -> None:
    """No list of tombstones; database and bucket are lost; the survivors open from their sheet, beside the key ring."""
    shred(room.world)
    sign_heads(room.world.services)
    lose_everything(room.world)
    there = room.restore()
    assert (there.result.disposed, there.result.revived) == (1, 2)
    room.check(there.world)
    with there.world.services.database.reading() as session:
        (facts,) = session.scalars(select(AuditEntry.outcome).where(AuditEntry.act == "backup.restore"))
    assert facts == "done"
    sign_in(there.world)
    more = there.world.ready(data=simple_pdf(["New in the same scope."]))
    shred(there.world)
    assert content(there.world, more.version)
    room.check(there.world)
    there.world.close()


def test_without_a_sheet_nothing_is_pretended(room: Room) -> None:
    """What neither database nor sheet can open is stated as disposed of, and the scope takes new contents."""
    shred(room.world)
    shutil.rmtree(room.world.config.keyring_file.with_name("keyring.json.survivors"))
    there = room.restore()
    assert (there.result.disposed, there.result.revived) == (3, 0)
    for line in (room.doomed, room.kept, room.moved):
        assert states(there.world, line) == ("disposed", "destroyed", False)
    sign_in(there.world)
    more = there.world.ready(data=simple_pdf(["New in the same scope."]))
    assert content(there.world, more.version)
    there.world.close()


def test_the_sheet_in_the_former_bucket_suffices(room: Room) -> None:
    shred(room.world)
    shutil.rmtree(room.world.config.keyring_file.with_name("keyring.json.survivors"))
    there = room.restore(former_bucket=room.world.config.s3_bucket)
    room.check(there.world)
    there.world.close()


def test_a_list_of_tombstones_is_replayed_before_the_night(room: Room) -> None:
    """The key service still opens what was disposed of today: the list written since keeps it closed."""
    newer = room.folder / "tombstones.json"
    write_tombstones(room.world.services, newer)
    there = room.restore(tombstones=[newer])
    room.check(there.world)
    with there.world.services.database.reading() as session:
        scope = session.get_one(KeyScope, session.get_one(Version, room.doomed.version).scope_id)
        assert scope.stale_at is not None, "and the next night makes this backup useless for it"
        folders = {row.id: row.folder for row in session.execute(select(Version.id, Version.folder))}
        assert (folders[room.doomed.version], folders[room.kept.version]) == ("", "charts")
    assert there.result.lost_logs, "the list knows longer logs"
    there.world.close()
    forged = newer.read_bytes().replace(b"tombstones/1", b"tombstones/2")
    newer.write_bytes(forged)
    (room.folder / "there.db").unlink()
    with pytest.raises(Tampered):
        room.restore(tombstones=[newer])


def test_an_exported_log_is_a_list_too(room: Room) -> None:
    """The owner's export, kept anywhere, closes what it says was destroyed; changed, it is refused."""
    room.world.worker.drain("version.erase")
    kept = room.folder / "audit.zip"
    kept.write_bytes(b"".join(room.world.do("cleo", "audit.export", room.world.matter).pieces))
    there = room.restore(tombstones=[kept])
    room.check(there.world)
    assert there.result.lost_logs, "the export knows a longer log"
    there.world.close()
    foreign = room.folder / "foreign.zip"
    foreign.write_bytes(b"".join(room.world.do("corin", "audit.export", room.world.matter).pieces))
    read = read_told(foreign, room.world.services.kms.public_key(LOG_KEY))
    assert (read.versions, read.documents) == (frozenset(), {}), "what is another's is not told to them"
    data = kept.read_bytes()
    for at in (100, len(data) // 2, len(data) - 10):
        kept.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(Tampered):
            read_told(kept, room.world.services.kms.public_key(LOG_KEY))
    kept.write_bytes(data)
    with pytest.raises(Tampered):
        read_told(kept, bytes(32))


def test_a_later_backup_in_the_folder_is_a_list_too(room: Room) -> None:
    backed_up(room.world, room.folder / "backups")
    there = room.restore()
    room.check(there.world)
    there.world.close()


def test_lost_entries_halt_until_they_are_accepted(room: Room) -> None:
    """Notes kept outside were signed over more entries: nothing is signed, served or backed up before somebody says so."""
    world = room.world
    sign_heads(world.services)
    lose_everything(world)
    there = room.restore().world
    lost = awaited(there.services)
    assert {f"{world.config.log_origin}/{world.matter}", f"{world.config.log_origin}/deployment"} == {
        o for o, _, _ in lost
    }
    assert all(size < known for _, size, known in lost)
    with pytest.raises(Conflict, match="accept-restore"):
        check_accepted(there.services)
    sign_in(there).do("ada", "matter.read", there.matter)
    with pytest.raises(RolledBack):
        sign_head(there.services, there.matter)
    run = CliRunner(env=environment_of(there.config, room.folder))
    operator = Operator(build=lambda given: build(given, there.clock), gate=Gate)
    said = run.invoke(accept_command, ["--reason", "Restored after the fire of Sunday."], obj=operator)
    assert said.exit_code == 0, said.output
    check_accepted(there.services)
    assert sign_head(there.services, there.matter)
    check_logs(there, room.folder)
    there.close()


def test_a_retired_and_destroyed_scope_stays_a_tombstone(room: Room) -> None:
    world = room.world
    with world.services.database.reading() as session:
        scope = session.get_one(Version, room.kept.version).scope_id
    world.gate.perform(SERVICE, "scope.retire", scope, {"reason": "They leave the joint enforcement.", "days": 0})
    shred(world)
    there = room.restore()
    with there.world.services.database.reading() as session:
        assert session.get_one(KeyScope, scope).state == "tombstone"
    assert states(there.world, room.kept) == ("disposed", "destroyed", False)
    there.world.close()


def test_nothing_ends_while_no_sheet_can_be_written(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    world = room.world
    with world.services.database.reading() as session:
        scope = session.get_one(KeyScope, session.get_one(Version, room.kept.version).scope_id)
    folder = world.config.keyring_file.with_name("keyring.json.survivors")
    folder.write_bytes(b"in the way")
    old = scope.kek_blob or b""
    world.gate.perform(SERVICE, "scope.shred", scope.id, {})
    world.worker.drain()
    assert len(world.services.kms.unwrap(scope.kms_key, old)) == 32
    folder.unlink()
    world.clock.forward(hours=1)
    world.worker.drain()
    with pytest.raises((KeyDestroyed, Tampered)):
        world.services.kms.unwrap(scope.kms_key, old)


def test_tokens_and_sessions_end_with_the_database(room: Room) -> None:
    world = room.world
    world.do("ada", "token.create", scopes=["everything"], name="nightly")
    made = backed_up(world, room.folder / "later")
    config = replace(elsewhere(world, f"sqlite:///{room.folder}/there.db"))
    there = restored(world, room.folder / "later", config, name=made.name).world
    with there.services.database.reading() as session:
        for table in ("token WHERE revoked_at IS NULL", "session", "pending_login"):
            assert session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
    there.close()


class People:
    """A house on either database with somebody who was backed up and forgotten since, and somebody who stays."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder, self.number = world, folder, str(uuid.uuid4())[:8]
        self.leaver = self._somebody(f"leaver{self.number}")
        self.stays = self._somebody(f"stays{self.number}")
        self.made = backed_up(world, folder / "backups")
        world.do("cleo", "person.erase", self.leaver, ground="request", days=0)
        world.gate.perform(SERVICE, "key.shred", None, {})
        world.worker.drain("person.destroy")

    def _somebody(self, who: str) -> uuid.UUID:
        enrol(self.world, who, "aldermoor", "partner")
        user = self.world.people[who].user
        assert user is not None
        self.world.do("ada", "member.add", self.world.matter, email=f"{who}@aldermoor.example", tier=1)
        self.world.do(who, "matter.read", self.world.matter)
        self.world.do("ada", "member.remove", self.world.matter, email=f"{who}@aldermoor.example")
        return user

    def restore(self, url: str, **sources: Any) -> Restored:
        """The backup from before, restored beside what is left."""
        config = elsewhere(self.world, url)
        return restored(self.world, self.folder / "backups", config, name=self.made.name, **sources)

    def check(self, there: World) -> None:
        """Nothing of the forgotten is left, that is recorded, and the other is as before."""
        with there.services.database.reading() as session:
            row, key = session.get_one(User, self.leaver), session.get_one(AuditPerson, self.leaver)
            assert (row.name, row.email, row.subject) == ("(erased)", "", f"erased-{self.leaver}")
            assert (row.active, key.state, key.kek_blob) == (False, "tombstone", None)
            assert not session.scalars(select(AuditSealed).where(AuditSealed.person_id == self.leaver)).all()
            acts = select(AuditEntry.act).where(AuditEntry.target_id == self.leaver, AuditEntry.outcome == "done")
            assert {"person.destroy", "person.forget"} <= set(session.scalars(acts))
            other = session.get_one(User, self.stays)
            assert (other.name, other.active) == (f"stays{self.number}".title(), True)
            assert session.get_one(AuditPerson, self.stays).state == "active"
        assert not there.services.kms.exists(key.kms_key)
        assert not any(
            one.kind.startswith("person-") for one in shallow(there.services, None, lambda line: None).findings
        )


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_a_restored_backup_does_not_bring_back_whoever_was_forgotten(
    world: World, to: str, tmp_path: Path, postgres: Database
) -> None:
    """By the key service, which says that the key was destroyed; or by a list, the key service being a copy of before."""
    people = People(world, tmp_path)
    newer = tmp_path / "tombstones.json"
    write_tombstones(world.services, newer)

    def url(name: str) -> str:
        return f"sqlite:///{tmp_path}/{name}.db" if to == "sqlite" else postgres.create_database()

    listed = people.restore(url("listed"), tombstones=[newer])
    assert listed.result.forgotten == 1
    people.check(listed.world)
    listed.world.close()
    world.worker.drain("person.forget")
    there = people.restore(url("there"))
    assert there.result.forgotten == 1
    people.check(there.world)
    sign_in(there.world)
    there.world.close()
