"""Attacks on stored objects that need a whole house; the list of all is docs/attacks.md."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import update

from dataroom.actions.checks.run import deep
from dataroom.actions.context import Inspected
from dataroom.actions.sealing import Scope as ActiveScope
from dataroom.actions.sealing import columns, current, open_version, place_of, seal_stream
from dataroom.logs import JsonLines
from dataroom.model import KeyScope, Version
from tests.cast import World, simple_pdf

CANARY = "heron over the lock 7731"


def content(world: World, version: Any) -> bytes:
    """What a version opens to now."""
    with world.services.database.reading() as session:
        opened = open_version(world.services, session, session.get_one(Version, version))
    return b"".join(opened.stream(world.services))


def test_row_and_object_exchanged_together_contradict_the_log(fresh_world: Callable[[], World]) -> None:
    """The insider with database, bucket and keys puts another content in a version's place: every seal holds."""
    world = fresh_world()
    line = world.ready()
    assert deep(world.services, None, lambda _text: None).findings == []
    other = simple_pdf(["Royalty 0.25 EUR per unit."])
    services = world.services
    with services.database.reading() as session:
        row = session.get_one(Version, line.version)
        place, pages = place_of(row), Inspected(row.pages, tuple(map(tuple, row.page_sizes)), row.has_text)
        key = session.get_one(KeyScope, row.scope_id)
        assert key.kek_blob is not None
        scope = current(
            services, session, ActiveScope(key.id, key.epoch, services.keks.kek(key.id, key.epoch, key.kek_blob))
        )
    forged = columns(scope, seal_stream(services, place, [other]), pages)
    with services.database.writing() as session:
        session.execute(update(Version).where(Version.id == line.version).values(**forged))
    assert content(world, line.version) == other, "no seal tells"
    found = deep(world.services, None, lambda _text: None).findings
    assert f"version {line.version}" in {one.id for one in found}


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """Everything any logger says meanwhile, in the form operators get it."""
    said, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(said), root.level
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


class Breaking(io.RawIOBase):
    """A body that gives a document and then breaks with the document in hand."""

    def __init__(self, data: bytes) -> None:
        self.data, self.given = data, False

    def read(self, _size: int = -1) -> bytes:
        """Once; then it breaks."""
        if self.given:
            raise RuntimeError(f"broken at {self.data!r}")
        self.given = True
        return self.data


def test_plaintext_in_logs_and_tracebacks(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    data = simple_pdf([CANARY])
    with listening() as said:
        with pytest.raises(RuntimeError) as caught:
            world.gate.perform(
                world.people["ada"],
                "document.upload",
                world.matter,
                {"path": "a.pdf", "length": len(data) * 2},
                Breaking(data + CANARY.encode()),
            )
        logging.getLogger("dataroom.test").error("seen", exc_info=caught.value)
    assert '"error": "RuntimeError"' in said.getvalue()
    assert CANARY not in said.getvalue()
    assert list(world.services.store.listing("objects/")) == []
