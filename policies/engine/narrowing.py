"""From the rules to a WHERE: which rows may this principal reach with this action.

A row is allowed when some permit holds and every forbid is known not to hold. A permit that cannot be
translated is dropped, a forbid that cannot be translated blocks every row. An error in any rule denies, as it
does for a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, literal_column, true
from sqlalchemy.orm import InstrumentedAttribute

from policies.engine.attributes import Attr, Column
from policies.engine.compiler import Question, compile_policy
from policies.engine.errors import LawError
from policies.engine.rules import Policy
from policies.engine.terms import Pred, Sql, Uncompilable, both, either


@dataclass(frozen=True)
class Narrowing:
    """A question about rows, asked once: who, for which action, in which circumstances. `question` is None where
    something in it is malformed; then no row is left."""

    rules: tuple[Policy, ...]
    question: Question | None

    def clause(
        self,
        mapping: Mapping[str, Attr],
        primary: ColumnElement[Any] | InstrumentedAttribute[Any] | None = None,
    ) -> ColumnElement[bool]:
        """The WHERE that keeps exactly the rows the policy allows; see `Law.narrow`."""
        return _clause(self.rows(mapping, primary))

    def rows(
        self,
        mapping: Mapping[str, Attr],
        primary: ColumnElement[Any] | InstrumentedAttribute[Any] | None = None,
    ) -> Sql:
        """As `clause`, but True or False where that is known of all rows."""
        if self.question is None:
            return False
        if primary is not None:
            row = Column(primary, f"ref:{self.question.resource_type}", nullable=False)
            mapping = {**mapping, "id": row}
        return _kept(self.rules, replace(self.question, mapping=mapping))


def allowed_rows(policies: Iterable[Policy], question: Question) -> ColumnElement[bool]:
    """The predicate over rows. It is never NULL."""
    return _clause(_kept(policies, question))


def _kept(policies: Iterable[Policy], question: Question) -> Sql:
    some: Sql = False
    every: Sql = True
    for policy in policies:
        try:
            holds = compile_policy(policy.form, question)
        except Uncompilable:
            if policy.effect == "forbid":
                return False
            continue
        some, every = _joined(policy, holds, some, every)
    return both(some, every)


def nothing() -> ColumnElement[bool]:
    """A condition no row meets. It is written out: SQLAlchemy leaves the other conditions out beside a plain FALSE, and
    the tables these joined would be multiplied."""
    return literal_column("0") == literal_column("1")


def uncompilable(policies: Iterable[Policy], question: Question) -> dict[str, str]:
    """Which of `policies` have no translation, and why."""
    found = {}
    for policy in policies:
        try:
            compile_policy(policy.form, question)
        except Uncompilable as problem:
            found[policy.id] = str(problem)
    return found


def _joined(policy: Policy, holds: Pred, some: Sql, every: Sql) -> tuple[Sql, Sql]:
    if policy.effect == "forbid":
        return some, both(every, holds.f)
    if policy.effect != "permit":
        raise LawError(f"{policy.id}: unknown effect")
    no_error: Sql = True if holds.total else either(holds.t, holds.f)
    return either(some, holds.t), both(every, no_error)


def _clause(sql: Sql) -> ColumnElement[bool]:
    if isinstance(sql, bool):
        return true() if sql else nothing()
    return sql
