"""Renders: the boxes show nothing but their own drawing, and the rest of a page looks as before."""

from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..geometry import Box, Polygon, corners, grown
from ..limits import MAX_RENDER_PIXELS
from ..reading import opened
from ..report import Check, FinalMark
from .bare import Bare
from .reader import Reader

SCALE = 1.5
CLOSE, FAR_OFF, SHARE = 24, 96, 0.004
NEAR = 2.5
Pixels = NDArray[np.uint8]


def checks(
    output: bytes,
    bare: Bare,
    marks: list[FinalMark],
    original: Reader | None,
    affected: Sequence[tuple[int, Box]],
) -> list[Check]:
    """Compare the marked pages of the result with the boxes alone and, outside them, with the original."""
    pages = sorted({mark.page for mark in marks})
    covered, worst = True, 0.0
    with ExitStack() as stack:
        after, boxes = (stack.enter_context(opened(data)) for data in (output, bare.boxes_only))
        for page in pages:
            quads = [mark.quad for mark in marks if mark.page == page]
            image = render(after, page)
            inside = mask(after, page, quads, image.shape, -1.0)
            alone = render(boxes, page)
            covered = covered and alone.shape == image.shape
            covered = covered and not (_apart(image, alone, CLOSE) & inside).any()
            if original is not None:
                around = [*quads, *(corners(grown(box, 1.0)) for number, box in affected if number == page)]
                outside = ~mask(after, page, around, image.shape, NEAR)
                worst = max(worst, difference(render(original.pdf, page), image, outside))
    found = [Check("box-pixels", covered, "Every box shows its own drawing and nothing else.")]
    if original is not None:
        passed = worst <= SHARE
        found.append(Check("kept-pixels", passed, f"At most {worst:.3%} of a page's other pixels differ clearly."))
    return found


def difference(before: Pixels, after: Pixels, outside: NDArray[np.bool_]) -> float:
    """The share of the pixels outside that differ clearly."""
    if before.shape != after.shape:
        return 1.0
    if not outside.any():
        return 0.0
    return float((_apart(before, after, FAR_OFF) & outside).sum()) / float(outside.sum())


def _apart(one: Pixels, two: Pixels, by: int) -> NDArray[np.bool_]:
    """The pixels of which some colour differs by more than `by`."""
    far = (np.maximum(one, two) - np.minimum(one, two)) > by
    return far[..., 0] | far[..., 1] | far[..., 2]


def _scale(sheet: pypdfium2.PdfPage) -> float:
    width, height = sheet.get_size()
    return float(min(SCALE, (MAX_RENDER_PIXELS / max(width * height, 1.0)) ** 0.5))


def render(pdf: pypdfium2.PdfDocument, page: int) -> Pixels:
    """A page as (height, width, 3) pixels: blue, green, red."""
    sheet = pdf[page - 1]
    bitmap = sheet.render(scale=_scale(sheet), prefer_bgrx=True)
    pixels: Pixels = bitmap.to_numpy()[..., :3].copy()
    bitmap.close()
    sheet.close()
    return pixels


def mask(
    pdf: pypdfium2.PdfDocument, page: int, quads: list[Polygon], shape: tuple[int, ...], by: float
) -> NDArray[np.bool_]:
    """True for the pixels in the quads, widened (or drawn in) by some pixels."""
    sheet = pdf[page - 1]
    scale, turn = _scale(sheet), sheet.get_rotation()
    left, bottom, right, top = sheet.get_bbox()
    sheet.close()
    flat = (shape[1], shape[0]) if turn in (0, 180) else (shape[0], shape[1])
    canvas = Image.new("1", flat, 0)
    pen = ImageDraw.Draw(canvas)
    across, down = flat[0] / max(right - left, 1e-6), flat[1] / max(top - bottom, 1e-6)
    for quad in quads:
        ring = [((x - left) * across, (top - y) * down) for x, y in quad]
        pen.polygon(ring, fill=1)
    area = np.array(canvas, dtype=bool)
    area = np.rot90(area, -turn // 90)
    return _widened(area, by * max(scale, 1.0))


def _widened(area: NDArray[np.bool_], by: float) -> NDArray[np.bool_]:
    """The area widened (or, `by` below zero, drawn in) by some pixels, worked on only where there is some of it."""
    steps = max(1, round(abs(by)))
    rows, columns = np.flatnonzero(area.any(axis=1)), np.flatnonzero(area.any(axis=0))
    if not len(rows):
        return area
    top, left = max(rows[0] - steps - 1, 0), max(columns[0] - steps - 1, 0)
    part = np.s_[top : rows[-1] + steps + 2, left : columns[-1] + steps + 2]
    changed = area.copy()
    changed[part] = _spread(area[part], steps) if by > 0 else ~_spread(~area[part], steps)
    return changed


def _spread(area: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    result = area
    for _ in range(steps):
        tall = result.copy()
        tall[1:] |= result[:-1]
        tall[:-1] |= result[1:]
        result = tall.copy()
        result[:, 1:] |= tall[:, :-1]
        result[:, :-1] |= tall[:, 1:]
    return result
