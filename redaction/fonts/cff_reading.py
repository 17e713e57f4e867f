"""CFF fonts by their bytes: names, programs and subroutines found without decoding them.

Format: Adobe Technical Note 5176. What is not plain (several fonts, predefined character sets but the first, unknown
entries of a dictionary) raises ValueError; the caller then reads the file in a slower, more forgiving way.
"""

from collections.abc import Sequence
from functools import cached_property
from operator import le, lt
from struct import error as StructError
from struct import unpack_from
from typing import NamedTuple

from fontTools.cffLib import cffISOAdobeStrings, cffStandardStrings

from .charstrings import Drawn, Type2, number_at

Entries = dict[int, list[float]]
STANDARD_NAMES: list[str] = [str(name) for name in cffStandardStrings]
BOX, CHARSET, ENCODING, PROGRAMS, PRIVATE, ROUTINES = 5, 15, 16, 17, 18, 19
ESCAPE, KIND, MATRIX, COUNT, COLLECTION, PARTS, SELECT = 1200, 1206, 1207, 1234, 1230, 1236, 1237
UNUSUAL = {24, 25, 1220, 1223}
HINTS = {
    6: 14, 7: 10, 8: 14, 9: 10, 10: 1, 11: 1, 1209: 1, 1210: 1, 1211: 1, 1212: 12, 1213: 12, 1214: 1, 1217: 1,
    1218: 1, 1219: 1, 20: 1, 21: 1,
}  # fmt: skip
OFFSETS = {1: "B", 2: "H", 4: "I"}
NIBBLES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "E", "E-", "?", "-", "")


class Listed(Sequence[bytes]):
    """An INDEX of a file, its items cut out when asked for; `end` is the place behind it."""

    def __init__(self, data: bytes, place: int) -> None:
        self.data = data
        if place < 0:
            raise ValueError("an index that begins before its file")
        (count,) = unpack_from(">H", data, place)
        size = data[place + 2] if count else 1
        if not 1 <= size <= 4:
            raise ValueError("an impossible size of offsets")
        head = data[place + 3 : place + 3 + (count + 1) * size] if count else b"\1"
        length = len(head)
        if length != (count + 1) * size:
            raise ValueError("an index is cut short")
        if size == 3:
            head, size = b"".join([b"\0" + head[at : at + 3] for at in range(0, len(head), 3)]), 4
        self.offsets = unpack_from(f">{len(head) // size}{OFFSETS[size]}", head)
        self.base = place + 2 + length if count else place + 1
        self.end = self.base + self.offsets[-1]
        if self.offsets[0] != 1 or self.end > len(data) or not all(map(le, self.offsets, self.offsets[1:])):
            raise ValueError("an index whose offsets do not fit together")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, number: int) -> bytes:  # type: ignore[override]
        if not 0 <= number < len(self):
            raise IndexError(number)
        return self.data[self.base + self.offsets[number] : self.base + self.offsets[number + 1]]


class Part(NamedTuple):
    """What the glyphs of one part of a font share: its hints, the matrix of a part of a CID font, its subroutines."""

    hints: Entries
    matrix: list[float]
    routines: Sequence[bytes]


