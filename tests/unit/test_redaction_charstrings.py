"""Glyph programs run by the engine beside fontTools: the same boxes, and the same outlines without subroutines."""

import random
from collections.abc import Callable

import pytest
from fontTools.misc.psCharStrings import T1CharString, T2CharString
from fontTools.pens.boundsPen import ControlBoundsPen
from fontTools.pens.recordingPen import RecordingPen

from redaction.fonts.charstrings import Type1, Type2, Unsure
from redaction.fonts.tounicode import read_pairs

Token = int | str | bytes
CURVES = [("rrcurveto", 6), ("rlineto", 4), ("rcurveline", 8), ("rlinecurve", 8), ("vhcurveto", 4), ("hvcurveto", 5)]
MORE = [("hvcurveto", 8), ("vhcurveto", 9), ("hhcurveto", 4), ("hhcurveto", 5), ("vvcurveto", 4), ("vvcurveto", 9)]
FLEXES = [("hlineto", 3), ("vlineto", 2), ("flex", 13), ("hflex", 7), ("hflex1", 9), ("flex1", 11)]


def _numbers(dice: random.Random, count: int) -> list[Token]:
    reach = dice.choice([107, 1131, 9000])
    return [dice.randint(-reach, reach) for _ in range(count)]


def _glyph(dice: random.Random, routines: int) -> list[Token]:
    program: list[Token] = [*_numbers(dice, 1), *_numbers(dice, 2), "hstemhm", *_numbers(dice, 4), "hintmask", b"\xe0"]
    for _ in range(dice.randint(1, 3)):
        move = dice.choice([("rmoveto", 2), ("hmoveto", 1), ("vmoveto", 1)])
        program += [*_numbers(dice, move[1]), move[0]]
        for _ in range(dice.randint(1, 6)):
            if dice.random() < 0.3:
                program += [dice.randrange(routines) - 107, "callsubr"]
            else:
                operator, count = dice.choice(CURVES + MORE + FLEXES)
                program += [*_numbers(dice, count), operator]
    return [*program, "endchar"]


def _seen(glyph: T2CharString | T1CharString) -> tuple[object, list[object]]:
    box, strokes = ControlBoundsPen(None), RecordingPen()
    glyph.draw(box)
    glyph.draw(strokes)
    return box.bounds, strokes.value


class _Private:
    nominalWidthX = defaultWidthX = 0

    def __init__(self, routines: list[T2CharString]) -> None:
        self.Subrs = routines


def _compiled(program: list[Token], private: _Private | None = None) -> T2CharString:
    glyph = T2CharString(program=program, private=private, globalSubrs=[])
    glyph.compile()
    return glyph


@pytest.mark.parametrize("seed", range(40))
def test_a_type_2_program_is_run_as_font_tools_runs_it(seed: int) -> None:
    dice = random.Random(seed)
    inner = [
        [*_numbers(dice, 6), "rrcurveto", "return"],
        [*_numbers(dice, 2), "rlineto", 0 - 107, "callsubr", "return"],
    ]
    private = _Private([_compiled(program) for program in inner])
    routines = [bytes(routine.bytecode) for routine in private.Subrs]
    glyph = _compiled(_glyph(dice, 2), private)
    drawn = Type2(routines, []).drawn(glyph.bytecode)
    box, strokes = _seen(T2CharString(bytecode=glyph.bytecode, private=private, globalSubrs=[]))
    assert drawn.box == box
    assert _seen(T2CharString(bytecode=drawn.flat, private=_Private([]), globalSubrs=[])) == (box, strokes)
    assert b"".join(routines) not in drawn.flat


HINTS: list[Token] = [4, 1, 3, "callothersubr", "pop", "callsubr"]
FLEX: list[Token] = [1, "callsubr"]
for _pair in ((5, 5), (1, 2), (3, 4), (5, -6), (7, 8), (9, -1), (2, 2)):
    FLEX += [*_pair, "rmoveto", 2, "callsubr"]
FLEX += [50, 52, 44, 0, "callsubr"]


