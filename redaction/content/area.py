"""What one walk must clear: convex polygons in page space, and the frame outside of which nothing is kept."""

from dataclasses import dataclass

from ..geometry import (
    Box,
    Matrix,
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


@dataclass(frozen=True)
class Target:
    """One convex polygon (anticlockwise) to clear, with its box and area."""

    polygon: Polygon
    box: Box
    area: float


@dataclass(frozen=True)
class Area:
    """The targets of a walk and its frame (None: everything is seen). All in the space the walk's CTM leads to."""

    targets: tuple[Target, ...] = ()
    frame: Box | None = None

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
        """Whether `box` meets no target and lies wholly in the frame, so that all in it stays."""
        x0, y0, x1, y1 = box
        for target in self.targets:
            a, b, c, d = target.box
            if a <= x1 and x0 <= c and b <= y1 and y0 <= d:
                return False
        frame = self.frame
        return frame is None or (x0 >= frame[0] and y0 >= frame[1] and x1 <= frame[2] and y1 <= frame[3])

    def framed(self, box: Box | None) -> "Area":
        """The same targets with a narrower frame."""
        if box is None:
            return self
        if self.frame is None:
            return Area(self.targets, box)
        a, b = self.frame, box
        narrow = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
        return Area(self.targets, narrow if narrow[0] <= narrow[2] and narrow[1] <= narrow[3] else (0, 0, 0, 0))


def target_of(polygon: Polygon) -> Target:
    """A target from a convex polygon."""
    ring = anticlockwise(polygon)
    return Target(ring, bounds(ring), signed_area(ring))


def covers(target: Target, quad: Polygon) -> bool:
    """Whether a glyph with this ink must go: more than a tenth of it (or of the target) is shared, or its
    centre lies in the target."""
    centre = (sum(x for x, _ in quad) / len(quad), sum(y for _, y in quad) / len(quad))
    if holds(target.polygon, centre):
        return True
    ring = anticlockwise(quad)
    least = min(abs(signed_area(ring)), target.area)
    return least > 1e-9 and shared_area(ring, target.polygon) > SHARE * least


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
