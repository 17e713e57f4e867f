"""From the rules to a WHERE: which rows may this principal reach with this action.

A row is allowed when some permit holds and every forbid is known not to hold. A permit that cannot be
translated is dropped, a forbid that cannot be translated blocks every row. An error in any rule denies, as it
does for a decision.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, literal_column, true

from policies.engine.compiler import Question, compile_policy
from policies.engine.errors import LawError
from policies.engine.rules import Policy
from policies.engine.terms import Pred, Sql, Uncompilable, both, either


def allowed_rows(policies: Iterable[Policy], question: Question) -> ColumnElement[bool]:
    """The predicate over rows. It is never NULL."""
    some: Sql = False
    every: Sql = True
    for policy in policies:
        try:
            holds = compile_policy(policy.form, question)
        except Uncompilable:
            if policy.effect == "forbid":
                return nothing()
            continue
        some, every = _joined(policy, holds, some, every)
    return _clause(both(some, every))


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
