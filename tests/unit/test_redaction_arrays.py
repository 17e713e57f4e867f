"""Arrays read and written at once: what is no plain number or name is left to the slower way."""

import pikepdf
import pytest
from pikepdf import Array, Name

from redaction.arrays import array_of, codes, copied, floats, nested, rows_of


def _array(raw: bytes) -> Array:
    made = pikepdf.Object.parse(raw)
    assert isinstance(made, Array)
    return made


def test_numbers_are_read_and_copied() -> None:
    listed = _array(b"[1 -2.5 .25 +3 4. 0]")
    assert floats(listed) == [1, -2.5, 0.25, 3, 4, 0]
    copy = copied(listed)
    assert copy is not None
    assert [float(value) for value in copy] == [1, -2.5, 0.25, 3, 4, 0]
    assert floats(_array(b"[]")) == []


@pytest.mark.parametrize("raw", [b"[1 /A]", b"[1 (2)]", b"[1 [2]]", b"[true]", b"[null 1]", b"[<</A 1>>]"])
def test_what_is_no_number_is_left_alone(raw: bytes) -> None:
    assert floats(_array(raw)) is None
    assert copied(_array(raw)) is None
    assert copied(Name("/A")) is None


def test_numbers_that_are_objects_of_their_own_are_left_alone() -> None:
    with pikepdf.new() as pdf:
        other = pdf.make_indirect(Array([1, 2]))
        assert floats(other) == [1, 2]
        listed = Array([3, other, 4])
        assert floats(listed) is None
        assert nested(listed) is None
        assert codes(Array([3, other])) is None


def test_rows_of_widths() -> None:
    assert nested(_array(b"[1 [500 600.5] 7 10 250 [] 3]")) == [1, [500, 600.5], 7, 10, 250, [], 3]
    assert nested(_array(b"[1 [500 [6]] 7]")) is None
    assert nested(_array(b"[1 [/A] 7]")) is None
    assert nested(rows_of([(3, [500]), (9, [-0.25, 1.0001, 12])])) == [3, [500], 9, [-0.25, 1.0001, 12]]


def test_codes_and_names() -> None:
    assert codes(_array(b"[32 /space /A.alt 65 /B_C]")) == [32, "space", "A.alt", 65, "B_C"]
    for raw in (b"[32 /a#20b]", b"[-1 /a]", b"[32.0 /a]", b"[32 (a)]", b"[32 /]"):
        assert codes(_array(raw)) is None, raw


def test_numbers_are_written_as_short_as_they_are() -> None:
    assert array_of([1, 0.5, 0.0001, -12]).unparse() == b"[ 1 0.5 0.0001 -12 ]"
    assert len(array_of([])) == 0
