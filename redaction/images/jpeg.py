"""JPEG data: only what decoding needs, and wiping whole blocks so that no ringing of the removed part stays."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from ..errors import Refused
from .masks import blanked, blocks

BLOCK = 16
BLEED = 2
"""Colour smoothing mixes so many pixels across a block's edge."""
DECODING = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD}
ALONE = {0x01, *range(0xD0, 0xD8)}
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def stripped(data: bytes) -> bytes:
    """The JPEG without comments, application data, thumbnails and anything behind its end."""
    if data[:2] != b"\xff\xd8":
        raise Refused("image-data", "A JPEG picture is damaged.")
    parts, position, size = [b"\xff\xd8"], 2, len(data)
    while position + 1 < size:
        if data[position] != 0xFF:
            raise Refused("image-data", "A JPEG picture is damaged.")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == 0xD9:
            break
        if marker in ALONE:
            position += 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        end = position + 2 + length
        segment = data[position:end]
        if marker in DECODING:
            parts.append(segment)
        elif marker == 0xE0 and segment[4:9] == b"JFIF\0":
            parts.append(JFIF)
        elif marker == 0xEE and segment[4:9] == b"Adobe":
            parts.append(b"\xff\xee\x00\x0e" + segment[4:16])
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            raise Refused("image-filter", "A JPEG picture uses a coding that is not supported.")
        position = end
        if marker == 0xDA:
            position = _end_of_scan(data, end)
            parts.append(data[end:position])
    return b"".join(parts) + b"\xff\xd9"


def _end_of_scan(data: bytes, position: int) -> int:
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            return len(data)
        following = data[position + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:
            position += 2
        elif following == 0xFF:
            position += 1
        else:
            return position


def wiped(data: bytes, mask: NDArray[np.bool_]) -> tuple[bytes, NDArray[np.bool_]]:
    """The JPEG with the masked blocks black, coded again with the same tables; and the mask really wiped."""
    try:
        picture = Image.open(BytesIO(data))
        picture.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise Refused("image-data", "A JPEG picture cannot be decoded.") from error
    if not isinstance(picture, JpegImagePlugin.JpegImageFile) or picture.mode not in ("L", "RGB", "CMYK"):
        raise Refused("image-filter", "A JPEG picture has an unusual form.")
    if picture.mode == "CMYK" and "adobe" not in picture.info:
        raise Refused("image-filter", "A JPEG picture in four colours has an unusual form.")
    if picture.size != (mask.shape[1], mask.shape[0]):
        raise Refused("image-data", "A JPEG picture has another size than the page says.")
    area = blocks(mask, BLOCK, BLEED)
    samples = np.array(picture)
    blanked(samples, area)
    out = BytesIO()
    sampling = JpegImagePlugin.get_sampling(picture) if picture.mode != "L" else 0
    settings = {"qtables": picture.quantization, "subsampling": max(sampling, 0), "optimize": True}
    Image.fromarray(samples, picture.mode).save(out, "JPEG", **settings)
    return stripped(out.getvalue()), area


def samples(data: bytes) -> NDArray[np.uint8]:
    """The decoded samples as (height, width, components)."""
    picture = Image.open(BytesIO(data))
    decoded = np.array(picture, dtype=np.uint8)
    return decoded.reshape(decoded.shape[0], decoded.shape[1], -1)
