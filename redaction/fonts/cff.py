"""Embedded CFF programs: glyph boxes and a copy that holds the used glyphs and nothing else."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from io import BytesIO
from struct import error as StructError
from typing import Any

from fontTools import agl
from fontTools.cffLib import CFFFontSet
from fontTools.cffLib.transforms import desubroutinize
from fontTools.encodings.StandardEncoding import StandardEncoding
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.boundsPen import ControlBoundsPen
from fontTools.ttLib import TTFont

from ..geometry import Box
from .cff_reading import Compact
from .cff_writing import Kept, assembled
from .charstrings import Drawn, Type2, Unsure
from .encodings import STANDARD

EMPTY = [0, "endchar"]
BLANK = b"\x8b\x0e"
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
    """A CFF font, bare or inside an OpenType file. Raises ValueError when it cannot be read.

    It is read by its bytes (`quick`), and by fontTools where that is not sure or a glyph's program is not plain.
    """

    def __init__(self, data: bytes) -> None:
        try:
            if data[:4] in (b"OTTO", b"\0\1\0\0", b"true"):
                data = TTFont(BytesIO(data), lazy=True).reader["CFF "]
            self.data = data
            self.quick = _quick(data)
            matrix: Sequence[float] = [] if self.quick is None else self.quick.matrix
            if self.quick is None:
                self.by_cid = hasattr(self.top, "ROS")
                self.names: list[str] = [str(name) for name in self.top.charset]
                self.strings: Collection[str] = self.top.CharStrings
                matrix = getattr(self.top, "FontMatrix", None) or [0.001]
            else:
                self.by_cid, self.names, self.strings = self.quick.by_cid, self.quick.names, self.quick.places
        except Exception as error:
            raise ValueError("unreadable CFF program") from error
        if self.by_cid and abs(matrix[0]) > 0.5:
            matrix = [0.001]
        self.unit = abs(float(matrix[0])) or 0.001
        self.routines: dict[int, list[bytes]] = {}
        self.drawn: dict[str, Drawn | None] = {}

    @cached_property
    def top(self) -> Any:
        """The font read by fontTools."""
        return _parsed(self.data)[1]

    def encoding(self) -> list[str]:
        """The names of the built-in encoding, by code."""
        if self.by_cid:
            return [".notdef"] * 256
        encoding = self.top.Encoding if self.quick is None else self.quick.encoding
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
        strings = self.top.CharStrings
        pen = ControlBoundsPen(_Glyphs(strings))
        strings[name].draw(pen)
        if pen.bounds is None:
            return None
        return scaled(pen.bounds, self.unit)

    def _drawn(self, name: str) -> Drawn | None:
        """A glyph run once; None where its program is not plain."""
        if name not in self.drawn:
            try:
                self.drawn[name] = self._run(name) if self.quick is None else self.quick.drawn(name)
            except (Unsure, AttributeError):
                self.drawn[name] = None
        return self.drawn[name]

    def _run(self, name: str) -> Drawn:
        glyph = self.top.CharStrings[name]
        run = Type2(self._routines(getattr(glyph.private, "Subrs", ())), self._routines(glyph.globalSubrs or ()))
        return run.drawn(glyph.bytecode)

    def _routines(self, index: Any) -> list[bytes]:
        if id(index) not in self.routines:
            self.routines[id(index)] = [routine.bytecode for routine in index]
        return self.routines[id(index)]

    def subset(self, names: set[str]) -> bytes:
        """The program with other glyphs removed, the rest by CID or by name (composite fonts by CID, simple fonts), or
        emptied where codes are indices."""
        removed = self.by_cid or (names <= set(self.names) and not self._indexed_by_gid)
        keep = {name for name in names | {self.names[0]} if name in self.strings}
        drawn = {name: done for name in keep if (done := self._drawn(name)) is not None}
        if self.quick is not None and len(drawn) == len(keep):
            with suppress(ValueError, OverflowError, StructError):
                return assembled(self.quick, _kept(self.quick, drawn) if removed else _emptied(self.quick, drawn))
        return self._forgiving(names, removed=removed)

    def _forgiving(self, names: set[str], *, removed: bool) -> bytes:
        """The same by fontTools."""
        fonts, top = _parsed(self.data)
        keep = self._closure(names | {self.names[0]})
        encoding = None if self.by_cid else top.Encoding
        drawn = {name: self._drawn(name) for name in keep}
        if all(drawn.values()):
            _flatten(fonts, top, {name: done.flat for name, done in drawn.items() if done is not None})
        else:
            desubroutinize(fonts)
        _drop_names(fonts, top)
        if removed:
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
            program = self.top.CharStrings[name].program or []
            if program and program[-1] == "endchar" and len(program) >= 5:
                for code in program[-3:-1]:
                    if isinstance(code, int | float) and 0 <= int(code) < 256:
                        keep.add(str(StandardEncoding[int(code)]))
        return keep


def _quick(data: bytes) -> Compact | None:
    """The font by its bytes, None where that is not sure."""
    try:
        return Compact(data)
    except ValueError:
        return None


def _kept(font: Compact, drawn: Mapping[str, Drawn]) -> list[Kept]:
    """The glyph for codes without one, and the others by name."""
    order = [font.names[0], *sorted(name for name in drawn if name != font.names[0])]
    return [Kept(name, drawn[name].flat, font.part_of(name), font.by_cid) for name in order]


def _emptied(font: Compact, drawn: Mapping[str, Drawn]) -> list[Kept]:
    """All glyphs at their places, those that are not drawn without an outline."""
    return [
        Kept(name, drawn[name].flat, 0, font.by_cid) if name in drawn else Kept(f".x{place}", BLANK, 0, font.by_cid)
        for place, name in enumerate(font.names)
    ]


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
