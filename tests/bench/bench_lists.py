"""How long lists take with 2,000 documents in a matter, and how many questions they ask: `python -m tests.bench.bench_lists`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from tests.bench.crowd import example, multiply
from tests.bench.figures import line, machine, milliseconds, parts
from tests.cast import World, make_config, make_world

DOCUMENTS = 2000
ROUNDS = 12
ASKED = (
    ("document.list, first page", "ada", "document.list", {"limit": 50}),
    ("document.list, as a partner", "pia", "document.list", {"limit": 50}),
    ("document.list, searched", "ada", "document.list", {"limit": 50, "q": "199"}),
    ("retention.list", "ada", "retention.list", {}),
    ("audit.list", "cleo", "audit.list", {"limit": 50}),
)


def questions(world: World, who: str, name: str, params: dict[str, Any]) -> int:
    """How many statements one call executes."""
    engine: Any = world.services.database.engine  # type: ignore[attr-defined]
    seen: list[object] = []

    def note(*given: object) -> None:
        seen.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    world.do(who, name, world.matter, **params)
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def main() -> None:
    """Measures and prints, on both databases."""
    with parts() as made:
        for kind in ("sqlite", "postgresql"):
            world = make_world(make_config(made.folder, made.database(kind, "lists"), made.seaweed))
            multiply(world, example(world), DOCUMENTS)
            for title, who, name, params in ASKED:
                count = questions(world, who, name, params)
                values = [milliseconds(lambda on=world, w=who, n=name, p=params: on.do(w, n, on.matter, **p))
                          for _ in range(ROUNDS)]  # fmt: skip
                line(f"{kind}: {title} ({count} statements)", values)
            world.close()


if __name__ == "__main__":
    machine()
    main()
