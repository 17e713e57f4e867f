"""Samples that are only deflated: kept as they are packed where the packing holds the samples and nothing else."""

import zlib

import pikepdf
from pikepdf import Dictionary

from ..limits import MAX_STREAM_BYTES, hold
from .decoding import filters_of

PNG = range(10, 16)
MOST_TAG = 4
FED = 65536


def tight(image: pikepdf.Stream, size: tuple[int, int], sample: tuple[int, int]) -> tuple[bytes, Dictionary] | None:
    """The samples of a deflated image as they are packed, and the parameters to unpack them; `sample` is its number of
    components and of their bits. None where they do not unpack to just these samples, or to more bytes than they need.
    """
    (width, height), (components, bits) = size, sample
    row, parms = -(-width * components * bits // 8), filters_of(image)[0][1]
    new = Dictionary()
    if parms is not None and parms.get("/Predictor", 1) != 1:
        stated = [parms.get(key, usual) for key, usual in (("/Colors", 1), ("/BitsPerComponent", 8), ("/Columns", 1))]
        if parms.Predictor not in PNG or stated != [components, bits, width]:
            return None
        new = Dictionary(Predictor=15, Colors=components, BitsPerComponent=bits, Columns=width)
        row += 1
    hold("many-bytes", row * height, MAX_STREAM_BYTES)
    data = _exact(image, row * height, row if len(new) else 0)
    return None if data is None else (data, new)


def _exact(image: pikepdf.Stream, length: int, tagged: int) -> bytes | None:
    """The data without what follows it, where it unpacks to so many bytes; each row of `tagged` bytes (0: none are)
    begins with the number of a PNG filter."""
    packing, done = zlib.decompressobj(), 0
    try:
        raw = image.read_raw_bytes()
        for start in range(0, len(raw), FED):
            samples = packing.decompress(raw[start : start + FED], length + 1 - done)
            if tagged and max(samples[-done % tagged :: tagged], default=0) > MOST_TAG:
                return None
            done += len(samples)
            if done > length or packing.unconsumed_tail or packing.eof:
                break
    except (pikepdf.PdfError, zlib.error):
        return None
    if done != length or not packing.eof:
        return None
    raw = raw[: min(start + FED, len(raw)) - len(packing.unused_data)]
    return raw if len(raw) <= length + length // 50 + 1024 else None
