"""A furnished house for the tests of a module, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.actions.house import House
from tests.cast import World


@pytest.fixture(scope="module")
def house(world: World) -> House:
    """The world with its further people."""
    made = House(world)
    made.furnish()
    return made
