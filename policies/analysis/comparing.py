"""What one law allows and another does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from policies.analysis.examples import Example, example
from policies.analysis.questions import Asked, Place, places
from policies.analysis.terms import Formula, Scalar, no
from policies.engine import Law, Policy
from policies.engine.rules import by_question

ROLES = ("custodian", "partner", "compliance")


@dataclass(frozen=True)
class More:
    """A request `law` allows and the other does not; `role` where it is a person's, `confirmed` by both engines."""

    place: Place
    role: str
    example: Example
    deciding: tuple[str, ...]
    confirmed: bool


def more(old: Law, new: Law, except_for: Iterable[Policy] = ()) -> Iterator[More]:
    """What `new` allows and `old` does not, an example for each question and role; `except_for` are permits or forbids
    that describe what is meant to be new."""
    excepted = by_question(except_for, new.shape)
    known = set(places(old))
    for place in places(new):
        if old.shape == new.shape and _forms(old, place) == _forms(new, place):
            continue
        asked = Asked.of(new, place)
        here = [asked.allowed, *(no(asked.case.encode(policy.form).t) for policy in excepted[place])]
        if place in known:
            before = Asked.of(old, place, asked.case.symbols)
            here.append(no(before.allowed))
        if asked.find(*here) is None:
            continue
        for role, formula in _roles(asked):
            model = asked.find(*here, formula)
            if model is not None:
                yield _told(old, new, asked, role, model)


def _forms(law: Law, place: Place) -> list[Mapping[str, Any]]:
    return [policy.form for policy in law.rules_for(*place)]


def _roles(asked: Asked) -> list[tuple[str, Formula]]:
    attr = asked.case.shape.entities[asked.place.principal].get("role")
    person = asked.case.variables["principal"]
    if attr is None or not isinstance(person, Scalar):
        return [("", True)]
    role = asked.case.symbols.function(asked.place.principal, "role", attr)(person.value)
    codes = {name: asked.case.symbols.code("string", name) for name in ROLES}
    rest = z3.And([role != code for code in codes.values()])
    return [*((name, role == code) for name, code in codes.items()), ("any other", rest)]


def _told(old: Law, new: Law, asked: Asked, role: str, model: z3.ModelRef) -> More:
    found = example(asked, model)
    decision = found.ask(new)
    # A law that does not know a word of the request cannot allow it; its engine says so by an error.
    confirmed = decision.allowed and not found.ask(old).allowed
    return More(asked.place, role, found, decision.policies, confirmed)
