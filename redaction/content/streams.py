"""Content streams inside content: forms, soft mask groups, pattern cells, drawn glyphs. A form that a mark
meets is copied for this one placement; one that no mark meets is copied once."""

from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Dictionary, Name

from ..errors import Refused
from ..geometry import IDENTITY, Box, Matrix, bounds, corners, mapped, overlap, times
from ..graphics.colours import copy_colours
from ..graphics.copier import copy_keys
from ..limits import MAX_STREAM_BYTES, hold
from . import placing
from .area import Area, loosened

if TYPE_CHECKING:
    from .walker import Walker


def walk(
    parent: "Walker", stream: pikepdf.Stream, resources: pikepdf.Object | None, ctm: Matrix, area: Area
) -> "Walker":
    """Walk a nested stream and return the finished walk."""
    try:
        size = len(stream.read_bytes())
    except pikepdf.PdfError as error:
        raise Refused("content", "A part of a page's content cannot be read.") from error
    hold("many-bytes", size, MAX_STREAM_BYTES)
    parent.job.spend(0, size)
    inner = type(parent)(parent.job, resources, ctm, area, parent.depth + 1)
    inner.state.clip = area.frame
    inner.run(stream)
    return inner


def measured(parent: "Walker", stream: pikepdf.Object, resources: pikepdf.Object | None) -> Box | None:
    """The box of what a drawn glyph paints, in its own space."""
    if not isinstance(stream, pikepdf.Stream):
        return None
    inner = type(parent)(parent.job, resources or parent.resources, IDENTITY, Area(), parent.depth + 1)
    inner.measuring = True
    inner.run(stream)
    return inner.extent


def form_copy(parent: "Walker", form: pikepdf.Stream, ctm: Matrix) -> pikepdf.Object | None:
    """The copy of a form placed with `ctm`; None when nothing of it is seen."""
    job = parent.job
    if not job.layers.visible(form.get("/OC")):
        job.kinds.add("hidden_layers")
        return None
    matrix, box = placing.matrix_of(form), placing.box_of(form)
    if box is None:
        raise Refused("form", "A part of a page's content has no bounds.")
    placed = times(matrix, ctm)
    seen = bounds(mapped(placed, corners(box)))
    parent.painted(seen)
    if parent.area.beyond(seen):
        job.kinds.add("outside_crop")
        return None
    own = form.get("/Resources")
    met = any(overlap(target.box, seen) for target in parent.area.targets) or not parent.area.inside(seen)
    met = met or job.survey is not None
    key: object = None
    if own is not None and form.is_indirect and job.survey is None:
        place = (tuple(round(v, 5) for v in placed), parent.area) if met else None
        key = ("form", form.objgen, place)
        if key in job.forms:
            return job.forms[key]
    if met:
        area, space = parent.area.framed(loosened(seen)), placed
    else:
        area, space = Area((), loosened(bounds(mapped(matrix, corners(box))))), matrix
    inner = walk(parent, form, own if own is not None else parent.resources, space, area)
    if job.survey is not None:
        return None
    copy = _form(parent, form, inner)
    if key is not None:
        job.forms[key] = copy
    return copy


def _form(parent: "Walker", form: pikepdf.Stream, inner: "Walker") -> pikepdf.Object:
    content = inner.written()
    new = parent.job.out.make_stream(content)
    new.Type, new.Subtype = Name.XObject, Name.Form
    copy_keys(form, new, {"/BBox": "numbers", "/Matrix": "numbers"})
    new.Resources = inner.names.dictionary(content)
    group = form.get("/Group")
    if isinstance(group, Dictionary):
        new.Group = group_copy(parent, group)
    return new


def group_copy(parent: "Walker", group: pikepdf.Object) -> pikepdf.Object:
    """A transparency group's dictionary by allow-list."""
    new = Dictionary(Type=Name.Group, S=Name.Transparency)
    copy_keys(group, new, {"/I": "bool", "/K": "bool"})
    space = group.get("/CS")
    if space is not None:
        new.CS = copy_colours(space, parent.job.copier, parent.resources)
    return new


def empty_form(parent: "Walker") -> pikepdf.Object:
    """A form that paints nothing."""
    new = parent.job.out.make_stream(b"")
    new.Type, new.Subtype, new.BBox = Name.XObject, Name.Form, pikepdf.Array([0, 0, 1, 1])
    new.Group = Dictionary(Type=Name.Group, S=Name.Transparency, CS=Name.DeviceGray)
    return new
