"""The unknowns: every attribute of every kind of thing is a function from the code of a thing to a value.

Strings and ids are only ever compared, so they are whole numbers: the codes. A word of the law has a code of its own,
small and known; every other code stands for some word or id nobody has named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import z3

from policies.analysis.terms import Formula, Scalar, Stored, Term, Truth, holds
from policies.engine.shape import AttrShape

LONG = 2**63


@dataclass
class Symbols:
    """The codes of words, the functions of attributes, and what is true of them: one for each question."""

    words: dict[str, dict[str, int]] = field(default_factory=dict)
    facts: list[Formula] = field(default_factory=list)
    _functions: dict[tuple[str, str, AttrShape], Any] = field(default_factory=dict)

    def code(self, kind: str, word: str) -> int:
        """The code of a word or id of this kind."""
        known = self.words.setdefault(kind, {})
        return known.setdefault(word, len(known))

    def word(self, kind: str, code: int) -> str:
        """The word or id of a code; an invented one for a code that no rule names."""
        for word, known in self.words.get(kind, {}).items():
            if known == code:
                return word
        return f"{kind.removeprefix('ref:').lower()}-{code if code >= 0 else f'x{-code}'}"

    def variable(self, name: str, attr: AttrShape) -> Term:
        """An unknown value of this shape."""
        return self._term(z3.Const(name, _sort(attr)), attr, True)

    def attribute(self, entity: str, code: Any, name: str, attr: AttrShape, ok: Formula) -> Term:
        """The attribute `name` of the `entity` with this code."""
        return self._term(self.function(entity, name, attr)(code), attr, ok)

    def function(self, entity: str, name: str, attr: AttrShape) -> Any:
        """The function behind an attribute."""
        key = (entity, name, attr)
        if key not in self._functions:
            shape = f"Set<{attr.kind}>" if attr.many else attr.kind
            self._functions[key] = z3.Function(f"{entity}.{name}: {shape}", z3.IntSort(), _sort(attr))
        return self._functions[key]

    def described(self, entity: str, code: Any) -> Formula:
        """Whether the entity is told of at all; attributes of one that is not are an error."""
        return z3.Function(f"described {entity}", z3.IntSort(), z3.BoolSort())(code)

    def _term(self, value: Any, attr: AttrShape, ok: Formula) -> Term:
        if attr.many:
            return Stored(attr.kind, value, ok)
        if attr.kind == "bool":
            found: Truth = holds(value, ok)
            return found
        if attr.kind == "long":
            self.facts.append(z3.And(value >= -LONG, value < LONG))
        return Scalar(attr.kind, value, ok)


def _sort(attr: AttrShape) -> Any:
    one = z3.BoolSort() if attr.kind == "bool" and not attr.many else z3.IntSort()
    return z3.SetSort(z3.IntSort()) if attr.many else one
