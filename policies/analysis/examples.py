"""From values the solver found to people and things, asked of the engine again and told in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from policies.analysis.questions import Asked, Place
from policies.analysis.terms import Fields, Scalar, Unsupported
from policies.engine import Decision, Entity, Law, Policy, Ref, Value
from policies.engine.shape import AttrShape

SHOWN = 4
"""How many elements of a set are told."""
_ROLES = ("custodian", "partner", "compliance")


@dataclass(frozen=True)
class Example:
    """One request: who, what, on which thing, in which circumstances, and the other things rules may follow."""

    place: Place
    principal: Entity
    resource: Entity
    context: Mapping[str, Value]
    others: tuple[Entity, ...]

    def ask(self, law: Law) -> Decision:
        """What the engine says to it."""
        return law.decide(self.principal, self.place.action, self.resource, self.context, self.others)

    def told(self, policies: Sequence[Policy]) -> str:
        """In plain words, with what these rules look at."""
        seen = {pair for policy in policies for pair in _looks(policy.form["conditions"])}
        who = self._part("principal", self.principal, seen)
        what = self._part("resource", self.resource, seen)
        around = [f"{name} = {_word(value)}" for name, value in self.context.items() if ("context", name) in seen]
        more = f", with {', '.join(around)}" if around else ""
        known = [self._other(each) for each in self.others if each.attrs]
        return "\n".join([f"{who} does {self.place.action} to {what}{more}", *known])

    def _part(self, name: str, entity: Entity, seen: set[tuple[str, str]]) -> str:
        role = entity.attrs.get("role")
        kind = str(role) if name == "principal" and role in _ROLES else entity.type
        attrs = {key: value for key, value in entity.attrs.items() if (name, key) in seen and value != kind}
        said = ", ".join(f"{key} {_word(value)}" for key, value in attrs.items())
        return f"{kind} {entity.id}" + (f" ({said})" if said else "")

    def _other(self, entity: Entity) -> str:
        said = ", ".join(f"{key} {_word(value)}" for key, value in entity.attrs.items())
        return f"    where {entity.type} {entity.id} has {said}"


def _word(value: Value) -> str:
    if isinstance(value, frozenset):
        words = sorted(_word(each) for each in value)
        more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
        return "{" + ", ".join(words[-SHOWN:]) + more + "}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.id if isinstance(value, Ref | Entity) else str(value)


def _looks(node: Any) -> Iterator[tuple[str, str]]:
    """The attributes of the variables an expression reads."""
    if isinstance(node, Mapping):
        found = node.get(".")
        if isinstance(found, Mapping) and "Var" in found["left"]:
            yield found["left"]["Var"], found["attr"]
        for each in node.values():
            yield from _looks(each)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from _looks(each)


class Builder:
    """Reads one model. Sets hold what the model says of every code that occurs anywhere in it."""

    def __init__(self, asked: Asked, model: z3.ModelRef) -> None:
        self.asked, self.model = asked, model
        self.symbols, self.shape = asked.case.symbols, asked.case.shape
        self.codes: dict[str, set[int]] = {kind: set(words.values()) for kind, words in self.symbols.words.items()}

    def example(self) -> Example:
        """The request the model describes."""
        principal, resource = (self._variable(name) for name in ("principal", "resource"))
        around = self._around()
        entities = {key: self._entity(*key) for key in self._reached([principal, resource])}
        first, second = entities[principal], entities[resource]
        others = tuple(each for key, each in entities.items() if key not in {principal, resource})
        return Example(self.asked.place, first, second, around, others)

    def _around(self) -> dict[str, Value]:
        fields = self.asked.case.variables["context"]
        assert isinstance(fields, Fields)  # noqa: S101 - by its name
        found: dict[str, Value] = {}
        for name, term in fields.values.items():
            if not isinstance(term, Scalar):
                raise Unsupported(f"the circumstance {name} is neither a number, a text nor a reference")
            code = self._number(term.value)
            self.codes.setdefault(term.kind, set()).add(code)
            found[name] = self._one(term.kind, code)
        return found

    def _variable(self, name: str) -> tuple[str, int]:
        term = self.asked.case.variables[name]
        assert isinstance(term, Scalar)  # noqa: S101 - by its name
        return term.kind[4:], self._number(term.value)

    def _reached(self, start: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Everything described that principal and resource lead to; notes every code on the way."""
        found: list[tuple[str, int]] = []
        waiting = list(start)
        while waiting:
            key = waiting.pop(0)
            if key in found:
                continue
            found.append(key)
            self.codes.setdefault(f"ref:{key[0]}", set()).add(key[1])
            for name, attr in self.shape.entities[key[0]].items():
                if attr.many or attr.kind == "bool":
                    continue
                code = self._number(self.symbols.function(key[0], name, attr)(key[1]))
                self.codes.setdefault(attr.kind, set()).add(code)
                kind = attr.kind.removeprefix("ref:")
                if kind != attr.kind and self._holds(self.symbols.described(kind, code)):
                    waiting.append((kind, code))
        return found

    def _entity(self, kind: str, code: int) -> Entity:
        attrs = {
            name: self._value(attr, self.symbols.function(kind, name, attr)(code))
            for name, attr in self.shape.entities[kind].items()
        }
        return Entity(kind, self.symbols.word(f"ref:{kind}", code), attrs)

    def _value(self, attr: AttrShape, formula: Any) -> Value:
        if attr.many:
            codes = sorted(self.codes.get(attr.kind, ()))
            return frozenset(self._one(attr.kind, each) for each in codes if self._holds(z3.Select(formula, each)))
        if attr.kind == "bool":
            return self._holds(formula)
        return self._one(attr.kind, self._number(formula))

    def _one(self, kind: str, code: int) -> Value:
        if kind == "long":
            return code
        word = self.symbols.word(kind, code)
        return Ref(kind[4:], word) if kind.startswith("ref:") else word

    def _number(self, formula: Any) -> int:
        found: int = self.model.eval(formula, model_completion=True).as_long()
        return found

    def _holds(self, formula: Any) -> bool:
        found: bool = z3.is_true(self.model.eval(formula, model_completion=True))
        return found


def example(asked: Asked, model: z3.ModelRef) -> Example:
    """The request for which the solver found these values."""
    return Builder(asked, model).example()
