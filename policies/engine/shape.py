"""The shape of the law: which kinds of things there are, and which action takes which. Read from the Cedar
schema.

Cedar prints every schema in one regular form; this module reads that form and refuses whatever the rest of
the engine would not understand (hierarchies of entities, records, optional attributes of entities, extension
types).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cedarpy

from policies.engine.entities import Entity, Ref
from policies.engine.errors import LawError

_BLOCK = re.compile(r"^(entity|action|type) (.*?);$", re.MULTILINE | re.DOTALL)
_ENTITY = re.compile(r"(\w+)(?: = \{(.*)\n\})?", re.DOTALL)
_ATTR = re.compile(r"  (\w+): (\w+|Set<\w+>),?")
_NAME = r'(?:"([^"\\]+)"|(\w+))'
_ACTION = re.compile(_NAME + r"(?: in \[([^\]]*)\])?(?: appliesTo \{(.*)\n\})?", re.DOTALL)
_MEMBER_OF = re.compile(r'Action::"([^"\\]+)"')
_LIST = r"\n  {}: \[([\w, ]+)\]"
_CONTEXT = re.compile(r"\n  context: (\w+)")
_TYPE = re.compile(r"(\w+) = \{(.*)\n\}", re.DOTALL)
_SCALARS = {"Bool": "bool", "Long": "long", "String": "string"}


@dataclass(frozen=True)
class AttrShape:
    """An attribute's kind as in `Column.kind`; `many` when it is a set of that."""

    kind: str
    many: bool


@dataclass(frozen=True)
class ActionShape:
    """What an action applies to, the groups it is in (all of them, through groups of groups), and its circumstances."""

    name: str
    principals: tuple[str, ...]
    resources: tuple[str, ...]
    groups: frozenset[str]
    context: Mapping[str, AttrShape]


@dataclass(frozen=True)
class Shape:
    """All entity types with their attributes, and all actions that are not mere groups; the latter also as
    entities whose parents are all their groups."""

    entities: Mapping[str, Mapping[str, AttrShape]]
    actions: Mapping[str, ActionShape]
    action_entities: Mapping[Ref, Entity]


def read_shape(schema: cedarpy.Schema) -> Shape:
    """The shape of a parsed schema; LawError when it holds something the engine does not cover."""
    blocks = [(found[1], found[2]) for found in _BLOCK.finditer(str(schema))]
    raw = [_match(_ENTITY, text) for kind, text in blocks if kind == "entity"]
    types = {found[1] for found in raw}
    entities = {found[1]: MappingProxyType(_attrs(found[2] or "", types)) for found in raw}
    actions = [_match(_ACTION, text) for kind, text in blocks if kind == "action"]
    parents = {found[1] or found[2]: _MEMBER_OF.findall(found[3] or "") for found in actions}
    records = [_match(_TYPE, text) for kind, text in blocks if kind == "type"]
    contexts = {found[1]: MappingProxyType(_attrs(found[2], types)) for found in records}
    shapes = {
        name: ActionShape(
            name,
            _names(found[4], "principal"),
            _names(found[4], "resource"),
            _closure(name, parents),
            _circumstances(found[4], contexts),
        )
        for found in actions
        if found[4] and (name := found[1] or found[2])
    }
    groups = {each: frozenset(Ref("Action", group) for group in shape.groups) for each, shape in shapes.items()}
    members = {Ref("Action", each): Entity("Action", each, {}, found) for each, found in groups.items()}
    return Shape(MappingProxyType(entities), MappingProxyType(shapes), MappingProxyType(members))


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise LawError(f"schema: not understood: {text.splitlines()[0]}")
    return found


def _attrs(text: str, types: set[str]) -> dict[str, AttrShape]:
    found = {}
    for line in text.splitlines():
        if not line:
            continue
        name, kind = _match(_ATTR, line).groups()
        many = kind.startswith("Set<")
        inner = kind[4:-1] if many else kind
        if inner not in _SCALARS and inner not in types:
            raise LawError(f"schema: the type {kind} of {name} is not covered")
        found[name] = AttrShape(_SCALARS.get(inner, f"ref:{inner}"), many)
    return found


def _names(text: str, which: str) -> tuple[str, ...]:
    found = re.search(_LIST.format(which), text)
    if found is None:
        raise LawError(f"schema: an action lacks its {which}")
    return tuple(name.strip() for name in found[1].split(","))


def _circumstances(text: str, contexts: Mapping[str, Mapping[str, AttrShape]]) -> Mapping[str, AttrShape]:
    found = _CONTEXT.search(text)
    if found is None or found[1] not in contexts:
        raise LawError("schema: an action lacks its context, or does not name its type")
    return contexts[found[1]]


def _closure(name: str, parents: Mapping[str, list[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(parents[name])
    while waiting:
        group = waiting.pop()
        if group not in found:
            found.add(group)
            waiting.extend(parents[group])
    return frozenset(found)
