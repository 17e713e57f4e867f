"""Shadings of all seven types copied by allow-list."""

import pikepdf
from pikepdf import Dictionary, Name

from ..errors import Refused
from .colours import copy_colours
from .copier import Copier, copy_keys, dictionary
from .functions import copy_function

KEYS = {
    "/ShadingType": "number",
    "/Background": "numbers",
    "/BBox": "numbers",
    "/AntiAlias": "bool",
    "/Domain": "numbers",
    "/Matrix": "numbers",
    "/Coords": "numbers",
    "/BitsPerCoordinate": "number",
    "/BitsPerComponent": "number",
    "/BitsPerFlag": "number",
    "/Decode": "numbers",
    "/VerticesPerRow": "number",
}


def copy_shading(source: object, copier: Copier, resources: pikepdf.Object | None) -> pikepdf.Object:
    """A copy of a shading dictionary or stream. Raises Refused "shading"."""
    shading = dictionary(source, "a shading")
    return copier.once(shading, "shading", lambda: _shading(shading, copier, resources))


def _shading(source: pikepdf.Object, copier: Copier, resources: pikepdf.Object | None) -> pikepdf.Object:
    kind = source.get("/ShadingType")
    if kind not in (1, 2, 3, 4, 5, 6, 7):
        raise Refused("shading", "A shading is of an unknown kind.")
    new: pikepdf.Object
    if isinstance(source, pikepdf.Stream):
        new = copier.out.make_stream(source.read_bytes())
    else:
        new = copier.out.make_indirect(Dictionary())
    copy_keys(source, new, KEYS)
    extend = source.get("/Extend")
    if isinstance(extend, pikepdf.Array) and all(isinstance(item, bool) for item in extend):
        new.Extend = pikepdf.Array(list(extend))
    new.ColorSpace = copy_colours(source.get("/ColorSpace", Name.DeviceGray), copier, resources)
    if "/Function" in source:
        new.Function = copy_function(source.Function, copier)
    return new
