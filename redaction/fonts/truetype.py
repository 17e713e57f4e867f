"""Embedded TrueType programs: glyph boxes, the glyphs a code may reach, and a copy with only the used glyphs."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from io import BytesIO
from struct import error as StructError
from struct import pack
from typing import Any

from fontTools.encodings import MacRoman
from fontTools.ttLib import TTFont, TTLibError, newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph as Outline

from ..geometry import Box
from .charmaps import Key, Pairs, glyph_names, read_maps, written_maps
from .encodings import character
from .sfnt import Sfnt, assembled

KEPT = {"glyf", "loca", "head", "hhea", "hmtx", "maxp", "cvt ", "fpgm", "prep", "cmap", "vhea", "vmtx"}
MOST_OF_FORMAT_0 = 256
MAC_CODES = {str(name): code for code, name in enumerate(MacRoman.MacRoman)}


class TrueTypeProgram:
    """A parsed font file with `glyf` outlines. Raises ValueError when the file is not one."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        try:
            self.quick = _quick(data)
            self.count = int(self.font["maxp"].numGlyphs) if self.quick is None else self.quick.count
            self.units = float(self.font["head"].unitsPerEm if self.quick is None else self.quick.units) or 1000.0
            self.glyf: Any = self.font["glyf"] if self.quick is None else None
        except (TTLibError, KeyError, AssertionError, TypeError, IndexError, OverflowError) as error:
            raise ValueError("unreadable TrueType program") from error
        except Exception as error:
            raise ValueError("unreadable TrueType program") from error
        self._posted: dict[str, int] | None = None

    @cached_property
    def maps(self) -> dict[Key, tuple[int, Pairs]] | None:
        """The tables of characters with their formats, None where only fontTools can read them."""
        return None if self.quick is None else _maps(self.quick)

    @cached_property
    def tables(self) -> Mapping[Key, Pairs]:
        """The tables of characters. Raises ValueError where they cannot be read."""
        if self.maps is not None:
            return {key: pairs for key, (_, pairs) in self.maps.items()}
        try:
            return self._cmap_tables()
        except Exception as error:
            raise ValueError("unreadable tables of characters") from error

    def read_codes(self) -> None:
        """Read the tables of characters now. Raises ValueError where they cannot be read."""
        self.tables = dict(self.tables)

    def index_by_gid(self) -> None:
        """Say that codes are glyph indices: tables of characters are not read, nor written where they need not be."""
        if self.quick is not None:
            self.maps, self.tables = {}, {}

    @cached_property
    def font(self) -> TTFont:
        """The file read by fontTools."""
        return _opened(self.data) if self.quick is None else _named(self.data)

    @cached_property
    def names(self) -> list[str]:
        """Plain names of the glyphs, by index."""
        return [f"g{index}" for index in range(self.count)]

    def _cmap_tables(self) -> dict[tuple[int, int], dict[int, int]]:
        tables: dict[tuple[int, int], dict[int, int]] = {}
        if "cmap" not in self.font:
            return tables
        numbers = {name: index for index, name in enumerate(self.names)}
        for table in self.font["cmap"].tables:
            pairs = _pairs(table)
            if pairs is not None:
                key = (int(table.platformID), int(table.platEncID))
                tables[key] = {int(k): numbers[v] for k, v in pairs.items() if v in numbers}
        return tables

    def _post(self) -> dict[str, int]:
        if self._posted is None:
            try:
                order = self._glyph_order() if self.quick is None else glyph_names(self.quick.tables.get("post", b""))
            except Exception:
                order = []
            self._posted = {}
            for index, name in enumerate(order):
                self._posted.setdefault(str(name), index)
        return self._posted

    def _glyph_order(self) -> list[str]:
        return TTFont(BytesIO(self.data), lazy=True).getGlyphOrder() if "post" in self.font else []

    def reach(self, code: int, name: str, base: str) -> list[int]:
        """The glyph indices a reader may show for a one-byte code: `name` from /Encoding (or empty),
        `base` from the standard encoding. Best first."""
        found: list[int] = []
        tables = self.tables
        for label in (name, base):
            text = character(label) if label and label != ".notdef" else ""
            if len(text) == 1:
                for key in ((3, 1), (0, 3), (0, 4), (0, 1), (0, 0), (3, 10)):
                    found.append(tables.get(key, {}).get(ord(text), 0))
            if label in MAC_CODES and label == name:
                found.append(tables.get((1, 0), {}).get(MAC_CODES[label], 0))
            if label and label == name:
                found.append(self._post().get(label, 0))
        for value in (code, 0xF000 + code, 0xF100 + code, 0xF200 + code):
            found.append(tables.get((3, 0), {}).get(value, 0))
        found.append(tables.get((1, 0), {}).get(code, 0))
        found.append(tables.get((3, 1), {}).get(code, 0))
        if not tables and not any(found):
            found.append(code if code < self.count else 0)
        return list(dict.fromkeys(gid for gid in found if gid))

    def ink(self, gid: int) -> Box | None:
        """The box of a glyph in em, None when it paints nothing."""
        if not 0 <= gid < self.count:
            return None
        if self.quick is not None:
            return self.quick.ink(gid)
        outline = self.glyf[self.names[gid]]
        if outline.numberOfContours == 0:
            return None
        u = self.units
        return (outline.xMin / u, outline.yMin / u, outline.xMax / u, outline.yMax / u)

    def advance(self, gid: int) -> float:
        """The advance of a glyph in em."""
        if self.quick is not None:
            return self.quick.advance(gid) if 0 <= gid < self.count else 0.0
        if "hmtx" not in self.font or not 0 <= gid < self.count:
            return 0.0
        return float(self.font["hmtx"].metrics[self.names[gid]][0]) / self.units

    def subset(self, gids: Sequence[int]) -> tuple[bytes, dict[int, int]]:
        """The program with these glyphs in this order, those they are made of behind them, and nothing else of it.

        Also returns the new index of each old one. Where glyphs came from in the font, and that there were others, is
        not to be seen.
        """
        wanted = list(dict.fromkeys([0, *(gid for gid in gids if 0 <= gid < self.count)]))
        if self.quick is not None:
            try:
                return self._subset(self.quick, wanted)
            except (ValueError, KeyError, StructError):
                self.glyf = self.font["glyf"]
        font = _opened(self.data)
        order = [*wanted, *sorted(self._closure(set(wanted)) - set(wanted))]
        glyf = font["glyf"]
        outlines = {self.names[gid]: glyf[self.names[gid]] for gid in order}
        self._filter_cmap(font, set(order))
        glyf.glyphs = outlines
        names = [self.names[gid] for gid in order]
        for tag, head in (("hmtx", "hhea"), ("vmtx", "vhea")):
            if tag in font and head in font:
                font[tag].metrics = {name: font[tag].metrics[name] for name in names}
        _reordered(font, names)
        glyf.glyphOrder = names
        return _compiled(font), {gid: place for place, gid in enumerate(order)}

    def _subset(self, quick: Sfnt, wanted: list[int]) -> tuple[bytes, dict[int, int]]:
        """The same, table by table; raises when the tables do not fit together."""
        first = set(wanted)
        order = [*wanted, *(gid for gid in quick.closure(first) if gid not in first)]
        places = {gid: place for place, gid in enumerate(order)}
        tables = self._plain_tables(quick)
        tables["glyf"], tables["loca"] = quick.moved(places)
        for tag, head in (("hmtx", "hhea"), ("vmtx", "vhea")):
            if tag in tables and head in tables:
                tables[tag], tables[head] = quick.moved_metrics(tag, head, order)
        tables["maxp"] = tables["maxp"][:4] + pack(">H", len(order)) + tables["maxp"][6:]
        if self.maps is not None:
            return assembled(_mapped(tables, written_maps(self.maps, places))), places
        font = _named(self.data)
        self._filter_cmap(font, set(order))
        _reordered(font, [self.names[gid] for gid in order])
        if "cmap" in font:
            tables["cmap"] = font["cmap"].compile(font)
        return assembled(tables), places

    def emptied(self, gids: set[int]) -> bytes:
        """The program with every other outline and metric gone, for fonts whose codes are its glyph indices."""
        if self.quick is not None:
            try:
                return self._emptied(self.quick, gids | {0})
            except (ValueError, KeyError, StructError):
                self.glyf = self.font["glyf"]
        font = _opened(self.data)
        glyf = font["glyf"]
        keep = self._closure(gids | {0})
        for index, name in enumerate(self.names):
            if index not in keep:
                glyf.glyphs[name] = Outline()
                if "hmtx" in font:
                    font["hmtx"].metrics[name] = (0, 0)
                if "vmtx" in font and "vhea" in font:
                    font["vmtx"].metrics[name] = (0, 0)
        self._filter_cmap(font, keep)
        return _compiled(font)

    def _emptied(self, quick: Sfnt, gids: set[int]) -> bytes:
        """The same, table by table; raises when the tables do not fit together."""
        keep = quick.closure(gids)
        tables = self._plain_tables(quick)
        tables["glyf"], tables["loca"] = quick.outlines(keep)
        for tag, head in (("hmtx", "hhea"), ("vmtx", "vhea")):
            if tag in tables and head in tables:
                tables[tag], tables[head] = quick.metrics(tag, head, keep)
        if self.maps is not None:
            return assembled(_mapped(tables, written_maps(self.maps, {gid: gid for gid in keep})))
        font = _named(self.data)
        self._filter_cmap(font, set(keep))
        if "cmap" in font:
            tables["cmap"] = font["cmap"].compile(font)
        return assembled(tables)

    @staticmethod
    def _plain_tables(quick: Sfnt) -> dict[str, bytes]:
        """The tables that are kept, without names and dates; `loca` will be a long one."""
        tables = {tag: data for tag, data in quick.tables.items() if tag in KEPT and tag != "cmap"}
        old = tables["head"]
        tables["head"] = old[:8] + bytes(4) + old[12:20] + bytes(16) + old[36:50] + b"\0\1" + old[52:54]
        tables["post"] = b"\0\3\0\0" + bytes(28)
        return tables

    def _closure(self, gids: set[int]) -> set[int]:
        numbers = {name: index for index, name in enumerate(self.names)}
        keep: set[int] = set()
        waiting = [gid for gid in gids if 0 <= gid < self.count]
        while waiting:
            gid = waiting.pop()
            if gid in keep:
                continue
            keep.add(gid)
            outline = self.glyf[self.names[gid]]
            if outline.isComposite():
                waiting += [numbers[part.glyphName] for part in outline.components]
        return keep

    def _filter_cmap(self, font: TTFont, keep: set[int]) -> None:
        if "cmap" not in font:
            return
        kept = {self.names[gid] for gid in keep if gid}
        tables = []
        for table in font["cmap"].tables:
            pairs = _pairs(table)
            if pairs is not None:
                table.cmap = {key: name for key, name in pairs.items() if name in kept}
                table.language = 0
                if table.cmap:
                    tables.append(table)
        if tables:
            font["cmap"].tables = tables
        else:
            del font["cmap"]


