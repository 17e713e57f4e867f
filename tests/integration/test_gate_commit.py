"""What the gate does when the connection breaks while it commits, and nobody can tell whether it happened."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions.context import SERVICE, Database
from dataroom.actions.gate import Gate
from dataroom.actions.sealing import PREFIX, open_version
from dataroom.errors import Unavailable
from dataroom.model import AuditEntry, Version
from tests.cast import World, simple_pdf


@dataclass
class Breaking:
    """A database whose connection breaks once, around the commit of the next upload's transaction."""

    inner: Database
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
