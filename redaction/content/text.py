"""Showing text: where every glyph's ink lies, which glyphs go, and strings written again without them."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pikepdf

from ..errors import Refused
from ..fonts import Glyph
from ..geometry import IDENTITY, Box, Matrix, Point, Polygon, bounds, corners, mapped, meet, times
from .area import Target, covers
from .writing import num, nums, text

if TYPE_CHECKING:
    from .walker import Walker

Item = Glyph | float
EMPTY_CLIP = b"0 0 0 0 re W n"


class TextPart:
    """The text operators of one walk. Keeps the text matrices and what a text clip has gathered."""

    def __init__(self, walker: "Walker") -> None:
        self.walker = walker
        self.matrix: Matrix = IDENTITY
        self.start: Matrix = IDENTITY
        self.clip_kept = self.clip_lost = False
        self.number = 0

    keeps_font_in_state = True

    def begin(self) -> None:
        """BT."""
        self.matrix = self.start = IDENTITY
        self.clip_kept = self.clip_lost = False
        self.open()

    def open(self) -> None:
        """Write BT."""
        self.walker.emit(b"BT")

    def close(self) -> None:
        """Write ET."""
        self.walker.emit(b"ET")

    def rest(self) -> None:
        """Called before a form is drawn, which starts from the plain text state."""

    def operator(self, line: bytes) -> None:
        """Write an operator that sets a text state or moves."""
        self.walker.emit(line)

    def end(self) -> None:
        """ET; an emptied text clip must stay a clip."""
        self.close()
        if self.clip_lost and not self.clip_kept:
            self.walker.emit(EMPTY_CLIP)
        self.clip_kept = self.clip_lost = False

    def move(self, x: float, y: float) -> None:
        """Td."""
        self.start = self.matrix = times((1, 0, 0, 1, x, y), self.start)
        self.operator(nums((x, y)) + b" Td")

    def next_line(self) -> None:
        """T*."""
        self.start = self.matrix = times((1, 0, 0, 1, 0, -self.walker.state.leading), self.start)
        self.operator(b"T*")

    def place(self, matrix: Matrix, raw: bytes) -> None:
        """Tm."""
        self.start = self.matrix = matrix
        self.operator(raw)

    def show(self, parts: list[bytes | float]) -> None:
        """Tj and TJ: remove the glyphs in the marks, keep the others where they are."""
        state = self.walker.state
        if state.font is None:
            if any(isinstance(part, bytes) and part for part in parts):
                raise Refused("font", "Text is shown without a usable font.")
            return
        font = state.font
        items: list[Item] = []
        for part in parts:
            if isinstance(part, bytes):
                items += font.read(part)
            else:
                items.append(part)
        matrix = times(self.matrix, state.ctm)
        self.number += 1
        lost = self._lost(items, matrix)
        if self.walker.job.survey is not None and not self.walker.hidden:
            self._surveyed(items, matrix)
        if state.mode >= 4:
            self.clip_lost |= bool(lost)
            self.clip_kept |= any(isinstance(i, Glyph) and n not in lost for n, i in enumerate(items))
        if lost:
            font.lost = True
        gone = self.write(parts, items, lost)
        font.used.update(item.code for n, item in enumerate(items) if isinstance(item, Glyph) and n not in gone)
        self._advance(items)

    def write(self, parts: list[bytes | float], items: list[Item], lost: set[int]) -> set[int]:
        """Write one show operator; returns the places of the glyphs that were not written."""
        self.walker.paints += 1
        if lost:
            self.walker.emit(self._without(items, lost))
        else:
            self._emit_whole(parts)
        return lost

    def _surveyed(self, items: list[Item], matrix: Matrix) -> None:
        """Tell the survey of the page where every glyph stands."""
        walker, survey = self.walker, self.walker.job.survey
        if survey is None:
            return
        along = 0.0
        for place, item in enumerate(items):
            if isinstance(item, Glyph):
                quad = mapped(matrix, self._quad(item, along))
                survey.glyph(walker, (self.number, place), item, times((1, 0, 0, 1, along, 0), matrix), quad)
            along += self._step(item)

    def _emit_whole(self, parts: list[bytes | float]) -> None:
        if len(parts) == 1 and isinstance(parts[0], bytes):
            self.walker.emit(text(parts[0]) + b" Tj")
        else:
            inner = b" ".join(text(part) if isinstance(part, bytes) else num(part) for part in parts)
            self.walker.emit(b"[" + inner + b"] TJ")

    def _step(self, item: Item) -> float:
        """How far one item moves along the line, in text space."""
        state = self.walker.state
        vertical = state.font is not None and state.font.vertical
        if isinstance(item, Glyph):
            step = item.advance * state.size + state.spacing + (state.word if item.space else 0.0)
        else:
            step = -float(item) / 1000 * state.size
        return step if vertical else step * state.stretch

    def _advance(self, items: list[Item]) -> None:
        total = sum(self._step(item) for item in items)
        vertical = self.walker.state.font is not None and self.walker.state.font.vertical
        shift: Matrix = (1, 0, 0, 1, 0, total) if vertical else (1, 0, 0, 1, total, 0)
        self.matrix = times(shift, self.matrix)

    def _lost(self, items: list[Item], matrix: Matrix) -> set[int]:
        walker, area = self.walker, self.walker.area
        if walker.hidden:
            walker.job.kinds.add("hidden_layers")
            return {n for n, item in enumerate(items) if isinstance(item, Glyph)}
        box = self._reach(items, matrix)
        if box is None:
            return set()
        near, safe = area.near(box), area.inside(box)
        if walker.measuring or near or not safe:
            return self._hits(items, matrix, near, safe)
        return set()

    def _reach(self, items: list[Item], matrix: Matrix) -> Box | None:
        """A box that surely holds the ink of the whole run, in page space."""
        state = self.walker.state
        vertical = state.font is not None and state.font.vertical
        size, spacing, stretch = state.size, state.spacing, 1.0 if vertical else state.stretch
        factor = 2 * abs(size) * max(1.0, abs(state.stretch))
        along, low, high, most = 0.0, 0.0, 0.0, 0.0
        for item in items:
            if isinstance(item, Glyph):
                reach = item.reach * factor
                if item.reach > most:
                    most = item.reach
                if along - reach < low:
                    low = along - reach
                if along + reach > high:
                    high = along + reach
                step = item.advance * size + spacing + (state.word if item.space else 0.0)
                along += step * stretch
            else:
                along -= item / 1000 * size * stretch
        if low == high == 0.0:
            return None
        side = most * abs(size) * 2
        x0, x1 = (-side, side) if vertical else (low, high)
        y0, y1 = (low, high) if vertical else (-side, side)
        y0, y1 = y0 + state.rise, y1 + state.rise
        return bounds(mapped(matrix, ((x0, y0), (x1, y0), (x1, y1), (x0, y1))))

    def _hits(self, items: list[Item], matrix: Matrix, near: list[Target], safe: bool) -> set[int]:
        walker, area = self.walker, self.walker.area
        lost: set[int] = set()
        unseen: list[Point] = []
        along = 0.0
        for place, item in enumerate(items):
            if isinstance(item, Glyph):
                quad = mapped(matrix, self._quad(item, along))
                box = bounds(quad)
                if walker.measuring and not item.blank:
                    walker.painted(box)
                if any(covers(target, quad) for target in near if meet(target.box, box)):
                    lost.add(place)
                    walker.job.kinds.add("text")
                elif not safe and area.beyond(box):
                    lost.add(place)
                    walker.job.kinds.add("outside_crop")
                    unseen += corners(box)
            along += self._step(item)
        if unseen:
            walker.job.touched.append(bounds(unseen))
        return lost

    def _quad(self, glyph: Glyph, along: float) -> Polygon:
        state = self.walker.state
        wide, tall = state.size * state.stretch, state.size
        vertical = state.font is not None and state.font.vertical
        x, y = (0.0, along) if vertical else (along, 0.0)
        x -= glyph.drop[0] * wide
        y += state.rise - glyph.drop[1] * tall
        x0, y0, x1, y1 = glyph.ink
        x0, x1, y0, y1 = x + x0 * wide, x + x1 * wide, y + y0 * tall, y + y1 * tall
        return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))

    def _without(self, items: list[Item], lost: set[int]) -> bytes:
        """A TJ in which every run of lost glyphs is one number."""
        state = self.walker.state
        parts: list[bytes] = []
        kept, gap = b"", 0.0
        for place, item in enumerate(items):
            if isinstance(item, Glyph) and place not in lost:
                if gap:
                    parts += [text(kept), num(round(gap, 3))] if kept else [num(round(gap, 3))]
                    kept, gap = b"", 0.0
                kept += item.code
            elif isinstance(item, Glyph):
                extra = state.spacing + (state.word if item.space else 0.0)
                gap -= item.advance * 1000 + (extra * 1000 / state.size if state.size else 0.0)
            else:
                gap += float(item)
        if kept:
            parts.append(text(kept))
        if gap:
            parts.append(num(round(gap, 3)))
        return b"[" + b" ".join(parts) + b"] TJ"


def shown(operand: object) -> list[bytes | float]:
    """The operand of Tj or TJ as strings and numbers."""
    if isinstance(operand, pikepdf.String):
        return [bytes(operand)]
    if not isinstance(operand, pikepdf.Array):
        raise Refused("operand", "A text operator has an operand of the wrong kind.")
    parts: list[bytes | float] = []
    items: list[object] = list(operand)
    for item in items:
        if isinstance(item, pikepdf.String):
            parts.append(bytes(item))
        elif isinstance(item, int | float | Decimal):
            parts.append(float(item))
    return parts
