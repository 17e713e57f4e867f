"""Lines laid out anew, so that what stays tells nothing of the width of what went.

A `canonical` mark in upright running text gets a box of constant width, and every kept glyph of its stretch of line a
place that follows from the kept glyphs and constants alone. Where that cannot be had (tables, leaders, centred or
right-aligned lines, several lines, pictures) the mark becomes a `region`: the whole stretch between its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from math import inf
from statistics import median_low

from ..errors import Refused
from ..geometry import Box, Polygon, bounds, corners, meet, overlap
from ..report import FinalMark
from .absolute import Layout
from .area import PEEKING, WHOLE, Target, covers, peeks, takes, target_of
from .survey import Placed, Run, Survey

SPACE, WORD_GAP, COLUMN_GAP = 0.25, 0.12, 2.0
BAND = 0.45
DEPTH, HEIGHT = 0.2, 0.72
BOXES = (6.0, 4.0, 2.5)
NEAR, EDGE = 1.0, 4.0
LEADERS = 5
EVEN_GAPS, EVEN = 4, 0.1
INDENT = 36.0

WIDENED = "A mark was widened to its whole line or cell, because the line cannot be laid out anew."
KEPT_EXACT = "A mark stayed exact: it covers no upright text, so the width of what it covers can be measured."
TURNED = "A mark covers text that does not run along the page, whose width cannot be hidden; ask for the level exact."


Lost = dict[tuple[int, int], set[int]]


@dataclass(frozen=True)
class Stretch:
    """The glyphs of a line between two wide gaps; `left` and `right` are free up to the neighbours or the page."""

    glyphs: tuple[Placed, ...]
    y: float
    left: float
    right: float

    @cached_property
    def places(self) -> frozenset[tuple[int, int]]:
        """Which glyphs it holds."""
        return frozenset(g.place for g in self.glyphs)

    @cached_property
    def em(self) -> float:
        """The size of the text."""
        return median_low([g.em for g in self.glyphs])

    def strip(self) -> Box:
        """The band of the stretch from neighbour to neighbour."""
        return (self.left, self.y - DEPTH * self.em, self.right, self.y + HEIGHT * self.em)


@dataclass
class Settled:
    """The final marks of a page, what its walk must clear, the new places of glyphs, and the areas that changed."""

    marks: list[FinalMark]
    cleared: list[Polygon]
    layout: Layout = field(default_factory=dict)
    strips: list[Box] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)


def settle(survey: Survey, marks: Sequence[FinalMark], page: Box) -> Settled:
    """Decide the level of every mark of a page and lay out the lines of the canonical ones. Raises Refused "level"
    where text is covered whose width cannot be hidden, unless the mark says that it may stay exact."""
    wanted = {index for index, mark in enumerate(marks) if mark.asked_level in ("canonical", "region")}
    sheet = _Sheet(survey, page)
    final = list(marks)
    notes: set[str] = set()
    for index in sorted(wanted):
        hits = sheet.hits(marks[index].quad, WHOLE)
        if not hits or not all(g.upright for g in hits):
            if hits and marks[index].otherwise == "refuse":
                raise Refused("level", TURNED)
            notes.add(KEPT_EXACT)
        elif not survey.shows_more(hits):
            final[index] = replace(marks[index], level="region")
        elif marks[index].asked_level == "region" or sheet.obstacle(hits, marks[index].quad):
            final[index] = _region(sheet, marks[index], hits, notes)
        else:
            final[index] = replace(marks[index], level="canonical")
    while True:
        laid = _lay(sheet, final)
        if not laid.failed:
            break
        for index in laid.failed:
            final[index] = _region(sheet, marks[index], sheet.hits(marks[index].quad, WHOLE), notes)
    cleared = [mark.quad for mark in final]
    final = [replace(mark, quad=laid.boxes.get(index, mark.quad)) for index, mark in enumerate(final)]
    return Settled(final, cleared, laid.layout, laid.strips, notes)


def sheet_of(survey: Survey, page: Box) -> "_Sheet":
    """The survey with questions one can ask it."""
    return _Sheet(survey, page)


class _Sheet:
    """The survey with the margins of the page."""

    def __init__(self, survey: Survey, page: Box) -> None:
        self.survey = survey
        self.page = page
        self.found: dict[tuple[Polygon, float], list[Placed]] = {}
        self.lines: dict[tuple[float, float], list[Stretch]] = {}

    def hits(self, quad: Polygon, peek: float = PEEKING) -> list[Placed]:
        """The painting glyphs a mark takes; `peek` as of its target."""
        if (quad, peek) not in self.found:
            self.found[quad, peek] = self._hits(target_of(quad, peek))
        return self.found[quad, peek]

    def _hits(self, target: Target) -> list[Placed]:
        return [
            g
            for g in self.survey.meeting(target.box)
            if not g.blank and overlap(g.box, target.box) and meet(target.box, g.box) and takes(target, g.quad, g.core)
        ]

    def stretches(self, y: float, em: float) -> list[Stretch]:
        """The stretches of the line at `y`; a line with leaders is one, and so is one
        that is stretched evenly."""
        if (y, em) not in self.lines:
            self.lines[y, em] = self._stretches(y, em)
        return self.lines[y, em]

    def _stretches(self, y: float, em: float) -> list[Stretch]:
        parts: list[list[Placed]] = []
        end = 0.0
        band = self.survey.band(y, BAND * em)
        one = _leaders(band) or _even(band, em)
        wide = self.page[2] - self.page[0] if one else COLUMN_GAP * em
        for g in band:
            if not parts or g.x - end > wide:
                parts.append([])
                end = g.x + g.advance
            parts[-1].append(g)
            end = max(end, g.x + g.advance)
        found: list[Stretch] = []
        for number, part in enumerate(parts):
            left = max(g.x + g.advance for g in parts[number - 1]) + em / 2 if number else self.page[0]
            right = parts[number + 1][0].x - em / 2 if number + 1 < len(parts) else self.page[2]
            found.append(Stretch(tuple(part), part[0].y, left, right))
        return found

    def around(self, hits: Sequence[Placed]) -> list[Stretch]:
        """The stretches that hold the hits."""
        found: list[Stretch] = []
        seen: set[tuple[int, int]] = set()
        for g in hits:
            if g.place in seen:
                continue
            for stretch in self.stretches(g.y, g.em):
                if g.place in stretch.places:
                    found.append(stretch)
                    seen |= stretch.places
        return found

    def margins(self, away: Sequence[Placed]) -> tuple[float, float]:
        """The first and last x of text on other lines than those of `away`."""
        lines = {(g.y, BAND * g.em) for g in away}
        left, right = inf, -inf
        runs = self.survey.runs
        for run in (*sorted(runs, key=_end), *sorted(runs, key=_start)):
            if (run.span[0] < left or run.span[2] > right) and run.upright:
                for x0, y0, x1 in _rows(run):
                    if not any(abs(y0 - y) <= reach for y, reach in lines):
                        left, right = min(left, x0), max(right, x1)
        if left > right:
            return self.page[0] + INDENT, self.page[2] - INDENT
        return left, right

    def begins(self, x: float, away: Stretch) -> bool:
        """Whether a line other than this one begins near `x`."""
        rows: dict[float, float] = {}
        y, reach = away.y, BAND * away.em
        for run in self.survey.runs:
            if run.span[0] <= x + NEAR and run.upright:
                for x0, y0 in _begins(run):
                    if abs(y0 - y) > reach:
                        key = round(y0, 1)
                        rows[key] = min(rows.get(key, inf), x0)
        return any(abs(x - start) <= NEAR for start in rows.values())

    def obstacle(self, hits: Sequence[Placed], quad: Polygon) -> bool:
        """Whether the line of the hits cannot be laid out anew without telling something; a drawing cut where the
        mark stood would tell its width."""
        around = self.around(hits)
        if len(around) != 1 or self.survey.crossed(bounds(quad)):
            return True
        stretch = around[0]
        band = self.survey.band(stretch.y, BAND * stretch.em)
        if not all(g.plain and g.frame == stretch.glyphs[0].frame for g in stretch.glyphs):
            return True
        if any(not g.upright and overlap(g.box, stretch.strip()) for g in band):
            return True
        first, last = stretch.glyphs[0], max(stretch.glyphs, key=lambda g: g.x + g.advance)
        strip = (first.x - 1, stretch.y - DEPTH * stretch.em, last.x + last.advance + 1, stretch.y + 0.5 * stretch.em)
        return (
            self.survey.crossed(strip) or _leaders(stretch.glyphs) or _doubled(stretch) or not self._flush_left(stretch)
        )

    def _flush_left(self, stretch: Stretch) -> bool:
        """Whether the stretch begins where it would begin with other words in it."""
        first = stretch.glyphs[0].x
        if self.begins(first, stretch):
            return True
        end = max(g.x + g.advance for g in stretch.glyphs)
        left, right = self.margins(stretch.glyphs)
        middles = ((self.page[0] + self.page[2]) / 2, (left + right) / 2)
        centred = any(abs((first + end) / 2 - middle) <= 3 * NEAR for middle in middles)
        return not centred and abs(end - right) > 2 * NEAR and stretch.left <= self.page[0]


def _start(run: Run) -> float:
    return run.span[0]


def _end(run: Run) -> float:
    return -run.span[2]


def _rows(run: Run) -> list[tuple[float, float, float]]:
    """The least x, the y and the greatest x of what a run paints; glyph by glyph where its base line is not level."""
    if run.span[1] != run.span[3]:
        return [(g.x, g.y, g.x + g.advance) for g in run.glyphs() if not g.blank]
    ends = run.ends()
    return [] if ends is None else [(ends[0], ends[1], ends[2])]


def _begins(run: Run) -> list[tuple[float, float]]:
    """The least x and the y of what a run paints."""
    if run.span[1] != run.span[3]:
        return [(g.x, g.y) for g in run.glyphs() if not g.blank]
    x = run.begin()
    return [] if x is None else [(x, run.matrix[5])]


def _leaders(glyphs: Sequence[Placed]) -> bool:
    """Whether dots lead the eye along a line."""
    run = 0
    for g in glyphs:
        run = run + 1 if g.leader else 0
        if run >= LEADERS:
            return True
    return False


def _even(glyphs: Sequence[Placed], em: float) -> bool:
    """Whether all words of a line are equally far apart, as in justified text."""
    gaps = [two.x - one.x - one.advance for one, two in pairwise(glyphs)]
    gaps = [gap for gap in gaps if gap > WORD_GAP * em]
    return len(gaps) >= EVEN_GAPS and max(gaps) - min(gaps) <= EVEN * em


def _doubled(stretch: Stretch) -> bool:
    """Whether glyphs stand upon one another, as in bold text made by printing twice."""
    return any(two.x < one.x + 0.5 * one.advance and two.y == one.y for one, two in pairwise(stretch.glyphs))


def _region(sheet: _Sheet, mark: FinalMark, hits: Sequence[Placed], notes: set[str]) -> FinalMark:
    """The mark widened to the whole stretches of its lines."""
    if mark.asked_level == "canonical":
        notes.add(WIDENED)
    left, right = sheet.margins(hits)
    boxes = [bounds(mark.quad)]
    for stretch in sheet.around(hits):
        x0, y0, x1, y1 = stretch.strip()
        x0 = x0 if x0 > sheet.page[0] else min(left, *(g.x for g in stretch.glyphs))
        x1 = x1 if x1 < sheet.page[2] else max(right, *(g.x + g.advance for g in stretch.glyphs))
        boxes.append((x0, y0, x1, y1))
    x0, y0, x1, y1 = bounds([point for box in boxes for point in corners(box)])
    return replace(mark, quad=corners((round(x0, 1), round(y0, 1), round(x1, 1), round(y1, 1))), level="region")


@dataclass
class _Laid:
    """An attempt at a layout; `failed` are the marks that must become regions."""

    layout: Layout = field(default_factory=dict)
    boxes: dict[int, Polygon] = field(default_factory=dict)
    strips: list[Box] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)


def _lay(sheet: _Sheet, marks: Sequence[FinalMark]) -> _Laid:
    laid = _Laid()
    lost: Lost = {}
    for index, mark in enumerate(marks):
        for g in sheet.hits(mark.quad, WHOLE if mark.level == "canonical" else PEEKING):
            lost.setdefault(g.place, set()).add(index)
    done: set[tuple[int, int]] = set()
    for index, mark in enumerate(marks):
        if mark.level != "canonical":
            continue
        stretch = sheet.around(sheet.hits(mark.quad, WHOLE))[0]
        key = stretch.glyphs[0].place
        if key in done:
            continue
        done.add(key)
        if not any(_line(sheet, stretch, marks, lost, ems, laid) for ems in BOXES):
            laid.failed.append(index)
    return laid


def _line(
    sheet: _Sheet,
    stretch: Stretch,
    marks: Sequence[FinalMark],
    lost: Lost,
    ems: float,
    laid: _Laid,
) -> bool:
    """Lay out one stretch; False when it has no room, shows nothing else, or holds glyphs of other levels."""
    kept = [g for g in stretch.glyphs if g.place not in lost]
    holders = {index for g in stretch.glyphs for index in lost.get(g.place, ())}
    if not kept or any(marks[index].level != "canonical" for index in holders):
        return False
    em = median_low([g.em for g in kept])
    y = median_low([g.y for g in kept])
    first = cursor = round(stretch.glyphs[0].x, 2)
    layout: Layout = {}
    boxes: dict[int, Polygon] = {}
    before: Placed | None = None
    hole: Polygon | None = None
    for g in stretch.glyphs:
        if g.place in lost:
            if hole is None:
                cursor += SPACE * em if before is not None else 0.0
                hole = corners(_grid((cursor, y - DEPTH * em, cursor + ems * em, y + HEIGHT * em)))
                cursor += (ems + SPACE) * em
            if any(boxes.setdefault(index, hole) != hole for index in lost[g.place]):
                return False
            before = g
            continue
        if hole is None and before is not None and g.x - before.x - before.advance > WORD_GAP * em:
            cursor += SPACE * em
        layout[g.place] = cursor
        cursor += g.advance
        before, hole = g, None
    for g in sheet.survey.along(stretch.y, BAND * stretch.em):
        if g.blank and g.plain and stretch.left <= g.x + g.advance / 2 <= stretch.right:
            layout[g.place] = None
    if cursor > min(stretch.right, sheet.page[2] - EDGE) or not _free(sheet, layout, (first, y, cursor, em), lost):
        return False
    strip = (first, y - DEPTH * em, cursor, y + HEIGHT * em)
    if any(mark.level != "canonical" and overlap(bounds(mark.quad), strip) for mark in marks):
        return False
    laid.layout.update(layout)
    laid.boxes.update(boxes)
    left = min(first, *(g.x for g in stretch.glyphs))
    laid.strips.append(_grid((left - 1, y - 0.35 * em, stretch.right, y + em)))
    return True


def _free(sheet: _Sheet, own: Layout, line: tuple[float, float, float, float], gone: Lost) -> bool:
    """Whether no glyph of another line and no edge of a drawing stands where the line will stand."""
    first, y, end, em = line
    strip = (first, y - DEPTH * em, end, y + HEIGHT * em)
    target = target_of(corners(strip))
    for g in sheet.survey.meeting(strip):
        if g.place not in own and g.place not in gone and overlap(g.box, strip) and _stands_in(g, target):
            return False
    return not sheet.survey.crossed(strip)


def _stands_in(g: Placed, line: Target) -> bool:
    """Whether a glyph is in the way of a new line; not one of an upright line above or below in the page's own
    content that only reaches into it, as that can be shown beside a box."""
    return covers(line, g.quad) and not (g.upright and g.place[0] > 0 and peeks(line, g.quad, g.core))


def _grid(box: Box) -> Box:
    x0, y0, x1, y1 = (round(value, 1) for value in box)
    return (x0, y0, x1, y1)
