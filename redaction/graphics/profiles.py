"""ICC profiles reduced to the tables that convert colour; names, texts and private data go."""

from ..errors import Refused

COLOUR_TAGS = frozenset(
    b"wtpt bkpt chad rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 D2B0 D2B1 gamt cicp".split()
)
HEAD = 128
NEUTRAL_TEXT = b"desc\0\0\0\0\0\0\0\x08Profile\0" + b"\0" * 78


def reduced(profile: bytes) -> bytes:
    """The profile with colour tables only, everything else of the header zero. Raises Refused "profile"."""
    if len(profile) < HEAD + 4 or profile[36:40] != b"acsp":
        raise Refused("profile", "A colour profile is damaged.")
    count = int.from_bytes(profile[HEAD : HEAD + 4], "big")
    kept: list[tuple[bytes, bytes]] = [(b"desc", NEUTRAL_TEXT)]
    for index in range(min(count, 100)):
        place = HEAD + 4 + 12 * index
        tag = profile[place : place + 4]
        start = int.from_bytes(profile[place + 4 : place + 8], "big")
        size = int.from_bytes(profile[place + 8 : place + 12], "big")
        if tag in COLOUR_TAGS and start + size <= len(profile):
            kept.append((tag, profile[start : start + size]))
    return _assembled(profile[:HEAD], kept)


def _assembled(head: bytes, kept: list[tuple[bytes, bytes]]) -> bytes:
    fresh = bytearray(HEAD)
    fresh[8:24] = head[8:24]
    fresh[24:36] = bytes((7, 208, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))
    fresh[36:40] = b"acsp"
    fresh[64:80] = head[64:80]
    table, body = bytearray(len(kept).to_bytes(4, "big")), bytearray()
    start = HEAD + 4 + 12 * len(kept)
    seen: dict[bytes, int] = {}
    for tag, data in kept:
        if data not in seen:
            seen[data] = start + len(body)
            body += data + b"\0" * (-len(data) % 4)
        table += tag + seen[data].to_bytes(4, "big") + len(data).to_bytes(4, "big")
    result = fresh + table + body
    result[0:4] = len(result).to_bytes(4, "big")
    return bytes(result)
