"""Tables of characters of TrueType files, read and written by the engine beside fontTools."""

import random
import struct

import pytest
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

from redaction.fonts.charmaps import glyph_names, read_maps, written_maps

COUNT = 400


def _font() -> TTFont:
    font = TTFont()
    font.setGlyphOrder([f"g{index}" for index in range(COUNT)])
    return font


def _table(forms: list[tuple[int, int, int]], seed: int) -> tuple[bytes, dict[tuple[int, int], dict[int, int]]]:
    dice = random.Random(seed)
    font, table = _font(), newTable("cmap")
    table.tableVersion, table.tables = 0, []
    wanted: dict[tuple[int, int], dict[int, int]] = {}
    for platform, encoding, form in forms:
        most, glyphs = {0: (256, 256), 6: (600, COUNT), 4: (0xFFFF, COUNT), 12: (0x20000, COUNT)}[form]
        pairs = {dice.randrange(most): dice.randrange(1, glyphs) for _ in range(30)}
        start = dice.randrange(most // 2)
        pairs |= {start + step: step + 1 for step in range(40)}
        sub = CmapSubtable.newSubtable(form)
        sub.platformID, sub.platEncID, sub.language = platform, encoding, 0
        sub.cmap = {code: f"g{gid}" for code, gid in pairs.items()}
        table.tables.append(sub)
        wanted[platform, encoding] = pairs
    return table.compile(font), wanted


def _again(data: bytes) -> dict[tuple[int, int], dict[int, int]]:
    table = newTable("cmap")
    table.decompile(data, _font())
    return {
        (sub.platformID, sub.platEncID): {code: int(name[1:]) for code, name in sub.cmap.items() if name != "g0"}
        for sub in table.tables
    }


@pytest.mark.parametrize("seed", range(8))
def test_pairs_are_read_and_written_as_font_tools_does(seed: int) -> None:
    data, wanted = _table([(0, 3, 4), (1, 0, 0), (1, 1, 6), (3, 1, 4), (3, 10, 12)], seed)
    maps = read_maps(data, COUNT)
    assert {key: {c: g for c, g in pairs.items() if g} for key, (_, pairs) in maps.items()} == wanted
    keep = random.Random(seed).sample(range(1, COUNT), 250)
    places = {0: 0, **{gid: place for place, gid in enumerate(keep, 1)}}
    written = written_maps(maps, places)
    assert written is not None
    left = {key: {code: places[gid] for code, gid in pairs.items() if gid in places} for key, pairs in wanted.items()}
    assert _again(written) == left


def test_nothing_is_written_when_no_code_is_left() -> None:
    data, _ = _table([(3, 1, 4)], 1)
    assert written_maps(read_maps(data, COUNT), {0: 0}) is None


def test_a_byte_table_that_reaches_too_far_is_written_as_another_one() -> None:
    data, wanted = _table([(1, 0, 0)], 1)
    places = {gid: gid + 300 for gid in range(1, 100)}
    written = written_maps(read_maps(data, COUNT), places)
    assert written is not None
    assert _again(written)[1, 0] == {code: gid + 300 for code, gid in wanted[1, 0].items() if gid < 100}


@pytest.mark.parametrize("cut", [3, 11, 30, 200])
def test_a_table_that_is_cut_short_or_unknown_is_left_to_font_tools(cut: int) -> None:
    data, _ = _table([(3, 1, 4)], 1)
    with pytest.raises(ValueError, match="table"):
        read_maps(data[:cut], COUNT)
    with pytest.raises(ValueError, match="table"):
        read_maps(data[:12] + b"\0\2" + data[14:], COUNT)


def test_names_of_glyphs_are_read_as_font_tools_reads_them() -> None:
    names = [".notdef", "A", "secret.alt", "B", "A"]
    body = struct.pack(">5H", 0, 36, 258, 37, 36) + b"\x0asecret.alt"
    post = struct.pack(">IIHHI", 0x20000, 0, 0, 0, 0) + bytes(16) + struct.pack(">H", 5) + body
    assert glyph_names(post) == names
    assert glyph_names(struct.pack(">I", 0x30000) + bytes(28)) == glyph_names(b"") == []
    assert glyph_names(struct.pack(">I", 0x10000) + bytes(28))[36] == "A"
    for size in range(34, len(post) - 11):
        with pytest.raises((struct.error, IndexError)):
            glyph_names(post[:size])