def test_a_type_1_program_is_run_as_font_tools_runs_it() -> None:
    programs: list[list[Token]] = [
        [3, 0, "callothersubr", "pop", "pop", "setcurrentpoint", "return"],
        [0, 1, "callothersubr", "return"],
        [0, 2, "callothersubr", "return"],
        ["return"],
        [1, 3, "callothersubr", "pop", "callsubr", "return"],
        [10, 20, "hstem", "return"],
    ]
    routines: list[T1CharString] = []
    for program in programs:
        routine = T1CharString(program=program, subrs=routines)
        routine.compile()
        routines.append(routine)
    body: list[Token] = [40, 500, "hsbw", 5, 4, "callsubr", -20, 30, "rmoveto", *FLEX, 600, 2, "div", "hlineto"]
    body += [5, 6, 7, 8, "vhcurveto", 1, 2, 3, 4, 5, 6, "rrcurveto", "closepath", 9, "vmoveto", 4, "vlineto"]
    glyph = T1CharString(program=[*body, "closepath", "endchar"], subrs=routines)
    glyph.compile()
    plain = {number: bytes(routine.bytecode) for number, routine in enumerate(routines)}
    drawn = Type1(plain).drawn(glyph.bytecode)
    assert drawn.box == pytest.approx(_seen(T1CharString(bytecode=glyph.bytecode, subrs=routines))[0])
    assert drawn.called == {0, 1, 2, 4, 5}


@pytest.mark.parametrize(
    "run",
    [
        lambda: Type2([], []).drawn(b"\x8b\x8b\x15"),
        lambda: Type2([], []).drawn(b"\x8b\x0a\x0e"),
        lambda: Type2([b"\x20\x0a"], []).drawn(b"\x20\x0a\x0e"),
        lambda: Type2([], []).drawn(b"\x8b\x8b\x0c\x0a\x8b\x15\x0e"),
        lambda: Type2([], []).drawn(b"\x8b\x8b\x8c\x8d\x0e"),
        lambda: Type1({}).drawn(b"\x8b\x0a\x0e"),
        lambda: Type1({0: b"\x8b\x0a"}).drawn(b"\x8b\x0a\x0e"),
        lambda: Type1({}).drawn(b"\x8b\x8b\x8b\x8c\x8d\x0c\x06\x0e"),
        lambda: Type1({}).drawn(b"\x8b\x8b\x0c\x0c"),
        lambda: Type1({}).drawn(b"\xff\0\0\1\0\x8b\x0c\x21\x0e"),
    ],
)
def test_what_is_not_plain_is_left_to_font_tools(run: Callable[[], object]) -> None:
    with pytest.raises(Unsure):
        run()


def test_texts_of_some_codes_are_those_of_all() -> None:
    data = b"1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfrange <0000> <FFFF> <0000> "
    data += b"<0010> <0012> [<0041> <0042> <0043>] endbfrange 1 beginbfchar <0011> <007A> endbfchar"
    wanted = {b"\0\x11", b"\0\x12", b"\0\x20", b"\xff\xff", b"A"}
    every = read_pairs(data)
    assert read_pairs(data, wanted).items() >= {(code, every[code]) for code in wanted if code in every}
    assert len(read_pairs(data, wanted)) < 10 < len(every)


def test_plain_sections_of_a_map_are_read_as_others_are() -> None:
    codes = b"2 beginbfchar <0041> <00410042> <42>\n<0043> endbfchar\n3 beginbfrange<0050><0059>\n<0100> endbfrange"
    plain = b"%!PS endbfchar\n/CMapName /X def begincmap\n" + codes + b"\nendcmap"
    other = plain.replace(b"<00410042>", b"/x <0041 0042>")
    assert other != plain
    assert read_pairs(plain) == read_pairs(other)
    assert read_pairs(plain)[b"\0A"] == b"\0A\0B"
    assert read_pairs(plain)[b"\0Y"] == b"\1\x09"
    assert read_pairs(plain.replace(b"<0100>", b"[<0100>]"))[b"\0P"] == b"\1\0"
