"""A CFF file of some glyphs of a font, written byte by byte: nothing is taken over but what is listed here.

Format: Adobe Technical Note 5176. Programs have no subroutines any more; names, notices and unknown entries are gone.
"""

from collections.abc import Mapping, Sequence
from struct import pack
from typing import NamedTuple

from .cff_reading import (
    BOX,
    CHARSET,
    COLLECTION,
    COUNT,
    ENCODING,
    ESCAPE,
    MATRIX,
    NIBBLES,
    PARTS,
    PRIVATE,
    PROGRAMS,
    SELECT,
    STANDARD_NAMES,
    Compact,
)

STANDARD_IDS = {name: number for number, name in enumerate(STANDARD_NAMES)}
TOP = {BOX: 4, 1201: 1, 1202: 1, 1203: 1, 1204: 1, 1205: 1, MATRIX: 6, 1208: 1, COUNT: 1}
REAL_OF = {text: number for number, text in enumerate(NIBBLES) if text}
HEAD = b"\1\0\4\4"
NOTDEF = ".notdef"


class Kept(NamedTuple):
    """One glyph to be written: its name (`cid` says that it tells a CID), its program without subroutines, its part."""

    name: str
    program: bytes
    part: int
    cid: bool


class _Strings:
    """Numbers of names: those of the format's own list, others in the order they are asked for."""

    def __init__(self) -> None:
        self.own: list[bytes] = []
        self.known = dict(STANDARD_IDS)

    def number(self, name: str) -> int:
        if name not in self.known:
            self.known[name] = len(STANDARD_NAMES) + len(self.own)
            self.own.append(name.encode("latin-1"))
        return self.known[name]


def assembled(font: Compact, glyphs: Sequence[Kept]) -> bytes:
    """The file of these glyphs in this order, the first of them the one for codes without a glyph. Raises ValueError
    for a font whose own entries do not fit."""
    strings = _Strings()
    top = {operator: values for operator, values in font.top.items() if operator in TOP}
    if any(len(values) != TOP[operator] for operator, values in top.items()):
        raise ValueError("an entry of another size")
    used = sorted({glyph.part for glyph in glyphs})
    bodies: dict[int, bytes] = {}
    head = b""
    if font.by_cid:
        head = _entry(COLLECTION, [strings.number("Adobe"), strings.number("Identity"), 0])
        bodies[SELECT] = _selection([used.index(glyph.part) for glyph in glyphs])
    elif font.encoding is not None:
        bodies[ENCODING] = _encoding(font.encoding, glyphs, strings)
    bodies[CHARSET] = _charset(glyphs, strings)
    bodies[PROGRAMS] = _index([glyph.program for glyph in glyphs])
    head += _dictionary(top)
    last = PARTS if font.by_cid else PRIVATE
    size = len(head) + sum(len(_place(operator, 0)) for operator in bodies) + len(_place(last, *_sizes(last)))
    begin = HEAD + _index([b"Font"])
    rest = _index(strings.own) + _index([])
    place = len(begin) + len(_index([bytes(size)])) + len(rest)
    for operator, body in bodies.items():
        head += _place(operator, place)
        place += len(body)
    privates = [_dictionary(font.parts[part].hints) for part in used]
    tail = b"".join(privates)
    if font.by_cid:
        listed: list[bytes] = []
        for part, private in zip(used, privates, strict=True):
            listed.append(_matrix(font.parts[part].matrix) + _place(PRIVATE, len(private), place))
            place += len(private)
        head, tail = head + _place(PARTS, place), tail + _index(listed)
    else:
        head += _place(PRIVATE, len(tail), place)
    return b"".join((begin, _index([head]), rest, *bodies.values(), tail))


def _sizes(operator: int) -> tuple[int, ...]:
    return (0, 0) if operator == PRIVATE else (0,)


def _matrix(values: list[float]) -> bytes:
    if len(values) not in (0, 6):
        raise ValueError("an entry of another size")
    return _entry(MATRIX, values) if values else b""


def _index(items: Sequence[bytes]) -> bytes:
    """An INDEX."""
    if not items:
        return b"\0\0"
    offsets = [1]
    for item in items:
        offsets.append(offsets[-1] + len(item))
    size = max(1, (offsets[-1].bit_length() + 7) // 8)
    places = b"".join([offset.to_bytes(size, "big") for offset in offsets])
    return pack(">HB", len(items), size) + places + b"".join(items)


def _place(operator: int, *values: int) -> bytes:
    """An entry whose numbers always take the same room."""
    return b"".join([b"\x1d" + pack(">i", value) for value in values]) + _operator(operator)


def _operator(operator: int) -> bytes:
    return bytes((operator,)) if operator < ESCAPE else bytes((12, operator - ESCAPE))


def _dictionary(entries: Mapping[int, Sequence[float]]) -> bytes:
    return b"".join([_entry(operator, values) for operator, values in sorted(entries.items())])


def _entry(operator: int, values: Sequence[float]) -> bytes:
    return b"".join([_number(value) for value in values]) + _operator(operator)


def _number(value: float) -> bytes:
    if value == int(value) and abs(value) < 1 << 31:
        whole = int(value)
        if -107 <= whole <= 107:
            return bytes((whole + 139,))
        return b"\x1c" + pack(">h", whole) if -32768 <= whole < 32768 else b"\x1d" + pack(">i", whole)
    text = repr(float(value)).upper().replace("E-0", "E-").replace("E+", "E")
    nibbles: list[int] = []
    place = 0
    while place < len(text):
        piece = "E-" if text.startswith("E-", place) else text[place]
        nibbles.append(REAL_OF[piece])
        place += len(piece)
    nibbles += [15, 15] if len(nibbles) % 2 == 0 else [15]
    return b"\x1e" + bytes([high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True)])


def _charset(glyphs: Sequence[Kept], strings: _Strings) -> bytes:
    """The names of all glyphs but the first, or their CIDs."""
    numbers = [int(glyph.name[3:]) if glyph.cid else strings.number(glyph.name) for glyph in glyphs[1:]]
    return b"\0" + pack(f">{len(numbers)}H", *numbers)


def _selection(parts: Sequence[int]) -> bytes:
    """The part of every glyph, as ranges."""
    starts = [at for at, part in enumerate(parts) if not at or part != parts[at - 1]]
    ranges = b"".join([pack(">HB", at, parts[at]) for at in starts])
    return b"\3" + pack(">H", len(starts)) + ranges + pack(">H", len(parts))


def _encoding(names: Sequence[str], glyphs: Sequence[Kept], strings: _Strings) -> bytes:
    """The codes of the glyphs; a second code of one stands in the supplement."""
    codes: dict[str, list[int]] = {glyph.name: [] for glyph in glyphs if glyph.name != NOTDEF}
    for code, name in enumerate(names):
        if name in codes:
            codes[name].append(code)
    first = [(codes[glyph.name] or [0])[0] for glyph in glyphs[1:]][:255]
    while first and not first[-1]:
        first.pop()
    listed = {glyph.name for glyph in glyphs[1 : len(first) + 1]}
    more = [(code, name) for name, found in codes.items() for code in (found[1:] if name in listed else found)]
    head = bytes((128 if more else 0, len(first))) + bytes(first)
    if not more:
        return head
    return head + bytes((len(more),)) + b"".join([pack(">BH", code, strings.number(name)) for code, name in more])
