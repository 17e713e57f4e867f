"""Cedar's operators on terms. Each returns the pair of formulas of its result, errors included."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import z3

from policies.analysis.terms import (
    FAIL,
    FALSE,
    TRUE,
    Known,
    Scalar,
    Stored,
    Term,
    Truth,
    Unsupported,
    Written,
    both,
    either,
    holds,
)

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def negation(term: Truth) -> Truth:
    """!a"""
    return Truth(term.f, term.t)


def conjunction(left: Truth, right: Truth) -> Truth:
    """a && b: the right side counts only where the left is true."""
    return Truth(both(left.t, right.t), either(left.f, both(left.t, right.f)))


def disjunction(left: Truth, right: Truth) -> Truth:
    """a || b: the right side counts only where the left is false."""
    return Truth(either(left.t, both(left.f, right.t)), both(left.f, right.f))


def choice(test: Truth, yes: Term, no: Term) -> Term:
    """if a then b else c."""
    if isinstance(yes, Truth) and isinstance(no, Truth):
        return Truth(
            either(both(test.t, yes.t), both(test.f, no.t)),
            either(both(test.t, yes.f), both(test.f, no.f)),
        )
    if isinstance(yes, Scalar) and isinstance(no, Scalar) and yes.kind == no.kind:
        ok = either(both(test.t, yes.ok), both(test.f, no.ok))
        return Scalar(yes.kind, z3.If(_formula(test.t), yes.value, no.value), ok)
    raise Unsupported("a choice between values of different kinds")


def equality(left: Term, right: Term) -> Truth:
    """a == b: different kinds are unequal, never an error."""
    ok = both(left.ok, right.ok)
    if isinstance(left, Truth) and isinstance(right, Truth):
        return Truth(
            either(both(left.t, right.t), both(left.f, right.f)),
            either(both(left.t, right.f), both(left.f, right.t)),
        )
    if isinstance(left, Scalar) and isinstance(right, Scalar) and left.kind == right.kind:
        return holds(_simple(left.value == right.value), ok)
    if isinstance(left, Stored) and isinstance(right, Stored) and left.kind == right.kind:
        return holds(left.array == right.array, ok)
    if isinstance(left, Known) and isinstance(right, Known):
        return holds(left.name == right.name)
    if isinstance(left, Stored | Written) and isinstance(right, Stored | Written):
        raise Unsupported("comparing sets")
    return Truth(False, ok)


def ordering(sign: str, left: Term, right: Term) -> Truth:
    """a < b and its kin: whole numbers only."""
    if not (isinstance(left, Scalar) and isinstance(right, Scalar) and left.kind == right.kind == "long"):
        return FAIL
    return holds(_simple(COMPARE[sign](left.value, right.value)), both(left.ok, right.ok))


def contains(left: Term, element: Term) -> Truth:
    """set.contains(element)."""
    if not isinstance(left, Stored | Written):
        return FAIL
    if not isinstance(element, Scalar | Truth):
        raise Unsupported("a set or an action as an element")
    ok = both(left.ok, element.ok)
    if isinstance(left, Stored):
        if not isinstance(element, Scalar) or element.kind != left.kind:
            return Truth(False, ok)
        return holds(z3.Select(left.array, element.value), ok)
    found = _any(equality(each, element) for each in left.elements)
    return Truth(both(ok, found.t), both(ok, found.f))


def contains_all(left: Term, right: Term) -> Truth:
    """set.containsAll(set)."""
    if not (isinstance(left, Stored | Written) and isinstance(right, Stored | Written)):
        return FAIL
    if isinstance(right, Stored):
        raise Unsupported("containsAll of a stored set")
    ok = both(left.ok, right.ok)
    found = TRUE
    for each in right.elements:
        found = conjunction(found, contains(left, each))
    return Truth(both(ok, found.t), both(ok, found.f))


def contains_any(left: Term, right: Term) -> Truth:
    """set.containsAny(set)."""
    if not (isinstance(left, Stored | Written) and isinstance(right, Stored | Written)):
        return FAIL
    ok = both(left.ok, right.ok)
    if isinstance(right, Stored):
        left, right = right, left
    if isinstance(right, Stored):
        if not isinstance(left, Stored) or left.kind != right.kind:
            return Truth(False, ok)
        return holds(z3.SetIntersect(left.array, right.array) != z3.EmptySet(z3.IntSort()), ok)
    found = _any(contains(left, each) for each in right.elements)
    return Truth(both(ok, found.t), both(ok, found.f))


def is_empty(term: Term) -> Truth:
    """set.isEmpty()."""
    if isinstance(term, Written):
        return holds(not term.elements, term.ok)
    return holds(term.array == z3.EmptySet(z3.IntSort()), term.ok) if isinstance(term, Stored) else FAIL


def within(left: Term, right: Term) -> Truth:
    """entity in entity-or-set; only actions have groups."""
    if isinstance(left, Known):
        return holds(_names(right) & left.names != frozenset())
    if not (isinstance(left, Scalar) and left.kind.startswith("ref:")):
        return FAIL
    if isinstance(right, Scalar):
        return equality(left, right) if right.kind.startswith("ref:") else FAIL
    if isinstance(right, Written):
        entities = all(isinstance(each, Scalar) and each.kind.startswith("ref:") for each in right.elements)
        return contains(right, left) if entities else FAIL
    if isinstance(right, Stored) and right.kind.startswith("ref:"):
        return contains(right, left)
    raise Unsupported("in, with something that is no entity")


def kind_is(term: Term, entity_type: str) -> Truth:
    """entity is Type."""
    if isinstance(term, Known):
        return holds(entity_type == "Action")
    if not (isinstance(term, Scalar) and term.kind.startswith("ref:")):
        return FAIL
    return holds(term.kind == f"ref:{entity_type}", term.ok)


def _names(right: Term) -> frozenset[str]:
    if isinstance(right, Known):
        return right.names
    raise Unsupported("an action in something that is no action")


def _any(parts: Iterable[Truth]) -> Truth:
    found = FALSE
    for part in parts:
        found = disjunction(found, part)
    return found


def _simple(formula: Any) -> Any:
    return bool(formula) if isinstance(formula, bool) else formula


def _formula(formula: Any) -> Any:
    return z3.BoolVal(formula) if isinstance(formula, bool) else formula
