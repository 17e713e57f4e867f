"""The quick reading of TrueType files against fontTools, and files whose tables do not fit together."""

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from redaction.fonts.sfnt import Sfnt, assembled
from redaction.fonts.truetype import TrueTypeProgram
from tests import pdfs

DATA = pdfs.VERA.read_bytes()


def test_boxes_and_advances_are_those_fonttools_reads() -> None:
    program, font = Sfnt(DATA), TTFont(BytesIO(DATA))
    order = font.getGlyphOrder()
    assert program.count == len(order)
    for gid, name in enumerate(order):
        outline = font["glyf"][name]
        box = None
        if outline.numberOfContours:
            box = tuple(v / program.units for v in (outline.xMin, outline.yMin, outline.xMax, outline.yMax))
        assert program.ink(gid) == box
        assert program.advance(gid) == font["hmtx"].metrics[name][0] / program.units


def test_a_subset_holds_the_glyphs_kept_their_parts_and_nothing_else() -> None:
    whole = TTFont(BytesIO(DATA))
    composite = next(gid for gid, name in enumerate(whole.getGlyphOrder()) if whole["glyf"][name].isComposite())
    keep = set(Sfnt(DATA).closure({0, 40, composite}))
    assert len(keep) > 3
    tables = {"GlyphOrder", "cmap", "cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "post", "prep"}
    moved, places = TrueTypeProgram(DATA).subset([40, composite])
    assert list(places)[:3] == [0, 40, composite]
    emptied = TrueTypeProgram(DATA).emptied({40, composite})
    for data, at in ((moved, places), (emptied, {gid: gid for gid in keep})):
        font = TTFont(BytesIO(data))
        order, old = font.getGlyphOrder(), whole.getGlyphOrder()
        assert set(at) == keep
        assert {gid for gid, name in enumerate(order) if font["glyf"][name].numberOfContours} == set(at.values())
        assert set(font.keys()) <= tables
        for gid in keep:
            one, two = font["glyf"][order[at[gid]]], whole["glyf"][old[gid]]
            assert one.getCoordinates(font["glyf"])[0] == two.getCoordinates(whole["glyf"])[0]
            assert font["hmtx"].metrics[order[at[gid]]] == whole["hmtx"].metrics[old[gid]]
    assert len(TTFont(BytesIO(moved)).getGlyphOrder()) == len(keep)


@pytest.mark.parametrize("cut", [3, 11, 60, 300, 5_000])
def test_a_file_that_is_cut_short_is_not_read_quickly(cut: int) -> None:
    with pytest.raises(ValueError, match=r"cut short|unreadable"):
        Sfnt(DATA[:cut])


def test_outlines_out_of_order_are_not_read_quickly() -> None:
    tables = dict(Sfnt(DATA).tables)
    loca = tables["loca"]
    tables["loca"] = loca[:8] + loca[200:204] + loca[12:]
    tables["head"] = tables["head"][:8] + bytes(4) + tables["head"][12:]
    with pytest.raises(ValueError, match="out of order"):
        Sfnt(assembled(tables))
