"""Two readers, PDFium and pdfminer.six, must find no character under a mark, and the kept ones elsewhere."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pdfminer.layout import LTChar

from ..geometry import Box, Point, Polygon, anticlockwise, bounds, corners, grown, holds, shared_area, within
from ..inspection import open_source, page_box, page_turn
from ..layers import read_layers
from ..report import Check, FinalMark
from . import second
from .bare import Bare
from .reader import Boxes, Reader

MOST_SHARED = 0.35
UNMEASURED = {"Symbol", "ZapfDingbats"}
LOST_SHARE, LOST_COUNT = 0.02, 4


def checks(
    bare: Bare,
    after: Reader,
    marks: list[FinalMark],
    before: Reader | None,
    original: bytes | None,
    affected: list[tuple[int, Box]],
    cleared: Sequence[tuple[int, Polygon]] | None = None,
) -> tuple[list[Check], dict[int, Counter[str]]]:
    """No character's ink under a mark; with the original, kept characters still there: all outside `cleared`, or
    without it all outside the marks and the affected areas. Beside it the words pdfminer.six reads, by page."""
    quads = quads_of(marks)
    bad = any(_shown(after, page, quad) for page in quads for quad in quads[page])
    found = [Check("pdfium-boxes", not bad, "PDFium finds no character under a mark.")]
    bad, words = _second(bare.data, quads)
    found.append(Check("pdfminer-boxes", not bad, "pdfminer.six finds no character under a mark."))
    if before is not None and original is not None:
        gone = [(mark.page, mark.quad) for mark in marks] if cleared is None else list(cleared)
        gone += [(n, corners(box)) for n, box in affected if cleared is None or not _moved((n, box), marks)]
        areas = {page: [quad for n, quad in gone if n == page] for page in quads}
        found.append(_kept(before, after, areas, original))
    return found, words


def quads_of(marks: list[FinalMark]) -> dict[int, list[Polygon]]:
    """The drawn areas, page by page."""
    pages = sorted({mark.page for mark in marks})
    return {page: [anticlockwise(mark.quad) for mark in marks if mark.page == page] for page in pages}


def _moved(area: tuple[int, Box], marks: list[FinalMark]) -> bool:
    """Whether an affected area is a line laid out anew: its characters stand elsewhere in it, and all are there."""
    page, box = area
    return any(m.level == "canonical" and m.page == page and within(bounds(m.quad), grown(box, 0.2)) for m in marks)


def _shown(reader: Reader, page: int, quad: Polygon) -> bool:
    """Whether a good part of a character's ink lies in the area."""
    sheet = reader.sheet(page)
    near = sheet.inked & _meets(sheet.ink, bounds(quad))
    for x0, y0, x1, y1 in sheet.ink[near].tolist():
        area = (x1 - x0) * (y1 - y0)
        if area > 1e-6 and shared_area(corners((x0, y0, x1, y1)), quad) > MOST_SHARED * area:
            return True
    return False


def _meets(ink: Boxes, box: Box) -> NDArray[np.bool_]:
    """Which of the boxes share at least a border point with `box`."""
    left, low, right, high = ink.T
    meets: NDArray[np.bool_] = (left <= box[2]) & (box[0] <= right) & (low <= box[3]) & (box[1] <= high)
    return meets


def _second(data: bytes, quads: dict[int, list[Polygon]]) -> tuple[bool, dict[int, Counter[str]]]:
    """Whether the core of any character that pdfminer places lies under a mark, and the words it reads, by page."""
    bad, words = False, dict[int, Counter[str]]()
    frames = _frames(data) if quads else []
    for page, chars in second.characters(data, quads):
        words[page] = second.words_of(chars)
        near = [(quad, bounds(quad)) for quad in quads[page]]
        bad = bad or any(_in_core(char, near, *frames[page - 1]) for char in chars if char.fontname not in UNMEASURED)
    return bad, words


def _in_core(char: LTChar, near: list[tuple[Polygon, Box]], frame: Box, turn: int) -> bool:
    """Whether the middle part of a letter or digit lies in one of the areas."""
    x0, y0, x1, y1 = char.bbox
    x, y = _unturned(((x0 + x1) / 2, (y0 + y1) / 2), frame, turn)
    here = [quad for quad, (left, low, right, high) in near if left <= x <= right and low <= y <= high]
    if not here or not char.get_text().isalnum():
        return False
    core = [(x0 + (x1 - x0) * s, y0 + (y1 - y0) * t) for s in (0.3, 0.5, 0.7) for t in (0.3, 0.5, 0.65)]
    core = [_unturned(point, frame, turn) for point in core]
    return any(all(holds(quad, point) for point in core) for quad in here)


def _frames(data: bytes) -> list[tuple[Box, int]]:
    """Box and turn of every page: pdfminer.six tells places on the page as it is seen, its lower left corner zero."""
    with open_source(data) as pdf:
        return [(page_box(page), page_turn(page)) for page in pdf.pages]


def _unturned(point: Point, box: Box, turn: int) -> Point:
    """A place told by pdfminer.six in default user space."""
    x, y = point
    x0, y0, x1, y1 = box
    places = {0: (x0 + x, y0 + y), 90: (x1 - y, y0 + x), 180: (x1 - x, y1 - y), 270: (x0 + y, y1 - x)}
    return places[turn]


def _kept(before: Reader, after: Reader, quads: dict[int, list[Polygon]], original: bytes) -> Check:
    """Characters clear of all marks must still be read where they were."""
    most = 0.0
    if _has_hidden_layers(original):
        return Check("kept-text", True, "Not judged: the original has hidden layers, whose text readers report too.")
    for page, areas in quads.items():
        sheet = before.sheet(page)
        clear = sheet.inked & _meets(sheet.ink, grown(before.pdf[page - 1].get_bbox(), -1))
        for box in {grown(bounds(quad), 0.5) for quad in areas}:
            clear &= ~_meets(sheet.ink, box)
        chars = Counter(sheet.texts[index] for index in np.flatnonzero(clear))
        lost = sum((chars - Counter(after.sheet(page).texts)).values())
        if lost > LOST_COUNT:
            most = max(most, lost / max(int(clear.sum()), 1))
    return Check("kept-text", most <= LOST_SHARE, f"At most {most:.1%} of a page's other characters differ.")


def _has_hidden_layers(original: bytes) -> bool:
    with open_source(original) as pdf:
        layers = read_layers(pdf.Root)
    return bool(layers.off) or not layers.base_on
