"""Audited actions a second, one process and four: `python -m tests.bench.bench_actions`.

Each action is `version.read` through the gate: authorised, performed and recorded in one durable transaction.
"""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path

from dataroom.actions.gate import Gate
from dataroom.app import build
from tests.bench.figures import line, machine, milliseconds, parts
from tests.cast import World, make_config, make_world

SECONDS = 6
ROUNDS = 60


def together(world: World, version: uuid.UUID, writers: int, folder: Path) -> float:
    """Actions a second of some processes at once."""
    folder.mkdir()
    children = []
    for number in range(writers):
        child = os.fork()
        if child == 0:
            gate = Gate(build(world.config))
            with open(folder / str(number), "ab", buffering=0) as answered:
                while True:
                    gate.perform(world.people["ada"], "version.read", version)
                    answered.write(b".")
        children.append(child)
    time.sleep(4)
    before, began = _size(folder), time.perf_counter()
    time.sleep(SECONDS)
    done, seconds = _size(folder) - before, time.perf_counter() - began
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return done / seconds


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def main() -> None:
    """Measures and prints, on both databases."""
    with parts() as made:
        for kind in ("sqlite", "postgresql"):
            world = make_world(make_config(made.folder, made.database(kind, "actions"), made.seaweed))
            version = world.published(tier=1).version
            line(f"{kind}: one action", [milliseconds(lambda w=world, v=version: w.do("ada", "version.read", v))
                                         for _ in range(ROUNDS)])  # fmt: skip
            world.services.database.engine.dispose()  # type: ignore[attr-defined]
            for writers in (1, 4):
                rate = together(world, version, writers, made.folder / f"{kind}-{writers}")
                print(f"{kind}: {writers} process(es): {rate:.1f} actions a second")
            world.close()


if __name__ == "__main__":
    machine()
    main()
