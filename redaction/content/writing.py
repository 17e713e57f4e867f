"""Writing operators: numbers, names and strings as bytes of a content stream."""

from decimal import Decimal

from ..geometry import Point


def num(value: object) -> bytes:
    """A number, without exponent."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return b"%d" % value
    text = format(value, "f") if isinstance(value, Decimal) else f"{float(value):.6f}"  # type: ignore[arg-type]
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.encode() if text not in ("", "-", "-0") else b"0"


def nums(values: object) -> bytes:
    """Several numbers with spaces between."""
    return b" ".join(num(value) for value in values)  # type: ignore[attr-defined]


def points(*values: Point) -> bytes:
    """Points as x y pairs."""
    return b" ".join(num(x) + b" " + num(y) for x, y in values)


def text(data: bytes) -> bytes:
    """A string in hexadecimal or, when it is plain, in brackets."""
    if data.isalnum() and data.isascii():
        return b"(" + data + b")"
    return b"<" + data.hex().encode() + b">"
