"""What one walk must clear: convex polygons in page space, and the frame outside of which nothing is kept."""

from dataclasses import dataclass, replace
from functools import cached_property

from ..geometry import (
    Box,
    Matrix,
    Point,
    Polygon,
    anticlockwise,
    bounds,
    grown,
    holds,
    inverse,
    mapped,
    overlap,
    shared_area,
    signed_area,
    within,
)

SHARE = 0.10
PEEKING = 0.25
"""How much of a letter of a neighbouring line may lie under a box: three quarters of it are seen beside the box."""
WHOLE = 1.0
"""The same for a mark over a line that is laid out anew: nothing is drawn where it lies, and which letters beside it
stay must not tell how wide it is."""


@dataclass(frozen=True)
class Target:
    """One convex polygon (anticlockwise) to clear, with its box and area, and how much of a letter of a neighbouring
    line may lie in it."""

    polygon: Polygon
    box: Box
    area: float
    peek: float = PEEKING


@dataclass(frozen=True, slots=True)
class Core:
    """What makes a line: the band between its base line and the height of its small letters, along all of its length.
    A point lies in it where `low` <= across * x + up * y + off <= `high`."""

    across: float
    up: float
    off: float
    low: float
    high: float

    def beside(self, target: Target) -> bool:
        """Whether a target that is tall enough to hold such a line lies wholly above or below this one."""
        heights = [self.across * x + self.up * y + self.off for x, y in target.polygon]
        low, high = min(heights), max(heights)
        return high - low >= self.high - self.low and (low > self.high or high < self.low)


@dataclass(frozen=True)
class Area:
    """The targets of a walk and its frame (None: everything is seen). All in the space the walk's CTM leads to.

    `drawn` are the boxes as they will be drawn: the targets, or for a line laid out anew where its gap came to lie.
    `repeated` is the area of a pattern's cell, which is seen in many places: nothing in it is clipped by a box.
    """

    targets: tuple[Target, ...] = ()
    frame: Box | None = None
    drawn: tuple[Target, ...] = ()
    repeated: bool = False

    @cached_property
    def walls(self) -> tuple[Box, ...]:
        """The boxes of all targets and of all drawn boxes, each once."""
        return tuple(dict.fromkeys(target.box for target in (*self.targets, *self.drawn)))

    def over(self, box: Box) -> list[Target]:
        """The drawn boxes that meet `box`."""
        return [target for target in self.drawn if overlap(target.box, box)]

    def near(self, box: Box) -> list[Target]:
        """The targets whose box meets `box`."""
        return [target for target in self.targets if overlap(target.box, box)]

    def beyond(self, box: Box) -> bool:
        """Whether `box` lies wholly outside the frame."""
        return self.frame is not None and not overlap(self.frame, box)

    def inside(self, box: Box) -> bool:
        """Whether `box` lies wholly in the frame."""
        return self.frame is None or within(box, self.frame)

    def clear(self, box: Box) -> bool:
        """Whether `box` meets no target, no drawn box and lies wholly in the frame, so that all in it stays."""
        x0, y0, x1, y1 = box
        for a, b, c, d in self.walls:
            if a <= x1 and x0 <= c and b <= y1 and y0 <= d:
                return False
        frame = self.frame
        return frame is None or (x0 >= frame[0] and y0 >= frame[1] and x1 <= frame[2] and y1 <= frame[3])

    def framed(self, box: Box | None) -> "Area":
        """The same targets with a narrower frame."""
        if box is None:
            return self
        if self.frame is None:
            return replace(self, frame=box)
        a, b = self.frame, box
        narrow = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
        return replace(self, frame=narrow if narrow[0] <= narrow[2] and narrow[1] <= narrow[3] else (0, 0, 0, 0))


def target_of(polygon: Polygon, peek: float = PEEKING) -> Target:
    """A target from a convex polygon."""
    ring = anticlockwise(polygon)
    return Target(ring, bounds(ring), signed_area(ring), peek)


def covers(target: Target, quad: Polygon) -> bool:
    """Whether a glyph with this ink lies under a target: more than a tenth of it (or of the target) is shared, or
    its centre lies in the target."""
    if holds(target.polygon, _centre(quad)):
        return True
    ring = anticlockwise(quad)
    least = min(abs(signed_area(ring)), target.area)
    return least > 1e-9 and shared_area(ring, target.polygon) > SHARE * least


def peeks(target: Target, quad: Polygon, core: Core | None) -> bool:
    """Whether a glyph that a target covers belongs to a neighbouring line (of this core; None: a line of no kind) and
    only reaches into the target with its tail or its top."""
    if core is None or not core.beside(target) or holds(target.polygon, _centre(quad)):
        return False
    ring = anticlockwise(quad)
    return shared_area(ring, target.polygon) <= target.peek * abs(signed_area(ring))


def _centre(quad: Polygon) -> Point:
    return (sum(x for x, _ in quad) / len(quad), sum(y for _, y in quad) / len(quad))


def takes(target: Target, quad: Polygon, core: Core | None) -> bool:
    """Whether a glyph with this ink, of a line with this core, must go."""
    return covers(target, quad) and not peeks(target, quad, core)


def contains(target: Target, quad: Polygon) -> bool:
    """Whether the whole quad lies in the target."""
    return all(holds(target.polygon, point) for point in quad)


def unit_holes(targets: list[Target], matrix: Matrix) -> list[Polygon]:
    """The targets seen from a space that `matrix` takes to theirs (for images: the unit square)."""
    back = inverse(matrix)
    return [] if back is None else [mapped(back, target.polygon) for target in targets]


def loosened(box: Box) -> Box:
    """A frame with a hair of tolerance."""
    return grown(box, 0.05)
