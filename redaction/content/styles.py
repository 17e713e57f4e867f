"""Operators that set a style held in resources: fonts, graphics states, colour spaces and patterns."""

from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name

from ..errors import Refused
from ..fonts.simple import number
from ..geometry import Box, Matrix, Polygon, bounds, corners, inverse, mapped, overlap, times
from ..graphics.colours import copy_colours
from ..graphics.copier import copy_keys, is_number
from ..graphics.functions import copy_function
from ..graphics.shadings import copy_shading
from ..limits import MAX_TILES, hold
from . import placing, streams
from .area import Area, target_of
from .state import State

if TYPE_CHECKING:
    from .walker import Walker

BLENDS = (
    "/Normal /Compatible /Multiply /Screen /Overlay /Darken /Lighten /ColorDodge /ColorBurn /HardLight /SoftLight "
    "/Difference /Exclusion /Hue /Saturation /Color /Luminosity"
)
STATES = {
    "/LW": "number",
    "/LC": "number",
    "/LJ": "number",
    "/ML": "number",
    "/RI": "/Perceptual /RelativeColorimetric /Saturation /AbsoluteColorimetric",
    "/OP": "bool",
    "/op": "bool",
    "/OPM": "number",
    "/FL": "number",
    "/SM": "number",
    "/SA": "bool",
    "/CA": "number",
    "/ca": "number",
    "/AIS": "bool",
    "/TK": "bool",
}
SMALL_TILE = 72.0


class Plain(NamedTuple):
    """A graphics state met before: the operator that sets it, and what of it the walk has to know (None: not set)."""

    line: bytes
    width: float | None
    cap: int | None
    dash: tuple[tuple[float, ...], float] | None

    def take(self, state: State) -> None:
        """Set it."""
        if self.width is not None:
            state.line = self.width
        if self.cap is not None:
            state.cap = self.cap
        if self.dash is not None:
            state.dash = self.dash


def set_font(walker: "Walker", source: pikepdf.Object | None, size: float) -> None:
    """Make a font current; a missing one is refused only when text is shown with it."""
    walker.state.size = size
    walker.state.font = None
    if source is not None:
        walker.state.font = walker.job.font(source, lambda proc, res: streams.measured(walker, proc, res))


def graphics_state(walker: "Walker", operator: bytes, operands: bytes) -> None:
    """gs: copy the allowed entries; soft masks are walked like any form."""
    name = walker.name(operands)
    state, source = walker.state, walker.resource("/ExtGState", name)
    known = _met(walker, name, source)
    if known is not None:
        known.take(state)
        walker.emit(known.line)
        return
    if not isinstance(source, Dictionary):
        return
    new = Dictionary(Type=Name.ExtGState)
    copy_keys(source, new, STATES)
    if is_number(source.get("/LW")):
        state.line = abs(float(source.LW))
    if is_number(source.get("/LC")):
        state.cap = int(source.LC)
    _dash(walker, source, new)
    _blend(source, new)
    listed = source.get("/Font")
    if isinstance(listed, Array) and len(listed) == 2:
        set_font(walker, listed[0], float(listed[1]))
        if state.font is not None and walker.text.keeps_font_in_state:
            new.Font = Array([state.font.target, listed[1]])
    mask = source.get("/SMask")
    masked = False
    if isinstance(mask, Dictionary):
        masked = True
        new.SMask = _soft_mask(walker, mask)
    elif mask is not None:
        new.SMask = Name("/None")
    key: object = ("gs", len(walker.names.given.get("/ExtGState", {})))
    if not masked and source.is_indirect:
        key = ("gs", source.objgen)
    made = walker.job.out.make_indirect(new)
    line = walker.names.name("/ExtGState", key, made) + b" gs"
    if not masked and "/Font" not in source:
        width = state.line if "/LW" in new else None
        cap = state.cap if "/LC" in new else None
        dash = state.dash if "/D" in new else None
        walker.plain_states[name] = Plain(line, width, cap, dash)
        if source.is_indirect:
            walker.job.states[source.objgen] = made, width, cap, dash
    walker.emit(line)


def _met(walker: "Walker", name: str, source: pikepdf.Object | None) -> Plain | None:
    """A graphics state that this stream, or another one of the document, has set before."""
    if name not in walker.plain_states and isinstance(source, Dictionary) and source.is_indirect:
        shared = walker.job.states.get(source.objgen)
        if shared is not None:
            copy, width, cap, dash = shared
            line = walker.names.name("/ExtGState", ("gs", source.objgen), copy) + b" gs"
            walker.plain_states[name] = Plain(line, width, cap, dash)
    return walker.plain_states.get(name)


def _dash(walker: "Walker", source: pikepdf.Object, new: pikepdf.Object) -> None:
    listed = source.get("/D")
    if isinstance(listed, Array) and len(listed) == 2 and isinstance(listed[0], Array) and is_number(listed[1]):
        if not all(is_number(value) for value in listed[0]):
            return
        values = tuple(float(value) for value in listed[0])
        walker.state.dash = (values if any(values) else (), float(listed[1]))
        new.D = Array([Array(list(listed[0])), listed[1]])


def _blend(source: pikepdf.Object, new: pikepdf.Object) -> None:
    mode = source.get("/BM")
    names = list(mode) if isinstance(mode, Array) else [mode]
    known = [Name(str(name)) for name in names if isinstance(name, Name) and str(name) in BLENDS.split()]
    if known:
        new.BM = known[0]


