"""The `cmap` and `post` tables of TrueType files: read to plain pairs, written for the glyphs that stay, and names.

Formats 0, 4, 6 and 12 (OpenType 1.9, "cmap"); others raise ValueError, and fontTools reads the table.
"""

from array import array
from collections.abc import Mapping
from struct import error as StructError
from struct import pack, unpack_from

from fontTools.ttLib.standardGlyphOrder import standardGlyphOrder

Pairs = dict[int, int]
Key = tuple[int, int]
MOST = 70_000


def read_maps(data: bytes, count: int) -> dict[Key, tuple[int, Pairs]]:
    """By platform and encoding, the format and the glyph index of each code; indices are below `count`."""
    found: dict[Key, tuple[int, Pairs]] = {}
    try:
        for index in range(unpack_from(">2xH", data)[0]):
            platform, encoding, start = unpack_from(">HHI", data, 4 + 8 * index)
            (form,) = unpack_from(">H", data, start)
            if form == 14:
                continue
            pairs = _READERS[form](data, start)
            found[platform, encoding] = form, {code: gid for code, gid in pairs.items() if gid < count}
    except (StructError, KeyError) as error:
        raise ValueError("a table of characters that cannot be read quickly") from error
    return found


def _bytes(data: bytes, start: int) -> Pairs:
    return dict(enumerate(unpack_from(">6x256B", data, start)))


def _trimmed(data: bytes, start: int) -> Pairs:
    first, count = unpack_from(">6xHH", data, start)
    return dict(enumerate(unpack_from(f">{count}H", data, start + 10), first))


def _segments(data: bytes, start: int) -> Pairs:
    length, double = unpack_from(">2xH2xH", data, start)
    count = double // 2
    if start + length > len(data):
        raise ValueError("a table of characters is cut short")
    ends = unpack_from(f">{count}H", data, start + 14)
    starts = unpack_from(f">{count}H", data, start + 16 + double)
    deltas = unpack_from(f">{count}H", data, start + 16 + 2 * double)
    offsets = unpack_from(f">{count}H", data, start + 16 + 3 * double)
    pairs: Pairs = {}
    if sum(max(0, last - first) for first, last in zip(starts, ends, strict=True)) > MOST:
        raise ValueError("a table of too many characters")
    for index, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        if first == 0xFFFF:
            continue
        if not offset:
            pairs.update((code, (code + delta) & 0xFFFF) for code in range(first, last + 1))
        elif last >= first:
            place = start + 16 + 3 * double + 2 * index + offset
            listed = unpack_from(f">{last - first + 1}H", data, place)
            pairs.update((code, (gid + delta) & 0xFFFF) for code, gid in enumerate(listed, first) if gid)
    return pairs


def _groups(data: bytes, start: int) -> Pairs:
    (count,) = unpack_from(">12xI", data, start)
    pairs: Pairs = {}
    if count > MOST:
        raise ValueError("a table of too many characters")
    for index in range(count):
        first, last, gid = unpack_from(">III", data, start + 16 + 12 * index)
        if last < first or last - first + len(pairs) > MOST:
            raise ValueError("a table of too many characters")
        pairs.update((code, gid + code - first) for code in range(first, last + 1))
    return pairs


def glyph_names(post: bytes) -> list[str]:
    """The names of the glyphs in order from a `post` table (format 1 or 2), none where it names no glyph. Raises
    StructError or IndexError where it is cut short."""
    (version,) = unpack_from(">I", post) if post else (0,)
    if version == 0x10000:
        return [str(name) for name in standardGlyphOrder]
    if version != 0x20000:
        return []
    (count,) = unpack_from(">32xH", post)
    names = [str(name) for name in standardGlyphOrder]
    place = 34 + 2 * count
    while place < len(post):
        size = post[place]
        names.append(post[place + 1 : place + 1 + size].decode("latin-1"))
        place += 1 + size
    return [names[index] for index in unpack_from(f">{count}H", post, 34)]


_READERS = {0: _bytes, 4: _segments, 6: _trimmed, 12: _groups}


def written_maps(maps: Mapping[Key, tuple[int, Pairs]], places: Mapping[int, int]) -> bytes | None:
    """The table for the glyphs of `places` (old to new index), None when no code is left."""
    bodies: dict[Key, bytes] = {}
    for key, (form, pairs) in maps.items():
        kept = {code: places[gid] for code, gid in sorted(pairs.items()) if gid and gid in places}
        if kept:
            bodies[key] = _written(form, kept)
    head, data = pack(">HH", 0, len(bodies)), b""
    for (platform, encoding), body in sorted(bodies.items()):
        head += pack(">HHI", platform, encoding, 4 + 8 * len(bodies) + len(data))
        data += body
    return head + data if bodies else None


def _written(form: int, pairs: Pairs) -> bytes:
    first, last = next(iter(pairs)), max(pairs)
    if form == 12:
        body = b"".join(pack(">III", start, end, pairs[start]) for start, end in _stretches(pairs))
        return pack(">HHIII", 12, 0, 16 + len(body), 0, len(body) // 12) + body
    if form == 4:
        return _written_segments(pairs)
    if form == 0 and max(pairs.values()) < 256:
        return pack(">HHH", 0, 262, 0) + bytes([pairs.get(code, 0) for code in range(256)])
    listed = array("H", [pairs.get(code, 0) for code in range(first, last + 1)])
    return pack(f">HHHHH{len(listed)}H", 6, 10 + 2 * len(listed), 0, first, len(listed), *listed)


def _written_segments(pairs: Pairs) -> bytes:
    segments = [(start, end, (pairs[start] - start) & 0xFFFF) for start, end in _stretches(pairs) if start < 0xFFFF]
    starts, ends, deltas = zip(*segments, (0xFFFF, 0xFFFF, 1), strict=True)
    count = len(starts)
    power = 1 << (count.bit_length() - 1)
    sizes = (count * 2, power * 2, power.bit_length() - 1, (count - power) * 2)
    body = pack(f">{count}H2x{count}H{count}H{2 * count}x", *ends, *starts, *deltas)
    return pack(">HHHHHHH", 4, 14 + len(body), 0, *sizes) + body


def _stretches(pairs: Pairs) -> list[tuple[int, int]]:
    """The first and last codes of runs in which code and index go up together."""
    found: list[tuple[int, int]] = []
    for code, gid in pairs.items():
        if found and code == found[-1][1] + 1 and gid == pairs[code - 1] + 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found
