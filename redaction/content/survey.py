"""What a first walk over a page learns: where every glyph stands and what else is painted. Page space, points.

Runs of text and paths are kept as they were met, with a box that surely holds them; a run is taken apart into glyphs,
and a path into its parts, when somebody asks about a place they may reach.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from ..fonts import Font, Glyph
from ..geometry import Box, Matrix, Polygon, bounds, overlap
from .area import Area, Core
from .runs import Item, Split, core_of, items_of, placer, shown, step_of
from .state import State

SLANT = 1e-3
HAIR = 1e-6
UNKNOWN: Box = (0.0, 0.0, -1.0, -1.0)


@dataclass(slots=True)
class Placed:
    """One glyph. `place` is the number of its show operator in the page's own content and its place there;
    `x`, `y` its origin on the base line, `advance` and `em` in points, `plain` says that it stands upright in the
    page's own content in a way that allows it to be moved along its line."""

    place: tuple[int, int]
    x: float
    y: float
    advance: float
    em: float
    quad: Polygon
    box: Box
    upright: bool
    plain: bool
    blank: bool
    leader: bool
    frame: tuple[float, ...]
    code: bytes
    font: Font | None
    core: Core | None


@dataclass(slots=True, eq=False)
class Run:
    """The text of one show operator: `matrix` takes text space at its beginning to the page, `reach` holds all its
    ink, `span` all its origins and ends; `along` is how far it goes and `split` what it shows, where that is known
    without reading its glyphs."""

    number: int
    raw: bytes
    matrix: Matrix
    state: State
    area: Area
    depth: int
    reach: Box
    span: Box
    along: float = 0.0
    split: Split | None = None
    known: list[Placed] | None = None
    extent: Box | None = UNKNOWN

    @property
    def upright(self) -> bool:
        """Whether its glyphs stand upright along the page."""
        a, b, c, d, _, _ = self.matrix
        font = self.state.font
        vertical = font is not None and font.vertical
        return a > 0 and d > 0 and abs(b) + abs(c) < SLANT * (a + d) and self.state.size > 0 and not vertical

    def glyphs(self) -> list[Placed]:
        """Its glyphs that lie on the page at all."""
        if self.known is None:
            font = self.state.font
            self.known = [] if font is None else self._placed(items_of(font, shown(self.raw)))
        return self.known

    def ends(self) -> Box | None:
        """The least and the greatest x and y of the origins and ends of its glyphs that paint; None where none does."""
        if self.extent is UNKNOWN:
            self.extent = self._ends()
        return self.extent

    def begin(self) -> float | None:
        """The least x of the origins of its glyphs that paint; None where none does."""
        state, font = self.state, self.state.font
        level = self.known is None and self.extent is UNKNOWN and not self.matrix[1] and self.span[0] == self.matrix[4]
        if level and font is not None and self.area.inside(self.reach) and state.stretch > 0:
            along = 0.0
            for part in shown(self.raw):
                for item in font.read(part) if isinstance(part, bytes) else (part,):
                    if isinstance(item, Glyph) and not item.blank:
                        return along * self.matrix[0] + self.matrix[4]
                    along += step_of(state, item)
            return None
        ends = self.ends()
        return None if ends is None else ends[0]

    def _ends(self) -> Box | None:
        a, b, _, _, e, f = self.matrix
        if self.known is not None or b or not self.area.inside(self.reach):
            painting = [g for g in self.glyphs() if not g.blank]
            return bounds([(x, g.y) for g in painting for x in (g.x, g.x + g.advance)]) if painting else None
        state, font = self.state, self.state.font
        size, spacing, word, stretch = state.size, state.spacing, state.word, state.stretch
        low, high, along, scale = inf, -inf, 0.0, size * stretch * a
        for item in items_of(font, shown(self.raw)) if font is not None else ():
            if isinstance(item, Glyph):
                if not item.blank:
                    x = along * a + e
                    low, high = min(low, x), max(high, x + item.advance * scale)
                along += (item.advance * size + spacing + (word if item.space else 0.0)) * stretch
            else:
                along -= item / 1000 * size * stretch
        return (low, f, high, f) if low < inf else None

    def take(self, items: list[Item]) -> None:
        """Take it apart at once; the boxes follow from the glyphs."""
        self.known = self._placed(items)
        boxes = [g.box for g in self.known]
        ends = [(x, g.y) for g in self.known for x in (g.x, g.x + g.advance)]
        self.reach = bounds([point for box in boxes for point in (box[:2], box[2:])]) if boxes else UNKNOWN
        self.span = bounds(ends) if ends else UNKNOWN

    def _placed(self, items: list[Item]) -> list[Placed]:
        state, matrix = self.state, self.matrix
        a, b, _, d, e, f = matrix
        upright = self.upright
        plain = upright and self.depth == 0 and state.mode < 4 and abs(state.stretch - 1) < SLANT
        frame = tuple([round(value, 3) for value in state.ctm])
        scale, em = state.size * state.stretch * a, state.size * abs(d)
        place_of, core = placer(state, matrix), core_of(state, matrix, self.area)
        known: list[Placed] = []
        along = 0.0
        for place, item in enumerate(items):
            if isinstance(item, Glyph):
                quad = place_of(item, along)
                box = bounds(quad)
                if not self.area.beyond(box):
                    x, y = along * a + e, along * b + f
                    known.append(
                        Placed(
                            (self.number, place), x, y, item.advance * scale, em, quad, box, upright, plain,
                            item.blank, _is_dot(item), frame, item.code, state.font, core,
                        )
                    )  # fmt: skip
            along += step_of(state, item)
        return known


