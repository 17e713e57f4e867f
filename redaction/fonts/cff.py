"""Embedded CFF programs: glyph boxes and a copy that holds the used glyphs and nothing else."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from fontTools import agl
from fontTools.cffLib import CFFFontSet
from fontTools.cffLib.transforms import desubroutinize
from fontTools.encodings.StandardEncoding import StandardEncoding
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.boundsPen import ControlBoundsPen
from fontTools.ttLib import TTFont

from ..geometry import Box
from .charstrings import Drawn, Type2, Unsure
from .encodings import STANDARD

EMPTY = [0, "endchar"]
DROPPED = (
    "Notice",
    "FullName",
    "FamilyName",
    "Weight",
    "Copyright",
    "UniqueID",
    "XUID",
    "PostScript",
    "BaseFontName",
)


class CffProgram:
    """A parsed CFF font, bare or inside an OpenType file. Raises ValueError when it cannot be read."""

    def __init__(self, data: bytes) -> None:
        try:
            if data[:4] in (b"OTTO", b"\0\1\0\0", b"true"):
                data = TTFont(BytesIO(data), lazy=True).reader["CFF "]
            self.data = data
            self.set, self.top = _parsed(data)
            self.strings = self.top.CharStrings
            self.names: list[str] = [str(name) for name in self.top.charset]
        except Exception as error:
            raise ValueError("unreadable CFF program") from error
        self.by_cid = hasattr(self.top, "ROS")
        matrix = getattr(self.top, "FontMatrix", None) or [0.001]
        if self.by_cid and abs(matrix[0]) > 0.5:
            matrix = [0.001]
        self.unit = abs(float(matrix[0])) or 0.001
        self.routines: dict[int, list[bytes]] = {}
        self.drawn: dict[str, Drawn | None] = {}

    def encoding(self) -> list[str]:
        """The names of the built-in encoding, by code."""
        if self.by_cid:
            return [".notdef"] * 256
        encoding = self.top.Encoding
        if isinstance(encoding, list):
            return [str(name) for name in encoding]
        return list(STANDARD)

    def name_of_cid(self, cid: int) -> str | None:
        """The glyph of a CID in a composite font."""
        name = f"cid{cid:05d}" if self.by_cid else (self.names[cid] if cid < len(self.names) else "")
        return name if name in self.strings else None

    def has(self, name: str) -> bool:
        """Whether the font has a glyph of this name."""
        return name in self.strings

    def ink(self, name: str) -> Box | None:
        """The box of a glyph in em, None when it paints nothing."""
        if name not in self.strings:
            return None
        drawn = self._drawn(name)
        if drawn is not None:
            return None if drawn.box is None else scaled(drawn.box, self.unit)
        pen = ControlBoundsPen(_Glyphs(self.strings))
        self.strings[name].draw(pen)
        if pen.bounds is None:
            return None
        return scaled(pen.bounds, self.unit)

    def _drawn(self, name: str) -> Drawn | None:
        """A glyph run once; None where its program is not plain."""
        if name not in self.drawn:
            glyph = self.strings[name]
            try:
                run = Type2(
                    self._routines(getattr(glyph.private, "Subrs", ())), self._routines(glyph.globalSubrs or ())
                )
                self.drawn[name] = run.drawn(glyph.bytecode)
            except (Unsure, AttributeError):
                self.drawn[name] = None
        return self.drawn[name]

    def _routines(self, index: Any) -> list[bytes]:
        if id(index) not in self.routines:
            self.routines[id(index)] = [routine.bytecode for routine in index]
        return self.routines[id(index)]

    def subset(self, names: set[str]) -> bytes:
        """The program with other glyphs removed, the rest by CID or by name (composite fonts by CID, simple fonts), or
        emptied where codes are indices."""
        fonts, top = _parsed(self.data)
        keep = self._closure(names | {self.names[0]})
        encoding = None if self.by_cid else top.Encoding
        drawn = {name: self._drawn(name) for name in keep}
        if all(drawn.values()):
            _flatten(fonts, top, {name: done.flat for name, done in drawn.items() if done is not None})
        else:
            desubroutinize(fonts)
        _drop_names(fonts, top)
        if self.by_cid or (names <= set(self.names) and not self._indexed_by_gid):
            _remove_glyphs(top, keep)
        else:
            _empty_glyphs(top, keep)
        if isinstance(encoding, list):
            top.Encoding = [name if name in keep else ".notdef" for name in encoding]
        out = BytesIO()
        fonts.compile(out, TTFont(recalcBBoxes=False), isCFF2=False)
        return out.getvalue()

    _indexed_by_gid = False

    def index_by_gid(self) -> None:
        """Say that codes are glyph indices, so that a subset must leave empty places."""
        self._indexed_by_gid = not self.by_cid

    def _closure(self, names: set[str]) -> set[str]:
        keep = {name for name in names if name in self.strings}
        for name in list(keep):
            self.ink(name)
            program = self.strings[name].program or []
            if program and program[-1] == "endchar" and len(program) >= 5:
                for code in program[-3:-1]:
                    if isinstance(code, int | float) and 0 <= int(code) < 256:
                        keep.add(str(StandardEncoding[int(code)]))
        return keep


class _Glyphs(dict[str, Any]):
    def __init__(self, strings: Any) -> None:
        super().__init__()
        self.strings = strings

    def __getitem__(self, name: str) -> Any:
        return self.strings[name]

    def __contains__(self, name: object) -> bool:
        return name in self.strings


def _parsed(data: bytes) -> tuple[CFFFontSet, Any]:
    fonts = CFFFontSet()
    fonts.decompile(BytesIO(data), TTFont(recalcBBoxes=False))
    top = fonts[0]
    if "charset" not in top.rawDict:
        top.rawDict["charset"] = 0
    return fonts, top


def scaled(box: Sequence[float], unit: float) -> Box:
    """A box in em."""
    x0, y0, x1, y1 = box
    return (x0 * unit, y0 * unit, x1 * unit, y1 * unit)


def _flatten(fonts: CFFFontSet, top: Any, programs: dict[str, bytes]) -> None:
    """Give glyphs their programs without subroutines, and drop the subroutines."""
    strings = top.CharStrings
    for name, program in programs.items():
        old = strings[name]
        fresh = T2CharString(bytecode=program, private=old.private, globalSubrs=old.globalSubrs)
        strings.charStringsIndex[strings.charStrings[name]] = fresh
    for part in top.FDArray if hasattr(top, "FDArray") else (top,):
        part.Private.rawDict.pop("Subrs", None)
        if hasattr(part.Private, "Subrs"):
            del part.Private.Subrs
    fonts.GlobalSubrs.clear()


def _drop_names(fonts: CFFFontSet, top: Any) -> None:
    fonts.fontNames = ["Font"]
    for field in DROPPED:
        top.rawDict.pop(field, None)
        if field in top.__dict__:
            delattr(top, field)
    if hasattr(top, "ROS"):
        top.ROS = ("Adobe", "Identity", 0)
        top.rawDict["ROS"] = top.ROS
        for part in top.FDArray:
            part.rawDict.pop("FontName", None)
            if "FontName" in part.__dict__:
                delattr(part, "FontName")


def _remove_glyphs(top: Any, keep: set[str]) -> None:
    strings = top.CharStrings
    first, *rest = [index for index, name in enumerate(top.charset) if name in keep]
    places = [first, *sorted(rest, key=lambda index: str(top.charset[index]))]
    index = strings.charStringsIndex
    kept_items = [index[strings.charStrings[top.charset[place]]] for place in places]
    index.items = kept_items
    for field in ("file", "offsets"):
        if hasattr(index, field):
            delattr(index, field)
    if hasattr(top, "FDSelect"):
        select = top.FDSelect
        select.format = None
        select.gidArray = [select.gidArray[place] for place in places]
    names = [top.charset[place] for place in places]
    strings.charStrings = {name: number for number, name in enumerate(names)}
    top.charset = names
    top.numGlyphs = len(names)


def _empty_glyphs(top: Any, keep: set[str]) -> None:
    strings = top.CharStrings
    order = list(top.charset)
    fresh: dict[str, int] = {}
    for place, name in enumerate(order):
        number = strings.charStrings[name]
        if name not in keep:
            blank = T2CharString(program=list(EMPTY), private=top.Private, globalSubrs=top.GlobalSubrs)
            strings.charStringsIndex[number] = blank
            name = f"x{place}"
        order[place] = name
        fresh[name] = number
    strings.charStrings = fresh
    top.charset = order


def known_name(name: str) -> bool:
    """Whether a glyph name is one of the public Adobe list."""
    return name in agl.AGL2UV
