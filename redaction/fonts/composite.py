"""Composite (Type 0) fonts: CMap, widths of CIDs, vertical metrics, and outlines of the descendant font."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from ..arrays import nested
from ..geometry import Box
from .cff import CffProgram
from .cmaps import CMap, load_cmap
from .model import Glyph
from .simple import number
from .truetype import TrueTypeProgram


@dataclass
class CompositeCoder:
    """A Type 0 font with its one descendant. Widths are fractions of the font size by CID."""

    cmap: CMap
    descendant: pikepdf.Object
    program: TrueTypeProgram | CffProgram | None
    default: float
    widths: dict[int, float]
    upright: tuple[float, float] = (0.88, -1.0)
    columns: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    gids: bytes | None = None

    def split(self, data: bytes) -> list[bytes]:
        """The codes of a string by the CMap."""
        return self.cmap.split(data)

    def describe(self, code: bytes) -> Glyph:
        """Advance along the line (negative downwards when vertical) and ink."""
        cid = self.cmap.cid(code)
        width = self.widths.get(cid, self.default)
        ink = self._ink(cid)
        blank = ink is None and self.program is not None
        box = ink or (0.0, -0.13 if not blank else 0.0, max(width, 0.02), 0.88 if not blank else 0.5)
        space = code == b" "
        if not self.cmap.vertical:
            return Glyph(code, width, box, space=space, blank=blank)
        down, across, above = self.columns.get(cid, (self.upright[1], width / 2, self.upright[0]))
        return Glyph(code, down, box, drop=(across, above), space=space, blank=blank)

    def gid(self, cid: int) -> int:
        """The glyph index of a CID in a TrueType program."""
        if self.gids is None:
            return cid
        return int.from_bytes(self.gids[2 * cid : 2 * cid + 2], "big")

    def _ink(self, cid: int) -> Box | None:
        if isinstance(self.program, TrueTypeProgram):
            return self.program.ink(self.gid(cid))
        if isinstance(self.program, CffProgram):
            name = self.program.name_of_cid(cid)
            return self.program.ink(name) if name else None
        return None


def composite_coder(
    font: pikepdf.Object, descendant: pikepdf.Object, program: TrueTypeProgram | CffProgram | None
) -> CompositeCoder:
    """Read a Type 0 font. Raises Refused "cmap" when its codes cannot be understood."""
    cmap = load_cmap(font.get("/Encoding"))
    default = number(descendant.get("/DW", 1000), 1000) / 1000
    coder = CompositeCoder(cmap, descendant, program, default, _cid_widths(descendant.get("/W")))
    upright = descendant.get("/DW2")
    if isinstance(upright, pikepdf.Array) and len(upright) == 2:
        coder.upright = (number(upright[0], 880) / 1000, number(upright[1], -1000) / 1000)
    coder.columns = _cid_columns(descendant.get("/W2"))
    mapping = descendant.get("/CIDToGIDMap")
    if isinstance(mapping, pikepdf.Stream):
        coder.gids = mapping.read_bytes()
    return coder


def _items(listed: pikepdf.Object | None) -> Sequence[Any]:
    """The items of /W or /W2: numbers, and lists of numbers."""
    if not isinstance(listed, pikepdf.Array):
        return []
    quick = nested(listed)
    return list(listed) if quick is None else quick


def _cid_widths(listed: pikepdf.Object | None) -> dict[int, float]:
    widths: dict[int, float] = {}
    items = _items(listed)
    place = 0
    while place + 1 < len(items):
        first, second = int(number(items[place])), items[place + 1]
        if isinstance(second, pikepdf.Array | list):
            for offset, width in enumerate(second):
                widths[first + offset] = number(width) / 1000
            place += 2
        elif place + 2 < len(items):
            for cid in range(first, min(int(number(second)), first + 65_535) + 1):
                widths[cid] = number(items[place + 2]) / 1000
            place += 3
        else:
            break
    return widths


def _cid_columns(listed: pikepdf.Object | None) -> dict[int, tuple[float, float, float]]:
    columns: dict[int, tuple[float, float, float]] = {}
    items = _items(listed)
    place = 0
    while place + 1 < len(items):
        first, second = int(number(items[place])), items[place + 1]
        if isinstance(second, pikepdf.Array | list):
            values = [number(value) / 1000 for value in second]
            for offset in range(len(values) // 3):
                columns[first + offset] = (values[3 * offset], values[3 * offset + 1], values[3 * offset + 2])
            place += 2
        elif place + 4 < len(items):
            triple = tuple(number(value) / 1000 for value in items[place + 2 : place + 5])
            for cid in range(first, min(int(number(second)), first + 65_535) + 1):
                columns[cid] = (triple[0], triple[1], triple[2])
            place += 5
        else:
            break
    return columns
