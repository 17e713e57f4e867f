"""What two operators type so that one installation witnesses the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from tests.cast import World

ROOT = Path(__file__).resolve().parent.parent.parent


def typed(world: World, *words: str) -> tuple[int, str]:
    """Exit status and output of `dataroom operate witness ...`."""
    settings = {
        f"DATAROOM_{one.name.upper()}": str(getattr(world.config, one.name))
        for one in fields(world.config)
        if getattr(world.config, one.name) != one.default
    }
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DATAROOM_")}
    done = subprocess.run(
        [sys.executable, "-m", "dataroom", "operate", "witness", *words],
        cwd=ROOT,
        env=plain | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_two_operators_arrange_it(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    status, key = typed(world, "key")
    assert status == 0
    assert key.startswith("dataroom.test/log/witness+")
    status, said = typed(world, "add", "--url", "http://127.0.0.1:9/witness", "--key", key.strip())
    assert (status, said) == (0, "the witness will be asked with the next checkpoint\n")
    world.worker._by_the_clock()
    world.worker.drain()
    status, said = typed(world, "list")
    assert "witness dataroom.test/log/witness at http://127.0.0.1:9/witness" in said
    assert "witness-unreachable, tried 1 times, next" in said
    status, said = typed(world, "remove", "dataroom.test/log/witness")
    assert (status, said) == (0, "removed\n")
    for words in (
        ("add", "--url", "http://10.0.0.1/witness", "--key", key.strip()),
        ("add-log", key.strip()),
        ("add-log", "nonsense"),
        ("remove", "nobody"),
        ("resume", "dataroom.test/log/deployment", "--reason", "There is no reason to do so."),
    ):
        assert typed(world, *words)[0] == 1, words
