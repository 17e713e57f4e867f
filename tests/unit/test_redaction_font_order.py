"""What an embedded font of the result tells: nothing of where a glyph stood in the source, nor that there were others."""

import random
from io import BytesIO

import pikepdf
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.ttLib import TTFont

from redaction import Plan, apply, words
from tests import pdfs
from tests.pdfs import SECRET

PLAN = Plan.from_json({"marks": [{"term": SECRET, "level": "exact"}]})


def shuffled(data: bytes, seed: int) -> bytes:
    """The composite document with the glyphs of its font in another order, as if letters had come in another one."""
    with pikepdf.open(BytesIO(data)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and "/CIDToGIDMap" in item:
                file = item.FontDescriptor.FontFile2
                font = TTFont(BytesIO(file.read_bytes()))
                names = list(font.getGlyphOrder())
                font["cmap"].tables = [table for table in font["cmap"].tables if table.format != 0 and table.cmap]
                assert font["hmtx"].metrics
                for name in names:
                    font["glyf"][name].expand(font["glyf"])
                rest = list(names[1:])
                random.Random(seed).shuffle(rest)
                order = [names[0], *rest]
                old = item.CIDToGIDMap.read_bytes()
                new = b"".join(
                    order.index(names[int.from_bytes(old[i : i + 2], "big")]).to_bytes(2, "big")
                    for i in range(0, len(old), 2)
                )
                font.setGlyphOrder(order)
                font["glyf"].glyphOrder = order
                out = BytesIO()
                font.save(out)
                item.FontDescriptor.FontFile2 = pdf.make_stream(out.getvalue())
                item.CIDToGIDMap = pdf.make_stream(new)
        out = BytesIO()
        pdf.save(out)
        return out.getvalue()


def programs(output: bytes, key: str) -> list[bytes]:
    """The embedded font files of a result."""
    with pikepdf.open(BytesIO(output)) as pdf:
        return [item[key].read_bytes() for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and key in item]


def test_the_order_of_glyphs_in_the_source_changes_nothing() -> None:
    sources = [shuffled(pdfs.composite_pdf(), seed) for seed in (1, 2, 3)]
    outputs = [apply(source, PLAN).output for source in sources]
    assert len(set(sources)) == 3
    assert len(set(outputs)) == 1
    assert [word.text for word in words(outputs[0], 1)] == ["Before", "after"]


@pytest.mark.parametrize("build", [pdfs.composite_pdf, pdfs.truetype_pdf])
def test_a_truetype_font_has_the_shown_glyphs_and_no_holes(build: object) -> None:
    output = apply(build(), PLAN).output  # type: ignore[operator]
    for data in programs(output, "/FontFile2"):
        font = TTFont(BytesIO(data))
        shown = (
            set("Beforeaft") if build is pdfs.composite_pdf else set("".join(word.text for word in words(output, 1)))
        )
        empty = [name for name in font.getGlyphOrder() if font["glyf"][name].numberOfContours == 0]
        assert len(empty) <= 2
        assert len(shown) <= int(font["maxp"].numGlyphs) <= len(shown) + 3


def test_a_cff_font_has_its_glyphs_by_name() -> None:
    output = apply(pdfs.cff_pdf(), PLAN).output
    for data in programs(output, "/FontFile3"):
        fonts = CFFFontSet()
        fonts.decompile(BytesIO(data), None)
        names = list(fonts[0].charset)
        assert names[1:] == sorted(names[1:])
