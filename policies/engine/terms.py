"""What an expression of a rule amounts to while it is compiled for rows that are not known yet.

Cedar evaluates to true, to false or to an error, and an erroring policy does not count. SQL has NULL instead.
So every boolean is kept as two predicates that are never NULL: `t` holds where it is true without error, `f`
where it is false without error; a row on which neither holds is an error. Negation swaps the two, and NULL
meets no AND, OR or NOT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, and_, literal, or_

from policies.engine.attributes import Column, SetExists, converted
from policies.engine.entities import Entity, Ref, Value
from policies.engine.errors import LawError

Sql: TypeAlias = ColumnElement[bool] | bool
SqlValue: TypeAlias = Any  # an expression, or whatever the driver takes for the column's type


class Uncompilable(Exception):
    """The expression has no translation; the caller must deny rather than guess."""


@dataclass(frozen=True)
class Pred:
    """A boolean as the pair described above. `total`: one of the two always holds, an error is impossible."""

    t: Sql
    f: Sql
    total: bool


@dataclass(frozen=True)
class Const:
    """A known value that is not a boolean on its own: kind "bool" (inside sets only), "long", "string", "set"
    or "ref:<Type>"; the value of a reference is its id, that of a set a frozenset of Const."""

    kind: str
    value: Any


@dataclass(frozen=True)
class Cell:
    """A number, string or reference held by the row; `path` is its name in the mapping."""

    column: Column
    path: str

    @property
    def kind(self) -> str:
        """As in `Column.kind`."""
        return self.column.kind


@dataclass(frozen=True)
class Members:
    """A set held by other rows."""

    attr: SetExists


@dataclass(frozen=True)
class Row:
    """The resource itself."""

    type: str
    column: Column | None

    @property
    def kind(self) -> str:
        """The kind a reference to this row has."""
        return f"ref:{self.type}"


@dataclass(frozen=True)
class Record:
    """The circumstances."""

    fields: dict[str, Term]


Term: TypeAlias = Pred | Const | Cell | Members | Row | Record

TRUE = Pred(True, False, True)
FALSE = Pred(False, True, True)
FAIL = Pred(False, False, False)


def both(left: Sql, right: Sql) -> Sql:
    """left AND right."""
    if left is False or right is False:
        return False
    if left is True:
        return right
    return left if right is True else and_(left, right)


def either(left: Sql, right: Sql) -> Sql:
    """left OR right."""
    if left is True or right is True:
        return True
    if left is False:
        return right
    return left if right is False else or_(left, right)


def known(holds: bool) -> Pred:
    """A boolean known while compiling."""
    return TRUE if holds else FALSE


def term_of(value: Value) -> Term:
    """The term of a value given by the caller."""
    if isinstance(value, bool):
        return known(value)
    return const_of(value)


def const_of(value: Value) -> Const:
    """`value` with its kind made explicit, since Python takes True for 1."""
    if isinstance(value, bool):
        return Const("bool", value)
    if isinstance(value, int):
        return Const("long", value)
    if isinstance(value, str):
        return Const("string", value)
    if isinstance(value, Ref | Entity):
        return Const(f"ref:{value.type}", value.id)
    if isinstance(value, frozenset):
        return Const("set", frozenset(const_of(each) for each in value))
    raise LawError(f"a value of type {type(value).__name__} cannot be shown to the law")


def present(term: Term) -> Sql:
    """Where the term has a value at all."""
    if isinstance(term, Pred):
        return True if term.total else either(term.t, term.f)
    column = term.column if isinstance(term, Cell) else None
    return True if column is None or column.full else column.expr.is_not(None)


def boolean(term: Term) -> Pred:
    """The term where a boolean is required; anything else is an error."""
    return term if isinstance(term, Pred) else FAIL


def is_failure(term: Term) -> bool:
    """Whether evaluating the term always ends in an error."""
    return isinstance(term, Pred) and term.t is False and term.f is False


def expression(term: Cell | Row) -> ColumnElement[Any]:
    """The SQL expression of a row's value."""
    if term.column is None:
        raise Uncompilable("the mapping does not name the id of the row")
    found: ColumnElement[Any] = term.column.expr
    return found


def sql_value(const: Const, attr: Column | SetExists) -> SqlValue:
    """A literal as the column wants it; ValueError when no row can hold it."""
    if isinstance(const.value, str) and "\0" in const.value:
        raise Uncompilable("a NUL character has no place in SQL")
    value = converted(const.value, attr)
    return literal(value, BigInteger) if const.kind == "long" and value is const.value else value