class Compact:
    """One CFF font. `names` are those of the glyphs in order (`cid00012` in a font by CID), `encoding` the names of
    the built-in encoding by code, None for the standard one."""

    def __init__(self, data: bytes) -> None:
        try:
            self._read(data)
        except (StructError, IndexError, OverflowError) as error:
            raise ValueError("unreadable CFF tables") from error

    def _read(self, data: bytes) -> None:
        if data[0] != 1:
            raise ValueError("another version of the format")
        fonts = Listed(data, data[2])
        tops = Listed(data, fonts.end)
        self.strings = Listed(data, tops.end)
        self.shared = Listed(data, self.strings.end)
        if len(fonts) != 1 or len(tops) != 1:
            raise ValueError("not one font")
        self.top = top = entries(tops[0])
        if UNUSUAL & set(top) or top.get(KIND, [2]) != [2]:
            raise ValueError("a font of another kind")
        self.by_cid = COLLECTION in top
        self.programs = Listed(data, _place(top, PROGRAMS))
        count = len(self.programs)
        self.names = self._names(data, count)
        self.places = {name: place for place, name in enumerate(self.names)}
        if len(self.places) != count or not count:
            raise ValueError("two glyphs of one name")
        self.select = bytes(count)
        if self.by_cid:
            self.parts = [_part(data, entries(item)) for item in Listed(data, _place(top, PARTS))]
            self.select = _selected(data, _place(top, SELECT), count)
            if max(self.select) >= len(self.parts):
                raise ValueError("a glyph of a part that is not there")
        else:
            self.parts = [_part(data, {**top, MATRIX: []})]
        self.encoding = None if self.by_cid else self._encoding(data)

    def _names(self, data: bytes, count: int) -> list[str]:
        place = int(self.top.get(CHARSET, [0])[-1])
        if place == 0 and not self.by_cid and count <= len(cffISOAdobeStrings):
            return [str(name) for name in cffISOAdobeStrings[:count]]
        if place <= 2:
            raise ValueError("a predefined character set")
        form, place = data[place], place + 1
        if form == 0:
            numbers = list(unpack_from(f">{count - 1}H", data, place))
        elif form in (1, 2):
            numbers = []
            while len(numbers) < count - 1:
                first, more = unpack_from(">HB" if form == 1 else ">HH", data, place)
                numbers += range(first, first + more + 1)
                place += 2 + form
            del numbers[count - 1 :]
        else:
            raise ValueError("an unknown form of character set")
        if self.by_cid:
            return [".notdef", *[f"cid{number:05d}" for number in numbers]]
        return [".notdef", *[self._string(number) for number in numbers]]

    def _string(self, number: int) -> str:
        known = len(STANDARD_NAMES)
        return STANDARD_NAMES[number] if number < known else self.strings[number - known].decode("latin-1")

    def _encoding(self, data: bytes) -> list[str] | None:
        place = int(self.top.get(ENCODING, [0])[-1])
        if place <= 1:
            return None
        names = [".notdef"] * 256
        form, count = data[place], data[place + 1]
        place += 2
        codes: list[int] = []
        if form & 127 == 0:
            codes, place = list(data[place : place + count]), place + count
        elif form & 127 == 1:
            for _ in range(count):
                codes += range(data[place], data[place] + data[place + 1] + 1)
                place += 2
        else:
            raise ValueError("an unknown form of encoding")
        for code, name in zip(codes, self.names[1:], strict=False):
            if code:
                names[code] = name
        for index in range(data[place] if form & 128 else 0):
            code, number = unpack_from(">BH", data, place + 1 + 3 * index)
            names[code] = self._string(number)
        return names

    @cached_property
    def matrix(self) -> list[float]:
        """/FontMatrix as the file states it, or its default."""
        return self.top.get(MATRIX) or [0.001, 0, 0, 0.001, 0, 0]

    def part_of(self, name: str) -> int:
        """The number of the part a glyph belongs to."""
        return self.select[self.places[name]]

    def drawn(self, name: str) -> Drawn:
        """One glyph run. Raises Unsure (charstrings)."""
        place = self.places[name]
        return Type2(self.parts[self.select[place]].routines, self.shared).drawn(self.programs[place])


def entries(data: bytes) -> Entries:
    """A DICT: the operands of each operator, those of two bytes counted from 1200."""
    found: Entries = {}
    operands: list[float] = []
    place, end = 0, len(data)
    while place < end:
        byte = data[place]
        place += 1
        if byte <= 21:
            if byte == 12:
                byte, place = ESCAPE + data[place], place + 1
            found[byte] = operands
            operands = []
        elif byte == 30:
            value, place = _real(data, place)
            operands.append(value)
        elif byte == 29:
            operands.append(int.from_bytes(data[place : place + 4], "big", signed=True))
            place += 4
        elif byte == 28 or 32 <= byte <= 254:
            operands.append(number_at(data, place - 1, byte))
            place += 2 if byte == 28 else 0 if byte <= 246 else 1
        else:
            raise ValueError("an unknown operand")
    return found


def _real(data: bytes, place: int) -> tuple[float, int]:
    text = ""
    while True:
        byte = data[place]
        place += 1
        high, low = byte >> 4, byte & 15
        text += NIBBLES[high] + (NIBBLES[low] if high != 15 else "")
        if high == 15 or low == 15:
            return float(text), place


def _place(top: Entries, operator: int) -> int:
    if len(top.get(operator, ())) != 1:
        raise ValueError("a font that lacks a part")
    return int(top[operator][0])


def _part(data: bytes, top: Entries) -> Part:
    """What /Private of a font, or of a part of one, says; hints that are not listed are not kept."""
    size, place = (int(value) for value in top[PRIVATE]) if len(top.get(PRIVATE, ())) == 2 else (0, 0)
    if min(size, place) < 0 or place + size > len(data):
        raise ValueError("a font whose private part is cut short")
    stated = entries(data[place : place + size])
    routines: Sequence[bytes] = Listed(data, place + _place(stated, ROUTINES)) if ROUTINES in stated else ()
    hints = {operator: values for operator, values in stated.items() if operator in HINTS}
    if any(len(values) > HINTS[operator] for operator, values in hints.items()):
        raise ValueError("a list of hints that is too long")
    return Part(hints, top.get(MATRIX, []), routines)


def _selected(data: bytes, place: int, count: int) -> bytes:
    """The number of its part for every glyph."""
    if place < 0:
        raise ValueError("a font that lacks a part")
    if data[place] == 0:
        found = data[place + 1 : place + 1 + count]
    elif data[place] == 3:
        (ranges,) = unpack_from(">H", data, place + 1)
        listed = unpack_from(">" + "HB" * ranges + "H", data, place + 3)
        firsts, numbers = listed[0::2], listed[1::2]
        if firsts[0] or not all(map(lt, firsts, firsts[1:])):
            raise ValueError("glyphs whose parts are out of order")
        found = b"".join(
            bytes((number,)) * (after - first)
            for first, number, after in zip(firsts, numbers, firsts[1:], strict=False)
        )
    else:
        raise ValueError("an unknown way to tell parts")
    if len(found) != count:
        raise ValueError("glyphs without a part")
    return found
