"""Writers, the worker and the web service are killed together for some seconds: the log stays whole."""

from __future__ import annotations

import pytest

from tests.adversarial.house import house_on, remove, short_folder
from tests.adversarial.siege import besiege
from tests.adversarial.writers import LEAST
from tests.parts import Database, Seaweed

SECONDS = 8


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_answered_is_recorded_and_nothing_is_half_done(
    kind: str, seaweed: Seaweed, request: pytest.FixtureRequest
) -> None:
    folder = short_folder()
    if kind == "sqlite":
        url = f"sqlite:///{folder}/room.db"
    else:
        postgres: Database = request.getfixturevalue("postgres")
        url = postgres.migrated()
    with house_on(url, seaweed, folder, sweep_age=0) as house:
        toll = besiege(house, SECONDS)
    remove(folder)
    assert toll.writers >= 8, toll
    assert min(toll.workers, toll.webs) >= 1, toll
    assert toll.answered >= LEAST, toll
