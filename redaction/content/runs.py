"""One show operator taken apart: its strings and numbers, its glyphs, how far each moves and where its ink lies."""

from collections.abc import Callable
from typing import NamedTuple

from ..errors import Refused
from ..fonts import Font, Glyph
from ..fonts.model import Extent
from ..geometry import Matrix, Polygon, inverse, mapped
from .area import Area, Core
from .state import State
from .tokens import EITHER, STRING, string_of

Item = Glyph | float
MOST_REMEMBERED = 24
BETWEEN = (b"[", b" ", b"]")
BRACKETS = bytes.maketrans(b"[]\0", b"   ")
SMALL = 0.55
"""The height of small letters in em: tops of tall letters and tails stand out of the band beneath it, and a box that
comes into the band is meant for the line."""


class Split(NamedTuple):
    """An operand of Tj or TJ: its strings joined, the sum of the numbers that go back along the line and of those that
    go forth (both positive), the operand from its first string to its last, and whether a number stands behind."""

    text: bytes
    back: float
    forth: float
    kept: bytes
    trails: bool = False


def parts_of(raw: bytes) -> Split | None:
    """An operand of Tj or TJ taken apart; None when it does not begin with a string, or holds none."""
    if raw[:1] != b"[":
        return Split(string_of(raw), 0.0, 0.0, raw) if STRING.fullmatch(raw) else None
    pieces = EITHER.split(raw)
    first, last = pieces[0], pieces[-1]
    if len(pieces) < 3 or first[1:].strip() or last[-1:] != b"]":
        return None
    told = pieces[1::2]
    if b"\\" in raw or b"\r" in raw or b"<" in raw:
        strings = [string_of(one) for one in told]
    else:
        strings = [one[1:-1] for one in told]
    try:
        numbers = list(map(float, b" ".join(pieces[2::2])[:-1].split()))
    except ValueError:
        return None
    kept = raw if len(first) == len(last) == 1 else b"[" + raw[len(first) : len(raw) - len(last)] + b"]"
    back = sum([value for value in numbers if value > 0])
    return Split(b"".join(strings), back, back - sum(numbers), kept, bool(last[:-1].strip()))


def measured(font: Font, raw: bytes) -> tuple[Split, Extent] | None:
    """An operand taken apart and how far its string goes in a font; None where it has to be read glyph by glyph."""
    try:
        found: tuple[Split, Extent] | None = font.operands[raw]
    except KeyError:
        split = parts_of(raw)
        run = font.run(split.text) if split is not None and split.text else None
        found = None if split is None or run is None else (split, run)
        if len(raw) <= MOST_REMEMBERED:
            font.operands[raw] = found
    return found


def shown(raw: bytes) -> list[bytes | float]:
    """The operand of Tj or TJ as strings and numbers. Raises Refused "operand"."""
    if not raw.endswith((b")", b">", b"]")):
        raise Refused("operand", "A text operator has an operand of the wrong kind.")
    parts: list[bytes | float] = []
    place = 0
    for match in STRING.finditer(raw):
        start, end = match.span()
        if start > place:
            parts += _numbers(raw[place:start])
        parts.append(string_of(raw[start:end]))
        place = end
    if raw.endswith(b"]"):
        return parts + _numbers(raw[place:])
    return parts[-1:]


def _numbers(raw: bytes) -> list[float]:
    if raw in BETWEEN:
        return []
    try:
        return [float(raw)]
    except ValueError:
        return _several(raw)


def _several(raw: bytes) -> list[float]:
    words = [word for word in raw.translate(BRACKETS).split() if word[:1] != b"/"]
    return [float(word) for word in words if word not in (b"true", b"false", b"null")]


def items_of(font: Font, parts: list[bytes | float]) -> list[Item]:
    """The strings as glyphs of a font, the numbers as they are."""
    items: list[Item] = []
    for part in parts:
        if isinstance(part, bytes):
            items += font.read(part)
        else:
            items.append(part)
    return items


def step_of(state: State, item: Item) -> float:
    """How far one item moves along the line, in text space."""
    vertical = state.font is not None and state.font.vertical
    if isinstance(item, Glyph):
        step = item.advance * state.size + state.spacing + (state.word if item.space else 0.0)
    else:
        step = -float(item) / 1000 * state.size
    return step if vertical else step * state.stretch


def quad_of(state: State, glyph: Glyph, along: float) -> Polygon:
    """The ink of a glyph that stands `along` the line, in text space."""
    wide, tall = state.size * state.stretch, state.size
    vertical = state.font is not None and state.font.vertical
    x, y = (0.0, along) if vertical else (along, 0.0)
    x -= glyph.drop[0] * wide
    y += state.rise - glyph.drop[1] * tall
    x0, y0, x1, y1 = glyph.ink
    x0, x1, y0, y1 = x + x0 * wide, x + x1 * wide, y + y0 * tall, y + y1 * tall
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def core_of(state: State, matrix: Matrix, area: Area) -> Core | None:
    """The core of the line a run stands on, on the page; None for text that is written downwards, that nobody sees
    painted, that a pattern repeats, or whose font says nothing of the height of its letters."""
    font, back = state.font, inverse(matrix)
    if font is None or font.vertical or font.kind == "type3" or state.mode > 2 or area.repeated or back is None:
        return None
    low, high = sorted((state.rise, state.rise + SMALL * state.size))
    return Core(back[1], back[3], back[5], low, high)


def placer(state: State, matrix: Matrix) -> Callable[[Glyph, float], Polygon]:
    """What tells where `matrix` takes the ink of a glyph that stands so far along the line."""
    a, b, c, d, e, f = matrix
    if b or c or (state.font is not None and state.font.vertical):
        return lambda glyph, along: mapped(matrix, quad_of(state, glyph, along))
    wide, size, rise = state.size * state.stretch, state.size, state.rise

    def level(glyph: Glyph, along: float) -> Polygon:
        x0, y0, x1, y1 = glyph.ink
        x0, x1 = a * (along + x0 * wide) + e, a * (along + x1 * wide) + e
        y0, y1 = d * (rise + y0 * size) + f, d * (rise + y1 * size) + f
        return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))

    return level


def span_of(state: State, split: Split, run: Extent) -> tuple[float, float, float]:
    """How far a run goes along the line, and the least and the greatest place where any of its glyphs begins or ends
    (in text space, its beginning at 0)."""
    size, stretch = state.size, state.stretch
    least = most = 0.0
    for step in (
        run.advance * size,
        run.codes * state.spacing,
        run.spaces * state.word,
        split.forth / 1000 * size,
        -split.back / 1000 * size,
    ):
        if step > 0:
            most += step
        else:
            least += step
    along = (least + most) * stretch
    return (along, most * stretch, least * stretch) if stretch < 0 else (along, least * stretch, most * stretch)
