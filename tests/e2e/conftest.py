"""One demonstration for all scenes of a story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.room import Demo, browser
from tests.e2e.stage import Story

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A fresh demonstration and a browser; at the end nobody's console may have complained."""
    folder = tmp_path_factory.mktemp("story")
    demo = Demo(folder / "demo", folder / "demo.log")
    demo.start()
    with browser() as chromium:
        made = Story(demo, chromium, folder)
        yield made
        complaints = {name: person.complaints for name, person in made.people.items() if person.complaints}
    assert demo.stop() == 0
    assert not complaints