def _soft_mask(walker: "Walker", mask: pikepdf.Object) -> pikepdf.Object:
    group = mask.get("/G")
    if not isinstance(group, pikepdf.Stream) or str(mask.get("/S", "")) not in ("/Alpha", "/Luminosity"):
        raise Refused("soft-mask", "A soft mask cannot be understood.")
    new = Dictionary(Type=Name.Mask, S=Name(str(mask.S)))
    form = streams.form_copy(walker, group, walker.state.ctm)
    new.G = form if form is not None else streams.empty_form(walker)
    copy_keys(mask, new, {"/BC": "numbers"})
    if "/TR" in mask:
        new.TR = copy_function(mask.TR, walker.job.copier)
    return walker.job.out.make_indirect(new)


def colour_space(walker: "Walker", operator: bytes, operands: bytes) -> None:
    """cs and CS."""
    name = walker.name(operands)
    if operator == b"cs":
        walker.state.fill_pattern = name == "/Pattern"
    else:
        walker.state.stroke_pattern = name == "/Pattern"
    if name in ("/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "/Pattern"):
        walker.emit(name.encode() + b" " + operator)
        return
    source = walker.resource("/ColorSpace", name)
    if source is None:
        raise Refused("colour-space", "A colour space is missing.")
    copy = copy_colours(source, walker.job.copier, walker.resources)
    pattern = isinstance(copy, Array) and str(copy[0]) == "/Pattern"
    if operator == b"cs":
        walker.state.fill_pattern = pattern
    else:
        walker.state.stroke_pattern = pattern
    key = ("space", name)
    walker.emit(walker.names.name("/ColorSpace", key, copy) + b" " + operator)


def colour(walker: "Walker", operator: bytes, operands: bytes) -> None:
    """sc, scn, SC, SCN: numbers, and a pattern's name at the end."""
    words = operands.split()
    if words and words[-1][:1] == b"/":
        source = walker.resource("/Pattern", walker.name(words.pop()))
        if source is None:
            raise Refused("pattern", "A pattern is missing.")
        label = pattern(walker, source)
        walker.numbers(b" ".join(words), len(words))
        walker.emit(b" ".join([*words, label, operator]))
        return
    walker.numbers(operands, len(words))
    walker.emit(b" ".join([*words, operator]))


def pattern(walker: "Walker", source: pikepdf.Object) -> bytes:
    """The name of a pattern's copy."""
    if not isinstance(source, Dictionary | pikepdf.Stream):
        raise Refused("pattern", "A pattern cannot be understood.")
    given = walker.names.given.get("/Pattern", {})
    key: object = ("pattern", source.objgen) if source.is_indirect else ("direct", len(given))
    known = given.get(key)
    if known is not None:
        return known[0].encode()
    if source.get("/PatternType") == 2:
        new = Dictionary(Type=Name.Pattern, PatternType=2)
        new.Shading = copy_shading(source.get("/Shading"), walker.job.copier, walker.resources)
        copy_keys(source, new, {"/Matrix": "numbers"})
        return walker.names.name("/Pattern", key, walker.job.out.make_indirect(new))
    if source.get("/PatternType") == 1 and isinstance(source, pikepdf.Stream):
        return walker.names.name("/Pattern", key, _tiling(walker, source))
    raise Refused("pattern", "A pattern cannot be understood.")


def _tiling(walker: "Walker", source: pikepdf.Stream) -> pikepdf.Object:
    matrix = times(placing.matrix_of(source), walker.base)
    box = placing.box_of(source)
    steps = tuple(abs(number(source.get(key))) for key in ("/XStep", "/YStep"))
    if box is None or not all(steps):
        raise Refused("pattern", "A pattern cannot be understood.")
    resources = source.get("/Resources", walker.resources)
    clean = streams.walk(walker, source, resources, matrix, Area(repeated=True))
    tile = bounds(mapped(matrix, corners(box)))
    small = max(tile[2] - tile[0], tile[3] - tile[1]) <= SMALL_TILE
    plain = not clean.names.given.get("/Font") and not clean.names.given.get("/XObject")
    if walker.area.targets and not (small and plain):
        area = _tile_area(walker, matrix, box, (steps[0], steps[1]))
        clean = streams.walk(walker, source, resources, matrix, area)
    new = walker.job.out.make_stream(clean.written())
    new.Type, new.PatternType, new.Resources = Name.Pattern, 1, clean.names.dictionary(clean.written())
    keys = {"/PaintType": "number", "/TilingType": "number", "/XStep": "number", "/YStep": "number"}
    copy_keys(source, new, {**keys, "/BBox": "numbers", "/Matrix": "numbers"})
    return new


def _tile_area(walker: "Walker", matrix: Matrix, box: Box, steps: tuple[float, float]) -> Area:
    """The targets as one cell sees them: moved by every repeat of the cell that meets a target."""
    back = inverse(matrix)
    if back is None:
        return Area()
    moved: list[Polygon] = []
    for target in walker.area.targets:
        local = mapped(back, target.polygon)
        x0, y0, x1, y1 = bounds(local)
        columns = range(floor((x0 - box[2]) / steps[0]), ceil((x1 - box[0]) / steps[0]) + 1)
        rows = range(floor((y0 - box[3]) / steps[1]), ceil((y1 - box[1]) / steps[1]) + 1)
        hold("many-tiles", len(moved) + len(columns) * len(rows), MAX_TILES)
        for column in columns:
            for row in rows:
                shifted = tuple((x - column * steps[0], y - row * steps[1]) for x, y in local)
                if overlap(bounds(shifted), box):
                    moved.append(mapped(matrix, shifted))
    return Area(tuple(target_of(polygon) for polygon in moved), repeated=True)
