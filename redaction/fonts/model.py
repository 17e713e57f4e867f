"""The shape of a font as the walker and the writer use it. Lengths are fractions of the font size (1 = one em)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import unpack
from typing import Any, NamedTuple, Protocol

import pikepdf

from ..geometry import Box, Matrix

TALL = (-0.21, 0.74)
FOOT = 0.001


@dataclass(frozen=True, slots=True)
class Glyph:
    """One code of a font: `advance` along the line, `ink` around the origin used for horizontal writing.

    `drop` is the offset from the horizontal to the vertical origin (vertical writing only); `space` says that
    word spacing applies; `blank` that nothing is painted.
    """

    code: bytes
    advance: float
    ink: Box
    drop: tuple[float, float] = (0.0, 0.0)
    space: bool = False
    blank: bool = False
    reach: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """`reach` is the farthest its ink lies from the origin, in any direction."""
        object.__setattr__(self, "reach", max(abs(value) for value in (*self.ink, *self.drop)))


class Coder(Protocol):
    """What each kind of font provides: splitting a string into codes and describing one code."""

    def split(self, data: bytes) -> list[bytes]:
        """The codes of a string, in order. Raises Refused when the string cannot be split surely."""

    def describe(self, code: bytes) -> Glyph:
        """Advance and ink of one code."""


class Extent(NamedTuple):
    """A string of a font: the sum of its `advance`s, its number of codes and of spaces."""

    advance: float
    codes: int
    spaces: int


@dataclass
class Font:
    """A font resource: how to read its strings, which codes stay in the output, whether any text of it went.

    `shown` are strings kept whole. `advances` and `low`, the least of them, are what `run` has learnt, and how far ink
    of all codes met reaches from an origin: to either `side`, down to `floor` and up to `roof`. `operands` are those of
    show operators met, as they were taken apart.
    """

    source: pikepdf.Object
    target: pikepdf.Object
    kind: str
    coder: Coder
    vertical: bool = False
    matrix: Matrix | None = None
    used: set[bytes] = field(default_factory=set)
    lost: bool = False
    shown: set[bytes] = field(default_factory=set)
    advances: dict[int, float] = field(default_factory=dict)
    side: float = 0.0
    floor: float = 0.0
    roof: float = FOOT
    low: float = 0.0
    glyphs: dict[bytes, Glyph] = field(default_factory=dict)
    numbered: dict[int, Glyph] = field(default_factory=dict)
    texts: dict[str, bytes] | None = None
    operands: dict[bytes, Any] = field(default_factory=dict)

    def read(self, data: bytes) -> list[Glyph]:
        """The glyphs of a shown string, in order."""
        numbers = self._numbers(data)
        if numbers is None:
            return [self._glyph(code) for code in self.coder.split(data)]
        known = self.numbered
        try:
            return [known[number] for number in numbers]
        except KeyError:
            size = 2 if self.kind == "composite" else 1
            for number in dict.fromkeys(numbers):
                known[number] = self._glyph(number.to_bytes(size, "big"))
            return [known[number] for number in numbers]

    def _numbers(self, data: bytes) -> Sequence[int] | None:
        """The codes of a string as numbers, None where only the coder can tell them."""
        if self.kind != "composite":
            return data
        if not getattr(getattr(self.coder, "cmap", None), "identity", False):
            return None
        count = len(data) // 2
        return unpack(f">{count}H", data[: 2 * count])

    def _glyph(self, code: bytes) -> Glyph:
        glyph = self.glyphs.get(code)
        if glyph is None:
            glyph = self.glyphs[code] = self.coder.describe(code)
        return glyph

    def run(self, data: bytes) -> Extent | None:
        """How far a string goes; its glyphs are known then. None where only `read` can tell."""
        if self.vertical:
            return None
        codes = self._numbers(data)
        if codes is None:
            return None
        known = self.advances
        try:
            total = sum(map(known.__getitem__, codes))
        except KeyError:
            self._learn(set(codes) - set(known))
            total = sum(map(known.__getitem__, codes))
        if self.low < 0:
            return None
        spaces = 0 if self.kind == "composite" else data.count(b" ")
        return Extent(total, len(codes), spaces)

    def _learn(self, codes: set[int]) -> None:
        size = 2 if self.kind == "composite" else 1
        for code in codes:
            (glyph,) = self.read(code.to_bytes(size, "big"))
            self.advances[code] = glyph.advance
            x0, y0, x1, y1 = glyph.ink
            self.side, self.low = max(self.side, abs(x0), abs(x1)), min(self.low, glyph.advance)
            self.floor, self.roof = min(self.floor, y0, y1), max(self.roof, y0, y1)

    def settle(self) -> None:
        """Count the codes of `shown` as used."""
        if self.kind == "composite":
            for data in self.shown:
                self.used.update(self.coder.split(data))
        else:
            self.used.update(bytes((code,)) for code in set(b"".join(self.shown)))
        self.shown.clear()


def guessed_ink(text: str, advance: float) -> Box:
    """A close guess of a glyph's ink when no outline is at hand, from its character and its advance."""
    low, high = 0.0, 0.74
    if text and text in "acemnorsuvwxz":
        high = 0.54
    elif text and text in "gpqy":
        low, high = -0.22, 0.54
    elif text and text in "bdfhklit":
        high = 0.75
    elif text and text in ".,":
        low, high = -0.16, 0.13
    elif text and text in "-–—=~":
        low, high = 0.15, 0.42
    elif text and text in ":;":
        low, high = (-0.03 if text == ":" else -0.16), 0.54
    elif text and text in "()[]{}":
        # Fonts of one width, which is 0.6 em nearly always, draw them shorter.
        low, high = (-0.125, 0.65) if advance > 0.58 else (-0.22, 0.76)
    elif text and text in "'\"*^`":
        low, high = 0.4, 0.76
    elif text and text == "_":
        low, high = -0.16, -0.02
    elif not (text and text.isascii() and text.isalnum()):
        low, high = TALL
    if text == "j" or text == "Q":
        low = -0.22
    return (0.0, low, max(advance, 0.02), high)
