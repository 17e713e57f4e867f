"""A list's rows in parts that databases find quickly: by owner, state and tier, or beginning with what is permitted.

The policy is compiled for each part with what the part's rows are known to hold, so most rules settle at once, parts
nobody may see are left out, and what is left is short. The parts share no row; together they are exactly what the
filter compiled for all rows keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Exists, Select, and_, func, true, union
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList, Grouping

from policies.engine import Attr, Column, Known, Narrowing
from policies.engine.narrowing import nothing

PLACES = frozenset({"matter", "organisation", "tier"})
"""What indexes of lists begin with."""


class Held(Exists):
    """An EXISTS on a set attribute that also knows the query of the rows it holds for, if there is one."""

    inherit_cache = True

    def __init__(self, query: Select[*tuple[Any, ...]], rows: Select[*tuple[Any, ...]] | None) -> None:
        super().__init__(query)
        self.rows = rows


@dataclass(frozen=True)
class Part:
    """Some of the rows: `condition` is met by exactly those of them that may be seen. All belong to `owner`, or to
    others than the reader's organisation where it is None. `leading`, if there is one, gives the ids of few rows among
    which all lie."""

    condition: ColumnElement[bool]
    owner: str | None
    leading: CompoundSelect[*tuple[Any, ...]] | None = None


@dataclass(frozen=True)
class Rows:
    """A kind of rows with owner, state and tier, and what these can be.

    `narrowing`, `mapping` and `primary` are as for `Law.narrow`. `own` is the reader's organisation and `mine` whether
    it has rows, `others` are all others that have some, or None where they are too many to be gone through one by one.
    Every row's state is among `states` and its tier among `tiers`.
    """

    narrowing: Narrowing
    mapping: Mapping[str, Attr]
    primary: Any
    own: str
    mine: bool
    others: tuple[str, ...] | None
    states: Sequence[str]
    tiers: Sequence[int]

    def kept(self, **known: Attr) -> Any:
        """What the policy keeps of the rows of which more is known: True, False or a condition."""
        return self.narrowing.rows({**self.mapping, **known}, self.primary)

    def column(self, name: str) -> Column:
        """The column of an attribute."""
        found = self.mapping[name]
        if not isinstance(found, Column):
            raise TypeError(f"{name} of these rows is no column")
        return found

    def parts(self) -> tuple[Part, ...]:
        """All parts in which the principal may see anything."""
        reached = [tier for tier in self.tiers if self.kept(tier=Known(tier)) is not False]
        owner = self.column("organisation")
        foreign = replace(veiled(owner), never=frozenset({self.own}))
        found: list[Part] = []
        for state in self.states:
            if self.mine:
                found.extend(self._led(state, replace(owner, always=self.own)) or self._tiers(state, self.own, reached))
            led = () if self.others == () else self._led(state, foreign)
            for each in (None,) if self.others is None else self.others:
                found.extend(() if led else self._tiers(state, each, reached))
            found.extend(led)
        return tuple(found)

    def _led(self, state: str, owner: Column) -> tuple[Part, ...]:
        """The one part of an owner's, or of others', rows in a state, if something leads to all that may be seen."""
        leads = leading(self.kept(organisation=owner, state=Known(state)))
        if leads is None:
            return ()
        hidden = {name: veiled(self.column(name)) for name in PLACES - {"organisation"}}
        rows = self.kept(**hidden, organisation=veiled(owner), state=Known(state))
        placed = and_(_belongs(veiled(owner), self.own), veiled(self.column("state")).expr == state)
        return (Part(and_(placed, _clause(rows)), owner.always, union(*leads)),)

    def _tiers(self, state: str, owner: str | None, tiers: Sequence[int]) -> Iterator[Part]:
        column = self.column("organisation")
        known = replace(veiled(column), never=frozenset({self.own})) if owner is None else replace(column, always=owner)
        for tier in tiers:
            rows = self.kept(organisation=known, state=Known(state), tier=Known(tier))
            if rows is not False:
                placed = (self.column("state").expr == state, self.column("tier").expr == tier)
                yield Part(and_(_belongs(known, self.own), *placed, _clause(rows)), owner)


def _belongs(owner: Column, own: str) -> ColumnElement[bool]:
    value = (owner.to_sql or str)(owner.always or own)
    found: ColumnElement[bool] = owner.expr == value if owner.always else owner.expr != value
    return found


def _clause(rows: Any) -> ColumnElement[bool]:
    return rows if isinstance(rows, ColumnElement) else true() if rows else nothing()


def veiled(column: Column) -> Column:
    """The same column, written so that no index is sought for it: others lead here."""
    return replace(column, expr=func.coalesce(column.expr, column.expr), nullable=not column.full)


def leading(clause: Any) -> list[Select[*tuple[Any, ...]]] | None:
    """Queries of the ids among which every row lies that meets the clause; None where nothing of the kind is known."""
    if isinstance(clause, Grouping):
        return leading(clause.element)
    if isinstance(clause, Held):
        return None if clause.rows is None else [clause.rows]
    if not isinstance(clause, BooleanClauseList):
        return None
    found = [leading(each) for each in clause.clauses]
    if clause.operator is operators.and_:
        return next((each for each in found if each is not None), None)
    if clause.operator is operators.or_ and all(each is not None for each in found):
        return [query for each in found if each is not None for query in each]
    return None
