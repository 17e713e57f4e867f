"""Restores that are killed, and backups made while keys were being renewed."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from dataroom.actions.backups import check_accepted
from dataroom.actions.checks.run import deep
from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.app import build
from dataroom.cli.backup import accept_command
from dataroom.cli.operate import Operator, init_command, worker_command
from dataroom.config import Config
from dataroom.errors import Conflict
from dataroom.model import Version
from tests.adversarial.house import environment_of
from tests.backups import backed_up, content, elsewhere, restored, shred
from tests.cast import World, simple_pdf
from tests.integration.test_restore_pins import accept
from tests.parts import Database


def kill_restore(config: Config, folder: Path, at: str) -> None:
    """`dataroom restore` as a process, killed when it says this."""
    command = [sys.executable, "-m", "dataroom", "restore", str(folder / "backups")]
    environment = environment_of(config, folder)
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if at in line.decode():
                break
        else:
            raise AssertionError(f"never said: {at}")
        process.send_signal(signal.SIGKILL)
        process.wait(20)


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_a_killed_restore_is_never_served_and_done_anew_elsewhere(
    fresh_world: Callable[[], World], tmp_path: Path, postgres: Database, to: str
) -> None:
    """Wherever it was killed: the same place is refused in words, and so are service, worker and `init`."""
    world = fresh_world()
    lines = [world.ready(data=simple_pdf([f"Chart {number}."])) for number in range(3)]
    backed_up(world, tmp_path / "backups")

    def target() -> Config:
        url = f"sqlite:///{tmp_path}/{uuid.uuid4()}.db" if to == "sqlite" else postgres.create_database()
        return elsewhere(world, url)

    places = ("storing objects", "loading rows", "telling the log")
    for place in places if to == "sqlite" else places[1:2]:
        config = target()
        kill_restore(config, tmp_path, place)
        with pytest.raises(Conflict, match=r"broken off.*new database and a new bucket"):
            restored(world, tmp_path / "backups", config)
        with pytest.raises(Conflict, match="broken off"):
            check_accepted(build(config))
        run, operator = CliRunner(env=environment_of(config, tmp_path)), Operator(build=build, gate=Gate)
        for command, arguments in (
            (init_command, []),
            (worker_command, ["--once"]),
            (accept_command, ["--reason", "Whatever it is."]),
        ):
            said = run.invoke(command, arguments, obj=operator)
            assert (said.exit_code, "broken off" in said.output) == (1, True), (place, command.name, said.output)
    there = restored(world, tmp_path / "backups", target())
    accept(there.world, tmp_path)
    assert [content(there.world, line.version) for line in lines] == [content(world, line.version) for line in lines]
    there.world.close()


@pytest.mark.parametrize("act", ["scope.rekey", "scope.shred"])
def test_a_backup_from_amidst_a_renewal_is_whole(
    fresh_world: Callable[[], World], tmp_path: Path, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the content keys lie under the new KEK, half under the old: all open, and the renewal goes on."""
    world = fresh_world()
    lines = [world.ready(data=simple_pdf([f"Chart {number}."])) for number in range(4)]
    before = [content(world, line.version) for line in lines]
    monkeypatch.setattr("dataroom.actions.renewing.BATCH", 2)
    with world.services.database.reading() as session:
        scope = session.get_one(Version, lines[0].version).scope_id
    world.gate.perform(SERVICE, act, scope, {})
    made = backed_up(world, tmp_path / "backups")
    with world.services.database.reading() as session:
        assert len({session.get_one(Version, line.version).scope_epoch for line in lines}) == 2
    first = restored(world, tmp_path / "backups", elsewhere(world, f"sqlite:///{tmp_path}/first.db"))
    assert [content(first.world, line.version) for line in lines] == before
    accept(first.world, tmp_path)
    first.world.worker.drain()
    assert [content(first.world, line.version) for line in lines] == before
    assert deep(first.world.services, None, lambda _line: None).findings == []
    first.world.close()
    world.worker.drain()
    shred(world)
    there = restored(world, tmp_path / "backups", elsewhere(world, f"sqlite:///{tmp_path}/there.db"), name=made.name)
    assert [content(there.world, line.version) for line in lines] == before, "by their sheet"
    there.world.close()
