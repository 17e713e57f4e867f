"""What an expression of a rule amounts to when nobody and nothing is known yet.

Cedar evaluates to true, to false or to an error. A boolean is therefore a pair of formulas, `t` where it is true
without error and `f` where it is false without error; every other value carries `ok`, where it has one at all.
Formulas that are known while encoding stay Python's True and False.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import z3

Formula: TypeAlias = Any  # bool, or z3.BoolRef


class Unsupported(Exception):
    """The rule uses something that has no formula here; the analysis says so instead of guessing."""


@dataclass(frozen=True)
class Truth:
    """A boolean."""

    t: Formula
    f: Formula

    @property
    def ok(self) -> Formula:
        """Where it has a value."""
        return either(self.t, self.f)


@dataclass(frozen=True)
class Scalar:
    """A number, string or reference: an integer formula, a code of its kind where that is not "long"."""

    kind: str
    value: Any
    ok: Formula = True


@dataclass(frozen=True)
class Stored:
    """A set that an entity holds: an array from codes to membership; `kind` is that of the elements."""

    kind: str
    array: Any
    ok: Formula = True


@dataclass(frozen=True)
class Written:
    """A set written out in a rule."""

    elements: tuple[Scalar | Truth, ...]

    @property
    def ok(self) -> Formula:
        """Where each of its elements has a value."""
        found: Formula = True
        for each in self.elements:
            found = both(found, each.ok)
        return found


@dataclass(frozen=True)
class Known:
    """An action, or a set of them: its name, and the names it answers to (its own and its groups', or the set's)."""

    name: str
    names: frozenset[str]
    ok: Formula = True


@dataclass(frozen=True)
class Fields:
    """The circumstances."""

    values: Mapping[str, Term]
    ok: Formula = True


Term: TypeAlias = Truth | Scalar | Stored | Written | Known | Fields

TRUE, FALSE, FAIL = Truth(True, False), Truth(False, True), Truth(False, False)


def no(formula: Formula) -> Formula:
    """NOT."""
    return not formula if isinstance(formula, bool) else z3.Not(formula)


def both(left: Formula, right: Formula) -> Formula:
    """AND."""
    if left is False or right is False:
        return False
    if left is True:
        return right
    return left if right is True else z3.And(left, right)


def either(left: Formula, right: Formula) -> Formula:
    """OR."""
    if left is True or right is True:
        return True
    if left is False:
        return right
    return left if right is False else z3.Or(left, right)


def holds(formula: Formula, ok: Formula = True) -> Truth:
    """A boolean that is `formula` where it has a value."""
    return Truth(both(ok, formula), both(ok, no(formula)))
