"""Showing text: where every glyph's ink lies, which glyphs go, and strings written again without them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import Refused
from ..fonts import Font, Glyph
from ..fonts.model import FOOT
from ..geometry import IDENTITY, Box, Matrix, Point, Polygon, bounds, corners, mapped, meet, times
from .area import Core, Target, covers, takes
from .runs import Item, Split, core_of, items_of, measured, placer, quad_of, shown, span_of, step_of
from .survey import UNKNOWN, Run
from .writing import num, text

if TYPE_CHECKING:
    from .walker import Walker

EMPTY_CLIP = b"0 0 0 0 re W n"


class TextPart:
    """The text operators of one walk. Keeps the text matrices and what a text clip has gathered; `veils` are the drawn
    boxes that kept glyphs of the run at hand reach into, by their places."""

    def __init__(self, walker: "Walker") -> None:
        self.walker = walker
        self.matrix: Matrix = IDENTITY
        self.start: Matrix = IDENTITY
        self.clip_kept = self.clip_lost = False
        self.number = 0
        self.moved: set[int] = set()
        self.veils: dict[int, tuple[Target, ...]] = {}

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
        state = walker.state
        split = None
        if state.font is not None and not walker.measuring and not walker.hidden and self.number not in self.moved:
            if walker.job.survey is not None:
                if self._noted(raw, state.font):
                    return
            elif state.mode < 4:
                found = self._known(raw, state.font)
                if found is not None:
                    split, along, box = found
                    if walker.area.clear(box):
                        self.keep(raw, split)
                        state.font.shown.add(split.text)
                        self._forth(along)
                        return
        self._evaluate(raw, split)

    def _forth(self, along: float) -> None:
        """The place after a run."""
        a, b, c, d, e, f = self.matrix
        self.matrix = (a, b, c, d, along * a + e, along * b + f)

    def _known(self, raw: bytes, font: Font) -> tuple[Split, float, Box] | None:
        """A run taken apart, how far it goes and a box that surely holds its ink on the page, where that can be told
        without looking at it glyph by glyph; a survey of the page has told it already."""
        known = self.walker.runs.get(self.number)
        if known is not None:
            return None if known.split is None else (known.split, known.along, known.reach)
        found = self._bounded(raw, font)
        return None if found is None else (found[0], found[1], found[2])

    def _noted(self, raw: bytes, font: Font) -> bool:
        """Tell the survey where a run may lie; False where it has to be looked at now."""
        walker, survey = self.walker, self.walker.job.survey
        found = self._bounded(raw, font)
        if found is None or survey is None:
            return False
        split, along, box, span, matrix = found
        survey.add(
            Run(self.number, raw, matrix, walker.state.copy(), walker.area, walker.depth, box, span, along, split)
        )
        self._forth(along)
        return True

    def keep(self, raw: bytes, split: Split) -> None:
        """Write a run that stays as it is."""
        self.walker.paints += 1
        self.walker.output.append(raw + (b" TJ" if raw[:1] == b"[" else b" Tj"))

    def _bounded(self, raw: bytes, font: Font) -> tuple[Split, float, Box, Box, Matrix] | None:
        """A run taken apart, how far it goes, boxes on the page around all its ink and around its origins and ends,
        and its matrix."""
        found = measured(font, raw)
        if found is None or font.low < 0:
            return None
        split, run = found
        state = self.walker.state
        size = state.size
        along, x0, x1 = span_of(state, split, run)
        side = abs(size) * font.side * max(1.0, abs(state.stretch))
        low, high = state.rise + size * font.floor, state.rise + size * font.roof
        x2, x3 = x0 - side, x1 + side
        a, b, c, d, e, f = matrix = times(self.matrix, state.ctm)
        if b == c == 0 and a > 0 and d > 0 and size > 0:
            box = (a * x2 + e, d * low + f, a * x3 + e, d * high + f)
            return split, along, box, (a * x0 + e, f, a * x1 + e, f), matrix
        box = bounds(mapped(matrix, ((x2, low), (x3, low), (x3, high), (x2, high))))
        return split, along, box, bounds(mapped(matrix, ((x0, 0.0), (x1, 0.0)))), matrix

    def _evaluate(self, raw: bytes, split: Split | None) -> None:
        """A run glyph by glyph; one that loses none is written as it stood where it was taken apart before (`split`),
        so that nobody sees how near it was."""
        state, parts = self.walker.state, shown(raw)
        if state.font is None:
            if any(isinstance(part, bytes) and part for part in parts):
                raise Refused("font", "Text is shown without a usable font.")
            return
        font = state.font
        items = items_of(font, parts)
        matrix = times(self.matrix, state.ctm)
        self.veils = {}
        lost = self._lost(items, matrix)
        self._surveyed(raw, items, matrix)
        if state.mode >= 4:
            self.clip_lost |= bool(lost)
            self.clip_kept |= any(isinstance(i, Glyph) and n not in lost for n, i in enumerate(items))
        if lost:
            font.lost = True
        if split is not None and not lost and not self.veils:
            self.keep(raw, split)
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

    def _surveyed(self, raw: bytes, items: list[Item], matrix: Matrix) -> None:
        """Tell a survey of the page where every glyph of a run stands."""
        walker, survey = self.walker, self.walker.job.survey
        if survey is None or walker.hidden or walker.measuring:
            return
        run = Run(self.number, raw, matrix, walker.state.copy(), walker.area, walker.depth, UNKNOWN, UNKNOWN)
        run.take(items)
        survey.add(run)

    def _emit_whole(self, parts: list[bytes | float]) -> None:
        if len(parts) == 1 and isinstance(parts[0], bytes):
            self.walker.emit(text(parts[0]) + b" Tj")
        else:
            inner = b" ".join(text(part) if isinstance(part, bytes) else num(part) for part in parts)
            self.walker.emit(b"[" + inner + b"] TJ")

    def _advance(self, items: list[Item]) -> None:
        total = sum(step_of(self.walker.state, item) for item in items)
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
        near, over, safe = area.near(box), area.over(box), area.inside(box)
        if walker.measuring or near or over or not safe:
            return self._hits(items, matrix, near, over, safe)
        return set()

    def _reach(self, items: list[Item], matrix: Matrix) -> Box | None:
        """A box that surely holds the ink of the whole run, in page space."""
        state = self.walker.state
        if state.font is not None and state.font.vertical:
            return self._column(items, matrix)
        glyphs = [item for item in items if isinstance(item, Glyph)]
        if not glyphs:
            return None
        wide, along, low, high = abs(state.size * state.stretch), 0.0, 0.0, 0.0
        for item in items:
            if isinstance(item, Glyph):
                side = max(abs(item.ink[0]), abs(item.ink[2])) * wide
                low, high = min(low, along - side), max(high, along + side)
            along += step_of(state, item)
        floor, roof = min(glyph.ink[1] for glyph in glyphs), max(glyph.ink[3] for glyph in glyphs)
        y0, y1 = state.rise + state.size * min(floor, 0.0), state.rise + state.size * max(roof, FOOT)
        return bounds(mapped(matrix, ((low, y0), (high, y0), (high, y1), (low, y1))))

    def _column(self, items: list[Item], matrix: Matrix) -> Box | None:
        """The same for vertical writing, whose glyphs may stand as far from the line as their origins tell."""
        state = self.walker.state
        wide = 2 * abs(state.size) * max(1.0, abs(state.stretch))
        along, low, high, most = 0.0, 0.0, 0.0, 0.0
        for item in items:
            if isinstance(item, Glyph):
                low, high = min(low, along - item.reach * wide), max(high, along + item.reach * wide)
                most = max(most, item.reach)
            along += step_of(state, item)
        if not most:
            return None
        side = most * wide
        y0, y1 = low + state.rise, high + state.rise
        return bounds(mapped(matrix, ((-side, y0), (side, y0), (side, y1), (-side, y1))))

    def _hits(self, items: list[Item], matrix: Matrix, near: list[Target], over: list[Target], safe: bool) -> set[int]:
        walker, area = self.walker, self.walker.area
        lost: set[int] = set()
        unseen: list[Point] = []
        along, place_of, core = 0.0, placer(walker.state, matrix), core_of(walker.state, matrix, area)
        for place, item in enumerate(items):
            if isinstance(item, Glyph):
                quad = place_of(item, along)
                box = bounds(quad)
                if walker.measuring and not item.blank:
                    walker.painted(box)
                met = [target for target in near if meet(target.box, box)]
                if any(self._taken(target, item, quad, matrix, along, core) for target in met):
                    lost.add(place)
                    walker.job.kinds.add("text")
                elif not safe and area.beyond(box):
                    lost.add(place)
                    walker.job.kinds.add("outside_crop")
                    unseen += corners(box)
                elif not item.blank:
                    self._peeking(place, quad, met, [target for target in over if meet(target.box, box)])
            along += step_of(self.walker.state, item)
        if unseen:
            walker.job.touched.append(bounds(unseen))
        return lost

    def _peeking(self, place: int, quad: Polygon, met: list[Target], over: list[Target]) -> None:
        """Note of a glyph that stays the drawn boxes it has to be clipped by, and tell the job where the content that
        is walked shows it beneath a target without such a clip."""
        veils = tuple(target for target in over if covers(target, quad))
        if veils:
            self.veils[place] = veils
        state = self.walker.state
        if any(covers(target, quad) and not state.veiled(target) for target in met):
            self.walker.job.unveiled = True

    def _taken(
        self, target: Target, glyph: Glyph, quad: Polygon, matrix: Matrix, along: float, core: Core | None
    ) -> bool:
        """Whether a glyph goes. One that paints nothing goes also where only its foot is covered: readers place it
        there."""
        if takes(target, quad, core):
            return True
        return glyph.blank and covers(
            target, mapped(matrix, quad_of(self.walker.state, replace(glyph, ink=_foot(glyph)), along))
        )

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