def _pairs(table: Any) -> dict[int, str] | None:
    """What one table of characters maps, None for a table of another kind or one that cannot be read, which is left
    out: composite fonts have no use for it."""
    try:
        pairs = getattr(table, "cmap", None)
    except Exception:
        return None
    return pairs if isinstance(pairs, dict) and table.format != 14 else None


def _maps(quick: Sfnt) -> dict[Key, tuple[int, Pairs]] | None:
    """The tables of characters, None where they cannot be read quickly."""
    try:
        return read_maps(quick.tables["cmap"], quick.count) if "cmap" in quick.tables else {}
    except ValueError:
        return None


def _mapped(tables: dict[str, bytes], maps: bytes | None) -> dict[str, bytes]:
    return tables if maps is None else {**tables, "cmap": maps}


def _quick(data: bytes) -> Sfnt | None:
    """The tables as bytes, None where they do not fit together."""
    try:
        return Sfnt(data)
    except ValueError:
        return None


def _named(data: bytes) -> TTFont:
    """The file with plain glyph names, nothing decoded yet."""
    font = TTFont(BytesIO(data), recalcBBoxes=False, recalcTimestamp=False, lazy=True)
    font.setGlyphOrder([f"g{index}" for index in range(int(font["maxp"].numGlyphs))])
    return font


