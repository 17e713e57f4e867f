"""What a first walk over a page learns: where every glyph stands and what else is painted. Page space, points."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..fonts import Font, Glyph
from ..geometry import Box, Matrix, Polygon, bounds, overlap

if TYPE_CHECKING:
    from .walker import Walker

SLANT = 1e-3


@dataclass(frozen=True, slots=True)
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


@dataclass
class Survey:
    """The glyphs and shapes of one page, in the order they are painted."""

    glyphs: list[Placed] = field(default_factory=list)
    shapes: list[tuple[Box, bool]] = field(default_factory=list)

    def glyph(self, walker: "Walker", place: tuple[int, int], glyph: Glyph, matrix: Matrix, quad: Polygon) -> None:
        """A glyph whose origin `matrix` gives; `quad` is its ink."""
        state, box = walker.state, bounds(quad)
        if walker.measuring or walker.area.beyond(box):
            return
        if walker.depth:
            place = (-1 - len(self.glyphs), 0)
        a, b, c, d, e, f = matrix
        vertical = state.font is not None and state.font.vertical
        upright = a > 0 and d > 0 and abs(b) + abs(c) < SLANT * (a + d) and state.size > 0 and not vertical
        plain = upright and walker.depth == 0 and state.mode < 4 and abs(state.stretch - 1) < SLANT
        frame = tuple(round(value, 3) for value in walker.state.ctm)
        self.glyphs.append(
            Placed(
                place,
                e,
                f,
                glyph.advance * state.size * state.stretch * a,
                state.size * abs(d),
                quad,
                box,
                upright,
                plain,
                glyph.blank,
                _is_dot(glyph),
                frame,
                glyph.code,
                state.font,
            )
        )

    def shape(self, box: Box, *, image: bool) -> None:
        """A painted path or shading, or a picture."""
        self.shapes.append((box, image))

    def band(self, y: float, height: float) -> list[Placed]:
        """The glyphs that paint and whose base line lies near `y`, from left to right."""
        return sorted((g for g in self.glyphs if not g.blank and abs(g.y - y) <= height), key=lambda g: (g.x, g.place))

    def crossed(self, strip: Box) -> bool:
        """Whether anything painted has an edge in a strip, or is a picture in it."""
        return any(
            overlap(box, strip)
            and (image or not (box[0] <= strip[0] and box[1] <= strip[1] and box[2] >= strip[2] and box[3] >= strip[3]))
            for box, image in self.shapes
        )


def _is_dot(glyph: Glyph) -> bool:
    """Whether the ink is that of a full stop, as leaders are made of."""
    x0, y0, x1, y1 = glyph.ink
    return not glyph.blank and y1 < 0.25 and y1 - y0 < 0.35 and x1 - x0 < 0.4 and y0 > -0.2
