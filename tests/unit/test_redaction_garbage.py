"""The search for cycles rests while a page is written, and comes back whatever happens."""

import gc
import weakref

import pytest

from redaction.garbage import gathered


class _Knot:
    def __init__(self) -> None:
        self.self = self


def test_cycles_go_when_asked() -> None:
    with gathered() as gather:
        assert not gc.isenabled()
        knot = _Knot()
        seen = weakref.ref(knot)
        del knot
        assert seen() is not None
        gather()
        assert seen() is None
    assert gc.isenabled()


def test_the_search_comes_back_after_an_error_and_stays_away_where_it_was() -> None:
    with pytest.raises(ValueError, match="page"), gathered():
        raise ValueError("page")
    assert gc.isenabled()
    gc.disable()
    try:
        with gathered():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
