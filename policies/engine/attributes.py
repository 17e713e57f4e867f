"""How the columns of a table stand for the attributes of a resource when a rule becomes a WHERE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid

ToSql: TypeAlias = Callable[[Any], Any]


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
    means that the attribute is absent. `nullable=False` promises there is no NULL and gives shorter SQL.
    `to_sql` turns a literal of the law into a value of the column; ValueError means no row can hold it.
    Without it, columns of type Uuid take canonical UUIDs and others take the literal as it is.
    """

    expr: ColumnElement[Any] | Any
    kind: str
    nullable: bool = True
    to_sql: ToSql | None = None


@dataclass(frozen=True)
class SetExists:
    """An attribute that is a set kept in other rows.

    `contains(value)` gives a predicate that is never NULL (an EXISTS or IN over NOT NULL columns); `value` is
    a literal already passed through `to_sql`, or a column expression. `kind` is the kind of the elements.
    """

    contains: Callable[[Any], ColumnElement[bool]]
    kind: str
    to_sql: ToSql | None = None


Attr: TypeAlias = Column | SetExists


def converted(value: bool | int | str, attr: Attr) -> Any:
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
