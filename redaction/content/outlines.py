"""Shapes as points: subpaths, rings and lines, and which parts of them lie outside the marks."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import hypot

from ..geometry import Box, Matrix, Point, Polygon, at, bounds, flattened, outside_pieces, overlap, pushed, span_inside
from .area import Target, contains
from .writing import points

Segment = tuple[Point, ...]


@dataclass
class Subpath:
    """A start, segments of one (line) or three (curve) points, and whether it is closed."""

    start: Point
    segments: list[Segment] = field(default_factory=list)
    closed: bool = False

    def every(self) -> list[Point]:
        """All points, control points included."""
        return [self.start, *(point for segment in self.segments for point in segment)]

    def written(self) -> bytes:
        """The operators that build it."""
        parts = [points(self.start) + b" m"]
        for segment in self.segments:
            parts.append(points(*segment) + (b" l" if len(segment) == 1 else b" c"))
        if self.closed:
            parts.append(b"h")
        return b"\n".join(parts)

    def flat(self, matrix: Matrix) -> list[Point]:
        """The points in page space, curves as short lines."""
        line = [at(matrix, self.start)]
        for segment in self.segments:
            placed = [at(matrix, point) for point in segment]
            if len(placed) == 1:
                line.append(placed[0])
            else:
                reach = sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in zip([line[-1], *placed], placed, strict=False))
                line += flattened(line[-1], placed[0], placed[1], placed[2], min(64, max(4, int(reach))))
        return line


def ring_of(ring: Polygon) -> bytes:
    parts = [points(ring[0]) + b" m", *(points(point) + b" l" for point in ring[1:]), b"h"]
    return b"\n".join(parts)


def cut_by(line: list[Point], targets: list[Target]) -> list[list[Point]] | None:
    """What is left of a filled ring outside the targets; None where it crosses none of them.

    A target that lies wholly inside a ring leaves it whole, unless a cut by another target brought an edge into it.
    """
    rings, waiting = [line], targets
    while met := [target for target in waiting if any(crosses(ring, target, closed=True) for ring in rings)]:
        waiting = [target for target in waiting if target not in met]
        for target in met:
            rings = [piece for ring in rings for piece in outside_pieces(ring, target.polygon)]
    return rings if len(waiting) < len(targets) else None


def crosses(line: list[Point], target: Target, *, closed: bool) -> bool:
    """Whether any side of a ring comes into the target's inside."""
    if contains(target, tuple(line)):
        return True
    inner = pushed(target.polygon, -0.01)
    ring = [*line, line[0]] if closed else line
    return line_meets(ring, inner) if len(inner) >= 3 else line_meets(ring, target.polygon)


def line_meets(line: list[Point], wall: Polygon) -> bool:
    if len(line) == 1:
        return span_inside(line[0], line[0], wall) is not None
    around: Box = bounds(wall)
    for a, b in pairwise(line):
        side = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
        if overlap(side, around) and span_inside(a, b, wall) is not None:
            return True
    return False


def outside_lines(line: list[Point], walls: list[Polygon]) -> list[tuple[float, list[Point]]]:
    """The parts of a line outside all walls, each with its distance from the line's start."""
    pieces: list[tuple[float, list[Point]]] = []
    current: list[Point] = []
    begun = passed = 0.0
    for a, b in pairwise(line):
        length = hypot(b[0] - a[0], b[1] - a[1])
        for low, high in _gaps(a, b, walls):
            start = (a[0] + low * (b[0] - a[0]), a[1] + low * (b[1] - a[1]))
            end = (a[0] + high * (b[0] - a[0]), a[1] + high * (b[1] - a[1]))
            if low > 0 or not current:
                if len(current) > 1:
                    pieces.append((begun, current))
                current, begun = [start], passed + low * length
            current.append(end)
            if high < 1:
                pieces.append((begun, current))
                current = []
        if not _gaps(a, b, walls) and current:
            if len(current) > 1:
                pieces.append((begun, current))
            current = []
        passed += length
    if len(current) > 1:
        pieces.append((begun, current))
    return pieces


def _gaps(a: Point, b: Point, walls: list[Polygon]) -> list[tuple[float, float]]:
    """The parameter ranges of a segment that no wall covers."""
    covered = sorted(span for wall in walls if (span := span_inside(a, b, wall)) is not None)
    free: list[tuple[float, float]] = []
    place = 0.0
    for low, high in covered:
        if low > place:
            free.append((place, low))
        place = max(place, high)
    if place < 1:
        free.append((place, 1.0))
    return free
