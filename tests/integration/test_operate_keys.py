"""The operator's commands on keys, some run as processes that are killed in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.actions.sealing import open_version
from dataroom.app import build
from dataroom.cli.keys import add_commands
from dataroom.cli.operate import Operator, operate
from dataroom.model import AuditEntry, Errand, KeyScope, Version
from tests.adversarial.house import environment_of
from tests.cast import World, make_config, make_world, simple_pdf
from tests.parts import Database, Seaweed

TIERS = (1, 2, 3, 4)
add_commands(operate)


class Room:
    """A house with several scopes, and its command line."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.environment = world, environment_of(world.config, folder)
        self.lines = [
            world.ready(who, tier=tier, data=simple_pdf([f"{who} {tier} {copy}"]))
            for who in ("ada", "bodil", "cass")
            for tier in TIERS
            for copy in range(2)
        ]
        self.before = self.contents()

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`dataroom operate` with arguments, its output to be read."""
        command = [sys.executable, "-m", "dataroom", "operate", *arguments]
        out = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment, stdout=out, stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments: str) -> tuple[int, str]:
        """The same within this process, on a connection to the house of its own: exit status and output."""
        done = CliRunner(env=self.environment).invoke(operate, arguments, obj=Operator(build=build, gate=Gate))
        return done.exit_code, done.output

    def kill_after(self, lines: int, *arguments: str) -> None:
        """Starts a command and kills it once it has said so much."""
        process = self.start(*arguments)
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        process.stdout.close()

    def contents(self) -> list[bytes]:
        """Every content, opened."""
        found = []
        with self.world.services.database.reading() as session:
            for line in self.lines:
                opened = open_version(self.world.services, session, session.get_one(Version, line.version))
                found.append(b"".join(opened.stream(self.world.services)))
        return found

    def epochs(self) -> list[int]:
        """The epochs of all scopes."""
        with self.world.services.database.reading() as session:
            return list(session.scalars(select(KeyScope.epoch)))

    def left(self) -> int:
        """Open errands."""
        with self.world.services.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Errand).where(Errand.done_at.is_(None))) or 0

    def count(self, act: str) -> int:
        """How often an act was done, as the logs say."""
        with self.world.services.database.reading() as session:
            query = select(func.count()).select_from(AuditEntry)
            return session.scalar(query.where(AuditEntry.act == act, AuditEntry.outcome == "done")) or 0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[Room]:
    """A room on each database; a dead process's errands are free again after two seconds."""
    folder = tmp_path_factory.mktemp("room")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/room.db"
    else:
        postgres: Database = request.getfixturevalue("postgres")
        url = postgres.migrated()
    world = make_world(replace(make_config(folder, url, seaweed), errand_lease=2))
    yield Room(world, folder)
    world.close()


@pytest.mark.parametrize("which", ["--kms", "--keks"])
def test_a_rotation_killed_in_the_middle_is_gone_on_with(room: Room, which: str) -> None:
    act = {"--kms": "scope.rewrap", "--keks": "scope.rekey"}[which]
    before, scopes = room.count(act), len(room.epochs())
    room.kill_after(2, "rotate", which)
    assert room.contents() == room.before
    assert 0 < room.left() < scopes
    room.kill_after(2, "rotate", which)
    assert room.contents() == room.before
    status, said = room.run("rotate", which)
    assert (status, said.splitlines()[-1]) == (0, "nothing is left to do")
    assert "that an interrupted run left" in said
    assert room.left() == 0
    assert room.contents() == room.before
    assert scopes <= room.count(act) - before <= scopes + 2


def test_a_rotation_of_one_scope_leaves_the_others(room: Room) -> None:
    with room.world.services.database.reading() as session:
        scope = session.scalars(select(KeyScope.id).order_by(KeyScope.id)).first()
    before = sorted(room.epochs())
    assert room.run("rotate", "--keks", "--scope", str(scope))[0] == 0
    assert sum(room.epochs()) == sum(before) + 1
    status, said = room.run("rotate", "--keks", "--scope", str(uuid.uuid4()))
    assert (status, "no such scope" in said) == (1, True)
    assert room.run("rotate")[0] == 2
    assert room.contents() == room.before


def test_shredding_killed_in_the_middle_loses_nothing(room: Room) -> None:
    with room.world.services.database.writing() as session:
        for scope in session.scalars(select(KeyScope)):
            scope.stale_at = room.world.clock.now()
    before = room.epochs()
    for lines in (1, 3):
        room.kill_after(lines, "shred")
        assert room.contents() == room.before
    status, said = room.run("shred")
    assert (status, said.splitlines()[-1]) == (0, "nothing is left to do")
    assert room.contents() == room.before
    assert room.left() == 0
    assert min(room.epochs()) > min(before)
    assert room.run("shred")[1] == "nothing is left to do\n"


def test_retiring_asks_first_and_can_be_undone(room: Room) -> None:
    arguments = (
        "retire",
        "--matter",
        str(room.world.matter),
        "--organisation",
        "cassini",
        "--reason",
        "Cassini leaves.",
    )
    status, said = room.run(*arguments)
    assert (status, "4 scopes would be retired" in said) == (1, True)
    assert room.contents() == room.before
    status, said = room.run(*arguments, "--yes")
    assert (status, said.splitlines()[-1]) == (0, "closed; destroyed in 14 days unless restored")
    with room.world.services.database.reading() as session:
        assert list(session.scalars(select(KeyScope.state).where(KeyScope.state != "active"))) == ["shredding"] * 4
    status, said = room.run("restore-keys", "--matter", str(room.world.matter), "--organisation", "cassini")
    assert (status, said) == (0, "4 scopes are in use again\n")
    assert room.contents() == room.before
    for wrong in (("--matter", str(uuid.uuid4())), ("--matter", str(room.world.matter), "--organisation", "nobody")):
        assert room.run("restore-keys", *wrong)[0] == 1


def test_what_is_held_is_not_retired(room: Room) -> None:
    line = room.lines[2 * len(TIERS)]
    room.world.do("corin", "hold.place", line.document, kind="litigation", reason="Action before the court.")
    status, said = room.run(
        "retire", "--matter", str(room.world.matter), "--organisation", "borealis", "--reason", "They leave.", "--yes"
    )
    assert (status, "A hold covers documents here" in said) == (1, True)
    assert room.contents() == room.before


def test_a_damaged_scope_is_named(room: Room) -> None:
    version = room.lines[0].version
    with room.world.services.database.writing() as session:
        row = session.get_one(Version, version)
        good, row.wrapped_dek, scope = row.wrapped_dek, bytes(104), row.scope_id
    status, said = room.run("rotate", "--keks", "--scope", str(scope))
    assert (status, f"scope.rekey {scope}: tampered" in said) == (1, True)
    with room.world.services.database.writing() as session:
        session.get_one(Version, version).wrapped_dek = good
    room.world.gate.perform(SERVICE, "scope.rekey", scope)
    assert room.contents() == room.before
