"""Annotations and form fields: what a reader sees of them becomes page content, the rest goes."""

from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary

from .arrays import floats
from .content.placing import box_of, matrix_of
from .geometry import Box, Matrix, bounds, corners, mapped

INVISIBLE, HIDDEN, NO_VIEW = 1, 2, 32
SEEN = {
    "/Widget", "/FreeText", "/Stamp", "/Line", "/Square", "/Circle", "/Ink", "/Highlight", "/Underline",
    "/StrikeOut", "/Squiggly", "/Polygon", "/PolyLine", "/Caret", "/Watermark", "/Link",
}  # fmt: skip
TOLD = {"/Widget": "form_fields", "/FileAttachment": "attachments"}


@dataclass(frozen=True)
class Appearance:
    """A form to draw with `matrix` after the page's own content."""

    form: pikepdf.Stream
    matrix: Matrix
    layer: pikepdf.Object | None


def appearances(page: pikepdf.Page) -> tuple[list[Appearance], list[Box], set[str]]:
    """The visible appearances of a page in order, the boxes of annotations that
    vanish or that readers draw differently (fields), and the kinds met."""
    shown: list[Appearance] = []
    gone: list[Box] = []
    kinds: set[str] = set()
    listed = page.obj.get("/Annots")
    for item in listed if isinstance(listed, Array) else ():
        if not isinstance(item, Dictionary):
            continue
        kind = str(item.get("/Subtype", ""))
        kinds.add("annotations")
        if kind in TOLD:
            kinds.add(TOLD[kind])
        appearance = _appearance(item) if kind in SEEN and "/AP" in item else None
        if appearance is not None:
            shown.append(appearance)
        box = _rect(item)
        if box is not None and (appearance is None or kind == "/Widget"):
            gone.append(box)
    return shown, gone, kinds


def _rect(item: pikepdf.Object) -> Box | None:
    listed = item.get("/Rect")
    if not isinstance(listed, Array) or len(listed) != 4:
        return None
    x0, y0, x1, y1 = floats(listed) or [float(value) for value in listed]
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _appearance(item: pikepdf.Object) -> Appearance | None:
    """The normal appearance placed on /Rect (ISO 32000-2, 12.5.5), None when it is not seen."""
    if int(item.get("/F", 0)) & (HIDDEN | NO_VIEW):
        return None
    looks = item.get("/AP")
    normal = looks.get("/N") if isinstance(looks, Dictionary) else None
    if isinstance(normal, Dictionary) and not isinstance(normal, pikepdf.Stream):
        state = item.get("/AS")
        normal = normal.get(str(state)) if state is not None else None
    rect = _rect(item)
    if not isinstance(normal, pikepdf.Stream) or rect is None:
        return None
    box = box_of(normal)
    if box is None:
        return None
    x0, y0, x1, y1 = bounds(mapped(matrix_of(normal), corners(box)))
    if x1 - x0 <= 0 or y1 - y0 <= 0:
        return None
    wide, tall = (rect[2] - rect[0]) / (x1 - x0), (rect[3] - rect[1]) / (y1 - y0)
    place: Matrix = (wide, 0, 0, tall, rect[0] - x0 * wide, rect[1] - y0 * tall)
    return Appearance(normal, place, item.get("/OC"))
