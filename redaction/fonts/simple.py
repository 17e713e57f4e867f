"""Fonts with one byte a code: Type 1, MMType1, TrueType, and Type 3."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pikepdf
from pdfminer.fontmetrics import FONT_METRICS

from ..arrays import floats
from ..errors import Refused
from ..geometry import Box, Matrix, bounds, corners, mapped
from .cff import CffProgram
from .encodings import STANDARD, character, glyph_names
from .model import Glyph, guessed_ink
from .names import is_known, safe_name
from .symbolic import WIDTHS
from .truetype import TrueTypeProgram
from .type1 import Type1Program

Program = TrueTypeProgram | CffProgram | Type1Program
SYMBOLIC = 4


def number(value: object, default: float = 0.0) -> float:
    """A PDF number as a float."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return default


@dataclass
class SimpleCoder:
    """A simple font with outlines in `program` (when embedded and readable)."""

    font: pikepdf.Object
    program: Program | None
    names: list[str]
    widths: dict[int, float]
    missing: float | None
    stated: dict[int, str] = field(default_factory=dict)
    reached: dict[int, list[int]] = field(default_factory=dict)

    def split(self, data: bytes) -> list[bytes]:
        """One byte, one code."""
        return [data[i : i + 1] for i in range(len(data))]

    def describe(self, code: bytes) -> Glyph:
        """Advance from /Widths (or the standard metrics), ink from the outline or a guess."""
        value = code[0]
        name = self.names[value]
        text = character(name)
        advance = self.widths.get(value, self.missing)
        ink = self._ink(value, name)
        if advance is None:
            advance = self._own_advance(value)
        blank = ink is None and (self.program is not None or text.isspace())
        box = ink or guessed_ink("x" if blank else text, advance)
        return Glyph(code, advance, box, space=value == 32, blank=blank)

    def _own_advance(self, value: int) -> float:
        if isinstance(self.program, TrueTypeProgram):
            found = self.reach(value)
            if found:
                return self.program.advance(found[0])
        if self.names[value] in (".notdef", ""):
            return 0.0
        raise Refused("font-width", "A font does not say how wide its characters are.")

    def reach(self, value: int) -> list[int]:
        """Glyph indices of a TrueType program for a code."""
        if not isinstance(self.program, TrueTypeProgram):
            return []
        found = self.reached.get(value)
        if found is None:
            found = self.reached[value] = self.program.reach(value, self.stated.get(value, ""), self.names[value])
        return found

    def _ink(self, value: int, name: str) -> Box | None:
        program = self.program
        if program is None:
            return None
        if isinstance(program, TrueTypeProgram):
            boxes = [box for gid in self.reach(value)[:1] if (box := program.ink(gid))]
            return boxes[0] if boxes else None
        return program.ink(name)


def simple_coder(font: pikepdf.Object, program: Program | None) -> SimpleCoder:
    """Read encoding and widths of a simple font. Raises Refused "font-width" when no widths are known."""
    base: list[str] | None = None
    if isinstance(program, CffProgram | Type1Program):
        base = program.encoding()
    encoding = font.get("/Encoding")
    stated_name = str(font.get("/BaseFont", ""))
    family = safe_name(stated_name, flags_of(font))
    symbolic = family in WIDTHS
    names = glyph_names(encoding, base or (None if symbolic else STANDARD))
    stated = _stated(font, names)
    widths, missing = _widths(font)
    if not widths:
        widths = _standard_widths(family, names) if program is None and is_known(stated_name) else {}
        missing = None if isinstance(program, TrueTypeProgram) else (missing if widths or program is None else None)
        if program is None and not widths:
            raise Refused("font-width", "A font does not say how wide its characters are.")
        if program is not None and not isinstance(program, TrueTypeProgram):
            raise Refused("font-width", "A font does not say how wide its characters are.")
    return SimpleCoder(font, program, names, widths, missing, stated)


def flags_of(font: pikepdf.Object) -> int:
    """The descriptor's /Flags, or 0."""
    descriptor = font.get("/FontDescriptor")
    return int(number(descriptor.get("/Flags", 0))) if isinstance(descriptor, pikepdf.Dictionary) else 0


def _stated(font: pikepdf.Object, names: list[str]) -> dict[int, str]:
    encoding = font.get("/Encoding")
    if encoding is None:
        return {}
    if isinstance(encoding, pikepdf.Dictionary) and "/BaseEncoding" not in encoding and flags_of(font) & SYMBOLIC:
        return {code: name for code, name in enumerate(names) if name != STANDARD[code]}
    return {code: name for code, name in enumerate(names) if name != ".notdef"}


def _widths(font: pikepdf.Object) -> tuple[dict[int, float], float | None]:
    first = int(number(font.get("/FirstChar", 0)))
    listed = font.get("/Widths")
    widths: dict[int, float] = {}
    if isinstance(listed, pikepdf.Array):
        values = floats(listed)
        for index, value in enumerate([number(value) for value in listed] if values is None else values):
            if 0 <= first + index < 256:
                widths[first + index] = value / 1000
    descriptor = font.get("/FontDescriptor")
    missing = 0.0
    if isinstance(descriptor, pikepdf.Dictionary):
        missing = number(descriptor.get("/MissingWidth", 0)) / 1000
    return widths, missing


def _standard_widths(family: str, names: list[str]) -> dict[int, float]:
    table = WIDTHS.get(family)
    if table is not None:
        return {code: width / 1000 for code, width in enumerate(table)}
    known = family.replace("MT", "").replace("PS", "").replace("-,", ",")
    metrics = FONT_METRICS.get(known) or FONT_METRICS.get(known.replace("-", ","))
    if metrics is None:
        return {}
    by_text = metrics[1]
    found = {code: by_text.get(character(name)) for code, name in enumerate(names)}
    return {code: float(width) / 1000 for code, width in found.items() if width is not None}


@dataclass
class Type3Coder:
    """A font whose glyphs are content streams. `measure` finds what a stream paints, in its own space."""

    font: pikepdf.Object
    matrix: Matrix
    names: list[str]
    measure: Callable[[pikepdf.Object], Box | None]

    def split(self, data: bytes) -> list[bytes]:
        """One byte, one code."""
        return [data[i : i + 1] for i in range(len(data))]

    def describe(self, code: bytes) -> Glyph:
        """Advance and ink in text space, through the font's own matrix."""
        value = code[0]
        widths, _ = _widths(self.font)
        advance = widths.get(value, 0.0) * 1000 * self.matrix[0]
        proc = self.procedure(value)
        painted = self.measure(proc) if proc is not None else None
        if painted is None:
            return Glyph(code, advance, guessed_ink("x", advance), space=value == 32, blank=True)
        return Glyph(code, advance, bounds(mapped(self.matrix, corners(painted))), space=value == 32)

    def procedure(self, value: int) -> pikepdf.Object | None:
        """The content stream of a code, or None."""
        procs = self.font.get("/CharProcs")
        proc = procs.get("/" + self.names[value]) if isinstance(procs, pikepdf.Dictionary) else None
        return proc if isinstance(proc, pikepdf.Stream) else None
