"""How the columns of a table stand for the attributes of a resource when a rule becomes a WHERE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import BinaryExpression, BindParameter, ColumnElement, Exists, Uuid
from sqlalchemy import Column as TableColumn
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList

ToSql: TypeAlias = Callable[[Any], Any]
_COMPARISONS = frozenset({operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge})


def uuid_literal(value: str) -> UUID:
    """For `to_sql` on UUID columns. Raises ValueError unless `value` is the one canonical spelling of a UUID,
    because Cedar compares spellings."""
    parsed = UUID(value)
    if str(parsed) != value:
        raise ValueError("not the canonical spelling of a UUID")
    return parsed


@dataclass(frozen=True)
class Column:
    """An attribute kept in one SQL expression.

    `kind` is "bool", "long", "string" or "ref:<EntityType>". For references the expression holds the id. NULL
    means that the attribute is absent. `nullable=False` promises there is no NULL and gives shorter SQL;
    without a word the expression is asked, and whatever is not sure to be full counts as nullable. `to_sql`
    turns a literal of the law into a value of the column; ValueError means no row can hold it. Without it,
    columns of type Uuid take canonical UUIDs and others take the literal as it is. `always` is the one value
    that every row asked about is known to hold, `never` are values none of them holds, as literals of the law: the
    caller narrows its query to these rows.
    """

    expr: ColumnElement[Any] | Any
    kind: str
    nullable: bool | None = None
    to_sql: ToSql | None = None
    always: str | None = None
    never: frozenset[str] = frozenset()

    @property
    def full(self) -> bool:
        """Whether no row has NULL here."""
        return never_null(self.expr) if self.nullable is None else not self.nullable


@dataclass(frozen=True)
class SetExists:
    """An attribute that is a set kept in other rows.

    `contains(value)` gives a predicate that is never NULL (an EXISTS or IN over NOT NULL columns); `value` is
    a literal already passed through `to_sql`, or a column expression. `kind` is the kind of the elements.
    """

    contains: Callable[[Any], ColumnElement[bool]]
    kind: str
    to_sql: ToSql | None = None


@dataclass(frozen=True)
class Known:
    """A plain attribute with the same `value` in every row asked about: the caller narrows its query to these rows.

    References are no plain values, since rules follow them: see `Column.always`.
    """

    value: bool | int | str


Attr: TypeAlias = Column | SetExists | Known


def never_null(expr: Any) -> bool:
    """Whether an expression is sure to have a value: NOT NULL columns, EXISTS, IS (NOT), and AND/OR of
    such. A parameter that has to be given when the query is asked is taken never to be given as NULL."""
    clause = getattr(expr, "__clause_element__", None)
    element = expr if clause is None else clause()
    if isinstance(element, TableColumn):
        return element.nullable is False
    if isinstance(element, Exists):
        return True
    if isinstance(element, BinaryExpression):
        return element.operator in (operators.is_, operators.is_not) or (
            element.operator in _COMPARISONS and never_null(element.left) and never_null(element.right)
        )
    if isinstance(element, BooleanClauseList):
        return all(never_null(each) for each in element.clauses)
    return isinstance(element, BindParameter) and (element.value is not None or element.required)


def converted(value: bool | int | str, attr: Column | SetExists) -> Any:
    """A literal of the law as the column or set of `attr` wants it; ValueError when no row can hold it."""
    if attr.to_sql is not None:
        found = attr.to_sql(value)
    elif isinstance(attr, Column) and isinstance(getattr(attr.expr, "type", None), Uuid):
        found = uuid_literal(str(value))
    else:
        return value
    if isinstance(found, UUID) and str(found) != value:
        raise ValueError("not the canonical spelling of a UUID")
    return found
