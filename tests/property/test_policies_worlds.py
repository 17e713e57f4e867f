"""A small world of rows with gaps in them, in Cedar and in SQL.

The compiler is asked for the rows a set of rules allows; Cedar itself is asked row by row. The two must
agree, and where the compiler refuses a rule it may only ever allow less.
"""

from __future__ import annotations

import importlib
import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import cedarpy
import sqlalchemy as sa

UIDS = [str(uuid.UUID(int=n)) for n in (0xA1, 0xA2)]
METADATA = sa.MetaData()
THING = sa.Table(
    "thing",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("flag", sa.Boolean, nullable=False),
    sa.Column("loose_flag", sa.Boolean),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("loose_n", sa.Integer),
    sa.Column("s", sa.String, nullable=False),
    sa.Column("loose_s", sa.String),
    sa.Column("org", sa.String, nullable=False),
    sa.Column("loose_org", sa.String),
    sa.Column("uid", sa.Uuid),
)
TAG = sa.Table("tag", METADATA, sa.Column("thing", sa.String), sa.Column("value", sa.String))
GUEST = sa.Table("guest", METADATA, sa.Column("thing", sa.String), sa.Column("value", sa.String))
ATTRS = ("flag", "loose_flag", "n", "loose_n", "s", "loose_s", "org", "loose_org", "uid", "tags", "guests")
PRINCIPAL = ("Person", "p1")
ROWS = 48


@dataclass(frozen=True)
class Line:
    """One row with its sets."""

    values: Mapping[str, Any]
    tags: frozenset[str]
    guests: frozenset[str]


def lines() -> list[Line]:
    """The world: the same rows every time, each column with and without a value."""
    rng = random.Random(11)
    found = []
    for number in range(ROWS):
        values = {
            "id": f"t{number}",
            "flag": rng.random() < 0.5,
            "loose_flag": rng.choice((True, False, None)),
            "n": rng.choice((0, 1, 2)),
            "loose_n": rng.choice((0, 1, 2, None)),
            "s": rng.choice(("a", "b", "A", "")),
            "loose_s": rng.choice(("a", "b", "A", None)),
            "org": rng.choice(("o1", "o2", "o3")),
            "loose_org": rng.choice(("o1", "o2", None)),
            "uid": rng.choice((*UIDS, None)),
        }
        tags = frozenset(t for t in ("a", "b", "A") if rng.random() < 0.4)
        guests = frozenset(g for g in ("o1", "o2") if rng.random() < 0.4)
        found.append(Line(values, tags, guests))
    return found


LINES = lines()


def fill(connection: sa.Connection) -> None:
    """Creates the tables and stores the world."""
    METADATA.create_all(connection)
    for line in LINES:
        stored = {**line.values, "uid": line.values["uid"] and uuid.UUID(line.values["uid"])}
        connection.execute(THING.insert().values(**stored))
        for table, values in ((TAG, line.tags), (GUEST, line.guests)):
            for value in sorted(values):
                connection.execute(table.insert().values(thing=line.values["id"], value=value))


def _uid(kind: str, name: str) -> dict[str, dict[str, str]]:
    return {"__entity": {"type": kind, "id": name}}


def _cedar_attrs(line: Line) -> dict[str, Any]:
    attrs = {name: value for name, value in line.values.items() if value is not None and name != "id"}
    for name in ("org", "loose_org"):
        if name in attrs:
            attrs[name] = _uid("Org", attrs[name])
    attrs["tags"] = sorted(line.tags)
    attrs["guests"] = [_uid("Org", each) for each in sorted(line.guests)]
    return attrs


def _entities() -> cedarpy.Entities:
    listed: list[dict[str, Any]] = [
        {"uid": {"type": "Thing", "id": line.values["id"]}, "attrs": _cedar_attrs(line), "parents": []}
        for line in LINES
    ]
    attrs = {"role": "a", "tier": 1, "active": True, "org": _uid("Org", "o1"), "groups": [_uid("Org", "o2")]}
    parents = [{"type": "Org", "id": "o2"}]
    listed.append({"uid": {"type": "Person", "id": "p1"}, "attrs": attrs, "parents": parents})
    listed.append({"uid": {"type": "Org", "id": "o2"}, "attrs": {"n": 1}, "parents": [{"type": "Org", "id": "o3"}]})
    group = {"type": "Action", "id": "grp"}
    listed.append({"uid": {"type": "Action", "id": "act"}, "attrs": {}, "parents": [group]})
    return cedarpy.Entities.from_json_str(json.dumps(listed))


ENTITIES = _entities()
CONTEXT = {"now": 1, "on": True, "word": "a", "who": _uid("Org", "o1")}


