"""What a child says of its progress is data from a process that read a hostile file."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from dataroom.adapters.sandbox_wire import Channel, Malformed
from dataroom.adapters.sandbox_worker import Profile, Source, _Exchange

PROFILE = Profile(1, 1 << 30, 10.0, 5, 1 << 20)
SOURCE = Source("one", 10, lambda start, stop: b"")


def heard(*messages: dict[str, Any]) -> list[tuple[str, int, int]]:
    """What is told when a child says `messages` and is done."""
    ours, theirs = socket.socketpair()
    told: list[tuple[str, int, int]] = []
    with ours, theirs:
        child = Channel(theirs)
        for message in (*messages, {"done": {}}):
            child.send(message)
        _Exchange(Channel(ours), (SOURCE,), PROFILE, lambda *one: told.append(one)).run({"op": "redact"})
    return told


def test_progress_is_handed_on_in_order() -> None:
    said = heard({"progress": "remove", "of": [1, 300]}, {"progress": "check", "of": [4, 4]})
    assert said == [("remove", 1, 300), ("check", 4, 4)]


@pytest.mark.parametrize(
    "message",
    [
        {"progress": "<b>anything</b>", "of": [1, 2]},
        {"progress": "remove", "of": [3, 2]},
        {"progress": "remove", "of": [-1, 2]},
        {"progress": "remove", "of": [1, 10**9]},
    ],
)
def test_nonsense_ends_the_child(message: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        heard(message)


@pytest.mark.parametrize("of", [None, [1], ["x", 2], [1, 2, 3]])
def test_what_is_no_pair_of_numbers_ends_the_child(of: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        heard({"progress": "remove", "of": of})
