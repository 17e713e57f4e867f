"""Every list asks the database the same number of questions, whether it has fifty rows or two hundred."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from dataroom.actions.catalogue import ACTIONS
from tests.bench.crowd import example, multiply
from tests.cast import World

MOST = 60


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements executed meanwhile."""
    engine: Any = world.services.database.engine  # type: ignore[attr-defined]
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


LISTS = sorted(name for name in ACTIONS if name.endswith(".list"))
WHO = {"disposal.list": "cleo", "hold.list": "cleo", "audit.list": "cleo", "retention.list": "ada"}
WHO |= {"user.list": "bodil", "person.list": "corin", "directory.list": "corin", "account.list": "directory"}
WHO |= {"policy.list": "corin"}
LIMITED = {"document.list": {"limit": 100}, "audit.list": {"limit": 200}, "account.list": {"count": 200}}


def asked(world: World, name: str) -> tuple[int, int]:
    """How many statements a list took, and how many rows came."""
    spec = ACTIONS[name]
    target = world.matter if spec.target is not None else None
    world.gate.meter.admit(world.people[WHO.get(name, "ada")])
    with counted(world) as seen:
        found = world.do(WHO.get(name, "ada"), name, target, **LIMITED.get(name, {}))
    rows = found.items if hasattr(found, "items") else found
    return len(seen), len(rows)


def test_lists_ask_a_constant_number_of_questions(world: World) -> None:
    document = example(world)
    multiply(world, document, 50)
    few = {name: asked(world, name) for name in LISTS}
    multiply(world, document, 150)
    many = {name: asked(world, name) for name in LISTS}
    assert {name: statements for name, (statements, _) in few.items()} == {
        name: statements for name, (statements, _) in many.items()
    }
    for name in LISTS:
        assert few[name][1] >= (50 if name != "audit.list" else 10), (name, few[name])
        assert many[name][1] > few[name][1], (name, many[name])
        assert many[name][0] <= MOST, (name, many[name])


def test_pages_of_a_list_hold_every_row_once(world: World) -> None:
    cursor, seen = None, []
    while True:
        page = world.do("ada", "document.list", world.matter, limit=37, cursor=cursor)
        seen += [item.id for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == page.total