@dataclass(slots=True, eq=False)
class Shape:
    """Something painted that is no text: `reach` holds it, `parts` are the boxes of its parts once somebody asked."""

    reach: Box
    image: bool
    find: Callable[[], list[Box]] | None = None
    parts: list[Box] | None = None

    def boxes(self) -> list[Box]:
        """The boxes of its parts."""
        if self.parts is None:
            self.parts = [self.reach] if self.find is None else self.find()
        return self.parts


class Survey:
    """The runs and shapes of one page, in the order they are painted; `numbered` and `paths` are what is known of the
    runs and paths of the page's own content, by their number there."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.numbered: dict[int, Run] = {}
        self.paths: dict[int, tuple[Box, Box]] = {}
        self.shapes: list[Shape] = []

    def add(self, run: Run) -> None:
        """A run as the next one."""
        if run.depth:
            run.number = -1 - len(self.runs)
        else:
            self.numbered[run.number] = run
        self.runs.append(run)

    @property
    def glyphs(self) -> list[Placed]:
        """Every glyph of the page."""
        return [g for run in self.runs for g in run.glyphs()]

    def meeting(self, box: Box) -> list[Placed]:
        """The glyphs whose ink may meet a box, and perhaps others."""
        x0, y0, x1, y1 = box
        near = [run for run in self.runs if (r := run.reach)[0] <= x1 and r[2] >= x0 and r[1] <= y1 and r[3] >= y0]
        return [g for run in near for g in run.glyphs()]

    def along(self, y: float, height: float) -> list[Placed]:
        """The glyphs whose base line lies near `y`, as they are painted."""
        low, high = y - height - HAIR, y + height + HAIR
        return [
            g
            for run in self.runs
            if run.span[1] <= high and run.span[3] >= low
            for g in run.glyphs()
            if abs(g.y - y) <= height
        ]

    def band(self, y: float, height: float) -> list[Placed]:
        """The glyphs that paint and whose base line lies near `y`, from left to right."""
        return sorted((g for g in self.along(y, height) if not g.blank), key=lambda g: (g.x, g.place))

    def shows_more(self, than: Iterable[Placed]) -> bool:
        """Whether any glyph paints that is not one of these."""
        places = {g.place for g in than}
        return any(not g.blank and g.place not in places for run in reversed(self.runs) for g in run.glyphs())

    def shape(self, reach: Box, *, image: bool, find: Callable[[], list[Box]] | None = None) -> None:
        """A painted path or shading, or a picture; `find` tells the boxes of its parts, all of them in `reach`."""
        self.shapes.append(Shape(reach, image, find))

    def crossed(self, strip: Box) -> bool:
        """Whether anything painted has an edge in a strip, or is a picture in it."""
        x0, y0, x1, y1 = strip
        near = [
            shape for shape in self.shapes if (r := shape.reach)[0] <= x1 and r[2] >= x0 and r[1] <= y1 and r[3] >= y0
        ]
        return any(
            overlap(box, strip)
            and (shape.image or not (box[0] <= x0 and box[1] <= y0 and box[2] >= x1 and box[3] >= y1))
            for shape in near
            for box in shape.boxes()
        )


def _is_dot(glyph: Glyph) -> bool:
    """Whether the ink is that of a full stop, as leaders are made of."""
    x0, y0, x1, y1 = glyph.ink
    return not glyph.blank and y1 < 0.25 and y1 - y0 < 0.35 and x1 - x0 < 0.4 and y0 > -0.2
