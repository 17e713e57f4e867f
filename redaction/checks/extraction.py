"""Two readers, PDFium and pdfminer.six, must find no character under a mark, and the kept ones elsewhere."""

from collections import Counter
from collections.abc import Iterable, Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pdfminer.high_level import extract_pages
from pdfminer.layout import LTChar, LTContainer

from ..geometry import Box, Point, Polygon, anticlockwise, bounds, corners, grown, holds, overlap, shared_area, within
from ..inspection import open_source, page_box, page_turn
from ..layers import read_layers
from ..reading import Char, opened, page_chars
from ..report import Check, FinalMark
from .bare import Bare

MOST_SHARED = 0.35
UNMEASURED = {"Symbol", "ZapfDingbats"}
LOST_SHARE, LOST_COUNT = 0.02, 4


def checks(
    bare: Bare,
    marks: list[FinalMark],
    original: bytes | None,
    affected: list[tuple[int, Box]],
    cleared: Sequence[tuple[int, Polygon]] | None = None,
) -> list[Check]:
    """No character's ink under a mark; with the original, kept characters still there: all outside `cleared`, or
    without it all outside the marks and the affected areas."""
    pages = sorted({mark.page for mark in marks})
    quads = {page: [anticlockwise(mark.quad) for mark in marks if mark.page == page] for page in pages}
    found: list[Check] = []
    with opened(bare.data) as pdf:
        texts = {page: page_chars(pdf, page) for page in pages}
    bad = any(_under(char.ink, quad) for page in pages for char in texts[page] if _is_ink(char) for quad in quads[page])
    found.append(Check("pdfium-boxes", not bad, "PDFium finds no character under a mark."))
    found.append(
        Check("pdfminer-boxes", not _pdfminer(bare.data, quads), "pdfminer.six finds no character under a mark.")
    )
    if original is not None:
        gone = [(mark.page, mark.quad) for mark in marks] if cleared is None else list(cleared)
        gone += [(n, corners(box)) for n, box in affected if cleared is None or not _moved((n, box), marks)]
        areas = {page: [quad for n, quad in gone if n == page] for page in pages}
        found.append(_kept(original, texts, areas))
    return found


def _moved(area: tuple[int, Box], marks: list[FinalMark]) -> bool:
    """Whether an affected area is a line laid out anew: its characters stand elsewhere in it, and all are there."""
    page, box = area
    return any(m.level == "canonical" and m.page == page and within(bounds(m.quad), grown(box, 0.2)) for m in marks)


def _is_ink(char: Char) -> bool:
    return not char.text.isspace() and char.ink[2] > char.ink[0] and char.ink[3] > char.ink[1]


def _under(ink: Box, quad: Polygon) -> bool:
    if not overlap(ink, bounds(quad)):
        return False
    area = (ink[2] - ink[0]) * (ink[3] - ink[1])
    return area > 1e-6 and shared_area(corners(ink), quad) > MOST_SHARED * area


def _pdfminer(data: bytes, quads: dict[int, list[Polygon]]) -> bool:
    """Whether the core of any character that pdfminer places lies under a mark."""
    numbers = [page - 1 for page in quads]
    if not numbers:
        return False
    frames = _frames(data)
    layouts = extract_pages(BytesIO(data), page_numbers=numbers, laparams=None)
    for page, layout in zip(quads, layouts, strict=True):
        for char in _characters(layout):
            if char.fontname in UNMEASURED:
                continue
            x0, y0, x1, y1 = char.bbox
            core = [(x0 + (x1 - x0) * s, y0 + (y1 - y0) * t) for s in (0.3, 0.5, 0.7) for t in (0.3, 0.5, 0.65)]
            core = [_unturned(point, *frames[page - 1]) for point in core]
            if char.get_text().isalnum() and any(all(holds(q, point) for point in core) for q in quads[page]):
                return True
    return False


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


def _characters(item: Iterable[object]) -> list[LTChar]:
    found: list[LTChar] = []
    for part in item:
        if isinstance(part, LTChar):
            found.append(part)
        elif isinstance(part, LTContainer):
            found += _characters(part)
    return found


def _kept(original: bytes, texts: dict[int, list[Char]], quads: dict[int, list[Polygon]]) -> Check:
    """Characters clear of all marks must still be read where they were."""
    most = 0.0
    if _has_hidden_layers(original):
        return Check("kept-text", True, "Not judged: the original has hidden layers, whose text readers report too.")
    with opened(original) as pdf:
        for page, after in texts.items():
            areas = np.array(sorted({grown(bounds(quad), 0.5) for quad in quads[page]})).reshape(-1, 4)
            clear = [char for char in page_chars(pdf, page) if _is_ink(char) and not _touches(char.ink, areas)]
            size = pdf[page - 1].get_bbox()
            clear = [char for char in clear if overlap(grown(size, -1), char.ink)]
            missing = Counter(char.text for char in clear) - Counter(char.text for char in after)
            lost = sum(missing.values())
            if lost > LOST_COUNT:
                most = max(most, lost / max(len(clear), 1))
    return Check("kept-text", most <= LOST_SHARE, f"At most {most:.1%} of a page's other characters differ.")


def _has_hidden_layers(original: bytes) -> bool:
    with open_source(original) as pdf:
        layers = read_layers(pdf.Root)
    return bool(layers.off) or not layers.base_on


def _touches(ink: Box, areas: NDArray[np.float64]) -> bool:
    left, low, right, high = areas.T
    return bool(((ink[0] <= right) & (left <= ink[2]) & (ink[1] <= high) & (low <= ink[3])).any())
