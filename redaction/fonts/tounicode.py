"""ToUnicode maps: read the pairs, write them again for the codes still in use and no others."""

import re
from collections.abc import Iterable, Sequence, Set

from .cmaps import TOKEN

MAX_UNITS = 8
BLOCK = 100
COMMENT, CODE = re.compile(rb"%[^\r\n]*"), re.compile(rb"<([0-9A-Fa-f]*)>")
SECTION = re.compile(rb"(?<![A-Za-z])beginbf(char|range)((?:\s*+<[0-9A-Fa-f]*+>)*+)\s*+endbf\1(?![A-Za-z])")


def read_pairs(data: bytes, wanted: Set[bytes] | None = None) -> dict[bytes, bytes]:
    """Code to UTF-16BE text for every mapping in a ToUnicode stream, or for the `wanted` codes only; long texts are
    left out."""
    pairs: dict[bytes, bytes] = {}
    sections = _plain(data)
    if sections is not None:
        for kind, codes in sections:
            if kind == b"char":
                _chars(pairs, codes)
            else:
                _ranges(pairs, codes, wanted)
        return _short(pairs)
    section: list[bytes | list[bytes]] = []
    inner: list[bytes] | None = None
    for match in TOKEN.finditer(data):
        code, _, _, word, bracket = match.groups()
        if code is not None:
            text = re.sub(rb"\s", b"", code)
            value = bytes.fromhex((text + b"0" * (len(text) % 2)).decode())
            (section if inner is None else inner).append(value)
        elif bracket == b"[":
            inner = []
        elif bracket == b"]" and inner is not None:
            section.append(inner)
            inner = None
        elif word is not None:
            if word == b"endbfchar":
                _chars(pairs, section)
            elif word == b"endbfrange":
                _ranges(pairs, section, wanted)
            section, inner = [], None
    return _short(pairs)


def _plain(data: bytes) -> list[tuple[bytes, list[bytes]]] | None:
    """The codes and texts of each section of a stream whose sections hold nothing else, None for any other: they are
    found by one expression then, not token by token."""
    bare = COMMENT.sub(b" ", data)
    found = [(kind, CODE.findall(body)) for kind, body in SECTION.findall(bare)]
    if len(found) != bare.count(b"endbfchar") + bare.count(b"endbfrange"):
        return None
    return [
        (kind, [bytes.fromhex((code + b"0" if len(code) % 2 else code).decode()) for code in codes])
        for kind, codes in found
    ]


def _short(pairs: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {code: text for code, text in pairs.items() if 0 < len(text) <= MAX_UNITS}


def _chars(pairs: dict[bytes, bytes], section: Sequence[bytes | list[bytes]]) -> None:
    for code, text in zip(section[::2], section[1::2], strict=False):
        if isinstance(code, bytes) and isinstance(text, bytes):
            pairs[code] = text


def _ranges(pairs: dict[bytes, bytes], section: Sequence[bytes | list[bytes]], wanted: Set[bytes] | None) -> None:
    for low, high, text in zip(section[::3], section[1::3], section[2::3], strict=False):
        if not isinstance(low, bytes) or not isinstance(high, bytes):
            continue
        first, last = int.from_bytes(low, "big"), int.from_bytes(high, "big")
        size, last = len(low), min(last, first + 65_535)
        values: Iterable[int] = range(first, last + 1)
        if wanted is not None and len(wanted) <= last - first:
            values = [value for code in wanted if len(code) == size and first <= (value := number_of(code)) <= last]
        for value in values:
            code, offset = value.to_bytes(size, "big"), value - first
            if isinstance(text, list):
                if offset < len(text):
                    pairs[code] = text[offset]
            elif len(text) >= 2:
                tail = (int.from_bytes(text[-2:], "big") + offset) & 0xFFFF
                pairs[code] = text[:-2] + tail.to_bytes(2, "big")


def number_of(code: bytes) -> int:
    """A code as a number."""
    return int.from_bytes(code, "big")


def write_pairs(pairs: dict[bytes, bytes], used: set[bytes], width: int) -> bytes | None:
    """A ToUnicode stream for the used codes, or None when none of them has a text."""
    kept = [(code, pairs[code]) for code in sorted(used) if code in pairs]
    if not kept:
        return None
    lines = [b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap", b"/CMapType 2 def"]
    lines.append(b"1 begincodespacerange <%s> <%s> endcodespacerange" % (b"00" * width, b"ff" * width))
    for start in range(0, len(kept), BLOCK):
        block = kept[start : start + BLOCK]
        lines.append(b"%d beginbfchar" % len(block))
        lines += [b"<%s> <%s>" % (code.hex().encode(), text.hex().encode()) for code, text in block]
        lines.append(b"endbfchar")
    lines.append(b"endcmap end end")
    return b"\n".join(lines) + b"\n"
