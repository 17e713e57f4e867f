"""Plane geometry in PDF points: matrices, convex polygons, cutting a polygon or a line by a convex polygon.

A point is (x, y). A matrix is (a, b, c, d, e, f) as in PDF: x' = a x + c y + e, y' = b x + d y + f.
A box is (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1. A polygon is a sequence of points; convex ones run
anticlockwise.
"""

from collections.abc import Iterable, Sequence
from math import hypot

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Matrix = tuple[float, float, float, float, float, float]
Polygon = tuple[Point, ...]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def times(m: Matrix, n: Matrix) -> Matrix:
    """The matrix that first applies `m`, then `n` (PDF writes it m x n)."""
    a, b, c, d, e, f = m
    p, q, r, s, t, u = n
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def inverse(m: Matrix) -> Matrix | None:
    """The inverse of `m`, or None when it flattens the plane."""
    a, b, c, d, e, f = m
    det = a * d - b * c
    if abs(det) < 1e-14:
        return None
    return (d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det)


def at(m: Matrix, point: Point) -> Point:
    """Where `m` takes `point`."""
    x, y = point
    return (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5])


def scale_of(m: Matrix) -> float:
    """The most `m` can stretch a length along one of its axes."""
    return max(hypot(m[0], m[1]), hypot(m[2], m[3]), 1e-12)


def corners(box: Box) -> Polygon:
    """The four corners of a box, anticlockwise."""
    x0, y0, x1, y1 = box
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def mapped(m: Matrix, polygon: Iterable[Point]) -> Polygon:
    """The polygon taken through `m`."""
    a, b, c, d, e, f = m
    return tuple([(a * x + c * y + e, b * x + d * y + f) for x, y in polygon])


def bounds(points: Iterable[Point]) -> Box:
    """The smallest box around the points (at least one)."""
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share at least a border point."""
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def within(inner: Box, outer: Box) -> bool:
    """Whether `inner` lies wholly in `outer`."""
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def meet(a: Box, b: Box) -> Box | None:
    """The box both share, or None."""
    box = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
    return box if box[0] <= box[2] and box[1] <= box[3] else None


def grown(box: Box, by: float) -> Box:
    """The box widened on every side."""
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def signed_area(polygon: Sequence[Point]) -> float:
    """The area; positive when the polygon runs anticlockwise."""
    total = 0.0
    previous = polygon[-1] if polygon else (0.0, 0.0)
    for point in polygon:
        total += previous[0] * point[1] - point[0] * previous[1]
        previous = point
    return total / 2


def anticlockwise(polygon: Polygon) -> Polygon:
    """The same polygon in anticlockwise order."""
    return polygon if signed_area(polygon) >= 0 else tuple(reversed(polygon))


def is_convex(polygon: Polygon) -> bool:
    """Whether a polygon of at least three corners has an inside and no inward corner."""
    ring = anticlockwise(polygon)
    if len(ring) < 3 or signed_area(ring) < 1e-6:
        return False
    size = len(ring)
    return all(side(ring[i], ring[(i + 1) % size], ring[(i + 2) % size]) >= -1e-6 for i in range(size))


def side(start: Point, end: Point, point: Point) -> float:
    """Positive when `point` lies left of the line from `start` to `end`."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def pushed(polygon: Polygon, by: float) -> Polygon:
    """A convex anticlockwise polygon with every edge moved outwards by `by` points (corners mitred)."""
    lines = []
    for start, end in edges(polygon):
        length = hypot(end[0] - start[0], end[1] - start[1])
        if length < 1e-9:
            continue
        nx, ny = (end[1] - start[1]) / length, (start[0] - end[0]) / length
        lines.append(((start[0] + nx * by, start[1] + ny * by), (end[0] - start[0], end[1] - start[1])))
    found = [_crossing(lines[i - 1], lines[i]) for i in range(len(lines))]
    return tuple(point for point in found if point is not None)


def _crossing(one: tuple[Point, Point], two: tuple[Point, Point]) -> Point | None:
    (px, py), (dx, dy) = one
    (qx, qy), (ex, ey) = two
    det = dx * ey - dy * ex
    if abs(det) < 1e-12:
        return (qx, qy)
    t = ((qx - px) * ey - (qy - py) * ex) / det
    return (px + t * dx, py + t * dy)


def edges(polygon: Sequence[Point]) -> list[tuple[Point, Point]]:
    """The sides of a polygon as (start, end), the closing one included."""
    return list(zip(polygon, (*polygon[1:], polygon[0]), strict=True)) if polygon else []


def holds(polygon: Sequence[Point], point: Point) -> bool:
    """Whether a convex anticlockwise polygon has the point inside or on its border."""
    return all(side(start, end, point) >= -1e-9 for start, end in edges(polygon))


def keep_left(polygon: Sequence[Point], start: Point, end: Point) -> list[Point]:
    """The part of a polygon left of a line (Sutherland and Hodgman's step)."""
    result: list[Point] = []
    if not polygon:
        return result
    previous = polygon[-1]
    before = side(start, end, previous)
    for point in polygon:
        now = side(start, end, point)
        if (before >= 0) != (now >= 0):
            t = before / (before - now)
            result.append((previous[0] + t * (point[0] - previous[0]), previous[1] + t * (point[1] - previous[1])))
        if now >= 0:
            result.append(point)
        previous, before = point, now
    return result


def shared_area(polygon: Sequence[Point], convex: Polygon) -> float:
    """The area of `polygon` that lies in the convex anticlockwise polygon."""
    piece = list(polygon)
    for start, end in edges(convex):
        piece = keep_left(piece, start, end)
        if len(piece) < 3:
            return 0.0
    return abs(signed_area(piece))


def outside_pieces(ring: Sequence[Point], convex: Polygon) -> list[list[Point]]:
    """Rings that together fill exactly `ring` less the convex anticlockwise polygon."""
    pieces: list[list[Point]] = []
    rest = list(ring)
    for start, end in edges(convex):
        outer = keep_left(rest, end, start)
        if len(outer) >= 3 and abs(signed_area(outer)) > 1e-9:
            pieces.append(outer)
        rest = keep_left(rest, start, end)
        if len(rest) < 3:
            break
    return pieces


def span_inside(start: Point, end: Point, convex: Polygon) -> tuple[float, float] | None:
    """The part of a segment in a convex polygon as parameters (t0, t1) in 0..1, or None."""
    low, high = 0.0, 1.0
    for a, b in edges(convex):
        at_start, at_end = side(a, b, start), side(a, b, end)
        if at_start < 0 and at_end < 0:
            return None
        if at_start < 0:
            low = max(low, at_start / (at_start - at_end))
        elif at_end < 0:
            high = min(high, at_start / (at_start - at_end))
    return (low, high) if low <= high else None


def flattened(p0: Point, p1: Point, p2: Point, p3: Point, steps: int) -> list[Point]:
    """`steps` points along a cubic curve, its start left out and its end included."""
    points: list[Point] = []
    for index in range(1, steps + 1):
        t = index / steps
        s = 1 - t
        w0, w1, w2, w3 = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        points.append(
            (
                w0 * p0[0] + w1 * p1[0] + w2 * p2[0] + w3 * p3[0],
                w0 * p0[1] + w1 * p1[1] + w2 * p2[1] + w3 * p3[1],
            )
        )
    return points
