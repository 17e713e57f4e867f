"""Colour spaces copied by allow-list; names of inks that are free text are replaced."""

import pikepdf
from pikepdf import Array, Dictionary, Name

from ..errors import Refused
from .copier import Copier, copy_keys, is_number
from .functions import copy_function
from .profiles import reduced

PLAIN = {
    "/DeviceGray": 1,
    "/DeviceRGB": 3,
    "/DeviceCMYK": 4,
    "/G": 1,
    "/RGB": 3,
    "/CMYK": 4,
    "/CalGray": 1,
    "/CalRGB": 3,
    "/CalCMYK": 4,
    "/Lab": 3,
}
FULL = {
    "/G": "/DeviceGray",
    "/RGB": "/DeviceRGB",
    "/CMYK": "/DeviceCMYK",
    "/I": "/Indexed",
    "/CalCMYK": "/DeviceCMYK",
}
INKS = {"/All", "/None", "/Cyan", "/Magenta", "/Yellow", "/Black", "/Red", "/Green", "/Blue", "/Gray"}
CALIBRATION = {"/WhitePoint": "numbers", "/BlackPoint": "numbers", "/Range": "numbers", "/Matrix": "numbers"}
MAX_DEPTH = 6


def _resolved(space: object, resources: pikepdf.Object | None) -> pikepdf.Object:
    if isinstance(space, Name) and str(space) not in PLAIN and str(space) != "/Pattern" and resources is not None:
        named = resources.get("/ColorSpace")
        found = named.get(str(space)) if isinstance(named, Dictionary) else None
        if found is not None:
            return found
    if isinstance(space, Name | Array):
        return space
    raise Refused("colour-space", "A colour space cannot be understood.")


def components_of(space: object, resources: pikepdf.Object | None) -> int:
    """How many numbers a colour has. Raises Refused "colour-space"."""
    space = _resolved(space, resources)
    family = str(space[0]) if isinstance(space, Array) and len(space) else str(space)
    if family in PLAIN:
        return PLAIN[family]
    if family in ("/Indexed", "/I", "/Separation"):
        return 1
    if family == "/DeviceN" and isinstance(space, Array):
        return len(space[1])
    if family == "/ICCBased" and isinstance(space, Array) and isinstance(space[1], pikepdf.Stream):
        return int(space[1].get("/N", 3))
    raise Refused("colour-space", "A colour space cannot be understood.")


def copy_colours(space: object, copier: Copier, resources: pikepdf.Object | None, depth: int = 0) -> pikepdf.Object:
    """A copy of a colour space, names looked up in `resources`. Raises Refused "colour-space"."""
    if depth > MAX_DEPTH:
        raise Refused("colour-space", "A colour space is nested too deeply.")
    found = _resolved(space, resources)
    if isinstance(found, Name):
        name = FULL.get(str(found), str(found))
        if name in PLAIN or name == "/Pattern":
            return Name(name)
        raise Refused("colour-space", "A colour space cannot be understood.")
    return copier.once(found, "colours", lambda: _space(found, copier, resources, depth))


def _space(space: pikepdf.Object, copier: Copier, resources: pikepdf.Object | None, depth: int) -> pikepdf.Object:
    if not len(space):
        raise Refused("colour-space", "A colour space cannot be understood.")
    family = FULL.get(str(space[0]), str(space[0]))
    if family in ("/DeviceGray", "/DeviceRGB", "/DeviceCMYK") or (family == "/Pattern" and len(space) == 1):
        return Name(family)
    if family == "/Pattern":
        return Array([Name.Pattern, copy_colours(space[1], copier, resources, depth + 1)])
    if family in ("/CalGray", "/CalRGB", "/Lab"):
        new = Dictionary()
        gamma = "number" if family == "/CalGray" else "numbers"
        copy_keys(space[1], new, {**CALIBRATION, "/Gamma": gamma})
        return Array([Name(family), new])
    if family == "/ICCBased":
        return Array([Name.ICCBased, _profile(space[1], copier, resources, depth)])
    if family == "/Indexed":
        return _indexed(space, copier, resources, depth)
    if family in ("/Separation", "/DeviceN"):
        base = copy_colours(space[2], copier, resources, depth + 1)
        inks: pikepdf.Object = _ink(space[1], 0)
        if family == "/DeviceN":
            inks = Array([_ink(name, index) for index, name in enumerate(space[1])])
        return Array([Name(family), inks, base, copy_function(space[3], copier)])
    raise Refused("colour-space", "A colour space cannot be understood.")


def _ink(name: pikepdf.Object, index: int) -> pikepdf.Object:
    return Name(str(name)) if str(name) in INKS else Name(f"/Ink{index}")


def _profile(stream: pikepdf.Object, copier: Copier, resources: pikepdf.Object | None, depth: int) -> pikepdf.Object:
    if not isinstance(stream, pikepdf.Stream):
        raise Refused("colour-space", "A colour space cannot be understood.")
    count = int(stream.get("/N", 3))

    def make() -> pikepdf.Object:
        new = copier.out.make_stream(reduced(stream.read_bytes()))
        new.N = count
        copy_keys(stream, new, {"/Range": "numbers"})
        alternate = stream.get("/Alternate")
        if alternate is not None:
            new.Alternate = copy_colours(alternate, copier, resources, depth + 1)
        return new

    return copier.once(stream, "profile", make)


def _indexed(space: pikepdf.Object, copier: Copier, resources: pikepdf.Object | None, depth: int) -> pikepdf.Object:
    base, top, table = space[1], space[2], space[3]
    if not is_number(top) or not 0 <= int(top) <= 255:
        raise Refused("colour-space", "A colour table has an impossible size.")
    size = components_of(base, resources) * (int(top) + 1)
    data = table.read_bytes() if isinstance(table, pikepdf.Stream) else bytes(table)
    data = data[:size].ljust(size, b"\0")
    copy = copy_colours(base, copier, resources, depth + 1)
    return Array([Name.Indexed, copy, int(top), copier.out.make_stream(data)])
