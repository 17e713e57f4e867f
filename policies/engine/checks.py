"""Checks that hold the parts of the law together; they run whenever it is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, String, column, true
from sqlalchemy.types import TypeEngine

from policies.engine.attributes import Attr, Column, SetExists
from policies.engine.compiler import Question, compile_policy
from policies.engine.entities import Entity, Ref, Value
from policies.engine.errors import LawError
from policies.engine.lists import AUDIENCES, Category
from policies.engine.narrowing import uncompilable
from policies.engine.rules import Policy, by_question, category_literals
from policies.engine.shape import AttrShape, Shape
from policies.engine.terms import Record, Sql, term_of

ROLES = ("custodian", "partner", "compliance")
LARGEST = 2_000
"""The most parts one rule's filter has; the delivered ones have some fifty."""


def check(
    policies: Mapping[str, Policy], categories: Mapping[str, Category], shape: Shape, fresh: Mapping[str, Policy]
) -> None:
    """LawError unless walls and categories agree and every `fresh` rule can become a WHERE for every action."""
    _walls_agree(policies.values(), categories.values())
    compiles(fresh, shape)


def _walls_agree(policies: Iterable[Policy], categories: Iterable[Category]) -> None:
    wanted = {a: frozenset(c.id for c in categories if c.audience == a) for a in AUDIENCES}
    walls = [policy for policy in policies if policy.audience is not None or category_literals(policy)]
    for policy in walls:
        if category_literals(policy) != wanted.get(policy.audience or ""):
            raise LawError(f"{policy.file}: {policy.id} and categories.toml name different categories")
    missing = {a for a in AUDIENCES if a != "everyone" and wanted[a]} - {policy.audience for policy in walls}
    if missing:
        raise LawError(f"access: no wall for the audience {', '.join(sorted(missing))}")


def compiles(policies: Mapping[str, Policy], shape: Shape) -> None:
    """LawError unless every rule can become a WHERE for every action.

    A rule that takes an action and whose conditions do not ask which one it is translates alike for all it takes.
    """
    seen: set[tuple[str, str, str, str]] = set()
    for (action, principal_type, resource_type), relevant in by_question(policies.values(), shape).items():
        keys = {(p.id, principal_type, resource_type, action if _asks_action(p) else ""): p for p in relevant}
        fresh = [policy for key, policy in keys.items() if key not in seen]
        seen.update(keys)
        for role in ROLES if fresh else ():
            question = _probe(shape, action, principal_type, resource_type, role)
            for name, why in uncompilable(fresh, question).items():
                raise LawError(f"{name} cannot become a filter for {action}: {why}")
            for policy in fresh:
                holds = compile_policy(policy.form, question)
                if _size(holds.t) + _size(holds.f) > LARGEST:
                    raise LawError(f"{policy.id} becomes a filter of more than {LARGEST} parts for {action}")


def _size(sql: Sql) -> int:
    """How many parts a filter has when it is written out; parts it shares are looked at once."""
    sizes: dict[int, int] = {}
    waiting: list[Any] = [] if isinstance(sql, bool) else [sql]
    while waiting:
        parts = list(waiting[-1].get_children())
        fresh = [part for part in parts if id(part) not in sizes]
        if fresh:
            waiting += fresh
        else:
            sizes[id(waiting.pop())] = 1 + sum(sizes[id(part)] for part in parts)
    return 0 if isinstance(sql, bool) else sizes[id(sql)]


def _asks_action(policy: Policy) -> bool:
    return '"action"' in json.dumps(policy.form["conditions"])


def _probe(shape: Shape, action: str, principal_type: str, resource_type: str, role: str) -> Question:
    principal = _sample(shape, principal_type, role)
    matter = _sample(shape, "Matter", role)
    attrs = shape.entities[resource_type]
    mapping: dict[str, Attr] = {name: _attr(name, attr) for name, attr in attrs.items()}
    mapping["id"] = Column(column("id", String), f"ref:{resource_type}", nullable=False)
    context: dict[str, Value] = {"now": 0, "recipient": Ref("Organisation", ""), "circle": ""}
    context["subject_organisation"] = Ref("Organisation", "")
    return Question(
        principal=principal.ref,
        action=Ref("Action", action),
        resource_type=resource_type,
        mapping=mapping,
        context=Record({name: term_of(value) for name, value in context.items()}),
        store={principal.ref: principal, matter.ref: matter, **shape.action_entities},
    )


def _sample(shape: Shape, entity_type: str, role: str) -> Entity:
    attrs: dict[str, Value] = {}
    for name, attr in shape.entities[entity_type].items():
        plain: dict[str, Value] = {"bool": True, "long": 1, "string": role if name == "role" else ""}
        one = plain.get(attr.kind, Ref(attr.kind.removeprefix("ref:"), ""))
        attrs[name] = frozenset({one}) if attr.many else one
    return Entity(entity_type, "", attrs)


def _attr(name: str, attr: AttrShape) -> Attr:
    if attr.many:
        return SetExists(_anything, attr.kind)
    types: dict[str, type[TypeEngine[Any]]] = {"bool": Boolean, "long": BigInteger}
    return Column(column(name, types.get(attr.kind, String)), attr.kind, nullable=False)


def _anything(_: object) -> ColumnElement[bool]:
    return true()
