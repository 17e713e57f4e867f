"""TrueType files by their tables' bytes: glyph boxes, advances, and outlines kept or emptied without decoding them.

Formats: OpenType 1.9, "otff", "head", "maxp", "loca", "glyf", "hmtx". Everything raises ValueError for a file whose
tables do not fit together; the caller then reads the file in a slower, more forgiving way.
"""

import sys
from array import array
from operator import le
from struct import error as StructError
from struct import pack, pack_into, unpack, unpack_from

from ..geometry import Box

HEAD = ">IHHHH"
ARGUMENTS_ARE_WORDS, SCALE, MORE, SCALE_TWO, SCALE_FOUR = 1, 8, 32, 64, 128


class Sfnt:
    """The tables of one font file with `glyf` outlines."""

    def __init__(self, data: bytes) -> None:
        try:
            self._read(data)
        except (StructError, KeyError) as error:
            raise ValueError("unreadable TrueType tables") from error

    def _read(self, data: bytes) -> None:
        version, count = unpack_from(">4sH", data)
        if version not in (b"\0\1\0\0", b"true"):
            raise ValueError("not a plain TrueType file")
        self.tables: dict[str, bytes] = {}
        for index in range(count):
            tag, _, start, size = unpack_from(">4sIII", data, 12 + 16 * index)
            if start + size > len(data):
                raise ValueError("a table is cut short")
            self.tables[tag.decode("latin-1")] = data[start : start + size]
        self.units, long = unpack_from(">18xH30xh", self.tables["head"])[0], self.tables["head"][51]
        (self.count,) = unpack_from(">4xH", self.tables["maxp"])
        self.glyf = self.tables["glyf"]
        self.loca = array("I" if long else "H")
        self.loca.frombytes(self.tables["loca"][: (self.count + 1) * self.loca.itemsize])
        if sys.byteorder == "little":
            self.loca.byteswap()
        if not long:
            self.loca = array("I", [place * 2 for place in self.loca])
        if not self.units or len(self.loca) != self.count + 1 or max(self.loca) > len(self.glyf):
            raise ValueError("the outlines do not fit together")
        if not all(map(le, self.loca, self.loca[1:])):
            raise ValueError("the outlines are out of order")

    def outline(self, gid: int) -> bytes:
        """The bytes of one glyph."""
        return self.glyf[self.loca[gid] : self.loca[gid + 1]]

    def ink(self, gid: int) -> Box | None:
        """The box of a glyph in em as its head states it, None when it paints nothing."""
        data = self.outline(gid)
        if len(data) < 10:
            return None
        contours, *box = unpack_from(">hhhhh", data)
        if not contours:
            return None
        return (box[0] / self.units, box[1] / self.units, box[2] / self.units, box[3] / self.units)

    def parts(self, gid: int) -> list[int]:
        """The glyphs a composite one is made of."""
        return [part for _, part in self._parts(self.outline(gid))]

    def _parts(self, data: bytes | bytearray) -> list[tuple[int, int]]:
        """Where in a composite outline its parts are named, and which they are."""
        if len(data) < 12 or unpack_from(">h", data)[0] >= 0:
            return []
        found: list[tuple[int, int]] = []
        place, flags = 10, MORE
        while flags & MORE:
            flags, part = unpack_from(">HH", data, place)
            if part >= self.count:
                raise ValueError("a glyph is made of one that is not there")
            found.append((place + 2, part))
            place += 8 if flags & ARGUMENTS_ARE_WORDS else 6
            place += 2 if flags & SCALE else 4 if flags & SCALE_TWO else 8 if flags & SCALE_FOUR else 0
        return found

    def closure(self, gids: set[int]) -> list[int]:
        """The glyphs and all they are made of, in order."""
        keep: set[int] = set()
        waiting = [gid for gid in gids if 0 <= gid < self.count]
        while waiting:
            gid = waiting.pop()
            if gid not in keep:
                keep.add(gid)
                waiting += self.parts(gid)
        return sorted(keep)

    def outlines(self, keep: list[int]) -> tuple[bytes, bytes]:
        """`glyf` and long `loca` with every other outline empty."""
        pieces: list[bytes] = []
        loca = array("I")
        size = 0
        for gid in keep:
            loca.extend([size] * (gid + 1 - len(loca)))
            data = self.outline(gid)
            data += b"\0" * (-len(data) % 4)
            pieces.append(data)
            size += len(data)
        loca.extend([size] * (self.count + 1 - len(loca)))
        if sys.byteorder == "little":
            loca.byteswap()
        return b"".join(pieces), loca.tobytes()

    def metrics(self, tag: str, head: str, keep: list[int]) -> tuple[bytes, bytes]:
        """`hmtx` or `vmtx` with zeros for every other glyph, and the head table that counts its entries."""
        top = self.tables[head]
        long = min(unpack_from(">34xH", top)[0], self.count)
        old = self.tables[tag].ljust(4 * long + 2 * (self.count - long), b"\0")
        new = bytearray(4 * long + 2 * (self.count - long))
        for gid in keep:
            at, size = (4 * gid, 4) if gid < long else (4 * long + 2 * (gid - long), 2)
            new[at : at + size] = old[at : at + size]
        if long and keep and keep[-1] >= long:
            new[4 * long - 4 : 4 * long - 2] = old[4 * long - 4 : 4 * long - 2]
        return bytes(new), top[:34] + pack(">H", long)

    def moved(self, places: dict[int, int]) -> tuple[bytes, bytes]:
        """`glyf` and long `loca` of the glyphs in the order of `places` (old to new index), their parts named anew."""
        pieces: list[bytes] = []
        loca = array("I", [0])
        for gid in places:
            data = bytearray(self.outline(gid))
            for at, part in self._parts(data):
                pack_into(">H", data, at, places[part])
            data += b"\0" * (-len(data) % 4)
            pieces.append(bytes(data))
            loca.append(loca[-1] + len(data))
        if sys.byteorder == "little":
            loca.byteswap()
        return b"".join(pieces), loca.tobytes()

    def moved_metrics(self, tag: str, head: str, order: list[int]) -> tuple[bytes, bytes]:
        """`hmtx` or `vmtx` of the glyphs in this order, and the head table that counts its entries."""
        top = self.tables[head]
        long = min(unpack_from(">34xH", top)[0], self.count)
        if not long:
            raise ValueError("a font without a single advance")
        old = self.tables[tag].ljust(4 * long + 2 * (self.count - long), b"\0")
        new = bytearray()
        for gid in order:
            side = 4 * gid + 2 if gid < long else 4 * long + 2 * (gid - long)
            advance = 4 * min(gid, long - 1)
            new += old[advance : advance + 2] + old[side : side + 2]
        return bytes(new), top[:34] + pack(">H", len(order))

    def advance(self, gid: int) -> float:
        """The advance of a glyph in em; 0 where the file states none."""
        if "hmtx" not in self.tables or "hhea" not in self.tables:
            return 0.0
        long = min(unpack_from(">34xH", self.tables["hhea"])[0], self.count)
        place = 4 * min(gid, long - 1)
        data = self.tables["hmtx"][place : place + 2]
        return float(unpack(">H", data)[0]) / self.units if long and len(data) == 2 else 0.0


def assembled(tables: dict[str, bytes]) -> bytes:
    """A font file of these tables, with its check sums. `head` must have a zero in place of the file's check sum."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = pack(">4sHHHH", b"\0\1\0\0", count, power * 16, power.bit_length() - 1, (count - power) * 16)
    entries, bodies, place = b"", b"", 12 + 16 * count
    for tag in sorted(tables):
        body = tables[tag]
        entries += pack(">4sIII", tag.encode("latin-1"), _sum(body), place, len(body))
        bodies += body + b"\0" * (-len(body) % 4)
        place += len(body) + -len(body) % 4
        if tag == "head":
            at = place - len(body) - -len(body) % 4
    whole = bytearray(head + entries + bodies)
    whole[at + 8 : at + 12] = pack(">I", (0xB1B0AFBA - _sum(bytes(whole))) & 0xFFFFFFFF)
    return bytes(whole)


def _sum(data: bytes) -> int:
    words = array("I")
    words.frombytes(data + b"\0" * (-len(data) % 4))
    if sys.byteorder == "little":
        words.byteswap()
    return sum(words) & 0xFFFFFFFF
