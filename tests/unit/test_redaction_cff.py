"""CFF files cut down by their bytes: read again by fontTools, the kept glyphs look as they did and nothing else stays."""

from io import BytesIO
from typing import Any

import pytest
from fontTools.cffLib import CFFFontSet, FDArrayIndex, FDSelect, FontDict, PrivateDict, SubrsIndex
from fontTools.fontBuilder import FontBuilder
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from redaction.fonts.cff import CffProgram
from redaction.fonts.cff_reading import Compact, entries
from redaction.fonts.cff_writing import Kept, assembled

NAMES = [".notdef", "A", "space", "secret", "B.alt", "z"]
CODES = {65: "A", 67: "B.alt", 122: "z", 1: "secret"}
HINTS = {"BlueValues": [-12, 0, 600, 612], "BlueScale": 0.0375, "StdHW": 33, "nominalWidthX": 500}


def _letters() -> dict[str, T2CharString]:
    return {
        name: T2CharString(program=[30 + n, 10 * n, 20, "rmoveto", 300 + n, "hlineto", -107, "callsubr", "endchar"])
        for n, name in enumerate(NAMES)
    }


def _private(step: int) -> PrivateDict:
    private = PrivateDict()
    for key, value in HINTS.items():
        setattr(private, key, value)
    private.Subrs = SubrsIndex()
    private.Subrs.items = [T2CharString(program=[step, 20, 30, 40, 50, -60, "rrcurveto", "return"], private=private)]
    return private


def _built(*, by_cid: bool) -> bytes:
    """A font with a subroutine; by CID with two parts, whose subroutines differ."""
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(list(NAMES))
    builder.setupCFF("Secret-Font", {"FullName": "Secret Font", "Notice": "nobody"}, _letters(), HINTS)
    fonts: CFFFontSet = builder.font["CFF "].cff
    top = fonts[0]
    privates = [_private(10), _private(-30)]
    top.Private = privates[0]
    top.Encoding = [CODES.get(code, ".notdef") for code in range(256)]
    for place, glyph in enumerate(top.CharStrings.charStrings.values()):
        glyph.private = privates[place % 2 if by_cid else 0]
    if by_cid:
        _numbered(top, privates)
    out = BytesIO()
    fonts.compile(out, TTFont(recalcBBoxes=False), isCFF2=False)
    return out.getvalue()


def _numbered(top: Any, privates: list[PrivateDict]) -> None:
    """Turn a font by name into one by CID, every third CID being there."""
    del top.Encoding, top.Private
    names = [".notdef", *[f"cid{3 * place:05d}" for place in range(1, len(NAMES))]]
    glyphs = dict(zip(names, top.CharStrings.charStrings.values(), strict=True))
    top.charset = names
    top.ROS, top.CIDCount = ("Secret", "Order", 0), 40
    top.FDSelect = top.CharStrings.fdSelect = FDSelect()
    top.FDSelect.gidArray = [place % 2 for place in range(len(names))]
    top.FDArray = top.CharStrings.fdArray = FDArrayIndex()
    for private in privates:
        part = FontDict()
        part.FontName, part.Private = "Secret-Part", private
        top.FDArray.append(part)
    top.CharStrings.charStrings = glyphs


def _read(data: bytes) -> Any:
    fonts = CFFFontSet()
    fonts.decompile(BytesIO(data), TTFont(recalcBBoxes=False))
    return fonts[0]


def _strokes(top: Any, name: str) -> list[object]:
    pen = RecordingPen()
    top.CharStrings[name].draw(pen)
    return list(pen.value)


@pytest.mark.parametrize("by_cid", [False, True])
def test_a_font_is_read_as_font_tools_reads_it(by_cid: bool) -> None:
    data = _built(by_cid=by_cid)
    top, font = _read(data), Compact(data)
    assert font.names == top.charset
    assert font.by_cid == by_cid
    assert font.encoding == (None if by_cid else [CODES.get(code, ".notdef") for code in range(256)])
    for name in font.names:
        assert font.programs[font.places[name]] == top.CharStrings[name].bytecode
        assert [bytes(item) for item in font.parts[font.part_of(name)].routines] == [
            routine.bytecode for routine in top.CharStrings[name].private.Subrs
        ]


def test_a_subset_by_name_keeps_what_is_used_and_no_more() -> None:
    data = _built(by_cid=False)
    program = CffProgram(data)
    assert program.quick is not None
    small = program.subset({"A", "B.alt"})
    top, before = _read(small), _read(data)
    assert top.charset == [".notdef", "A", "B.alt"]
    assert top.Encoding == [{65: "A", 67: "B.alt"}.get(code, ".notdef") for code in range(256)]
    for name in top.charset:
        assert _strokes(top, name) == _strokes(before, name)
    assert top.Private.rawDict == {key: value for key, value in before.Private.rawDict.items() if key != "Subrs"}
    assert top.FontMatrix == before.FontMatrix
    assert b"ecret" not in small
    assert CffProgram(small).subset({"A", "B.alt"}) == small


def test_a_glyph_with_two_codes_keeps_both() -> None:
    font = Compact(_built(by_cid=False))
    font.encoding = [{40: "A", 41: "z", 42: "A", 43: "z"}.get(code, ".notdef") for code in range(256)]
    glyphs = [Kept(name, font.drawn(name).flat, 0, cid=False) for name in (".notdef", "A", "space", "z")]
    assert Compact(assembled(font, glyphs)).encoding == font.encoding


def test_a_subset_by_cid_keeps_the_parts_in_use() -> None:
    data = _built(by_cid=True)
    small = CffProgram(data).subset({"cid00003", "cid00009"})
    top, before = _read(small), _read(data)
    assert top.charset == [".notdef", "cid00003", "cid00009"]
    for name in top.charset:
        assert _strokes(top, name) == _strokes(before, name)
    assert len(top.FDArray) == 2
    assert len(_read(CffProgram(data).subset({"cid00006"})).FDArray) == 1
    assert top.ROS == ("Adobe", "Identity", 0)
    assert b"ecret" not in small


def test_where_codes_are_indices_other_glyphs_are_empty() -> None:
    data = _built(by_cid=False)
    program = CffProgram(data)
    program.index_by_gid()
    small = program.subset({"B.alt"})
    again, top = CffProgram(small), _read(small)
    assert again.name_of_cid(4) == "B.alt"
    assert [again.ink(name) is None for name in again.names] == [False, True, True, True, False, True]
    assert _strokes(top, "B.alt") == _strokes(_read(data), "B.alt")
    assert b"ecret" not in small


def test_a_file_that_is_cut_short_is_not_read() -> None:
    data = _built(by_cid=False)
    for size in range(0, len(data) - 1, 7):
        with pytest.raises(ValueError, match=r"\S"):
            Compact(data[:size])


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x1e\xe2\xa2\x5f\x11", -2.25),
        (b"\x1e\x0a\x14\x05\x41\xc3\xff\x11", 0.140541e-3),
        (b"\x1d\xff\xfe\x79\x60\x11", -100_000),
    ],
)
def test_numbers_of_a_dictionary(data: bytes, value: float) -> None:
    assert entries(data) == {17: [pytest.approx(value)]}
