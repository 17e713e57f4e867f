"""The leak meter: how many words of a list fit the gap that a mark leaves, with the line as it stands and as redacted.

A reader who knows the font can compute the width of every candidate; with kept text standing where it stood, only the
words of that width fit. Where the line is laid out anew, or goes as a whole, every word of the list fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf

from .content.job import Job
from .content.layout import COLUMN_GAP, Settled, settle, sheet_of
from .content.survey import Placed, Survey
from .document import surveyed
from .engine import DAMAGED, final_marks
from .errors import Refused
from .fonts import Font, texts_of
from .geometry import Polygon
from .graphics.copier import Copier
from .inspection import open_source, page_box
from .layers import read_layers
from .plan import Plan
from .report import FinalMark

TOLERANCE = 0.01
"""Widths this close (in em) cannot be told apart; rounded positions and rendering make it so."""


@dataclass(frozen=True)
class Leak:
    """For one mark: its level as done, of how many candidates (`words`), and how many of them fit before and after.

    `before` is what an exact mark would leave; `after` what this one leaves. A mark over no text has all fitting.
    """

    id: str
    page: int
    level: str
    words: int
    before: int
    after: int


def leak(data: bytes, plan: Plan, words: Sequence[str]) -> tuple[Leak, ...]:
    """Measure every mark of a plan against a list of candidate words. Raises Refused like `apply`."""
    with open_source(data) as source, pikepdf.new() as scratch:
        try:
            marks = final_marks(source, data, plan)
            job = Job(source, scratch, read_layers(source.Root), Copier(scratch))
            found: dict[int, Leak] = {}
            for number in sorted({mark.page for mark in marks}):
                page = source.pages[number - 1]
                here = [index for index, mark in enumerate(marks) if mark.page == number]
                survey = surveyed(job, page)
                settled = settle(survey, [marks[index] for index in here], page_box(page))
                measured = _measured(survey, settled, [marks[i].quad for i in here], page_box(page), words)
                found.update(zip(here, measured, strict=True))
        except DAMAGED as error:
            raise Refused("broken", "The document is damaged in a way that cannot be understood.") from error
    return tuple(found[index] for index in range(len(marks)))


def _measured(
    survey: Survey, settled: Settled, quads: list[Polygon], page: tuple[float, ...], words: Sequence[str]
) -> list[Leak]:
    sheet = sheet_of(survey, (page[0], page[1], page[2], page[3]))
    result: list[Leak] = []
    for mark, quad in zip(settled.marks, quads, strict=True):
        hits = sheet.hits(quad)
        before = sum(fits_gap(survey, hits, word) for word in words)
        after = before if mark.level == "exact" else len(words)
        result.append(_leak(mark, len(words), before, after))
    return result


def _leak(mark: FinalMark, count: int, before: int, after: int) -> Leak:
    return Leak(mark.id, mark.page, mark.level, count, before, after)


def fits_gap(survey: Survey, hits: Sequence[Placed], word: str) -> bool:
    """Whether a word could have stood where the hits stand: in their first font, between the neighbours."""
    if not hits or not all(g.upright for g in hits):
        return True
    first = min(hits, key=lambda g: g.x)
    width = _width(first, word)
    if width is None:
        return True
    end = max(g.x + g.advance for g in hits)
    places = {g.place for g in hits}
    after = [g.x for g in survey.band(first.y, 0.45 * first.em) if g.place not in places and g.x >= end - 0.01]
    if not after or min(after) - end > COLUMN_GAP * first.em:
        room = min(after, default=end + 1e6) - first.x
        return width <= room
    return abs(width - (end - first.x)) <= TOLERANCE * first.em


def _width(sample: Placed, word: str) -> float | None:
    """The width of a word in the font and size of a glyph; None when the font does not tell."""
    font: Font | None = sample.font
    if font is None:
        return None
    codes = texts_of(font)
    known = font.glyphs.get(sample.code)
    if known is None or not known.advance:
        return None
    scale = sample.advance / known.advance
    total = 0.0
    for char in word:
        code = codes.get(char)
        if code is None:
            return None
        total += font.read(code)[0].advance * scale
    return total