def by_cedar(text: str) -> tuple[set[str], set[str]]:
    """Rows Cedar allows without any error, and rows it allows at all."""
    requests: list[dict[str, Any]] = [
        {
            "principal": {"type": "Person", "id": "p1"},
            "action": {"type": "Action", "id": "act"},
            "resource": {"type": "Thing", "id": line.values["id"]},
            "context": json.dumps(CONTEXT),
        }
        for line in LINES
    ]
    answers = cedarpy.is_authorized_batch(requests, cedarpy.PolicySet.from_str(text), ENTITIES)
    ids = [line.values["id"] for line in LINES]
    allowed = {i for i, answer in zip(ids, answers, strict=True) if answer.decision is cedarpy.Decision.Allow}
    clean = {i for i, answer in zip(ids, answers, strict=True) if not answer.diagnostics.errors}
    return allowed & clean, allowed


class Compiler:
    """The compiler under test, loaded from `package`: the real one, or a mutant of it."""

    def __init__(self, package: str = "policies.engine") -> None:
        self.attributes = importlib.import_module(f"{package}.attributes")
        self.compiler = importlib.import_module(f"{package}.compiler")
        self.entities = importlib.import_module(f"{package}.entities")
        self.narrowing = importlib.import_module(f"{package}.narrowing")
        self.rules = importlib.import_module(f"{package}.rules")
        self.terms = importlib.import_module(f"{package}.terms")

    def rows(self, connection: sa.Connection, text: str) -> tuple[set[str], bool]:
        """The ids of the allowed rows, and whether every rule was compiled."""
        policies, question = self._policies(text), self._question()
        where = self.narrowing.allowed_rows(policies, question)
        found = connection.execute(sa.select(THING.c.id).where(where)).scalars()
        return set(found), not self.narrowing.uncompilable(policies, question)

    def _policies(self, text: str) -> list[Any]:
        forms = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
        return [self.rules.Policy(name, form["effect"], "", "", "", form) for name, form in forms.items()]

    def _question(self) -> Any:
        entity, ref = self.entities.Entity, self.entities.Ref
        o2 = entity("Org", "o2", {"n": 1}, frozenset({ref("Org", "o3")}))
        attrs = {
            "role": "a",
            "tier": 1,
            "active": True,
            "org": ref("Org", "o1"),
            "groups": frozenset({o2.ref}),
        }
        person = entity("Person", "p1", attrs, frozenset({o2.ref}))
        action = entity("Action", "act", {}, frozenset({ref("Action", "grp")}))
        context = {"now": 1, "on": True, "word": "a", "who": ref("Org", "o1")}
        return self.compiler.Question(
            principal=person.ref,
            action=action.ref,
            resource_type="Thing",
            mapping=mapping(self.attributes),
            context=self.terms.Record({name: self.terms.term_of(value) for name, value in context.items()}),
            store={each.ref: each for each in (person, o2, action)},
        )


def mapping(attributes: ModuleType) -> dict[str, Any]:
    """The attributes of a thing for the compiler; some columns promise to be full, some do not."""
    column, set_exists = attributes.Column, attributes.SetExists
    kinds = {"flag": "bool", "n": "long", "s": "string", "org": "ref:Org"}
    found = {name: column(THING.c[name], kind) for name, kind in kinds.items()}
    found |= {f"loose_{name}": column(THING.c[f"loose_{name}"], kind) for name, kind in kinds.items()}
    found["uid"] = column(THING.c.uid, "string", to_sql=uuid.UUID)
    found["id"] = column(THING.c.id, "ref:Thing", nullable=False)

    def among(table: sa.Table) -> Any:
        return lambda value: sa.exists().where(table.c.thing == THING.c.id, table.c.value == value)

    found["tags"] = set_exists(among(TAG), "string")
    found["guests"] = set_exists(among(GUEST), "ref:Org")
    return found


def disagreement(compiler: Compiler, connection: sa.Connection, text: str) -> str:
    """What is wrong with the compiler's answer for these rules; empty when nothing is."""
    exact, allowed = by_cedar(text)
    found, compiled = compiler.rows(connection, text)
    if compiled and found != exact:
        return f"differs: {sorted(found ^ exact)}"
    if not found <= allowed:
        return f"widens: {sorted(found - allowed)}"
    return ""


def test_the_world_has_gaps_and_contrasts() -> None:
    for name in ("loose_flag", "loose_n", "loose_s", "loose_org", "uid"):
        assert {line.values[name] is None for line in LINES} == {True, False}
    assert {bool(line.tags) for line in LINES} == {bool(line.guests) for line in LINES} == {True, False}
