"""Applying a plan: find the final marks, rebuild the document, verify the result, or give nothing at all."""

from dataclasses import replace
from hashlib import sha256
from math import ceil, floor

import pikepdf

from .checks import verify
from .document import rebuild
from .errors import Refused, VerificationFailed
from .geometry import Polygon, bounds, corners, overlap, pushed
from .inspection import open_source, page_box
from .limits import MAX_INPUT_BYTES, MAX_MARKS, hold
from .plan import Mark, Plan
from .reading import opened, search_page
from .report import ENGINE_VERSION, KINDS, FinalMark, Report, Result
from .telling import Told, silent

GRID = 0.1
DAMAGED = (
    pikepdf.PdfError, ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError, OverflowError,
    ZeroDivisionError, AssertionError,
)  # fmt: skip


def apply(data: bytes, plan: Plan, told: Told = silent) -> Result:
    """Remove what the plan marks and verify the result.

    The same document and plan give the same bytes. Raises Refused when something is not understood and
    VerificationFailed when the result does not pass; in both cases there is no output. `told` hears how far it has
    come.
    """
    hold("large", len(data), MAX_INPUT_BYTES)
    with open_source(data) as source:
        try:
            marks = final_marks(source, data, plan)
            rebuilt = rebuild(source, marks, told, front=plan.front)
            marks = rebuilt.marks
        except DAMAGED as error:
            raise Refused("broken", "The document is damaged in a way that cannot be understood.") from error
        pages = len(source.pages)
    checks = verify(
        rebuilt.output,
        marks,
        original=data,
        affected=rebuilt.affected,
        cleared=rebuilt.cleared,
        title=plan.front.title,
        told=told,
    )
    failures = tuple((check.name, check.detail) for check in checks if not check.passed)
    if [name for name, _ in failures] == ["title"]:
        raise Refused("title", "A word that is removed stands in the title the copy is to have.")
    if failures:
        raise VerificationFailed(failures)
    report = Report(
        engine=ENGINE_VERSION,
        pages=pages,
        title=plan.front.title,
        marks=tuple(marks),
        removed={kind: kind in rebuilt.kinds for kind in KINDS},
        affected=tuple(rebuilt.affected),
        clipped=rebuilt.clipped,
        notes=(*(LIMITS_TOLD if any(mark.level == "exact" for mark in marks) else ()), *rebuilt.notes),
    )
    return Result(rebuilt.output, replace(report, sha256=sha256(rebuilt.output).hexdigest(), checks=tuple(checks)))


LIMITS_TOLD = ("Kept text stands where it stood, so the width of a removed run can be measured.",)


def final_marks(source: pikepdf.Pdf, data: bytes, plan: Plan) -> list[FinalMark]:
    """The marks with their places settled: terms searched, boxes widened to a grid. Raises Refused.

    Terms are searched with fields and annotations already drawn into the pages, as they will be in the result.
    """
    marks: list[FinalMark] = []
    pages = len(source.pages)
    if any(mark.term is not None for mark in plan.marks) and any("/Annots" in page.obj for page in source.pages):
        data = rebuild(source, []).output
    for mark in plan.marks:
        if mark.page is not None and mark.page > pages:
            raise Refused("page", f"The document has no page {mark.page}.")
        if mark.term is not None:
            marks += _term_marks(data, mark, pages)
        elif mark.whole and mark.page is not None:
            marks.append(_final(mark, mark.page, corners(page_box(source.pages[mark.page - 1]))))
        elif mark.quad is not None and mark.page is not None:
            if not overlap(bounds(mark.quad), page_box(source.pages[mark.page - 1])):
                raise Refused("outside", f"A mark lies outside page {mark.page}.")
            marks.append(_final(mark, mark.page, mark.quad))
    hold("many-marks", len(marks), MAX_MARKS)
    return marks


def _term_marks(data: bytes, mark: Mark, pages: int) -> list[FinalMark]:
    found: list[FinalMark] = []
    with opened(data) as pdf:
        for page in [mark.page] if mark.page else range(1, pages + 1):
            for hit in search_page(pdf, mark.term or "", page):
                found += [_final(mark, page, corners(box)) for box in hit.boxes]
    if not found:
        raise Refused("term-not-found", "A term of the plan does not stand in the document.")
    return found


def _final(mark: Mark, page: int, quad: Polygon) -> FinalMark:
    x0, y0, x1, y1 = box = bounds(quad)
    if set(quad) == set(corners(box)):
        x0, y0 = (round(floor(value / GRID) * GRID, 3) for value in (x0, y0))
        x1, y1 = (round(ceil(value / GRID) * GRID, 3) for value in (x1, y1))
        quad = corners((x0, y0, x1, y1))
    else:
        quad = tuple((round(x, 3), round(y, 3)) for x, y in pushed(quad, GRID / 2))
    return FinalMark(mark.id, page, quad, "exact", mark.level, mark.code, mark.rationale, mark.otherwise)
