"""After a restore the check finds nothing in an honest house, and in another exactly what was wrong before."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from dataroom.actions.checks.run import deep, shallow
from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.actions.repinning import MOST_ROWS, PIN
from dataroom.app import build
from dataroom.cli import restore_pins
from dataroom.cli.backup import accept_command
from dataroom.cli.operate import Operator
from dataroom.errors import Invalid
from dataroom.model import Errand
from tests.actions.house import House
from tests.adversarial.house import environment_of
from tests.backups import backed_up, dispose, elsewhere, restored, shred
from tests.cast import World, simple_pdf
from tests.integration.test_check import lived_in
from tests.parts import Database


def accept(world: World, folder: Path) -> None:
    """The operator accepts what was lost."""
    said = CliRunner(env=environment_of(world.config, folder)).invoke(
        accept_command,
        ["--reason", "The disk of the old machine failed."],
        obj=Operator(build=lambda given: build(given, world.clock), gate=Gate),
    )
    assert said.exit_code == 0, said.output


def test_a_restored_house_is_clean_and_a_tampered_row_stays_named(
    world: World, tmp_path: Path, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From either database into the other. Named is a row that the restore changes and rows that it leaves alone."""
    monkeypatch.setattr(restore_pins, "MOST_ROWS", 3)  # several entries, with few rows
    house = lived_in(world)
    drafted = house.draft()
    line = world.published(data=simple_pdf(["Tampered with later."]))

    def url() -> str:
        other = world.config.database_url.startswith("postgresql")
        return f"sqlite:///{tmp_path}/{uuid.uuid4()}.db" if other else postgres.create_database()

    backed_up(world, tmp_path / "honest")
    there = restored(world, tmp_path / "honest", elsewhere(world, url()))
    accept(there.world, tmp_path)
    assert there.result.pinned > 3
    assert deep(there.world.services, None, lambda _line: None).findings == []
    there.world.close()

    changes = {
        f"version {line.version}": ("UPDATE version SET tier = 3 - tier WHERE id = :id", line.version),
        f"document {line.document}": ("UPDATE document SET title = 'Another title' WHERE id = :id", line.document),
        f"redaction {drafted}": ("UPDATE redaction SET title = 'Another title' WHERE id = :id", drafted),
    }
    for statement, row in changes.values():
        run(world, statement, row)
    backed_up(world, tmp_path / "tampered")
    there = restored(world, tmp_path / "tampered", elsewhere(world, url()))
    accept(there.world, tmp_path)
    found = shallow(there.world.services, None, lambda _line: None).findings
    assert {(one.kind, one.id) for one in found if one.kind.startswith("row-")} == {
        ("row-changed", named) for named in changes
    }
    assert {one.kind for one in found} <= {"row-changed", "scope-differs", "content-key"}
    there.world.close()


def run(world: World, statement: str, row: uuid.UUID) -> None:
    """A statement past the service."""
    with world.services.database.writing() as session:
        value = row.hex if session.get_bind().dialect.name == "sqlite" else row
        assert session.execute(text(statement), {"id": value}).rowcount == 1  # type: ignore[attr-defined]


def test_what_was_disposed_of_and_shredded_since_leaves_a_clean_house_too(
    fresh_world: Callable[[], World], tmp_path: Path
) -> None:
    """Documents closed, marks dropped, a scope opened from its sheet: everything a restore changes is told."""
    world = fresh_world()
    house = House(world)
    house.draft()
    doomed = world.due()
    world.published()
    made = backed_up(world, tmp_path / "backups")
    dispose(world, doomed)
    shred(world)
    config = elsewhere(world, f"sqlite:///{tmp_path}/there.db")
    there = restored(world, tmp_path / "backups", config, name=made.name)
    assert (there.result.disposed, there.result.revived > 0) == (1, True)
    accept(there.world, tmp_path)
    assert deep(there.world.services, None, lambda _line: None).findings == []
    there.world.close()


def test_pins_are_told_by_the_operator_alone(fresh_world: Callable[[], World]) -> None:
    """An errand does not have a row pinned, rows that are otherwise are left out, and an entry has a bound."""
    world = fresh_world()
    line = world.ready()
    run(world, "UPDATE document SET title = 'Another title' WHERE id = :id", line.document)
    order = {
        "backup": "20261122T020000.000000Z",
        "matter": str(world.matter),
        "tables": {"document": {"columns": ["id", "title"], "rows": {str(line.document): "A" * 43}}},
    }
    with world.services.database.writing() as session:
        now = world.clock.now()
        session.add(Errand(id=uuid.uuid4(), kind=PIN, payload={"params": order}, due_at=now, attempts=0))
    world.worker.drain()
    with world.services.database.reading() as session:
        (errand,) = session.query(Errand).filter(Errand.kind == PIN)
        assert errand.error == "never-owed"
    world.gate.perform(SERVICE, PIN, None, order)
    found = shallow(world.services, None, lambda _line: None).findings
    assert [(one.kind, one.id) for one in found] == [("row-changed", f"document {line.document}")]
    order["tables"]["document"]["rows"] = {str(uuid.uuid4()): "" for _ in range(MOST_ROWS + 1)}  # type: ignore[index]
    with pytest.raises(Invalid):
        world.gate.perform(SERVICE, PIN, None, order)
