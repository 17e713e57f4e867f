"""The quick reading of content streams against pikepdf's parser: the same operators with the same operands."""

import re
from time import process_time

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.content.tokens import HEXADECIMAL, LITERAL, NAME, OPERATORS, PATH, key_of, parsed, string_of, tiled

VALUE = re.compile(b"(" + LITERAL + b"|" + HEXADECIMAL + rb")|([+-]?[0-9.]+)|(" + NAME + b")|([^\\s\0])", re.DOTALL)
CURVES = {"m": 2, "l": 2, "c": 6, "v": 4, "y": 4, "re": 4, "h": 0}


def values(operands: bytes) -> list[object]:
    """Operands as strings, floats, names and brackets."""
    found: list[object] = []
    for text, number, name, other in VALUE.findall(operands):
        found.append(string_of(text) if text else float(number) if number else key_of(name) if name else other)
    return found


def spread(data: bytes) -> list[tuple[bytes, list[object]]] | None:
    """The quick reading with paths taken apart again."""
    quick = tiled(data)
    if quick is None:
        return None
    found: list[tuple[bytes, list[object]]] = []
    for operator, operands in quick:
        if operator != PATH:
            found.append((operator, values(operands)))
            continue
        numbers: list[object] = []
        for word in b" ".join(operands).split():
            if word[:1].isalpha():
                found.append((word, numbers))
                numbers = []
            else:
                numbers.append(float(word))
    return found


def slow(data: bytes) -> list[tuple[bytes, list[object]]]:
    """What pikepdf reads."""
    with pikepdf.new() as pdf:
        return [(operator, values(operands)) for operator, operands in parsed(pdf.make_stream(data))]


numbers = st.one_of(
    st.integers(-99999, 99999).map(lambda n: b"%d" % n),
    st.decimals(-9999, 9999, places=3).map(lambda n: format(n, "f").encode()),
    st.sampled_from([b"+3", b".5", b"-.25", b"4.", b"007"]),
)
letters = st.text("ab(c)\\\r\n 7<>[]%/é", max_size=8).map(lambda s: s.encode("latin-1"))
literal = letters.map(
    lambda s: (
        b"(" + s.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").replace(b"7", b"\\067") + b")"
    )
)
nested = st.sampled_from([b"(a(b)c)", b"(a(b(c)\\)d)e)", b"(x\\\ny)", b"(\\53\\7)", b"()", b"<>", b"<4a4B 4>"])
strings = st.one_of(literal, nested, letters.map(lambda s: b"<" + s.hex().encode() + b">"))
names = st.sampled_from([b"/F1", b"/A#20B", b"/Im.0", b"/x-y_z"])
spaces = st.sampled_from([b" ", b"\n", b"\r\n", b"\t ", b" % note (\n"])
arrays = st.lists(st.one_of(strings, numbers, names), max_size=5).map(lambda items: b"[" + b" ".join(items) + b"]")
tight = st.lists(st.one_of(strings, names.map(lambda n: n + b" ")), max_size=4).map(lambda s: b"[" + b"".join(s) + b"]")
simple = st.one_of(
    st.tuples(strings, st.sampled_from([b"Tj", b"'"])).map(lambda p: p[0] + p[1]),
    st.tuples(st.one_of(arrays, tight), st.sampled_from([b"TJ", b" TJ"])).map(b"".join),
    st.tuples(names, numbers).map(lambda p: b"%s %s Tf" % p),
    st.lists(numbers, min_size=6, max_size=6).map(lambda n: b" ".join(n) + b" Tm"),
    st.sampled_from(
        [b"q", b"Q", b"BT", b"ET", b"T*", b"/P <</Alt(x)/MCID 3>>BDC", b"EMC", b"0 0 m", b"/X1 Do", b"W n"]
    ),
    numbers.map(lambda n: n + b" g"),
)


@st.composite
def path(draw: st.DrawFn) -> bytes:
    """A path and its painting operator."""
    parts = [
        b" ".join([*(draw(numbers) for _ in range(CURVES[kind])), kind.encode()])
        for kind in draw(st.lists(st.sampled_from(sorted(CURVES)), min_size=1, max_size=4))
    ]
    return b"\n".join([*parts, draw(st.sampled_from([b"f", b"f*", b"S", b"n", b"W n", b"W* n", b"B*", b"b", b"s"]))])


@st.composite
def content(draw: st.DrawFn) -> bytes:
    """A content stream of plain instructions."""
    parts = draw(st.lists(st.one_of(simple, path()), max_size=12))
    return b"".join(part + draw(spaces) for part in parts)


@settings(max_examples=300, deadline=None)
@given(content())
def test_both_readings_agree(data: bytes) -> None:
    assert spread(data) == slow(data)


@settings(max_examples=200, deadline=None)
@given(content(), st.binary(min_size=1, max_size=3), st.integers(0, 400))
def test_what_is_read_quickly_from_damaged_content_is_what_pikepdf_reads(data: bytes, noise: bytes, place: int) -> None:
    damaged = data[:place] + noise + data[place:]
    quick = spread(damaged)
    try:
        careful = slow(damaged)
    except (pikepdf.PdfError, ValueError, TypeError):
        careful = None
    assert quick is None or quick == careful


@pytest.mark.parametrize(
    "data",
    [
        b"BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI",
        b"1g",
        b"1.2.3 g",
        b"--5 g",
        b"(open Tj",
        b"<4x> Tj",
        b"/P <</A <</B 1>> /C [<</D 2>>] >> BDC",
        b"true g",
        b"1 zz",
        b"((((deep)))) Tj",
        b"0 0 m10 10 l S",
        b"] TJ",
    ],
)
def test_what_is_not_plain_is_left_to_pikepdf(data: bytes) -> None:
    assert tiled(data) is None


@pytest.mark.parametrize("data", [b"0 0 m\n" * 100_000 + b"(", b"(" * 200_000, b"1 2 l\n" * 100_000 + b"("])
def test_hostile_content_is_given_up_at_once(data: bytes) -> None:
    began = process_time()
    assert tiled(data) is None
    assert process_time() - began < 1


def test_the_operators_known_here_are_those_of_the_standard() -> None:
    assert len(OPERATORS) == 73 - len({"BI", "ID", "EI"})
