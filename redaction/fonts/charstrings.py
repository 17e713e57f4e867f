"""Glyph programs run once for their box and, for CFF, written without subroutines.

Formats: Adobe Technical Note 5177 (Type 2), Adobe Type 1 Font Format, chapter 6. The box is that of all points, control
points included. Whatever is not plain (arithmetic, accents made of two glyphs, unknown operators) raises Unsure: the
caller then takes the slower way.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..geometry import Box

DEEPEST, MOST_CALLS = 10, 2_000
RETURN, ENDCHAR = 11, 14
STEMS, MASKS, MOVES = (1, 3, 18, 23), (19, 20), {21: 2, 22: 1, 4: 1}


class Unsure(ValueError):
    """A glyph program that is not plain."""


class Drawn(NamedTuple):
    """What a glyph paints in its own units (None: nothing), its program without subroutines (Type 2), and the
    subroutines it called (Type 1)."""

    box: Box | None
    flat: bytes
    called: frozenset[int]


class _Points:
    """The points of an outline, relative moves added up."""

    __slots__ = ("begun", "x", "xs", "y", "ys")

    def __init__(self) -> None:
        self.x = self.y = 0.0
        self.xs: list[float] = []
        self.ys: list[float] = []
        self.begun = False

    def move(self, dx: float, dy: float) -> None:
        """The start of a contour."""
        self.begun = True
        self.x += dx
        self.y += dy
        self.xs.append(self.x)
        self.ys.append(self.y)

    def start(self) -> None:
        """A contour without a move begins where the pen is."""
        if not self.begun:
            self.move(0.0, 0.0)

    def lines(self, args: Sequence[float]) -> None:
        """Pairs of dx dy, for lines and for curves."""
        if len(args) % 2:
            raise Unsure
        self.start()
        x, y, xs, ys = self.x, self.y, self.xs, self.ys
        for dx, dy in zip(args[0::2], args[1::2], strict=True):
            x += dx
            y += dy
            xs.append(x)
            ys.append(y)
        self.x, self.y = x, y

    def turns(self, args: Sequence[float], *, level: bool) -> None:
        """hlineto and vlineto."""
        self.start()
        x, y, xs, ys = self.x, self.y, self.xs, self.ys
        for value in args:
            if level:
                x += value
            else:
                y += value
            xs.append(x)
            ys.append(y)
            level = not level
        self.x, self.y = x, y

    def arcs(self, args: Sequence[float], *, level: bool) -> None:
        """hvcurveto and vhcurveto."""
        count, rest = divmod(len(args), 4)
        if rest > 1 or not count:
            raise Unsure
        steps: list[float] = []
        for place in range(0, 4 * count, 4):
            a, b, c, d = args[place : place + 4]
            last = args[-1] if rest and place == 4 * count - 4 else 0.0
            steps += (a, 0.0, b, c, last, d) if level else (0.0, a, b, c, d, last)
            level = not level
        self.lines(steps)

    def leans(self, args: Sequence[float], *, level: bool) -> None:
        """hhcurveto and vvcurveto."""
        count, rest = divmod(len(args), 4)
        if rest > 1 or not count:
            raise Unsure
        steps: list[float] = []
        side = args[0] if rest else 0.0
        for place in range(rest, len(args), 4):
            a, b, c, d = args[place : place + 4]
            steps += (a, side, b, c, d, 0.0) if level else (side, a, b, c, 0.0, d)
            side = 0.0
        self.lines(steps)

    def box(self) -> Box | None:
        """Around all points."""
        return (min(self.xs), min(self.ys), max(self.xs), max(self.ys)) if self.xs else None


def _flex(points: _Points, operator: int, v: Sequence[float]) -> None:
    """hflex, flex, hflex1, flex1 (Technical Note 5177, 4.1)."""
    if operator == 34 and len(v) == 7:
        points.lines((v[0], 0, v[1], v[2], v[3], 0, v[4], 0, v[5], -v[2], v[6], 0))
    elif operator == 35 and len(v) == 13:
        points.lines(v[:12])
    elif operator == 36 and len(v) == 9:
        points.lines((*v[:5], 0, v[5], 0, v[6], v[7], v[8], -(v[1] + v[3] + v[7])))
    elif operator == 37 and len(v) == 11:
        dx, dy = sum(v[0:10:2]), sum(v[1:10:2])
        points.lines((*v[:10], *((v[10], -dy) if abs(dx) > abs(dy) else (-dx, v[10]))))
    else:
        raise Unsure


class Type2:
    """One run of a Type 2 program with its subroutines, local and global."""

    def __init__(self, local: Sequence[bytes], shared: Sequence[bytes]) -> None:
        self.routines = {10: local, 29: shared}
        self.points = _Points()
        self.stack: list[float] = []
        self.flat: list[bytes] = []
        self.ended = False
        self.stems = self.calls = 0

    def drawn(self, program: bytes) -> Drawn:
        """Run a program. Raises Unsure."""
        try:
            self._run(program, 0)
        except (IndexError, TypeError) as error:
            raise Unsure from error
        if not self.ended:
            raise Unsure
        return Drawn(self.points.box(), b"".join(self.flat), frozenset())

    def _run(self, data: bytes, depth: int) -> None:
        """`begin` is where what was read and is not yet part of the flat program begins, `last` where the number
        before an operator does (-1: there is none in this program)."""
        self.calls += 1
        if depth > DEEPEST or self.calls > MOST_CALLS:
            raise Unsure
        stack, place, end = self.stack, 0, len(data)
        begin, last = 0, -1
        while place < end:
            byte = data[place]
            if byte >= 32 or byte == 28:
                last = place
                if 32 <= byte <= 246:
                    stack.append(byte - 139)
                    place += 1
                else:
                    stack.append(number_at(data, place, byte))
                    place += 3 if byte == 28 else 5 if byte == 255 else 2
                continue
            if byte == 10 or byte == 29:
                self.flat.append(data[begin:last])
                self._call(byte, depth, told=last >= 0)
                place, last = place + 1, -1
                begin = place
                if self.ended:
                    return
                continue
            if byte == RETURN:
                break
            place, last = self._operator(data, place), -1
            if self.ended:
                break
        self.flat.append(data[begin:place])

    def _call(self, kind: int, depth: int, *, told: bool) -> None:
        routines = self.routines[kind]
        count = len(routines)
        number = self.stack.pop() + (107 if count < 1240 else 1131 if count < 33900 else 32768)
        if not told or not 0 <= number < count or number != int(number):
            raise Unsure
        self._run(routines[int(number)], depth + 1)

    def _operator(self, data: bytes, place: int) -> int:
        """Do what stands at a place; the place behind it."""
        byte, points, stack = data[place], self.points, self.stack
        place += 1
        if byte in MASKS:
            self.stems += len(stack) // 2
            place += (self.stems + 7) // 8
        elif byte == 12:
            _flex(points, data[place], stack)
            place += 1
        elif byte in STEMS:
            self.stems += len(stack) // 2
        elif byte in MOVES:
            count = MOVES[byte]
            if not count <= len(stack) <= count + 1:
                raise Unsure
            points.move(*(stack[-2:] if byte == 21 else (stack[-1], 0.0) if byte == 22 else (0.0, stack[-1])))
        elif byte == ENDCHAR:
            if len(stack) > 1:
                raise Unsure
            self.ended = True
        else:
            _draw(points, byte, stack)
        stack.clear()
        return place


def _draw(points: _Points, byte: int, stack: Sequence[float]) -> None:
    if not stack:
        raise Unsure
    if byte in (5, 8, 24, 25):
        points.lines(stack)
    elif byte in (6, 7):
        points.turns(stack, level=byte == 6)
    elif byte in (30, 31):
        points.arcs(stack, level=byte == 31)
    elif byte in (26, 27):
        points.leans(stack, level=byte == 27)
    else:
        raise Unsure


def number_at(data: bytes, place: int, byte: int) -> float:
    """The number that begins with a byte (28, or 32 and above) at a place."""
    if 32 <= byte <= 246:
        return byte - 139
    if byte == 28:
        return int.from_bytes(data[place + 1 : place + 3], "big", signed=True)
    if byte <= 250:
        return (byte - 247) * 256 + data[place + 1] + 108
    if byte <= 254:
        return -(byte - 251) * 256 - data[place + 1] - 108
    return int.from_bytes(data[place + 1 : place + 5], "big", signed=True) / 65536


class Type1:
    """One run of a Type 1 program (decrypted, without its padding) with its subroutines."""

    def __init__(self, routines: Mapping[int, bytes]) -> None:
        self.routines = routines
        self.points = _Points()
        self.stack: list[float] = []
        self.called: set[int] = set()
        self.flex = -1
        self.calls = 0
        self.ended = False

    def drawn(self, program: bytes) -> Drawn:
        """Run a program. Raises Unsure."""
        try:
            self._run(program, 0)
        except (IndexError, TypeError, ValueError, ZeroDivisionError) as error:
            raise Unsure from error
        if not self.ended:
            raise Unsure
        return Drawn(self.points.box(), b"", frozenset(self.called))

    def _run(self, data: bytes, depth: int) -> None:
        self.calls += 1
        if depth > DEEPEST or self.calls > MOST_CALLS:
            raise Unsure
        stack, place, end = self.stack, 0, len(data)
        while place < end and not self.ended:
            byte = data[place]
            if byte >= 32:
                if byte <= 246:
                    stack.append(byte - 139)
                    place += 1
                elif byte == 255:
                    stack.append(int.from_bytes(data[place + 1 : place + 5], "big", signed=True))
                    place += 5
                else:
                    stack.append(number_at(data, place, byte))
                    place += 2
                continue
            place += 1
            if byte == 10:
                number = int(stack.pop())
                self.called.add(number)
                if number not in self.routines:
                    raise Unsure
                self._run(self.routines[number], depth + 1)
            elif byte == RETURN:
                return
            elif byte == 12:
                self._escaped(data[place])
                place += 1
            else:
                self._operator(byte)

    def _operator(self, byte: int) -> None:
        points, stack = self.points, self.stack
        if byte in MOVES:
            dx, dy = stack[-2:] if byte == 21 else (stack[-1], 0.0) if byte == 22 else (0.0, stack[-1])
            if self.flex < 0:
                points.move(dx, dy)
            elif self.flex == 0:
                points.x, points.y = points.x + dx, points.y + dy
            else:
                points.lines((dx, dy))
            self.flex += self.flex >= 0
        elif byte == 13:
            points.x = stack[-2]
        elif byte == ENDCHAR:
            self.ended = True
        elif byte not in (1, 3, 9):
            if (byte in (5, 8) and len(stack) not in (2, 6)) or (byte in (30, 31) and len(stack) != 4) or byte > 31:
                raise Unsure
            _draw(points, byte, stack)
        stack.clear()

    def _escaped(self, byte: int) -> None:
        stack = self.stack
        if byte == 33:
            x, y = stack
            if abs(x - self.points.x) + abs(y - self.points.y) > 1:
                raise Unsure
            stack.clear()
        elif byte in (0, 1, 2):
            stack.clear()
        elif byte == 12:
            below = stack.pop()
            stack.append(stack.pop() / below)
        elif byte == 16:
            routine, count = int(stack.pop()), int(stack.pop())
            if (routine, count) == (1, 0):
                self.flex = 0
            elif (routine, count) == (0, 3) and self.flex == 7:
                self.flex = -1
                del stack[-3]
            elif (routine, count) not in ((2, 0), (3, 1)):
                raise Unsure
        elif byte != 17:
            raise Unsure
