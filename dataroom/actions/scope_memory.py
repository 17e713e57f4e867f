"""Compiled filters kept for the next request of the same person: what is remembered is true of exactly what was asked.

Everything the compiler looks at is part of the key: the law, the action, the kind of row, all attributes of the person
asking and the circumstances. Only what changes with every second (how old a sign-in is, the time) is left out, and only
where no rule of the question speaks of it. Whatever a person gains or loses makes another key with the next request.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from policies.engine import Entity, Law, Value

T = TypeVar("T")
PASSING = frozenset({"sign_in_age", "strong_age", "now"})
"""What is another value at every moment; a rule that looks at one of them is compiled each time."""
LONGEST = 2**62


def key_of(law: Law, who: Entity, action: str, resource_type: str, context: Mapping[str, Value]) -> Any | None:
    """What the answer to a question about rows depends on; None where it should not be remembered."""
    if law.mentions(action, who.type, resource_type) & PASSING:
        return None
    attrs = []
    for name, value in sorted({**who.attrs, **{f"context.{k}": v for k, v in context.items()}}.items()):
        plain = name.removeprefix("context.")
        if plain not in PASSING:
            attrs.append((name, type(value).__name__, value))
        elif type(value) is not int or not 0 <= value <= LONGEST:
            return None
    return (law.digest, action, resource_type, who.ref, who.parents, tuple(attrs))


@dataclass
class Memory:
    """At most `most` answers of this process, the least used forgotten first; shared by its threads."""

    most: int
    _kept: OrderedDict[Any, tuple[Any, Any]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, key: Any | None, rules: object, make: Callable[[], T]) -> T:
        """What was made for this key and these very rules before, or what `make` gives now."""
        if key is None:
            return make()
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found[0] is rules:
                self._kept.move_to_end(key)
                return found[1]  # type: ignore[no-any-return]
        made = make()
        with self._lock:
            self._kept[key] = (rules, made)
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return made
