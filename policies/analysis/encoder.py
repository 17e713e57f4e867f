"""Turns a Cedar policy, in Cedar's JSON form, into the formulas that say when it holds, for one question: an action,
a kind of principal and a kind of resource, everything else unknown.

Nothing is guessed: what has no exact formula (arithmetic, `like`, tags, extension types) raises `Unsupported`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from policies.analysis.operators import (
    COMPARE,
    choice,
    conjunction,
    contains,
    contains_all,
    contains_any,
    disjunction,
    equality,
    is_empty,
    kind_is,
    negation,
    ordering,
    within,
)
from policies.analysis.symbols import Symbols
from policies.analysis.terms import (
    FAIL,
    TRUE,
    Fields,
    Formula,
    Known,
    Scalar,
    Term,
    Truth,
    Unsupported,
    Written,
    both,
    holds,
)
from policies.engine.shape import AttrShape, Shape

Node: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One question about everybody: `action` of a `principal` type on a `resource` type, under a law's shape."""

    action: str
    principal: str
    resource: str
    shape: Shape
    symbols: Symbols

    @cached_property
    def variables(self) -> Mapping[str, Term]:
        """The four variables of a rule; principal and resource are always described."""
        found: dict[str, Term] = {}
        for name, kind in (("principal", self.principal), ("resource", self.resource)):
            term = self.symbols.variable(f"{name} {kind}", AttrShape(f"ref:{kind}", False))
            assert isinstance(term, Scalar)  # noqa: S101 - by its shape
            self.symbols.facts.append(self.symbols.described(kind, term.value))
            found[name] = term
        known = self.shape.actions[self.action]
        found["action"] = Known(known.name, frozenset({known.name, *known.groups}))
        fields = {name: self.symbols.variable(f"context {name}", attr) for name, attr in known.context.items()}
        found["context"] = Fields(fields)
        return found

    def encode(self, policy: Node) -> Truth:
        """When `policy` is satisfied, when it is not, and by both failing when it is in error."""
        result = TRUE
        for name in ("principal", "action", "resource"):
            result = conjunction(result, self._scope(policy[name], self.variables[name]))
            if result.t is False:
                return result
        for clause in policy["conditions"]:
            body = _boolean(self.term(clause["body"]))
            result = conjunction(result, body if clause["kind"] == "when" else negation(body))
        return result

    def _scope(self, scope: Node, term: Term) -> Truth:
        if scope["op"] == "All":
            return TRUE
        if scope["op"] == "is" and "in" not in scope:
            return kind_is(term, scope["entity_type"])
        if scope["op"] not in {"==", "in"}:
            raise Unsupported(f"a scope {scope['op']}")
        listed = scope["entities"] if "entities" in scope else [scope["entity"]]
        if isinstance(term, Known):
            return holds(bool(term.names & {uid["id"] for uid in listed}))
        return within(term, Written(tuple(self._reference(uid) for uid in listed)))

    def term(self, node: Node) -> Term:
        """The term of an expression."""
        ((name, body),) = node.items()
        handler = _FORMS.get(name)
        if handler is None:
            raise Unsupported(f"{name} has no formula")
        return handler(self, name, body)

    def _reference(self, uid: Node) -> Scalar:
        kind = f"ref:{uid['type']}"
        return Scalar(kind, self.symbols.code(kind, uid["id"]))

    def literal(self, _: str, body: Any) -> Term:
        """A value written in the rule."""
        if isinstance(body, Mapping):
            uid = body.get("__entity")
            if uid is None:
                raise Unsupported("a value of an extension type")
            return Known(uid["id"], frozenset({uid["id"]})) if uid["type"] == "Action" else self._reference(uid)
        if isinstance(body, bool):
            return holds(body)
        return Scalar("long", body) if isinstance(body, int) else Scalar("string", self.symbols.code("string", body))

    def written(self, _: str, body: Any) -> Term:
        """A set written in the rule; of actions, their names."""
        found = [self.term(each) for each in body]
        names = [each for each in found if isinstance(each, Known)]
        if names and len(names) == len(found):
            return Known("", frozenset[str]().union(*(each.names for each in names)))
        plain = tuple(each for each in found if isinstance(each, Scalar | Truth))
        if len(plain) != len(found):
            raise Unsupported("sets of sets")
        return Written(plain)

    def has(self, _: str, body: Any) -> Term:
        """entity has attribute."""
        subject, name = self.term(body["left"]), body["attr"]
        if isinstance(subject, Fields):
            return holds(name in subject.values)
        if isinstance(subject, Scalar) and subject.kind.startswith("ref:"):
            there = name in self.shape.entities.get(subject.kind[4:], {})
            told = self._told(subject)
            return holds(both(there, told), subject.ok)
        return FAIL

    def get(self, _: str, body: Any) -> Term:
        """entity.attribute."""
        subject, name = self.term(body["left"]), body["attr"]
        if isinstance(subject, Fields):
            return subject.values.get(name, FAIL)
        if not (isinstance(subject, Scalar) and subject.kind.startswith("ref:")):
            return FAIL
        kind = subject.kind[4:]
        attr = self.shape.entities.get(kind, {}).get(name)
        if attr is None:
            return FAIL
        return self.symbols.attribute(kind, subject.value, name, attr, both(subject.ok, self._told(subject)))

    def _told(self, subject: Scalar) -> Formula:
        given = (self.variables["principal"], self.variables["resource"])
        if any(subject is each for each in given):
            return True
        return self.symbols.described(subject.kind[4:], subject.value)


Handler: TypeAlias = Callable[[Case, str, Any], Term]


def _boolean(term: Term) -> Truth:
    return term if isinstance(term, Truth) else FAIL


def _two(operation: Callable[[Term, Term], Truth]) -> Handler:
    return lambda case, _, body: operation(case.term(body["left"]), case.term(body["right"]))


def _and(case: Case, _: str, body: Any) -> Term:
    left = _boolean(case.term(body["left"]))
    return left if left.t is False else conjunction(left, _boolean(case.term(body["right"])))


def _or(case: Case, _: str, body: Any) -> Term:
    left = _boolean(case.term(body["left"]))
    return left if left.f is False else disjunction(left, _boolean(case.term(body["right"])))


def _order(case: Case, name: str, body: Any) -> Term:
    return ordering(name, case.term(body["left"]), case.term(body["right"]))


def _if(case: Case, _: str, body: Any) -> Term:
    test = _boolean(case.term(body["if"]))
    if test.t is True or test.f is True:
        return case.term(body["then" if test.t is True else "else"])
    return choice(test, case.term(body["then"]), case.term(body["else"]))


def _is(case: Case, _: str, body: Any) -> Term:
    if "in" in body:
        raise Unsupported("is ... in")
    return kind_is(case.term(body["left"]), body["entity_type"])


_FORMS: Mapping[str, Handler] = {
    "Value": Case.literal,
    "Var": lambda case, _, body: case.variables[body],
    "Set": Case.written,
    "!": lambda case, _, body: negation(_boolean(case.term(body["arg"]))),
    "&&": _and,
    "||": _or,
    "if-then-else": _if,
    "==": _two(equality),
    "!=": lambda case, _, body: negation(equality(case.term(body["left"]), case.term(body["right"]))),
    **dict.fromkeys(COMPARE, _order),
    "contains": _two(contains),
    "containsAll": _two(contains_all),
    "containsAny": _two(contains_any),
    "isEmpty": lambda case, _, body: is_empty(case.term(body["arg"])),
    "in": _two(within),
    "is": _is,
    "has": Case.has,
    ".": Case.get,
}
