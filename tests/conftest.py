"""Fixtures for everybody: real parts of the run, and a house with its cast on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cast import World, make_config, make_world
from tests.parts import Database, Seaweed, migrated_sqlite, postgres, seaweed

__all__ = ["fresh_world", "postgres", "seaweed", "world"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    seaweed: Seaweed,
) -> Iterator[World]:
    """A house with three companies and one matter, shared by the tests of a module."""
    folder = tmp_path_factory.mktemp("house")
    made = make_world(make_config(folder, _database(request, folder), seaweed))
    yield made
    made.close()


@pytest.fixture
def fresh_world(tmp_path: Path, seaweed: Seaweed) -> Iterator[Callable[[], World]]:
    """Makes houses on SQLite that no other test has touched."""
    made: list[World] = []

    def make() -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(make_world(make_config(folder, migrated_sqlite(folder), seaweed)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _database(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return migrated_sqlite(folder)
    postgres: Database = request.getfixturevalue("postgres")
    return postgres.migrated()
