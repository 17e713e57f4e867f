"""How a caller who waits is told how far the work has come."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Told = Callable[[str, int, int], None]
"""Called with the stage ("remove", "check", "repeat" or "twin"), how much of it is done, and how much there is.

Pages are counted where a document is removed from or removed from again, checks where it is checked.
"""
T = TypeVar("T")


def silent(stage: str, done: int, of: int) -> None:
    """Tells nobody."""


def followed(items: Iterable[T], of: int, stage: str, told: Told) -> Iterator[T]:
    """The items one after the other; told when the first begins and after each."""
    told(stage, 0, of)
    for done, item in enumerate(items, start=1):
        yield item
        told(stage, done, of)
