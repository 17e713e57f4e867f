"""Lists and decisions never differ: for every action, the rows `narrow` keeps are the rows `decide`
allows."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.engine import Attr, Column, Entity, Known, Law, Ref, SetExists, Value
from tests.parts import Database

LAW = Law.load()
ROWS = 90
SEED = 23
USERS = [str(uuid.UUID(int=0xE0 + n)) for n in range(4)]
ORGANISATIONS = [str(uuid.UUID(int=0xA0 + n)) for n in range(3)]
CLUBS = [str(uuid.UUID(int=n)) for n in (0, 0, 0, 0xC0, 0xC1, 0xC2)]
NAMED = [Ref("Club", each) for each in CLUBS[3:]]
SCOPES = [frozenset({"everything"})] * 4 + [frozenset({"read"}), frozenset({"upload", "audit"}), frozenset[str]()]
COMPANIES = [Ref("Organisation", each) for each in ORGANISATIONS]
BORDERS = ("receives", "compatriots", "sends", "neighbours")
NOWHERE = Ref("Matter", CLUBS[0])
MATTERS = [str(uuid.UUID(int=0xB0 + n)) for n in range(2)]
ROLES = ("custodian", "partner", "compliance")
STATES = {
    "Matter": ("open", "closed"),
    "Document": ("staged", "ready", "published", "disposed"),
    "Version": ("staged", "published", "candidate", "destroyed"),
    "Redaction": ("draft", "applying", "in_review", "returned", "released", "failed", "discarded"),
    "Grant": ("asked", "granted", "refused", "ended"),
    "Review": ("open", "closed"),
    "Scope": ("active", "shredding", "tombstone"),
    "Person": ("active", "shredding", "tombstone"),
    "Search": ("running", "done", "stopped"),
    "Survey": ("running", "done"),
    "Disposal": ("proposed", "approved", "void", "rejected", "done"),
    "Change": ("proposed", "in_force", "rejected", "withdrawn"),
}
OTHERS = {
    "Service": Entity("Service", "worker", {"name": "worker"}),
    "Directory": Entity(
        "Directory", "directory", {"organisation": Ref("Organisation", ORGANISATIONS[0]), "active": True}
    ),
}
"""Who acts besides people."""
QUESTIONS = [
    (name, principal, resource)
    for name, shape in sorted(LAW.actions.items())
    for principal in shape.principals
    for resource in shape.resources
]
METADATA = sa.MetaData()


@dataclass(frozen=True)
class Kind:
    """A resource type as a table, its sets as side tables, and the rows stored in them."""

    table: sa.Table
    sets: dict[str, sa.Table]
    entities: list[Entity]

    def mapping(self) -> dict[str, Attr]:
        """The table as the law wants it mapped."""
        found: dict[str, Attr] = {}
        for name, attr in LAW.shape.entities[self.table.name].items():
            if attr.many:
                found[name] = self._set(self.sets[name], attr.kind)
            else:
                found[name] = Column(self.table.c[name], attr.kind, nullable=True if name == "category" else None)
        return found

    def _set(self, side: sa.Table, kind: str) -> SetExists:
        row = self.table.c.id
        convert = uuid.UUID if isinstance(side.c.value.type, sa.Uuid) else None
        return SetExists(lambda value: sa.exists().where(side.c.row == row, side.c.value == value), kind, convert)


def one(kind: str, name: str, attr_kind: str, rng: random.Random) -> Value:
    """A random value of an attribute."""
    if attr_kind == "bool":
        return rng.random() < 0.6
    if attr_kind == "long":
        return rng.randint(0, 4)
    if attr_kind == "ref:Matter":
        return Ref("Matter", rng.choice((*MATTERS, MATTERS[0])))
    if attr_kind == "ref:Organisation":
        return Ref("Organisation", rng.choice((*ORGANISATIONS, ORGANISATIONS[0])))
    if attr_kind == "ref:Club":
        return Ref("Club", rng.choice(CLUBS))
    if attr_kind == "ref:Document":
        return Ref("Document", str(uuid.UUID(int=1)))
    if name == "state":
        return rng.choice(STATES[kind])
    if name == "category":
        return rng.choice((*LAW.categories, *["technical"] * len(LAW.categories)))
    if name == "export":
        return rng.choice(("free", "free", "controlled", "unassessed"))
    if name == "kind":
        return rng.choice(("clean_team", "ethical_wall"))
    return rng.choice(ROLES) if name == "functions" else rng.choice(USERS)


def some(kind: str, name: str, attr_kind: str, rng: random.Random) -> frozenset[Value]:
    """A random set."""
    return frozenset(one(kind, name, attr_kind, rng) for _ in range(rng.randint(0, 3)))


def column_type(attr_kind: str) -> sa.types.TypeEngine[Any]:
    """Ids are stored as UUIDs, as the service does."""
    if attr_kind == "bool":
        return sa.Boolean()
    if attr_kind == "long":
        return sa.SmallInteger()
    return sa.Uuid() if attr_kind.startswith("ref:") else sa.String()


def kind_of(name: str, rng: random.Random) -> Kind:
    """The tables and random rows of a resource type."""
    attrs = LAW.shape.entities[name]
    plain = [sa.Column(each, column_type(a.kind), nullable=False) for each, a in attrs.items() if not a.many]
    table = sa.Table(name, METADATA, sa.Column("id", sa.Uuid, primary_key=True), *plain)
    sets = {
        each: sa.Table(f"{name}_{each}", METADATA, sa.Column("row", sa.Uuid), sa.Column("value", column_type(a.kind)))
        for each, a in attrs.items()
        if a.many
    }
    ids = MATTERS if name == "Matter" else [str(uuid.UUID(int=0x1000 + n)) for n in range(ROWS)]
    if name == "Organisation":
        ids = ORGANISATIONS
    entities = [
        Entity(
            name,
            each,
            {key: (some if a.many else one)(name, key, a.kind, rng) for key, a in attrs.items()},
        )
        for each in ids
    ]
    return Kind(table, sets, entities)


def world() -> dict[str, Kind]:
    """All resource types with their rows; the same every time, whatever other types there are. One matter is open,
    the other closed; a disposal and a version are as actions that ask for much want them."""
    names = sorted({resource for _, _, resource in QUESTIONS})
    kinds = {name: kind_of(name, random.Random(f"{SEED} {name}")) for name in names}
    people = frozenset(USERS[:3])
    parties = frozenset(Ref("Organisation", each) for each in ORGANISATIONS[:2])
    for number, state in enumerate(("open", "closed")):
        opener = Ref("Organisation", ORGANISATIONS[0])
        attrs: dict[str, Value] = {
            "organisation": opener,
            "organisations": parties,
            "members": people,
            "state": state,
        }
        kinds["Matter"].entities[number] = Entity("Matter", MATTERS[number], attrs)
    ready: dict[str, Value] = {
        "matter": Ref("Matter", MATTERS[0]),
        "organisation": Ref("Organisation", ORGANISATIONS[0]),
        "state": "approved",
        "tier": 0,
        "proposer": USERS[3],
        "approvers": frozenset(USERS[1:3]),
        "functions": frozenset({"custodian", "compliance"}),
        "held": False,
    }
    kinds["Disposal"].entities[0] = Entity("Disposal", kinds["Disposal"].entities[0].id, ready)
    first, asking = kinds["Version"].entities[0], frozenset({Ref("Organisation", ORGANISATIONS[0])})
    open_to: dict[str, Value] = {
        "matter": Ref("Matter", MATTERS[0]),
        "organisation": Ref("Organisation", ORGANISATIONS[1]),
        "state": "staged",
        "tier": 0,
        "category": "technical",
        "export": "free",
        "clawed": False,
        "audience": asking,
        "asking": asking,
        "club": Ref("Club", CLUBS[0]),
        "wall": Ref("Club", CLUBS[0]),
    }
    kinds["Version"].entities[0] = Entity("Version", first.id, {**first.attrs, **open_to})
    return kinds


WORLD = world()


def stored(value: Value, column: sa.Column[Any]) -> object:
    """A value as the driver takes it."""
    plain = value.id if isinstance(value, Ref) else value
    return uuid.UUID(str(plain)) if isinstance(column.type, sa.Uuid) else plain


def elements(entity: Entity, name: str) -> frozenset[Value]:
    """The values of a set attribute."""
    found: Value = entity.attrs[name]
    assert isinstance(found, frozenset)
    return found


def fill(connection: sa.Connection) -> None:
    """Creates the tables and stores the world."""
    METADATA.create_all(connection)
    for kind in WORLD.values():
        for entity in kind.entities:
            row = {c.name: stored(entity.attrs[c.name], c) for c in kind.table.c if c.name != "id"}
            connection.execute(kind.table.insert().values(id=uuid.UUID(entity.id), **row))
            for name, side in kind.sets.items():
                for element in elements(entity, name):
                    entry = {"row": uuid.UUID(entity.id), "value": stored(element, side.c.value)}
                    connection.execute(side.insert().values(**entry))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """The world in a database."""
    url = "sqlite://"
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgres")
        url = database.create_database()
    engine = sa.create_engine(url)
    with engine.connect() as found:
        fill(found)
        yield found
    engine.dispose()


@st.composite
def members(draw: st.DrawFn) -> Entity:
    """A member of one of the matters, or of none."""
    places: list[Entity | Ref] = [*WORLD["Matter"].entities, Ref("Matter", "none")]
    matter = draw(st.sampled_from(places))
    attrs: dict[str, Value] = {
        "user": draw(st.sampled_from(USERS)),
        "organisation": Ref("Organisation", draw(st.sampled_from(ORGANISATIONS))),
        "role": draw(st.sampled_from(ROLES)),
        "tier": draw(st.integers(0, 4)),
        "matter": matter,
        "active": draw(st.sampled_from((True, True, True, False))),
        "clubs": draw(st.frozensets(st.sampled_from(NAMED))),
        "walls": draw(st.frozensets(st.sampled_from(NAMED))),
        "sign_in_age": draw(st.sampled_from((0, 300, 301, 2**40))),
        "strong_age": draw(st.sampled_from((0, 900, 901, 2**40))),
        "scopes": draw(st.sampled_from(SCOPES)),
        "confined": draw(st.sampled_from((NOWHERE, NOWHERE, WORLD["Matter"].entities[0].ref))),
        "agreed": draw(st.sampled_from((True, True, True, False))),
        "trained": draw(st.sampled_from((True, True, True, False))),
        "place": draw(st.sampled_from(("DE", "unknown"))),
        "deputises": draw(st.sampled_from(("none", "none", *USERS))),
        "one_with": draw(st.frozensets(st.sampled_from(USERS), max_size=2)),
        **{name: draw(st.frozensets(st.sampled_from(COMPANIES))) for name in BORDERS},
    }
    return Entity("Member", "someone", attrs)


def circumstances(action: str, organisation: str) -> dict[str, Value]:
    """The circumstances an action needs."""
    more: dict[str, Value] = {"now": 1_790_000_000}
    if action in {"member.add", "member.remove"}:
        more["subject_organisation"] = Ref("Organisation", organisation)
    if action in {"audit.give", "disclosure.grant", "transfer.record"}:
        more["recipient"] = Ref("Organisation", organisation)
    if action == "disclosure.grant":
        more["circle"] = "none" if organisation == ORGANISATIONS[0] else "clean_team"
    return more


def both_ways(
    connection: sa.Connection, who: Entity, action: str, resource: str, context: dict[str, Value]
) -> tuple[set[str], set[str]]:
    """The ids `narrow` keeps and the ids `decide` allows."""
    kind = WORLD[resource]
    where = LAW.narrow(who, action, resource, kind.mapping(), context, kind.table.c.id)
    kept = connection.execute(sa.select(kind.table.c.id).where(where)).scalars()
    decisions = LAW.decide_each(who, action, kind.entities, context)
    allowed = {e.id for e, decision in zip(kind.entities, decisions, strict=True) if decision.allowed}
    return {str(each) for each in kept}, allowed


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(question=st.sampled_from(QUESTIONS), member=members(), organisation=st.sampled_from(ORGANISATIONS))
def test_narrow_equals_decide(
    connection: sa.Connection, question: tuple[str, str, str], member: Entity, organisation: str
) -> None:
    action, principal, resource = question
    who = member if principal == "Member" else OTHERS[principal]
    kept, allowed = both_ways(connection, who, action, resource, circumstances(action, organisation))
    assert kept == allowed


PLACED = [each for each in QUESTIONS if {"organisation", "state", "tier"} <= set(LAW.shape.entities[each[2]])]
"""Questions about rows that lists find by owner, state and tier."""


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), question=st.sampled_from(PLACED), member=members(), owned=st.booleans())
def test_narrow_with_values_known_equals_decide(
    connection: sa.Connection, data: st.DataObject, question: tuple[str, str, str], member: Entity, owned: bool
) -> None:
    action, principal, resource = question
    kind, who = WORLD[resource], member if principal == "Member" else OTHERS[principal]
    owner = Ref("Organisation", data.draw(st.sampled_from(ORGANISATIONS)))
    known = {"state": data.draw(st.sampled_from(sorted({str(e.attrs["state"]) for e in kind.entities})))}
    known |= data.draw(st.sampled_from([{}, *({"tier": tier} for tier in range(5))]))
    mapping, context = kind.mapping(), circumstances(action, ORGANISATIONS[0])
    column = mapping["organisation"]
    assert isinstance(column, Column)
    mapping["organisation"] = replace(column, **({"always": owner.id} if owned else {"never": frozenset({owner.id})}))
    mapping |= {name: Known(value) for name, value in known.items()}
    here = kind.table.c.organisation
    placed = [here == uuid.UUID(owner.id) if owned else here != uuid.UUID(owner.id)]
    placed += [kind.table.c[name] == value for name, value in known.items()]
    where = LAW.narrow(who, action, resource, mapping, context, kind.table.c.id)
    kept = connection.execute(sa.select(kind.table.c.id).where(where, *placed)).scalars()
    meant = [
        entity
        for entity in kind.entities
        if (entity.attrs["organisation"] == owner) == owned
        and all(entity.attrs[name] == value for name, value in known.items())
    ]
    decisions = LAW.decide_each(who, action, meant, context)
    assert {str(each) for each in kept} == {e.id for e, d in zip(meant, decisions, strict=True) if d.allowed}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{q[0]}-{q[2]}")
def test_every_question_keeps_rows_for_somebody(connection: sa.Connection, question: tuple[str, str, str]) -> None:
    action, principal, resource = question
    asked = everybody() if principal == "Member" else [OTHERS[principal]]
    found = 0
    for who in asked:
        context = circumstances(action, ORGANISATIONS[1])
        if action in {"member.add", "member.remove"}:
            context = circumstances(action, ORGANISATIONS[0])
        kept, allowed = both_ways(connection, who, action, resource, context)
        assert kept == allowed
        found += len(kept)
    assert found > 0


def everybody() -> list[Entity]:
    """One active member of each role in the open matter."""
    return [
        Entity(
            "Member",
            "someone",
            {
                "user": USERS[0],
                "organisation": Ref("Organisation", ORGANISATIONS[0]),
                "role": role,
                "tier": 4,
                "matter": WORLD["Matter"].entities[0],
                "active": True,
                "clubs": frozenset(NAMED),
                "walls": frozenset(),
                "sign_in_age": 0,
                "strong_age": 0,
                "scopes": frozenset({"everything"}),
                "confined": NOWHERE,
                "agreed": True,
                "trained": True,
                "place": "DE",
                "deputises": "none",
                "one_with": frozenset(),
                **dict.fromkeys(BORDERS, frozenset(COMPANIES)),
            },
        )
        for role in ROLES
    ]
