"""Embedded Type 1 programs: read the encrypted part, measure glyphs, write it again with the used glyphs only."""

import re
from functools import cached_property

from fontTools.misc.psCharStrings import T1CharString
from fontTools.pens.boundsPen import ControlBoundsPen

from ..geometry import Box
from .charstrings import Drawn, Type1, Unsure
from .eexec import CHAR_KEY, EEXEC_KEY, decrypt, encrypt
from .encodings import STANDARD

RETURN_ONLY = b"\x0b"
SUBR = re.compile(rb"dup\s+(\d+)\s+(\d+)\s+(?:RD|-\||\S+)\s")
GLYPH = re.compile(rb"/([^\s/{}\[\]()<>]+)\s+(\d+)\s+(?:RD|-\||\S+)\s")
GLYPHS = re.compile(rb"/CharStrings\s+\d+\s+dict\b")
ENTRY = re.compile(rb"dup\s+(\d+)\s*/(\S+)\s+put")
NUMBER_KEYS = (b"BlueValues", b"OtherBlues", b"FamilyBlues", b"FamilyOtherBlues", b"StdHW", b"StdVW")
SCALAR_KEYS = (b"BlueScale", b"BlueShift", b"BlueFuzz", b"ForceBold", b"LanguageGroup", b"ExpansionFactor")
SNAP_KEYS = (b"StemSnapH", b"StemSnapV")


class Type1Program:
    """A parsed Type 1 font. Raises ValueError when it cannot be read surely."""

    def __init__(self, data: bytes) -> None:
        clear, private = _split(_without_segments(data))
        self.clear, self.private = clear, private
        padding = re.search(rb"/lenIV\s+(-?\d+)", private)
        self.padding = int(padding.group(1)) if padding else 4
        start = private.find(b"/CharStrings")
        if start < 0 or self.padding < 0:
            raise ValueError("no glyphs in the Type 1 program")
        self.subrs = {int(number): body for number, body in _bodies(SUBR, private[:start])}
        head = GLYPHS.match(private, start)
        self.glyphs = {
            name.decode("latin-1"): body for name, body in _bodies(GLYPH, private[head.end() if head else start :])
        }
        if not self.glyphs:
            raise ValueError("no glyphs in the Type 1 program")
        found = re.search(rb"/FontMatrix\s*\[([^\]]*)\]", clear)
        self.matrix = [float(word) for word in found.group(1).split()] if found else [0.001, 0, 0, 0.001, 0, 0]
        self.unit = abs(self.matrix[0]) or 0.001
        self.plain = _Plain(self)
        self.drawn: dict[str, Drawn | None] = {}

    def encoding(self) -> list[str]:
        """The names of the built-in encoding, by code."""
        if re.search(rb"/Encoding\s+StandardEncoding", self.clear):
            return list(STANDARD)
        names = [".notdef"] * 256
        for code, name in ENTRY.findall(self.clear):
            if int(code) < 256:
                names[int(code)] = name.decode("latin-1")
        return names

    def has(self, name: str) -> bool:
        """Whether the font has a glyph of this name."""
        return name in self.glyphs

    def ink(self, name: str) -> Box | None:
        """The box of a glyph in em, None when it paints nothing."""
        if name not in self.glyphs:
            return None
        drawn = self._drawn(name)
        if drawn is not None:
            bounds = drawn.box
        else:
            pen = ControlBoundsPen(_Outlines(self))
            self.outline(name).draw(pen)
            bounds = pen.bounds
        if bounds is None:
            return None
        x0, y0, x1, y1 = bounds
        return (x0 * self.unit, y0 * self.unit, x1 * self.unit, y1 * self.unit)

    def _drawn(self, name: str) -> Drawn | None:
        """A glyph run once; None where its program is not plain."""
        if name not in self.drawn:
            try:
                self.drawn[name] = Type1(self.plain).drawn(self._plain(self.glyphs[name]))
            except Unsure:
                self.drawn[name] = None
        return self.drawn[name]

    def outline(self, name: str) -> T1CharString:
        """The glyph as a fontTools character string with its subroutines."""
        return T1CharString(self._plain(self.glyphs[name]), subrs=self._routines)

    @cached_property
    def _routines(self) -> list[T1CharString]:
        size = max(self.subrs, default=-1) + 1
        subrs = [T1CharString(self._plain(self.subrs.get(i)), subrs=None) for i in range(size)]
        for subr in subrs:
            subr.subrs = subrs
        return subrs

    def _plain(self, body: bytes | None) -> bytes:
        if body is None:
            return RETURN_ONLY
        return decrypt(body, CHAR_KEY)[self.padding :]

    def _calls(self, body: bytes) -> set[int]:
        program = T1CharString(self._plain(body))
        program.decompile()
        tokens = program.program
        found: set[int] = set()
        for place, token in enumerate(tokens):
            if token in ("callsubr", "callothersubr"):
                found |= {int(t) for t in tokens[max(0, place - 4) : place] if isinstance(t, int | float) and t >= 0}
        return found & set(self.subrs)

    def _accents(self, body: bytes) -> set[str]:
        program = T1CharString(self._plain(body))
        program.decompile()
        tokens = program.program
        if "seac" not in tokens:
            return set()
        place = tokens.index("seac")
        return {STANDARD[int(t)] for t in tokens[place - 2 : place] if isinstance(t, int | float) and 0 <= t < 256}

    def subset(self, names: set[str], codes: dict[int, str]) -> tuple[bytes, int, int]:
        """The program with only these glyphs and the routines they call, and a fresh plain header.

        `codes` is the built-in encoding to write. Returns the bytes and the two lengths Length1 and Length2.
        """
        keep = {name for name in names if name in self.glyphs} | ({".notdef"} & set(self.glyphs))
        for name in [name for name in keep if self._drawn(name) is None]:
            keep |= self._accents(self.glyphs[name]) & set(self.glyphs)
        drawn = {name: self._drawn(name) for name in keep}
        called = {0, 1, 2, 3} & set(self.subrs)
        called = called.union(*(done.called for done in drawn.values() if done is not None))
        waiting = [self.glyphs[name] for name, done in drawn.items() if done is None]
        while waiting:
            fresh = self._calls(waiting.pop()) - called
            called |= fresh
            waiting += [self.subrs[number] for number in fresh]
        head = self._header(codes)
        secret = encrypt(b"\0\0\0\0" + self._private(keep, called), EEXEC_KEY)
        tail = b"\n" + (b"0" * 64 + b"\n") * 8 + b"cleartomark\n"
        return head + secret + tail, len(head), len(secret)

    def _header(self, codes: dict[int, str]) -> bytes:
        box = re.search(rb"/FontBBox\s*[\[{]([-\d.\s]*)[\]}]", self.clear)
        numbers = b" ".join(box.group(1).split()) if box else b"0 0 1000 1000"
        matrix = " ".join(f"{value:g}" for value in self.matrix).encode()
        lines = [
            b"%!PS-AdobeFont-1.0: Font",
            b"11 dict begin",
            b"/FontName /Font def",
            b"/PaintType 0 def",
            b"/FontType 1 def",
            b"/FontMatrix [" + matrix + b"] readonly def",
            b"/Encoding 256 array 0 1 255 {1 index exch /.notdef put} for",
        ]
        lines += [b"dup %d /%s put" % (code, name.encode("latin-1")) for code, name in sorted(codes.items())]
        lines += [b"readonly def", b"/FontBBox {" + numbers + b"} readonly def", b"currentdict end"]
        return b"\n".join(lines) + b"\ncurrentfile eexec\n"

    def _private(self, keep: set[str], called: set[int]) -> bytes:
        lines = [
            b"dup /Private 16 dict dup begin",
            b"/RD {string currentfile exch readstring pop} executeonly def",
        ]
        lines += [b"/ND {noaccess def} executeonly def", b"/NP {noaccess put} executeonly def"]
        lines += [b"/MinFeature {16 16} def", b"/password 5839 def"]
        if self.padding != 4:
            lines.append(b"/lenIV %d def" % self.padding)
        for key in (*NUMBER_KEYS, *SNAP_KEYS):
            found = re.search(rb"/" + key + rb"\s*\[([-\d.\s]*)\]", self.private)
            if found:
                lines.append(b"/" + key + b" [" + b" ".join(found.group(1).split()) + b"] def")
        for key in SCALAR_KEYS:
            found = re.search(rb"/" + key + rb"\s+([-\d.]+|true|false)\s", self.private)
            if found:
                lines.append(b"/" + key + b" " + found.group(1) + b" def")
        if self.subrs:
            stub = encrypt(b"\0" * self.padding + RETURN_ONLY, CHAR_KEY)
            size = max(called, default=0) + 1
            lines.append(b"/Subrs %d array" % size)
            for number in range(size):
                body = self.subrs[number] if number in called else stub
                lines.append(b"dup %d %d RD %s NP" % (number, len(body), body))
            lines.append(b"ND")
        lines.append(b"2 index /CharStrings %d dict dup begin" % len(keep))
        for name in sorted(keep):
            body = self.glyphs[name]
            lines.append(b"/%s %d RD %s ND" % (name.encode("latin-1"), len(body), body))
        lines += [b"end", b"end", b"readonly put", b"noaccess put", b"dup/FontName get exch definefont pop"]
        return b"\n".join(lines) + b"\nmark currentfile closefile\n"


