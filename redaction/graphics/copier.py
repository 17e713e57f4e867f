"""Copying values into the output: allow-listed keys, each shared object once, nothing by reference."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from decimal import Decimal

import pikepdf
from pikepdf import Array, Dictionary, Name

from ..arrays import copied
from ..errors import Refused


@dataclass
class Copier:
    """Where copies go (`out`) and which have been made already."""

    out: pikepdf.Pdf
    made: dict[Hashable, pikepdf.Object] = field(default_factory=dict)

    def once(self, source: pikepdf.Object, kind: str, make: Callable[[], pikepdf.Object]) -> pikepdf.Object:
        """The copy of an indirect object, made at most once for each kind; direct objects are made each time."""
        if not source.is_indirect:
            return make()
        key = (kind, source.objgen)
        if key not in self.made:
            made = make()
            self.made[key] = made if made.is_indirect or isinstance(made, Name) else self.out.make_indirect(made)
        return self.made[key]


def is_number(value: object) -> bool:
    """Whether a value read by pikepdf is a number."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def is_bool(value: object) -> bool:
    """Whether a value read by pikepdf is true or false."""
    return isinstance(value, bool)


def is_whole(value: object) -> bool:
    """Whether a value read by pikepdf is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def numbers(value: object) -> Array | None:
    """A copy of an array of numbers, or None when it is anything else."""
    quick = copied(value)
    if quick is not None:
        return quick
    if isinstance(value, Array) and all(is_number(item) for item in value):
        return Array(list(value))
    return None


def copy_keys(source: pikepdf.Object, target: pikepdf.Object, keys: dict[str, str]) -> None:
    """Copy simple entries. `keys` maps a key to its allowed form: "number", "bool", "numbers", or "/A /B" names."""
    for key, form in keys.items():
        value = source.get(key)
        if value is None:
            continue
        if (form == "number" and is_number(value)) or (form == "bool" and is_bool(value)):
            target[key] = value
        elif form == "numbers":
            listed = numbers(value)
            if listed is not None:
                target[key] = listed
        elif isinstance(value, Name) and str(value) in form.split():
            target[key] = Name(str(value))


def dictionary(value: object, what: str) -> pikepdf.Object:
    """The value if it is a dictionary or stream; Refused "structure" otherwise."""
    if isinstance(value, Dictionary | pikepdf.Stream):
        return value
    raise Refused("structure", f"The document is damaged: {what} is missing.")
