"""Pending marks as /Redact annotations (ISO 32000-2, 12.5.6.23), the form in which other programs exchange them."""

from collections.abc import Mapping
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from .engine import DAMAGED, final_marks
from .errors import Refused
from .geometry import Polygon, anticlockwise, bounds, corners, is_convex
from .inspection import open_source
from .limits import MAX_MARKS, hold
from .plan import MAX_TEXT, Plan

COLOUR = [0.8, 0.1, 0.1]


def read_marks(data: bytes) -> dict[str, object]:
    """The /Redact annotations of a document as a plan (JSON values): one mark for each of their quads.

    /OverlayText becomes the code, /Contents the rationale, /NM the id, each cut to the length a plan allows. An empty
    list of marks means that the document has none. Raises Refused when the document cannot be read.
    """
    marks: list[dict[str, object]] = []
    with open_source(data) as pdf:
        try:
            for number, page in enumerate(pdf.pages, start=1):
                listed = page.obj.get("/Annots")
                for item in listed if isinstance(listed, Array) else ():
                    if isinstance(item, Dictionary) and str(item.get("/Subtype", "")) == "/Redact":
                        marks += [_mark(item, number, quad) for quad in _quads(item)]
                hold("many-marks", len(marks), MAX_MARKS)
        except DAMAGED as error:
            raise Refused("broken", "The document is damaged in a way that cannot be understood.") from error
    return {"marks": marks}


def _mark(item: pikepdf.Object, page: int, quad: Polygon) -> dict[str, object]:
    box = bounds(quad)
    mark: dict[str, object] = {"page": page}
    if {(round(x, 3), round(y, 3)) for x, y in quad} == {(round(x, 3), round(y, 3)) for x, y in corners(box)}:
        mark["box"] = [round(value, 3) for value in box]
    else:
        mark["quad"] = [round(value, 3) for point in quad for value in point]
    for key, field in (("/OverlayText", "code"), ("/Contents", "rationale"), ("/NM", "id")):
        value = item.get(key)
        if isinstance(value, String) and str(value):
            mark[field] = str(value)[: MAX_TEXT[field]]
    return mark


def _quads(item: pikepdf.Object) -> list[Polygon]:
    """The areas of an annotation: /QuadPoints (whose corners programs list in two orders) or /Rect."""
    listed = item.get("/QuadPoints")
    found: list[Polygon] = []
    if isinstance(listed, Array) and len(listed) >= 8:
        values = [float(value) for value in listed]
        for start in range(0, len(values) - 7, 8):
            a, b, c, d = (tuple(values[start + i : start + i + 2]) for i in (0, 2, 4, 6))
            for order in ((a, b, d, c), (a, b, c, d)):
                quad = anticlockwise(tuple((x, y) for x, y in order))
                if is_convex(quad):
                    found.append(quad)
                    break
    rect = item.get("/Rect")
    if not found and isinstance(rect, Array) and len(rect) == 4:
        x0, y0, x1, y1 = (float(value) for value in rect)
        box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        found = [corners(box)] if box[2] - box[0] > 0.01 and box[3] - box[1] > 0.01 else []
    return found


def write_marks(data: bytes, plan: Plan | Mapping[str, object]) -> bytes:
    """The document with one /Redact annotation for every place of the plan, terms searched. Nothing is removed.

    Earlier /Redact annotations are replaced. Raises Refused like `apply`.
    """
    settled = plan if isinstance(plan, Plan) else Plan.from_json(plan)
    with open_source(data) as pdf:
        try:
            marks = final_marks(pdf, data, settled)
            for number, page in enumerate(pdf.pages, start=1):
                listed = page.obj.get("/Annots")
                kept = [i for i in (listed if isinstance(listed, Array) else ()) if not _is_pending(i)]
                fresh = [_annotation(m.quad, m.code, m.rationale, m.id) for m in marks if m.page == number]
                if kept or fresh or listed is not None:
                    page.obj.Annots = Array([*kept, *(pdf.make_indirect(item) for item in fresh)])
        except DAMAGED as error:
            raise Refused("broken", "The document is damaged in a way that cannot be understood.") from error
        stream = BytesIO()
        pdf.save(stream)
        return stream.getvalue()


def _is_pending(item: object) -> bool:
    return isinstance(item, Dictionary) and str(item.get("/Subtype", "")) == "/Redact"


def _annotation(quad: Polygon, code: str, rationale: str, name: str) -> Dictionary:
    a, b, c, d = quad if len(quad) == 4 else corners(bounds(quad))
    points = [round(value, 3) for point in (d, c, a, b) for value in point]
    new = Dictionary(Type=Name.Annot, Subtype=Name.Redact, Rect=Array([round(v, 3) for v in bounds(quad)]), F=4)
    new.QuadPoints, new.C, new.IC = Array(points), Array(COLOUR), Array([0, 0, 0])
    for key, value in (("/OverlayText", code), ("/Contents", rationale), ("/NM", name)):
        if value:
            new[key] = String(value)
    return new
