"""Which samples of a picture holes touch: masks of (height, width), worked on only where they hold anything."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..geometry import Point, Polygon, anticlockwise, pushed

Mask = NDArray[np.bool_]


def hole_mask(holes: list[Polygon], size: tuple[int, int], slanted: float = 1.0) -> Mask:
    """True for every sample a hole (unit square of the picture, origin bottom left) touches, one sample of margin
    included; `slanted` is the margin of slanted holes, whose edges a grid of samples meets in steps."""
    width, height = size
    mask = np.zeros((height, width), dtype=bool)
    for hole in holes:
        ring = anticlockwise(tuple((x * width, (1 - y) * height) for x, y in hole))
        upright = len({round(x, 3) for x, _ in ring}) == 2 and len({round(y, 3) for _, y in ring}) == 2
        wide: list[Point] = list(pushed(ring, 1.0 if upright else slanted))
        if len(wide) >= 3:
            _draw(mask, wide)
    return mask


def _draw(mask: Mask, ring: list[Point]) -> None:
    """Add a polygon, given in samples from the top left."""
    height, width = mask.shape
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    x0, y0 = max(0, int(min(xs)) - 1), max(0, int(min(ys)) - 1)
    x1, y1 = min(width, int(max(xs)) + 2), min(height, int(max(ys)) + 2)
    if x0 < x1 and y0 < y1:
        canvas = Image.new("L", (x1 - x0, y1 - y0), 0)
        ImageDraw.Draw(canvas).polygon([(x - x0, y - y0) for x, y in ring], fill=1, outline=1)
        mask[y0:y1, x0:x1] |= np.array(canvas, dtype=bool)


def region(mask: Mask) -> tuple[slice, slice] | None:
    """The rows and columns that hold all that is true; None when nothing is."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return None
    tall = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(mask[tall].any(axis=0))
    return tall, slice(int(columns[0]), int(columns[-1]) + 1)


def touched(mask: Mask) -> tuple[float, float, float, float] | None:
    """The box of what is true, in the unit square; None when nothing is."""
    found = region(mask)
    if found is None:
        return None
    rows, columns = found
    height, width = mask.shape
    return (columns.start / width, 1 - rows.stop / height, columns.stop / width, 1 - rows.start / height)


def blocks(mask: Mask, size: int, bleed: int) -> Mask:
    """The mask widened to whole blocks of `size` samples and by `bleed` samples more."""
    full = np.zeros_like(mask)
    found = region(mask)
    if found is None:
        return full
    (top, bottom), (left, right) = ((part.start // size, -(-part.stop // size)) for part in found)
    tall, wide = bottom - top, right - left
    padded = np.zeros((tall * size, wide * size), dtype=bool)
    held = mask[top * size : bottom * size, left * size : right * size]
    padded[: held.shape[0], : held.shape[1]] = held
    whole: Mask = np.asarray(padded.reshape(tall, size, wide, size).any(axis=(1, 3)), dtype=bool)
    for row in range(tall):
        y = (top + row) * size
        for first, last in _stretches(whole[row]):
            x0, x1 = (left + first) * size - bleed, (left + last) * size + bleed
            full[max(0, y - bleed) : y + size + bleed, max(0, x0) : x1] = True
    return full


def _stretches(flags: Mask) -> list[tuple[int, int]]:
    """Where a row of flags is true: the first place of each stretch, and the one behind its last."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def blanked(samples: NDArray[np.uint8], mask: Mask) -> None:
    """Set the samples of a picture of (height, width) or (height, width, components) to nought where the mask is."""
    found = region(mask)
    if found is not None:
        samples[found][mask[found]] = 0
