"""What the law is asked about: typed things with attributes, and how Cedar wants them written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from policies.engine.errors import LawError


@dataclass(frozen=True)
class Ref:
    """Names an entity without describing it: `Ref("Organisation", "9f…")`."""

    type: str
    id: str


@dataclass(frozen=True)
class Entity:
    """A thing with attributes. An attribute may hold another `Entity`: it is then named and described at
    once."""

    type: str
    id: str
    attrs: Mapping[str, Value] = field(default_factory=dict, hash=False)
    parents: frozenset[Ref] = frozenset()

    @property
    def ref(self) -> Ref:
        """This entity's name."""
        return Ref(self.type, self.id)


Value: TypeAlias = bool | int | str | Ref | Entity | frozenset["Value"]
"""What an attribute or a circumstance may hold. Whole numbers must fit in 64 bits with sign."""

Json: TypeAlias = bool | int | str | list["Json"] | dict[str, "Json"]


def to_json(value: Value) -> Json:
    """`value` in Cedar's JSON form; raises LawError for anything that is not a Value."""
    if isinstance(value, Ref | Entity):
        return {"__entity": {"type": value.type, "id": value.id}}
    if isinstance(value, frozenset):
        return [to_json(each) for each in value]
    if isinstance(value, bool | int | str):
        return value
    raise LawError(f"a value of type {type(value).__name__} cannot be shown to the law")


def described(roots: Iterable[Entity]) -> dict[Ref, Entity]:
    """`roots` and every entity described inside their attributes; two different descriptions of one are
    refused."""
    found: dict[Ref, Entity] = {}
    waiting = list(roots)
    while waiting:
        entity = waiting.pop()
        known = found.setdefault(entity.ref, entity)
        if known is not entity and known != entity:
            raise LawError(f"{entity.type} is described twice and differently")
        if known is entity:
            waiting.extend(_inside(entity.attrs.values()))
    return found


def entity_json(entity: Entity) -> Json:
    """One line of Cedar's entity list."""
    return {
        "uid": {"type": entity.type, "id": entity.id},
        "attrs": {name: to_json(value) for name, value in entity.attrs.items()},
        "parents": [{"type": parent.type, "id": parent.id} for parent in entity.parents],
    }


def _inside(values: Iterable[Value]) -> list[Entity]:
    found: list[Entity] = []
    for value in values:
        if isinstance(value, Entity):
            found.append(value)
        elif isinstance(value, frozenset):
            found.extend(_inside(value))
    return found
