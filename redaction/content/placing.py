"""Operators that place something whole: forms, images, inline images, shadings."""

from typing import TYPE_CHECKING, Any

import pikepdf
from pikepdf import Array

from ..errors import Refused
from ..geometry import IDENTITY, Box, Matrix, bounds, corners, inverse, mapped, meet, within
from ..graphics.copier import is_number
from ..graphics.shadings import copy_shading
from ..images import clean_copy
from . import streams
from .area import Target, contains, target_of, unit_holes

if TYPE_CHECKING:
    from .walker import Walker

UNIT: Box = (0.0, 0.0, 1.0, 1.0)
INLINE_KEYS = (
    "/Width", "/Height", "/ImageMask", "/BitsPerComponent", "/ColorSpace", "/Decode", "/DecodeParms", "/Filter",
    "/Interpolate", "/Intent",
)  # fmt: skip
EDGE = 1.0
FAR = 20_000.0


def matrix_of(stream: pikepdf.Object) -> Matrix:
    """/Matrix of a form or pattern, or the identity."""
    listed = stream.get("/Matrix")
    if not isinstance(listed, Array):
        return IDENTITY
    if len(listed) != 6 or not all(is_number(value) for value in listed):
        raise Refused("form", "A part of a page's content has an impossible matrix.")
    a, b, c, d, e, f = (float(value) for value in listed)
    return (a, b, c, d, e, f)


def box_of(stream: pikepdf.Object) -> Box | None:
    """/BBox of a form or pattern in order, or None."""
    listed = stream.get("/BBox")
    if not isinstance(listed, Array) or len(listed) != 4 or not all(is_number(value) for value in listed):
        return None
    x0, y0, x1, y1 = (float(value) for value in listed)
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def xobject(walker: "Walker", operator: bytes, operands: bytes) -> None:
    """Do."""
    source = walker.resource("/XObject", walker.name(operands))
    if not isinstance(source, pikepdf.Stream):
        return
    if walker.hidden:
        walker.job.kinds.add("hidden_layers")
        return
    kind = str(source.get("/Subtype", ""))
    if kind == "/Image":
        image(walker, source)
    elif kind == "/Form":
        form = streams.form_copy(walker, source, walker.state.ctm)
        if form is not None:
            walker.text.rest()
            walker.paints += 1
            walker.emit(walker.names.name("/XObject", form.objgen, form) + b" Do")
    elif kind != "/PS":
        raise Refused("xobject", "A page uses an object of an unknown kind.")


def inline_image(walker: "Walker", instruction: Any) -> None:
    """BI ID EI: turned into an image of its own."""
    picture = instruction.iimage
    stream = walker.job.source.make_stream(picture._data._inline_image_raw_bytes())
    for key in INLINE_KEYS:
        value = picture.obj.get(key)
        if value is not None:
            stream[key] = value
    if not walker.hidden:
        image(walker, stream)


def image(walker: "Walker", source: pikepdf.Stream) -> None:
    """Place an image: whole, without the samples under the marks, or not at all."""
    job, area = walker.job, walker.area
    if not job.layers.visible(source.get("/OC")):
        job.kinds.add("hidden_layers")
        return
    matrix = walker.state.ctm
    quad = mapped(matrix, corners(UNIT))
    box = bounds(quad)
    walker.painted(meet(box, walker.state.clip) if walker.state.clip else box)
    if job.survey is not None:
        job.survey.shape(box, image=True)
        return
    if area.beyond(box):
        job.kinds.add("outside_crop")
        return
    if inverse(matrix) is None:
        return
    near = area.near(box)
    if any(contains(target, quad) for target in near):
        job.kinds.add("images")
        return
    near += _margins(area.frame, box)
    if not near:
        key = ("image", source.objgen) if source.is_indirect else None
        copy = job.copier.made.get(key) if key else None
        if copy is None:
            copy = clean_copy(source, job.copier, walker.resources)
            if key:
                job.copier.made[key] = copy
    else:
        copy = _wiped(walker, source, near, matrix)
    walker.paints += 1
    walker.emit(walker.names.name("/XObject", copy.objgen, copy) + b" Do")


def _wiped(walker: "Walker", source: pikepdf.Stream, near: list[Target], matrix: Matrix) -> pikepdf.Object:
    copy, touched = walker.job.wipe(source, unit_holes(near, matrix), walker.job.copier, walker.resources)
    if touched is not None:
        walker.job.kinds.add("images")
        walker.job.touched.append(bounds(mapped(matrix, corners(touched))))
    return copy


def _margins(frame: Box | None, box: Box) -> list[Target]:
    """The parts of the plane outside the frame, as targets, when an image reaches clearly over it."""
    if frame is None or within(box, (frame[0] - EDGE, frame[1] - EDGE, frame[2] + EDGE, frame[3] + EDGE)):
        return []
    x0, y0, x1, y1 = frame
    sides = (
        (-FAR, -FAR, x0, FAR),
        (x1, -FAR, FAR, FAR),
        (-FAR, -FAR, FAR, y0),
        (-FAR, y1, FAR, FAR),
    )
    return [target_of(corners(side)) for side in sides if side[0] < side[2] and side[1] < side[3]]


def shading(walker: "Walker", operator: bytes, operands: bytes) -> None:
    """sh: clipped to the outside of the marks, left out when the clip lies in one."""
    source = walker.resource("/Shading", walker.name(operands))
    if source is None or walker.hidden:
        return
    clip = walker.state.clip
    walker.painted(clip)
    near = walker.area.near(clip) if clip else list(walker.area.targets)
    if clip and any(contains(target, corners(clip)) for target in near):
        walker.job.kinds.add("shadings")
        return
    back = inverse(walker.state.ctm)
    if back is None:
        return
    copy = copy_shading(source, walker.job.copier, walker.resources)
    key = ("shading", walker.name(operands))
    walker.paints += 1
    label = walker.names.name("/Shading", key, copy)
    if near:
        walker.job.kinds.add("shadings")
        walker.emit(b"q\n" + walker.path.outside_clip(near, back) + b"\n" + label + b" sh\nQ")
    else:
        walker.emit(label + b" sh")
