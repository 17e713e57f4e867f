"""Cedar's operators on terms. Each returns the pair of predicates of its result, errors included."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, not_

from policies.engine.attributes import Column, SetExists
from policies.engine.terms import (
    FAIL,
    FALSE,
    TRUE,
    Cell,
    Const,
    Members,
    Pred,
    Record,
    Row,
    Sql,
    SqlValue,
    Term,
    Uncompilable,
    both,
    either,
    expression,
    is_failure,
    known,
    present,
    sql_value,
)

ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def negation(term: Pred) -> Pred:
    """!a"""
    return Pred(term.f, term.t, term.total)


def conjunction(left: Pred, right: Pred) -> Pred:
    """a && b: the right side counts only where the left is true."""
    t = both(left.t, right.t)
    f = either(left.f, both(left.t, right.f))
    if left.total:
        f = either(left.f, right.f)
    return Pred(t, f, left.total and right.total)


def disjunction(left: Pred, right: Pred) -> Pred:
    """a || b: the right side counts only where the left is false."""
    return negation(conjunction(negation(left), negation(right)))


def choice(test: Pred, yes: Pred, no: Pred) -> Pred:
    """if a then b else c."""
    t = either(both(test.t, yes.t), both(test.f, no.t))
    f = either(both(test.t, yes.f), both(test.f, no.f))
    return Pred(t, f, test.total and yes.total and no.total)


def equality(left: Term, right: Term) -> Pred:
    """a == b: different kinds are unequal, never an error."""
    if is_failure(left) or is_failure(right):
        return FAIL
    if isinstance(left, Pred) and isinstance(right, Pred):
        t = either(both(left.t, right.t), both(left.f, right.f))
        f = either(both(left.t, right.f), both(left.f, right.t))
        return Pred(t, f, left.total and right.total)
    if isinstance(left, Const) and isinstance(right, Const):
        return known(left == right)
    if isinstance(left, Cell | Row) and isinstance(right, Cell | Row | Const):
        return _compared(left, right)
    if isinstance(right, Cell | Row) and isinstance(left, Const):
        return _compared(right, left)
    if (_opaque(left) and (_opaque(right) or _is_set(right))) or (_is_set(left) and _opaque(right)):
        raise Uncompilable("stored sets and records are not compared")
    return _unequal(left, right)


def ordering(sign: str, left: Term, right: Term) -> Pred:
    """a < b and its kin: whole numbers only."""
    if not all(isinstance(term, Const | Cell) and term.kind == "long" for term in (left, right)):
        return FAIL
    compare = ORDER[sign]
    if isinstance(left, Const) and isinstance(right, Const):
        return known(compare(left.value, right.value))
    guard = both(present(left), present(right))
    a, b = _operand(left, right), _operand(right, left)
    holds = compare(a, b)
    fails = {"<": operator.ge, "<=": operator.gt, ">": operator.le, ">=": operator.lt}[sign](a, b)
    return Pred(both(guard, holds), both(guard, fails), guard is True)


def contains(left: Term, element: Term) -> Pred:
    """set.contains(element)."""
    if is_failure(element) or not isinstance(left, Members | Const) or not _is_set(left):
        return FAIL
    if isinstance(element, Members | Record):
        raise Uncompilable("a stored set or record is not an element")
    if isinstance(left, Members):
        return _held(left.attr, element)
    if isinstance(element, Pred):
        has_true, has_false = Const("bool", True) in left.value, Const("bool", False) in left.value
        return choice(element, known(has_true), known(has_false))
    if isinstance(element, Const):
        return known(element in left.value)
    return _among(element, left.value)


def contains_all(left: Term, right: Term) -> Pred:
    """set.containsAll(set)."""
    if not (_is_set(left) and _is_set(right)):
        return FAIL
    if not isinstance(right, Const):
        raise Uncompilable("containsAll of a stored set")
    return _fold(conjunction, TRUE, (contains(left, element) for element in right.value))


def contains_any(left: Term, right: Term) -> Pred:
    """set.containsAny(set)."""
    if not (_is_set(left) and _is_set(right)):
        return FAIL
    if isinstance(left, Members):
        left, right = right, left
    if not isinstance(left, Const):
        raise Uncompilable("containsAny of two stored sets")
    return _fold(disjunction, FALSE, (contains(right, element) for element in left.value))


def is_empty(term: Term) -> Pred:
    """set.isEmpty()."""
    if not _is_set(term):
        return FAIL
    if not isinstance(term, Const):
        raise Uncompilable("isEmpty of a stored set")
    return known(not term.value)


def within(line: Iterable[Const], right: Term) -> Pred:
    """entity in entity-or-set, for a known entity: `line` is the entity and all its ancestors."""
    if isinstance(right, Members):
        if not right.attr.kind.startswith("ref:"):
            raise Uncompilable("a stored set of things that are no entities")
        return _fold(disjunction, FALSE, (contains(right, each) for each in line))
    if isinstance(right, Const) and right.kind == "set":
        if not all(element.kind.startswith("ref:") for element in right.value):
            return FAIL
        return known(any(each in right.value for each in line))
    if isinstance(right, Const | Cell | Row) and right.kind.startswith("ref:"):
        return _fold(disjunction, FALSE, (equality(each, right) for each in line))
    return FAIL


def _fold(join: Callable[[Pred, Pred], Pred], start: Pred, parts: Iterable[Pred]) -> Pred:
    for part in parts:
        start = join(start, part)
    return start


def _is_set(term: Term) -> bool:
    return isinstance(term, Members) or (isinstance(term, Const) and term.kind == "set")


def _opaque(term: Term) -> bool:
    return isinstance(term, Members | Record)


def _unequal(left: Term, right: Term) -> Pred:
    guard = both(present(left), present(right))
    return Pred(False, guard, guard is True)


def _operand(term: Term, other: Term) -> SqlValue:
    if isinstance(term, Const):
        column = other.column if isinstance(other, Cell | Row) else None
        return sql_value(term, column or Column(None, term.kind))
    if isinstance(term, Cell | Row):
        return expression(term)
    raise Uncompilable("no operand for SQL")


def _compared(left: Cell | Row, right: Cell | Row | Const) -> Pred:
    if left.kind != right.kind:
        return _unequal(left, right)
    guard = both(present(left), present(right))
    settled = _settled(left, right) if isinstance(right, Const) else None
    if settled is not None:
        return Pred(guard, False, guard is True) if settled else _unequal(left, right)
    try:
        a, b = expression(left), _operand(right, left)
    except ValueError:
        return _unequal(left, right)
    return Pred(both(guard, a == b), both(guard, a != b), guard is True)


def _settled(term: Cell | Row, const: Const) -> bool | None:
    """Whether every row asked about is known to hold the value, or none; None where that is not known."""
    column = term.column
    if column is None or column.always is None:
        return False if column is not None and const.value in column.never else None
    return bool(const.value == column.always)


def _among(element: Cell | Row, values: Iterable[Const]) -> Pred:
    guard = present(element)
    fitting = []
    for value in sorted((v for v in values if v.kind == element.kind), key=lambda v: v.value):
        settled = _settled(element, value)
        if settled:
            return Pred(guard, False, guard is True)
        if settled is False:
            continue
        try:
            fitting.append(_operand(value, element))
        except ValueError:
            continue
    if not fitting:
        return Pred(False, guard, guard is True)
    column = expression(element)
    return Pred(both(guard, column.in_(fitting)), both(guard, column.not_in(fitting)), guard is True)


def _held(attr: SetExists, element: Pred | Const | Cell | Row) -> Pred:
    guard: Sql = present(element)
    kind = "bool" if isinstance(element, Pred) else element.kind
    if kind != attr.kind:
        return Pred(False, guard, guard is True)
    if isinstance(element, Pred):
        raise Uncompilable("a stored set of booleans")
    try:
        value = sql_value(element, attr) if isinstance(element, Const) else expression(element)
    except ValueError:
        return FALSE
    found: ColumnElement[bool] = attr.contains(value)
    return Pred(both(guard, found), both(guard, not_(found)), guard is True)
