"""CMaps: how strings of a composite font split into codes, and which glyph index (CID) a code has."""

import re
from dataclasses import dataclass, field

import pikepdf
from pdfminer.cmapdb import CMapDB, CMapError

from ..errors import Refused

TOKEN = re.compile(rb"<([0-9A-Fa-f\s]*)>|/([^\s<>\[\]()/%]+)|(-?\d+)|([A-Za-z]+)|([\[\]])|%[^\r\n]*")
MAX_RANGE = 65_536


@dataclass
class CMap:
    """Code lengths and code to CID pairs. `name` is set for the predefined ones, which are kept by name."""

    name: str | None
    vertical: bool
    identity: bool = False
    spaces: list[tuple[int, int, int]] = field(default_factory=list)
    cids: dict[bytes, int] = field(default_factory=dict)
    tree: dict[int, object] | None = None

    def split(self, data: bytes) -> list[bytes]:
        """The codes of a string; Refused "cmap" when it holds a code outside the CMap."""
        if self.identity:
            if len(data) % 2:
                data = data[:-1]
            return [data[i : i + 2] for i in range(0, len(data), 2)]
        codes: list[bytes] = []
        position = 0
        while position < len(data):
            length = self._length(data, position)
            codes.append(data[position : position + length])
            position += length
        return codes

    def _length(self, data: bytes, position: int) -> int:
        if self.tree is not None:
            node: object = self.tree
            for length in range(1, 5):
                if not isinstance(node, dict) or position + length > len(data):
                    break
                node = node.get(data[position + length - 1])
                if isinstance(node, int):
                    return length
        else:
            for length in range(1, 5):
                code = data[position : position + length]
                if len(code) == length and any(
                    size == length and _in_space(code, low, high) for size, low, high in self.spaces
                ):
                    return length
        raise Refused("cmap", "A composite font shows a code that its character map does not cover.")

    def cid(self, code: bytes) -> int:
        """The CID of a code (0 when it has none)."""
        if self.identity:
            return int.from_bytes(code, "big")
        if self.tree is None:
            return self.cids.get(code, 0)
        node: object = self.tree
        for byte in code:
            node = node.get(byte) if isinstance(node, dict) else None
        return node if isinstance(node, int) else 0


def _in_space(code: bytes, low: int, high: int) -> bool:
    size = len(code)
    lows, highs = low.to_bytes(size, "big"), high.to_bytes(size, "big")
    return all(a <= c <= b for a, c, b in zip(lows, code, highs, strict=True))


def load_cmap(encoding: pikepdf.Object | None) -> CMap:
    """The CMap of a Type 0 font's /Encoding. Raises Refused "cmap" for an unknown or unreadable one."""
    if isinstance(encoding, pikepdf.Name):
        return predefined(str(encoding)[1:])
    if isinstance(encoding, pikepdf.Stream):
        return _embedded(encoding)
    raise Refused("cmap", "A composite font has no character map.")


def predefined(name: str) -> CMap:
    """A CMap known by name."""
    if name in ("Identity-H", "Identity-V"):
        return CMap(name, name.endswith("V"), identity=True)
    if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", name):
        raise Refused("cmap", "A composite font names an unknown character map.")
    try:
        table = vars(CMapDB.get_cmap(name))["code2cid"]
    except (CMapError, KeyError, OSError) as error:
        raise Refused("cmap", "A composite font names an unknown character map.") from error
    return CMap(name, name.endswith("V"), tree=dict(table))


def _embedded(stream: pikepdf.Stream) -> CMap:
    data = stream.read_bytes()
    if b"usecmap" in data or "/UseCMap" in stream:
        raise Refused("cmap", "A composite font builds its character map upon another one.")
    cmap = CMap(None, int(stream.get("/WMode", 0)) == 1)
    section: list[bytes | int] = []
    for match in TOKEN.finditer(data):
        code, name, number, word, _ = match.groups()
        if code is not None:
            section.append(bytes.fromhex(re.sub(rb"\s", b"", code).decode().ljust(2, "0")))
        elif number is not None:
            section.append(int(number))
        elif word is not None:
            _close(cmap, word, section)
            section = []
        elif name == b"WMode":
            section = []
    if not cmap.spaces:
        raise Refused("cmap", "A composite font has a character map without code ranges.")
    return cmap


def _close(cmap: CMap, word: bytes, section: list[bytes | int]) -> None:
    if word == b"endcodespacerange":
        for low, high in zip(section[::2], section[1::2], strict=False):
            if isinstance(low, bytes) and isinstance(high, bytes) and len(low) == len(high) <= 4:
                cmap.spaces.append((len(low), int.from_bytes(low, "big"), int.from_bytes(high, "big")))
    elif word == b"endcidchar":
        for code, cid in zip(section[::2], section[1::2], strict=False):
            if isinstance(code, bytes) and isinstance(cid, int):
                cmap.cids[code] = cid
    elif word == b"endcidrange":
        for low, high, cid in zip(section[::3], section[1::3], section[2::3], strict=False):
            if isinstance(low, bytes) and isinstance(high, bytes) and isinstance(cid, int):
                _add_range(cmap, low, high, cid)


def _add_range(cmap: CMap, low: bytes, high: bytes, cid: int) -> None:
    first, last = int.from_bytes(low, "big"), int.from_bytes(high, "big")
    if last - first >= MAX_RANGE:
        raise Refused("cmap", "A composite font has a character map with a range that is too wide.")
    for value in range(first, last + 1):
        cmap.cids[value.to_bytes(len(low), "big")] = cid + value - first


def written(cmap: CMap, used: set[bytes]) -> bytes:
    """An embedded CMap that covers the used codes and no more."""
    lines = [b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap", b"/CMapType 1 def"]
    lines.append(b"/WMode %d def" % cmap.vertical)
    for size, low, high in cmap.spaces:
        width = size * 2
        lines.append(b"1 begincodespacerange <%0*x> <%0*x> endcodespacerange" % (width, low, width, high))
    for code in sorted(used):
        lines.append(b"1 begincidchar <%s> %d endcidchar" % (code.hex().encode(), cmap.cid(code)))
    lines.append(b"endcmap end end")
    return b"\n".join(lines) + b"\n"