def _reordered(font: TTFont, names: list[str]) -> None:
    """Give the glyphs their new order; a byte table of characters cannot reach more than its 256."""
    if "cmap" in font and len(names) > MOST_OF_FORMAT_0:
        font["cmap"].tables = [table for table in font["cmap"].tables if table.format != 0]
    font.setGlyphOrder(names)


def _compiled(font: TTFont) -> bytes:
    """The file without other tables, names and dates."""
    for tag in list(font.keys()):
        if tag not in KEPT and tag != "GlyphOrder":
            del font[tag]
    post = font["post"] = newTable("post")
    post.formatType = 3.0
    for field in ("italicAngle", "underlinePosition", "underlineThickness", "isFixedPitch"):
        setattr(post, field, 0)
    post.minMemType42 = post.maxMemType42 = post.minMemType1 = post.maxMemType1 = 0
    font["head"].created = font["head"].modified = 0
    out = BytesIO()
    font.save(out, reorderTables=None)
    return out.getvalue()


def _opened(data: bytes) -> TTFont:
    """The parsed file with plain glyph names; a metrics table that is cut short is filled with zeros."""
    font = TTFont(BytesIO(data), recalcBBoxes=False, recalcTimestamp=False, lazy=True)
    if "glyf" not in font:
        raise ValueError("no glyf table")
    count = int(font["maxp"].numGlyphs)
    font.setGlyphOrder([f"g{index}" for index in range(count)])
    for tag, head, field in (("hmtx", "hhea", "numberOfHMetrics"), ("vmtx", "vhea", "numberOfVMetrics")):
        if tag in font and head in font:
            long = min(int(getattr(font[head], field)), count)
            setattr(font[head], field, long)
            table = newTable(tag)
            table.decompile(font.reader[tag].ljust(4 * long + 2 * (count - long), b"\0"), font)
            font.tables[tag] = table
    return font