class _Plain(dict[int, bytes]):
    """The subroutines, decrypted when they are asked for."""

    def __init__(self, program: Type1Program) -> None:
        super().__init__()
        self.program = program

    def __contains__(self, number: object) -> bool:
        return number in self.program.subrs

    def __missing__(self, number: int) -> bytes:
        plain = self[number] = self.program._plain(self.program.subrs[number])
        return plain


class _Outlines(dict[str, T1CharString]):
    def __init__(self, program: Type1Program) -> None:
        super().__init__()
        self.program = program

    def __contains__(self, name: object) -> bool:
        return name in self.program.glyphs

    def __getitem__(self, name: str) -> T1CharString:
        return self.program.outline(name)


def _without_segments(data: bytes) -> bytes:
    if data[:1] != b"\x80":
        return data
    parts: list[bytes] = []
    position = 0
    while data[position : position + 1] == b"\x80" and data[position + 1] in (1, 2):
        size = int.from_bytes(data[position + 2 : position + 6], "little")
        parts.append(data[position + 6 : position + 6 + size])
        position += 6 + size
    return b"".join(parts)


def _split(data: bytes) -> tuple[bytes, bytes]:
    place = data.find(b"eexec")
    if place < 0:
        raise ValueError("no eexec in the Type 1 program")
    body = data[place + 5 :].lstrip(b" \t\r\n") if data[place + 5 : place + 6] else b""
    if re.fullmatch(rb"[0-9A-Fa-f\s]{8}", body[:8]):
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", body)
        body = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
    return data[:place], decrypt(body, EEXEC_KEY)[4:]


def _bodies(pattern: re.Pattern[bytes], data: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    position = 0
    while match := pattern.search(data, position):
        size = int(match.group(2))
        end = match.end() + size
        if end > len(data):
            position = match.end()
            continue
        found.append((match.group(1), data[match.end() : end]))
        position = end
    return found
