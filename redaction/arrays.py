"""Arrays of a document read and written at once: one crossing to qpdf instead of one for each item."""

import re
from collections.abc import Iterable

import pikepdf
from pikepdf import Array

from .errors import Refused

NUMBERS = re.compile(rb"\[(?: *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))* *\]")
CODES = re.compile(rb"\[(?: *(?:[0-9]+(?= )|/[A-Za-z0-9._-]+))* *\]")


def floats(listed: pikepdf.Object) -> list[float] | None:
    """The items of an array, None when one of them is no plain number."""
    raw = listed.unparse(resolved=True)
    return list(map(float, raw[1:-1].split())) if NUMBERS.fullmatch(raw) else None


def copied(listed: object) -> Array | None:
    """A copy of an array of plain numbers, None when it is anything else."""
    if not isinstance(listed, Array):
        return None
    raw = listed.unparse(resolved=True)
    return _parsed(raw) if NUMBERS.fullmatch(raw) else None


def nested(listed: pikepdf.Object) -> list[float | list[float]] | None:
    """The items of an array of numbers and arrays of numbers, None when it holds anything else."""
    found: list[float | list[float]] = []
    for number, piece in enumerate(listed.unparse(resolved=True)[1:-1].split(b"[")):
        inner, bracket, after = piece.rpartition(b"]") if number else (b"", b"]", piece)
        try:
            if number:
                found.append(list(map(float, inner.split())))
            found += map(float, after.split())
        except ValueError:
            return None
        if not bracket:
            return None
    return found


def codes(listed: pikepdf.Object) -> list[int | str] | None:
    """The items of an array of whole numbers and plain names (without their slash), None when it holds others."""
    raw = listed.unparse(resolved=True)
    if not CODES.fullmatch(raw):
        return None
    return [word[1:] if word[0] == "/" else int(word) for word in raw[1:-1].decode("ascii").split()]


def array_of(values: Iterable[float]) -> Array:
    """An array of numbers of at most four decimals."""
    return _parsed(b"[" + " ".join([f"{value}" for value in values]).encode() + b"]")


def rows_of(rows: Iterable[tuple[int, Iterable[float]]]) -> Array:
    """An array of whole numbers, each with an array of numbers of at most four decimals behind it."""
    told = [f"{first} [{' '.join([f'{value}' for value in values])}]" for first, values in rows]
    return _parsed(b"[" + " ".join(told).encode() + b"]")


def _parsed(raw: bytes) -> Array:
    made = pikepdf.Object.parse(raw)
    if not isinstance(made, Array):
        raise Refused("structure", "A list of numbers cannot be written.")
    return made
