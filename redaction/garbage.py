"""Python's search for cycles, held back to where it is cheap."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def gathered() -> Iterator[Callable[[], int]]:
    """No search for cycles inside but when the caller asks for it, which it does after each part of its work: what that
    part leaves behind is young then, and nothing older is looked at. A page makes tens of thousands of objects that
    all live until it is written; looking for cycles among them again and again costs a sixth of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield lambda: gc.collect(0)
    finally:
        if was:
            gc.enable()
