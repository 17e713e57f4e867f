"""Paths: what lies in a mark is cut out of the geometry, so that no point of it stays in the file."""

from collections.abc import Sequence
from functools import lru_cache
from math import hypot
from typing import TYPE_CHECKING

from ..errors import Refused
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
    meet,
    overlap,
    pushed,
    scale_of,
)
from ..limits import MAX_PATH_POINTS, hold
from .area import Target
from .outlines import Subpath, cut_by, line_meets, outside_lines, ring_of
from .writing import num, nums, points

if TYPE_CHECKING:
    from .survey import Survey
    from .walker import Walker

PATHS = {b"m": 2, b"l": 2, b"c": 6, b"v": 4, b"y": 4, b"h": 0, b"re": 4}
FILLS = {"f": "f", "F": "f", "f*": "f*", "B": "f", "B*": "f*", "b": "f", "b*": "f*"}
STROKES = {"S", "s", "B", "B*", "b", "b*"}
CLOSES = {"s", "b", "b*"}
EMPTY = b"0 0 0 0 re"
CLOSE = 0.02
"""How far, in points, rounding may have moved the corners of a box."""


class PathPart:
    """The path under construction in one walk, in the user space of its operators."""

    def __init__(self, walker: "Walker") -> None:
        self.walker = walker
        self.subpaths: list[Subpath] = []
        self.raw: list[bytes] = []
        self.clip = ""
        self.count = self.number = 0

    def whole(self, body: bytes, paint: bytes) -> None:
        """A path from its first operator to the painting one. One that surely lies clear of every mark and inside
        the frame is written as it stood, without looking at it point by point."""
        words = body.split()
        clip, operator = _painting(paint)
        self.count += len(words)
        self.number += 1
        hold("many-points", self.count, MAX_PATH_POINTS)
        if not self.subpaths and not self.clip and self._clear(body, words, operator, clip):
            return
        self.build(words)
        self.clip = clip or self.clip
        self.paint(operator)

    def _clear(self, body: bytes, words: list[bytes], operator: str, clip: str) -> bool:
        """Write a path that nothing has to be cut from, or tell a survey where it may lie; False when that is not
        sure."""
        walker, state = self.walker, self.walker.state
        paints = operator != "n"
        if walker.measuring or not (paints or clip) or walker.hidden:
            return False
        known = walker.paths.get(self.number) or self._bounds(body, words, operator)
        if known is None:
            return False
        box, reach = known
        survey = walker.job.survey
        if survey is not None:
            if not walker.depth:
                survey.paths[self.number] = known
            self._noted(survey, words, operator, reach)
        elif not walker.area.clear(reach):
            return False
        else:
            walker.paints += paints
            words.append(f"{clip} {operator}".encode() if clip else operator.encode())
            walker.output.append(b" ".join(words))
        if clip:
            state.clip = (meet(state.clip, box) or (0.0, 0.0, 0.0, 0.0)) if state.clip else box
        return True

    def _bounds(self, body: bytes, words: list[bytes], operator: str) -> tuple[Box, Box] | None:
        """On the page, the box around all points of a path and the one that surely holds what it paints; None where
        that is not told so easily. A survey of the page has told it already."""
        box, ctm = _around(body, words), self.walker.state.ctm
        if box is None:
            return None
        a, b, c, d, e, f = ctm
        x0, y0, x1, y1 = box
        if b == c == 0:
            x0, x1, y0, y1 = a * x0 + e, a * x1 + e, d * y0 + f, d * y1 + f
            box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        else:
            box = bounds(mapped(ctm, ((x0, y0), (x1, y0), (x1, y1), (x0, y1))))
        return box, grown(box, self._half_width() * 1.5) if operator in STROKES else box

    def _noted(self, survey: "Survey", words: list[bytes], operator: str, reach: Box) -> None:
        """Tell the survey of a path; its parts are looked at when somebody asks."""
        ctm, clip = self.walker.state.ctm, self.walker.state.clip
        wide = self._half_width() if operator in STROKES else 0.0
        seen = meet(reach, clip) if clip else reach

        def find() -> list[Box]:
            part = PathPart(self.walker)
            part.build(words)
            if operator in CLOSES and part.subpaths:
                part.subpaths[-1].closed = True
            return part.boxes(ctm, wide, seen)

        survey.shape(reach, image=False, find=find)

    def build(self, words: list[bytes]) -> None:
        """The path that these operators and operands build. Raises Refused "operand" where there are too few."""
        values: list[bytes] = []
        for word in words:
            if word.isalpha():
                count = PATHS[word]
                if len(values) < count:
                    raise Refused("operand", "An operator has operands of the wrong kind.")
                values = values[len(values) - count :]
                self.add(word.decode(), [float(value) for value in values], b" ".join([*values, word]))
                values = []
            else:
                values.append(word)

    def add(self, operator: str, values: list[float], raw: bytes) -> None:
        """m l c v y h re."""
        self.raw.append(raw)
        self.count += len(values)
        hold("many-points", self.count, MAX_PATH_POINTS)
        if operator == "m":
            self.subpaths.append(Subpath((values[0], values[1])))
        elif operator == "re":
            x, y, w, h = values
            corner = Subpath((x, y), [((x + w, y),), ((x + w, y + h),), ((x, y + h),)], closed=True)
            self.subpaths.append(corner)
        elif self.subpaths:
            self._extend(operator, values)

    def _extend(self, operator: str, values: list[float]) -> None:
        current = self.subpaths[-1]
        if operator == "h":
            current.closed = True
            return
        if current.closed:
            current = Subpath(current.start)
            self.subpaths.append(current)
        last = current.segments[-1][-1] if current.segments else current.start
        pairs = [(values[i], values[i + 1]) for i in range(0, len(values), 2)]
        if operator == "v":
            pairs = [last, *pairs]
        elif operator == "y":
            pairs = [*pairs, pairs[-1]]
        current.segments.append(tuple(pairs))

    def paint(self, operator: str) -> None:
        """A painting operator: write the path as it was, or cut; then set the clip that was asked for."""
        walker = self.walker
        if operator in CLOSES and self.subpaths:
            self.subpaths[-1].closed = True
        if operator == "n" and (veil := self._veil()):
            walker.state.veils += (veil,)
        elif self.subpaths:
            self._paint(operator)
        elif self.clip:
            walker.emit(EMPTY + b" " + self.clip.encode() + b" n")
        self.subpaths, self.raw, self.clip = [], [], ""

    def _veil(self) -> Polygon | None:
        """The drawn box that this path leaves out, where it is such a clip as `outside_clip` writes."""
        known = self.walker.job.veils
        if not known or self.clip != "W*" or len(self.subpaths) != 2:
            return None
        if any(len(segment) > 1 for sub in self.subpaths for segment in sub.segments):
            return None
        around, inner = (mapped(self.walker.state.ctm, sub.every()) for sub in self.subpaths)
        same = any(len(inner) == len(veil) and all(map(_close, inner, veil)) for veil in known)
        return inner if same and all(holds(anticlockwise(around), point) for point in inner) else None

    def _paint(self, operator: str) -> None:
        walker, state = self.walker, self.walker.state
        box = bounds(mapped(state.ctm, (point for sub in self.subpaths for point in sub.every())))
        wide = self._half_width() if operator in STROKES else 0.0
        reach = grown(box, wide * 1.5)
        paints = operator != "n" and not walker.hidden
        if operator != "n" and walker.hidden:
            walker.job.kinds.add("hidden_layers")
        if paints:
            seen = meet(reach, state.clip) if state.clip else reach
            walker.painted(seen)
        survey = walker.job.survey
        if (paints or self.clip) and survey is not None and not walker.measuring:
            for part in self.boxes(state.ctm, wide, meet(reach, state.clip) if state.clip else reach):
                survey.shape(part, image=False)
        if not paints and self.clip and self.raw == [EMPTY]:
            walker.emit(EMPTY + b" " + self.clip.encode() + b" n")
            state.clip = box
            return
        near = walker.area.near(reach)
        if (near or not walker.area.inside(reach)) and (paints or self.clip):
            self._cut(operator if paints else "n", near, wide)
        elif paints or self.clip:
            self.raw.append((self.clip + " " if self.clip else "").encode() + (operator if paints else "n").encode())
            walker.paints += paints
            walker.emit(b" ".join(self.raw))
        if self.clip:
            state.clip = (meet(state.clip, box) or (0.0, 0.0, 0.0, 0.0)) if state.clip else box

    def boxes(self, ctm: Matrix, wide: float, seen: Box | None) -> list[Box]:
        """Where every part lies: as written, and as the clip lets it be seen."""
        found: list[Box] = []
        for sub in self.subpaths:
            part = grown(bounds(mapped(ctm, sub.every())), wide)
            found.append(part)
            clipped = meet(part, seen) if seen else None
            if clipped is not None and clipped != part:
                found.append(clipped)
        return found

    def _half_width(self) -> float:
        state = self.walker.state
        return max(state.line * scale_of(state.ctm), 0.5) / 2

    def _cut(self, operator: str, near: list[Target], wide: float) -> None:
        walker, state = self.walker, self.walker.state
        back = inverse(state.ctm)
        if back is None:
            if self.clip:
                walker.emit(EMPTY + b" W n")
            return
        fill = FILLS.get(operator)
        if fill:
            self._fill(fill, near, back)
        if operator in STROKES:
            self._stroke(near, wide, back)
        if self.clip:
            shape = self._written(self._filled(near, back))
            walker.emit((shape or EMPTY) + b" " + self.clip.encode() + b" n")

    def _written(self, shape: list[bytes]) -> bytes:
        """The operators of a shape; as they stood when nothing of it changed."""
        same = len(shape) == len(self.subpaths) and all(
            one == sub.written() for one, sub in zip(shape, self.subpaths, strict=True)
        )
        return b" ".join(self.raw if same else shape)

    def _fill(self, operator: str, near: list[Target], back: Matrix) -> None:
        walker = self.walker
        shape = self._filled(near, back)
        if not shape:
            walker.job.kinds.add("drawings")
            return
        walker.paints += 1
        if walker.state.fill_pattern and near:
            walker.emit(b"q\n" + self.outside_clip(near, back))
        walker.emit(self._written(shape) + b" " + operator.encode())
        if walker.state.fill_pattern and near:
            walker.emit(b"Q")

    def outside_clip(self, near: Sequence[Target], back: Matrix) -> bytes:
        """Operators that clip to the plane without the targets, one after another."""
        reach = 32_000.0
        parts: list[bytes] = []
        for target in near:
            x0, y0, x1, y1 = target.box
            around = (
                (x0 - reach, y0 - reach),
                (x1 + reach, y0 - reach),
                (x1 + reach, y1 + reach),
                (x0 - reach, y1 + reach),
            )
            for ring in (around, target.polygon):
                parts.append(ring_of(mapped(back, ring)))
            parts.append(b"W* n")
        return b"\n".join(parts)

    def _filled(self, near: list[Target], back: Matrix) -> list[bytes]:
        """The subpaths for filling, less the targets and less what lies wholly outside the frame."""
        walker, ctm = self.walker, self.walker.state.ctm
        shape: list[bytes] = []
        for sub in self.subpaths:
            box = bounds(mapped(ctm, sub.every()))
            if walker.area.beyond(box):
                walker.job.kinds.add("outside_crop")
                continue
            met = [target for target in near if overlap(target.box, box)]
            rings = cut_by(sub.flat(ctm), met) if met else None
            if rings is None:
                shape.append(sub.written())
                continue
            walker.job.kinds.add("drawings")
            seen = [ring for ring in rings if not walker.area.beyond(bounds(ring))]
            if len(seen) < len(rings):
                walker.job.kinds.add("outside_crop")
            shape += [ring_of(mapped(back, ring)) for ring in seen]
        return shape

    def _stroke(self, near: list[Target], wide: float, back: Matrix) -> None:
        """The stroked subpaths; parts whose ink would reach a target are left out."""
        walker, state = self.walker, self.walker.state
        reach = wide * (2.0 if state.cap else 1.0) + 0.05
        walls = [(pushed(target.polygon, reach), grown(target.box, reach * 1.5)) for target in near]
        whole: list[bytes] = []
        for sub in self.subpaths:
            box = grown(bounds(mapped(state.ctm, sub.every())), wide)
            if walker.area.beyond(box):
                walker.job.kinds.add("outside_crop")
                continue
            met = [wall for wall, around in walls if overlap(around, box)]
            line = sub.flat(state.ctm) if met else []
            if sub.closed and line:
                line.append(line[0])
            if any(line_meets(line, wall) for wall in met):
                walker.job.kinds.add("drawings")
                self._pieces(line, met, wide, back)
            else:
                whole.append(sub.written())
        if whole:
            walker.paints += 1
            walker.emit(self._written(whole) + b" S")

    def _pieces(self, line: list[Point], walls: list[Polygon], wide: float, back: Matrix) -> None:
        walker, state = self.walker, self.walker.state
        scale = scale_of(state.ctm)
        dashes, phase = state.dash
        for offset, piece in outside_lines(line, walls):
            if walker.area.beyond(grown(bounds(piece), wide)):
                walker.job.kinds.add("outside_crop")
                continue
            walker.paints += 1
            local = mapped(back, piece)
            if dashes:
                walker.emit(b"[" + nums(dashes) + b"] " + num(phase + offset / scale) + b" d")
            parts = [points(local[0]) + b" m", *(points(point) + b" l" for point in local[1:])]
            walker.emit(b"\n".join(parts) + b" S")
        if dashes:
            walker.emit(b"[" + nums(dashes) + b"] " + num(phase) + b" d")


def _close(one: Point, two: Point) -> bool:
    return hypot(one[0] - two[0], one[1] - two[1]) < CLOSE


@lru_cache(maxsize=256)
def _painting(raw: bytes) -> tuple[str, str]:
    """The clipping operator, or nothing, and the painting one."""
    *clip, operator = raw.decode().split()
    return "".join(clip), operator


def _around(body: bytes, words: list[bytes]) -> Box | None:
    """The box around all points of a path in its own space, control points included; None where rectangles are
    mixed with other parts or the path does not begin with a point."""
    if b"re" not in body:
        if words[2:3] != [b"m"]:
            return None
        numbers = list(map(float, body.translate(None, b"mlcvyh").split()))
        xs, ys = numbers[0::2], numbers[1::2]
    else:
        if words[4::5] != [b"re"] * (len(words) // 5) or len(words) % 5:
            return None
        numbers = list(map(float, body.translate(None, b"re").split()))
        xs = numbers[0::4] + [x + w for x, w in zip(numbers[0::4], numbers[2::4], strict=True)]
        ys = numbers[1::4] + [y + h for y, h in zip(numbers[1::4], numbers[3::4], strict=True)]
    return (min(xs), min(ys), max(xs), max(ys))
