"""Showing text: where every glyph's ink lies, which glyphs go, and strings written again without them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import Refused
from ..fonts import Glyph
from ..geometry import IDENTITY, Box, Matrix, Point, Polygon, bounds, corners, mapped, meet, times
from .area import Target, covers
from .tokens import STRING, string_of
from .writing import num, text

if TYPE_CHECKING:
    from .walker import Walker

Item = Glyph | float
FOOT = 0.001
EMPTY_CLIP = b"0 0 0 0 re W n"


class TextPart:
    """The text operators of one walk. Keeps the text matrices and what a text clip has gathered."""

    def __init__(self, walker: "Walker") -> None:
        self.walker = walker
        self.matrix: Matrix = IDENTITY
        self.start: Matrix = IDENTITY
        self.clip_kept = self.clip_lost = False
        self.number = 0
        self.moved: set[int] = set()

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

    def move(self, x: float, y: float, raw: bytes) -> None:
        """Td."""
        a, b, c, d, e, f = self.start
        self.start = self.matrix = (a, b, c, d, x * a + y * c + e, x * b + y * d + f)
        self.operator(raw)

    def next_line(self) -> None:
        """T*."""
        a, b, c, d, e, f = self.start
        down = -self.walker.state.leading
        self.start = self.matrix = (a, b, c, d, down * c + e, down * d + f)
        self.operator(b"T*")

    def place(self, matrix: Matrix, raw: bytes) -> None:
        """Tm."""
        self.start = self.matrix = matrix
        self.operator(raw)

    def show(self, raw: bytes) -> None:
        """Tj and TJ (the operand): remove the glyphs in the marks, keep the others where they are."""
        self.number += 1
        walker = self.walker
        font, split = walker.state.font, None
        if font is not None and walker.state.mode < 4 and not walker.eager and not walker.hidden:
            split = parts_of(raw) if self.number not in self.moved else None
            run = font.run(split[0]) if split is not None and split[0] else None
            if split is None or run is None:
                split = None
            elif (along := self._clear(split, run)) is not None:
                self.keep(raw)
                font.shown.add(split[0])
                a, b, c, d, e, f = self.matrix
                self.matrix = (a, b, c, d, along * a + e, along * b + f)
                return
        self._evaluate(raw, whole=split is not None)

    def keep(self, raw: bytes) -> None:
        """Write a run that stays as it is; the operand begins and ends with a string."""
        self.walker.paints += 1
        self.walker.output.append(raw + (b" TJ" if raw[:1] == b"[" else b" Tj"))

    def _clear(self, split: tuple[bytes, float, float], run: tuple[float, int, int, float]) -> float | None:
        """How far a run goes along the line if it surely lies clear of every mark and inside the frame, else None."""
        walker = self.walker
        state = walker.state
        advance, count, spaces, top = run
        _, back, forth = split
        size, spacing, word, stretch = state.size, state.spacing, state.word, state.stretch
        along = (advance * size + count * spacing + spaces * word + (forth - back) / 1000 * size) * stretch
        far = advance * abs(size) + count * abs(spacing) + spaces * abs(word)
        forth, back = forth / 1000 * abs(size), back / 1000 * abs(size)
        if size < 0 or spacing < 0 or word < 0:
            forth = back = far + forth + back
        wide, side = abs(stretch), 2 * abs(size) * top
        reach = side * max(1.0, wide)
        x0, x1, y0, y1 = -back * wide - reach, (far + forth) * wide + reach, state.rise - side, state.rise + side
        if stretch < 0:
            x0, x1 = -x1, -x0
        matrix = times(self.matrix, state.ctm)
        if not walker.area.clear(bounds(mapped(matrix, ((x0, y0), (x1, y0), (x1, y1), (x0, y1))))):
            return None
        return along

    def _evaluate(self, raw: bytes, *, whole: bool) -> None:
        """A run glyph by glyph; one that loses none is written as it stood if it can be kept `whole`, so that nobody
        sees how near it was."""
        state, parts = self.walker.state, shown(raw)
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
        lost = self._lost(items, matrix)
        if self.walker.job.survey is not None and not self.walker.hidden:
            self._surveyed(items, matrix)
        if state.mode >= 4:
            self.clip_lost |= bool(lost)
            self.clip_kept |= any(isinstance(i, Glyph) and n not in lost for n, i in enumerate(items))
        if lost:
            font.lost = True
        if whole and not lost:
            self.keep(raw)
            gone = lost
        else:
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
                if any(self._covered(target, item, quad, matrix, along) for target in near if meet(target.box, box)):
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

    def _covered(self, target: Target, glyph: Glyph, quad: Polygon, matrix: Matrix, along: float) -> bool:
        """Whether a glyph goes. One that paints nothing goes also where only its foot is covered: readers place it
        there."""
        if covers(target, quad):
            return True
        return glyph.blank and covers(target, mapped(matrix, self._quad(replace(glyph, ink=_foot(glyph)), along)))

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


def _foot(glyph: Glyph) -> Box:
    """The sliver on its base line where PDFium places a glyph without an outline."""
    return (0.0, 0.0, max(glyph.advance, FOOT), FOOT)


def parts_of(raw: bytes) -> tuple[bytes, float, float] | None:
    """All strings of an operand of Tj or TJ joined, the sum of the numbers that go back along the line and of those
    that go forth (both positive); None when it does not begin and end with a string."""
    if raw[:1] != b"[":
        return (string_of(raw), 0.0, 0.0) if STRING.fullmatch(raw) else None
    if raw[1:2] not in STRING_START or raw[-2:] not in STRING_END:
        return None
    strings = [string_of(one or two) for one, two in STRING.findall(raw)]
    try:
        numbers = [float(word) for word in STRING.sub(b" ", raw)[1:-1].split()]
    except ValueError:
        return None
    back = sum([value for value in numbers if value > 0])
    return b"".join(strings), back, back - sum(numbers)


STRING_START, STRING_END = (b"(", b"<"), (b")]", b">]")


def shown(raw: bytes) -> list[bytes | float]:
    """The operand of Tj or TJ as strings and numbers."""
    if not raw.endswith((b")", b">", b"]")):
        raise Refused("operand", "A text operator has an operand of the wrong kind.")
    parts: list[bytes | float] = []
    place = 0
    for match in STRING.finditer(raw):
        parts += _numbers(raw[place : match.start()])
        parts.append(string_of(match.group()))
        place = match.end()
    if raw.endswith(b"]"):
        return parts + _numbers(raw[place:])
    return parts[-1:]


def _numbers(raw: bytes) -> list[float]:
    words = [word for word in raw.translate(BRACKETS).split() if word[:1] != b"/"]
    return [float(word) for word in words if word not in (b"true", b"false", b"null")]


BRACKETS = bytes.maketrans(b"[]\0", b"   ")
