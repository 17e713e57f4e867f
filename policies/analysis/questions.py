"""The questions a law can be asked, each as formulas: what it allows, and what each of its rules has to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import z3

from policies.analysis.encoder import Case
from policies.analysis.symbols import Symbols
from policies.analysis.terms import Formula, Truth, both, either, no
from policies.engine import Law, Policy
from policies.engine.rules import by_question, parse_set

MILLISECONDS = 30_000


class Undecided(Exception):
    """The solver gave up; nothing is proven."""


class Place(NamedTuple):
    """An action with the kinds of principal and resource it is asked about."""

    action: str
    principal: str
    resource: str


def places(law: Law) -> list[Place]:
    """Every question that can be asked of a law."""
    return [
        Place(name, principal, resource)
        for name, shape in sorted(law.actions.items())
        for principal in shape.principals
        for resource in shape.resources
    ]


def variant(law: Law, policies: Mapping[str, Policy]) -> Law:
    """The same law with other rules, unchecked: to ask what it would answer, never to serve with it."""
    rules = list(policies.values())
    return replace(law, policies=policies, _set=parse_set(rules), _relevant=by_question(rules, law.shape))


@dataclass(frozen=True)
class Asked:
    """One question as formulas over the unknowns in `case`."""

    law: Law
    place: Place
    case: Case

    @classmethod
    def of(cls, law: Law, place: Place, symbols: Symbols | None = None) -> Asked:
        """The question under a law; `symbols` of another law's make the two comparable."""
        return cls(law, place, Case(*place, law.shape, symbols or Symbols()))

    @cached_property
    def rules(self) -> Sequence[tuple[Policy, Truth]]:
        """Each rule that may speak here, and what it says."""
        return [(policy, self.case.encode(policy.form)) for policy in self.law.rules_for(*self.place)]

    @cached_property
    def allowed(self) -> Formula:
        """Where the law allows it: some permit holds, no forbid does, none is in error."""
        return both(self.permitted(), self.unhindered())

    def permitted(self, without: str = "") -> Formula:
        """Where a permit other than `without` holds."""
        found: Formula = False
        for policy, says in self.rules:
            if policy.effect == "permit" and policy.id != without:
                found = either(found, says.t)
        return found

    def unhindered(self, without: str = "") -> Formula:
        """Where no forbid other than `without` holds and no rule is in error."""
        found: Formula = True
        for policy, says in self.rules:
            if policy.id != without:
                found = both(found, says.ok if policy.effect == "permit" else says.f)
        return found

    def find(self, *formulas: Formula) -> z3.ModelRef | None:
        """Values of the unknowns for which all formulas hold, or None when there are none; Undecided otherwise."""
        if any(each is False for each in formulas):
            return None
        solver = z3.Solver()
        solver.set("timeout", MILLISECONDS)
        solver.add(*[each for each in formulas if each is not True], *self.case.symbols.facts)
        answer = solver.check()
        if answer == z3.unknown:
            raise Undecided(f"{self.place.action}: {solver.reason_unknown()}")
        return solver.model() if answer == z3.sat else None


def without_effect(law: Law) -> Iterator[tuple[Policy, str]]:
    """Rules that change no answer: because they never hold where it counts, or because others say the same."""
    asked = {place: Asked.of(law, place) for place in places(law)}
    for policy in law.policies.values():
        speaks = [each for each in asked.values() if any(rule.id == policy.id for rule, _ in each.rules)]
        if not any(_matters(each, policy) for each in speaks):
            counts = any(_counts(each, policy) for each in speaks)
            yield policy, "others say the same" if counts else "it never holds"


def _says(asked: Asked, policy: Policy) -> Truth:
    return next(says for rule, says in asked.rules if rule.id == policy.id)


def _matters(asked: Asked, policy: Policy) -> bool:
    says = _says(asked, policy)
    if policy.effect == "permit":
        return asked.find(says.t, no(asked.permitted(policy.id)), asked.unhindered()) is not None
    return asked.find(no(says.f), asked.permitted(), asked.unhindered(policy.id)) is not None


def _counts(asked: Asked, policy: Policy) -> bool:
    says = _says(asked, policy)
    return asked.find(says.t if policy.effect == "permit" else no(says.f)) is not None
