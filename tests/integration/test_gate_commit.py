"""What the gate does when the connection breaks while it commits, and nobody can tell whether it happened."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dataroom.actions.context import SERVICE
from dataroom.actions.context import Database as Databases
from dataroom.actions.gate import Gate
from dataroom.actions.sealing import PREFIX, open_version
from dataroom.errors import Unavailable
from dataroom.model import AuditEntry, Version
from tests.adversarial.house import check_logs, entries_of
from tests.cast import World, make_config, make_world, simple_pdf
from tests.parts import Database, Seaweed


@dataclass
class Breaking:
    """A database whose connection breaks once, around the commit of the next upload's transaction."""

    inner: Databases
    when: str = "never"

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """As the real one, then the break."""
        when = self.when
        with self.inner.writing() as session:
            yield session
            grown = session.scalar(select(Version.id).limit(1)) is not None
            if when == "before" and grown:
                self.when = "never"
                raise Unavailable()
        if when == "after" and grown:
            self.when = "never"
            raise Unavailable()

    def reading(self) -> Any:
        """As the real one."""
        return self.inner.reading()

    def ready(self) -> None:
        """As the real one."""
        self.inner.ready()


def broken_upload(world: World, when: str) -> None:
    """An upload during whose commit the connection breaks."""
    database = Breaking(world.services.database, when)
    gate = Gate(replace(world.services, database=database))
    data = simple_pdf(["Committed or not?"])
    with pytest.raises(Unavailable):
        gate.perform(
            world.people["ada"],
            "document.upload",
            world.matter,
            {"path": "a.pdf", "length": len(data)},
            io.BytesIO(data),
        )


def versions(world: World) -> list[Version]:
    """All versions."""
    with world.services.database.reading() as session:
        return list(session.scalars(select(Version)))


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_a_committed_row_names_is_never_erased(fresh_world: Callable[[], World], when: str) -> None:
    world = fresh_world()
    broken_upload(world, when)
    found = versions(world)
    assert len(found) == (1 if when == "after" else 0)
    for version in found:
        with world.services.database.reading() as session:
            opened = open_version(world.services, session, version)
        assert b"".join(opened.stream(world.services)).startswith(b"%PDF-")


def test_what_no_row_names_is_swept(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    broken_upload(world, "before")
    assert len(list(world.services.store.listing(PREFIX))) == 1
    gate = Gate(replace(world.services, config=replace(world.config, sweep_age=-1)))
    gate.perform(SERVICE, "upload.sweep")
    assert list(world.services.store.listing(PREFIX)) == []


def test_both_the_deed_and_the_lost_answer_are_recorded(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    broken_upload(world, "after")
    with world.services.database.reading() as session:
        query = select(AuditEntry.outcome).where(AuditEntry.act == "document.upload").order_by(AuditEntry.seq)
        assert list(session.scalars(query)) == ["done", "failed"]


CHOSEN_AS_VICTIM = """
CREATE FUNCTION victim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.act = 'document.publish' AND NEW.outcome = 'done' THEN
    RAISE EXCEPTION 'chosen as victim' USING ERRCODE = '{code}';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER victim BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION victim();
"""


def test_a_deadlock_or_serialization_failure_between_act_and_entry(
    tmp_path: Path, seaweed: Seaweed, postgres: Database
) -> None:
    """PostgreSQL ends the transaction at its last statement: nothing is done, which is recorded, and can be repeated."""
    world = make_world(make_config(tmp_path, postgres.migrated(), seaweed))
    for code in ("40P01", "40001"):
        line = world.ready()
        with world.services.database.writing() as session:
            session.execute(text(CHOSEN_AS_VICTIM.format(code=code)))
        with pytest.raises(Unavailable):
            world.do("ada", "document.publish", line.document)
        with world.services.database.writing() as session:
            assert session.get_one(Version, line.version).state == "staged"
            session.execute(text("DROP TRIGGER victim ON audit_entry; DROP FUNCTION victim()"))
        world.do("ada", "document.publish", line.document)
        assert entries_of(world, "document.publish", line.document) == ["failed", "done"]
    check_logs(world, tmp_path)
    world.close()
