"""`dataroom check` and `dataroom sweep` as an operator meets them: exit codes, what is said, what is removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import delete, select

from dataroom.actions.gate import Gate
from dataroom.actions.sealing import PREFIX
from dataroom.app import build
from dataroom.cli.checking import check_command, sweep_command
from dataroom.cli.operate import Operator
from dataroom.model import AuditDisclosure, AuditEntry, AuditLog, HoldDocument, Version
from tests.actions.house import House
from tests.adversarial.house import environment_of
from tests.cast import World


def run(world: World, folder: Path, command: Any, *arguments: str, **settings: Any) -> tuple[int, str]:
    """Exit status and standard output of a command with this installation's configuration."""
    result = outcome(world, folder, command, *arguments, **settings)
    return result.exit_code, result.stdout


def outcome(world: World, folder: Path, command: Any, *arguments: str, **settings: Any) -> Result:
    """The same with what went to standard error."""
    environment = environment_of(replace(world.config, **settings), folder)
    operator = Operator(build=build, gate=Gate)
    return CliRunner().invoke(command, list(arguments), obj=operator, env=environment)


def test_exit_codes_tell_findings_from_silence(fresh_world: Callable[[], World], tmp_path: Path) -> None:
    world = fresh_world()
    line = world.ready()
    status, said = run(world, tmp_path, check_command, "--deep")
    assert (status, said.splitlines()[-1]) == (0, "nothing was found")
    with world.services.database.writing() as session:
        session.get_one(Version, line.version).tier = 1
    status, said = run(world, tmp_path, check_command, "--json")
    told = json.loads(said)
    assert (status, told["counts"]) == (1, {"row-changed": 1, "scope-differs": 1})
    assert {one["id"] for one in told["findings"]} == {f"version {line.version}"}
    status, said = run(world, tmp_path, check_command, "--json", s3_secret_key="not-the-secret-of-this-store")
    told = json.loads(said)
    assert (status, told["counts"]) == (4, {"row-changed": 1, "scope-differs": 1})
    assert {one["part"] for one in told["silent"]} == {"object store", "signed notes", "unfinished uploads"}


def test_a_sweep_lists_first_and_records_what_it_removes(fresh_world: Callable[[], World], tmp_path: Path) -> None:
    world = fresh_world()
    house = House(world)
    line = world.ready()
    kept = house.row(Version, line.version).object_key
    for number in range(12):
        world.services.store.put_stream(f"{PREFIX}lost-{number:02d}", iter([b"left by a broken upload"]))
    assert run(world, tmp_path, sweep_command) == (0, "0 of 13 objects are orphans, 0 uploads never ended. " + ADD)
    status, said = run(world, tmp_path, sweep_command, sweep_age=-1)
    assert (status, len(said.splitlines())) == (0, 13)
    assert run(world, tmp_path, sweep_command, "--remove", sweep_age=-1)[0] == 1, "too many look orphaned"
    assert len(house.objects()) == 13
    arguments = ("--remove", "--share", "100", "--at-most", "5")
    assert run(world, tmp_path, sweep_command, *arguments, sweep_age=-1)[0] == 0
    assert len(house.objects()) == 8
    with world.services.database.reading() as session:
        query = (
            select(AuditEntry.seq, AuditLog.id)
            .join(AuditLog, AuditLog.id == AuditEntry.log_id)
            .where(AuditEntry.act == "upload.sweep", AuditEntry.outcome == "done")
        )
        seq, log = session.execute(query).one()
        assert session.get_one(AuditDisclosure, (log, seq, "fact")).disclosure
    assert run(world, tmp_path, sweep_command, "--remove", sweep_age=-1)[0] == 0
    assert house.objects() == {kept}


def test_an_object_whose_row_was_deleted_is_not_swept(fresh_world: Callable[[], World], tmp_path: Path) -> None:
    """The object looks like a broken upload, though a hold covers its document; the log knows the row."""
    world = fresh_world()
    house = House(world)
    hold = house.hold(house.line())
    document = house.rows(HoldDocument, HoldDocument.hold_id == hold)[0].document_id
    (version,) = house.rows(Version, Version.document_id == document)
    with world.services.database.writing() as session:
        session.execute(delete(Version).where(Version.id == version.id))
    said = outcome(world, tmp_path, sweep_command, "--remove", "--share", "100", sweep_age=-1)
    assert (said.exit_code, f"row-missing: version {version.id}" in said.output) == (1, True), said.output
    assert version.object_key in house.objects()


ADD = "Nothing was removed; add --remove.\n"
