"""PDF functions (types 0, 2, 3, 4) copied without anything that does not compute."""

import re

import pikepdf
from pikepdf import Array, Dictionary, Name

from ..errors import Refused
from .copier import Copier, copy_keys, is_number, numbers

CALCULATOR = frozenset(
    b"abs add and atan bitshift ceiling copy cos cvi cvr div dup eq exch exp false floor ge gt idiv if ifelse "
    b"index le ln log lt mod mul ne neg not or pop roll round sin sqrt sub true truncate xor { }".split()
)
COMMON = {"/FunctionType": "number", "/Domain": "numbers", "/Range": "numbers"}
MAX_DEPTH = 8


def copy_function(source: object, copier: Copier, depth: int = 0) -> pikepdf.Object:
    """A copy of one function, an array of them, or /Identity. Raises Refused "function"."""
    if isinstance(source, Name) and str(source) in ("/Identity", "/Default"):
        return Name(str(source))
    if isinstance(source, Array) and depth <= MAX_DEPTH:
        return Array([copy_function(item, copier, depth + 1) for item in source])
    if not isinstance(source, Dictionary | pikepdf.Stream) or depth > MAX_DEPTH:
        raise Refused("function", "A function of the document cannot be understood.")
    return copier.once(source, "function", lambda: _function(source, copier, depth))


def _function(source: pikepdf.Object, copier: Copier, depth: int) -> pikepdf.Object:
    kind = source.get("/FunctionType")
    if kind == 0 and isinstance(source, pikepdf.Stream):
        return _sampled(source, copier)
    if kind == 2:
        new = Dictionary()
        copy_keys(source, new, {**COMMON, "/C0": "numbers", "/C1": "numbers", "/N": "number"})
        return new
    if kind == 3:
        new = Dictionary()
        copy_keys(source, new, {**COMMON, "/Bounds": "numbers", "/Encode": "numbers"})
        new.Functions = copy_function(source.get("/Functions"), copier, depth + 1)
        return new
    if kind == 4 and isinstance(source, pikepdf.Stream):
        return _calculator(source, copier)
    raise Refused("function", "A function of the document cannot be understood.")


def _sampled(source: pikepdf.Stream, copier: Copier) -> pikepdf.Object:
    size, bits, ranges = (
        numbers(source.get("/Size")),
        source.get("/BitsPerSample"),
        numbers(source.get("/Range")),
    )
    if size is None or ranges is None or bits is None or not is_number(bits):
        raise Refused("function", "A function of the document cannot be understood.")
    count = len(ranges) // 2
    for step in size:
        count *= int(step)
    data = source.read_bytes()
    length = -(-count * int(bits) // 8)
    if length > len(data):
        raise Refused("function", "A function of the document is cut short.")
    new = copier.out.make_stream(data[:length])
    keys = {"/Size": "numbers", "/BitsPerSample": "number", "/Order": "number", "/Encode": "numbers"}
    copy_keys(source, new, {**COMMON, **keys, "/Decode": "numbers"})
    return new


def _calculator(source: pikepdf.Stream, copier: Copier) -> pikepdf.Object:
    text = re.sub(rb"%[^\r\n]*", b" ", source.read_bytes())
    words = re.findall(rb"[{}]|[^\s{}]+", text)
    for word in words:
        if word not in CALCULATOR and not re.fullmatch(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", word):
            raise Refused("function", "A function of the document cannot be understood.")
    new = copier.out.make_stream(b" ".join(words))
    copy_keys(source, new, COMMON)
    return new
