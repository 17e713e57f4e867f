"""How rows look to the policy: one table of attributes for each kind of resource.

The same SQL expressions serve twice: selected for one row they make the Cedar entity a decision is asked about, and
handed to the policy's compiler they narrow a list. So a list and a decision cannot disagree about an attribute.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from dataroom.actions.attributes import NOBODY, Many, One, Resource
from dataroom.actions.attributes_documents import (
    document_attributes,
    matter_attributes,
    redaction_attributes,
    search_attributes,
    survey_attributes,
    term_attributes,
    version_attributes,
)
from dataroom.actions.attributes_keeping import disposal_attributes, entry_attributes, hold_attributes, scope_attributes
from dataroom.actions.attributes_people import (
    authenticator_attributes,
    change_attributes,
    directory_attributes,
    person_attributes,
    session_attributes,
    token_attributes,
)
from dataroom.actions.attributes_sharing import (
    audience_attributes,
    claw_back_attributes,
    club_attributes,
    disclosure_attributes,
    grant_attributes,
    leave_attributes,
    production_attributes,
    review_attributes,
    transfer_attributes,
)
from dataroom.actions.scope_parts import Held
from dataroom.model import (
    Audience,
    AuditEntry,
    Authenticator,
    Base,
    ClawBack,
    Club,
    Directory,
    Disclosure,
    Disposal,
    Document,
    Grant,
    Hold,
    KeyScope,
    Leave,
    Matter,
    Moment,
    PolicyChange,
    Production,
    Redaction,
    Review,
    Search,
    Survey,
    Term,
    Token,
    Transfer,
    User,
    Version,
)
from dataroom.model import Session as SessionRow
from dataroom.model.base import CHANGES
from policies.engine import Attr, Column, Entity, Ref, SetExists

AT_ONCE = 10_000
"""About so many rows a database is asked in one statement."""
Value = bool | int | str | Ref | frozenset[Any]


RESOURCES: dict[type[Base], Resource] = {
    table: Resource(name, table, build)
    for name, table, build in (
        ("Matter", Matter, matter_attributes),
        ("Document", Document, document_attributes),
        ("Version", Version, version_attributes),
        ("Redaction", Redaction, redaction_attributes),
        ("Club", Club, club_attributes),
        ("Term", Term, term_attributes),
        ("Search", Search, search_attributes),
        ("Disclosure", Disclosure, disclosure_attributes),
        ("Grant", Grant, grant_attributes),
        ("Review", Review, review_attributes),
        ("Leave", Leave, leave_attributes),
        ("ClawBack", ClawBack, claw_back_attributes),
        ("Audience", Audience, audience_attributes),
        ("Survey", Survey, survey_attributes),
        ("Production", Production, production_attributes),
        ("Transfer", Transfer, transfer_attributes),
        ("Hold", Hold, hold_attributes),
        ("Disposal", Disposal, disposal_attributes),
        ("Scope", KeyScope, scope_attributes),
        ("Entry", AuditEntry, entry_attributes),
        ("Person", User, person_attributes),
        ("Token", Token, token_attributes),
        ("Directory", Directory, directory_attributes),
        ("Change", PolicyChange, change_attributes),
        ("Session", SessionRow, session_attributes),
        ("Authenticator", Authenticator, authenticator_attributes),
    )
}


def _value(kind: str, raw: Any) -> Value:
    if kind.startswith("ref:"):
        return Ref(kind[4:], str(raw))
    if kind == "uuid":
        return str(raw)
    if kind == "bool":
        return bool(raw)
    return raw  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Questions:
    """The queries that gather the attributes of rows, made once; `rows` and `moment` are their parameters.

    `ones` answers with a row's id and its single values; each query of `members` with triples (id, name of the set,
    element); there is one for each type of element.
    """

    ones: Select[*tuple[Any, ...]]
    kinds: Mapping[str, str]
    sets: Mapping[str, str]
    members: Sequence[CompoundSelect[*tuple[Any, ...]]]


@cache
def _questions(table: type[Base]) -> Questions:
    return _asking(table, table.__table__.c.id == bindparam("rows", type_=Uuid))


@cache
def _questions_about_many(table: type[Base]) -> Questions:
    return _asking(table, _key(table).in_(bindparam("rows", type_=_key(table).type, expanding=True)), *_inside(table))


def _key(table: type[Base]) -> ColumnElement[Any]:
    """What names a row: its id, or the number of an entry."""
    columns = table.__table__.c
    return columns.id if "id" in columns else columns.seq


def _inside(table: type[Base]) -> tuple[ColumnElement[bool], ...]:
    """The numbers of entries are those of one matter's log."""
    columns = table.__table__.c
    return () if "id" in columns else (columns.matter_id == bindparam("matter", type_=Uuid),)


def _asking(table: type[Base], *criteria: ColumnElement[bool]) -> Questions:
    attributes = RESOURCES[table].attributes(bindparam("moment", type_=Moment))
    row, primary = _key(table).label("row_id"), and_(*criteria)
    ones = {name: a for name, a in attributes.items() if isinstance(a, One)}
    many = {name: a for name, a in attributes.items() if isinstance(a, Many)}
    by_type: dict[type[Any], list[Select[*tuple[Any, ...]]]] = {}
    for name, a in many.items():
        label = literal_column(f"'{name}'", String).label("name")
        query = a.select.with_only_columns(row, label, a.element.label("one"))
        by_type.setdefault(type(a.element.type), []).append(query.where(primary))
    return Questions(
        ones=select(row, *[a.expr.label(name) for name, a in ones.items()]).where(primary),
        kinds={name: a.kind for name, a in ones.items()},
        sets={name: a.kind for name, a in many.items()},
        members=[union_all(*queries) for queries in by_type.values()],
    )


def entity(session: Session, table: type[Base], row_id: uuid.UUID, moment: datetime) -> Entity | None:
    """The Cedar entity of one row as the database has it now, or None when there is no such row.

    What this session has asked before is answered from memory until its connection changes anything.
    """
    session.flush()
    connection = session.connection()
    known = _remembered(session, connection)
    key = (table, row_id, moment)
    if key not in known:
        known[key] = _asked(connection, table, row_id, moment)
    return known[key]


def _remembered(session: Session, connection: Connection) -> dict[Any, Entity | None]:
    """What this transaction knows for as long as it changes nothing; nothing on a connection that does not count."""
    changes, transaction = connection.info.get(CHANGES), connection.get_transaction()
    if changes is None or transaction is None:
        return {}
    since = session.info.get("entities")
    if since is None or since[0] is not transaction or since[1] != changes:
        since = session.info["entities"] = (transaction, changes, {})
    return since[2]


def _asked(connection: Connection, table: type[Base], row_id: uuid.UUID, moment: datetime) -> Entity | None:
    return _gathered(connection, table, _questions(table), {"rows": row_id, "moment": moment}).get(row_id)


def entities(
    session: Session, table: type[Base], rows: Sequence[Any], moment: datetime, matter: uuid.UUID | None = None
) -> dict[Any, Entity]:
    """The Cedar entities of many rows as the database has them now, by id (entries of a `matter`: by number), for the
    number of queries one row takes."""
    session.flush()
    connection, found = session.connection(), dict[Any, Entity]()
    for first in range(0, len(rows), AT_ONCE):
        given = {"rows": list(rows[first : first + AT_ONCE]), "moment": moment, "matter": matter}
        found |= _gathered(connection, table, _questions_about_many(table), given)
    return found


def _gathered(
    connection: Connection, table: type[Base], asked: Questions, given: Mapping[str, Any]
) -> dict[Any, Entity]:
    found = {row.row_id: row for row in connection.execute(asked.ones, given)}
    sets: dict[Any, dict[str, list[Any]]] = {each: {name: [] for name in asked.sets} for each in found}
    for query in asked.members:
        for row_id, name, raw in connection.execute(query, given):
            sets[row_id][name].append(_value(asked.sets[name], raw))
    kind = RESOURCES[table].name
    return {
        each: Entity(
            kind,
            str(each),
            {name: _value(of, getattr(row, name)) for name, of in asked.kinds.items()}
            | {name: frozenset(elements) for name, elements in sets[each].items()},
        )
        for each, row in found.items()
    }


def decoy(table: type[Base], moment: datetime) -> Entity:
    """An entity of the kind that nobody may see: asked about for an id that names nothing, so that it costs alike."""
    blanks: dict[str, Any] = {"bool": False, "long": 2**31, "string": NOBODY, "uuid": NOBODY}
    attributes = RESOURCES[table].attributes(moment)
    values = {
        name: frozenset() if isinstance(a, Many) else blanks.get(a.kind, Ref(a.kind[4:], NOBODY))
        for name, a in attributes.items()
    }
    return Entity(RESOURCES[table].name, NOBODY, values)


NARROWED_AT = "narrowed_at"
"""The parameter of every narrowed query: the moment it is asked at."""


@cache
def mapping(table: type[Base]) -> Mapping[str, Attr]:
    """The attributes of a kind as the policy compiler wants them, to narrow a query on `table`; `NARROWED_AT` is a
    parameter of whatever is made of them."""
    attributes = RESOURCES[table].attributes(bindparam(NARROWED_AT, type_=Moment))
    return {name: _compiled(attribute) for name, attribute in attributes.items()}


def _compiled(attribute: One | Many) -> Column | SetExists:
    convert = uuid.UUID if attribute.kind == "uuid" or attribute.kind.startswith("ref:") else None
    kind = "string" if attribute.kind == "uuid" else attribute.kind
    if isinstance(attribute, One):
        return Column(attribute.expr, kind, nullable=False if attribute.full else None, to_sql=convert)
    query, element, rows = attribute.select, attribute.element, attribute.rows

    def contains(value: Any) -> ColumnElement[bool]:
        return Held(query.where(element == value), None if rows is None else rows.where(element == value))

    return SetExists(contains, kind, to_sql=convert)


NO_MATTER = Entity(
    "Matter",
    NOBODY,
    {
        "organisation": Ref("Organisation", NOBODY),
        "organisations": frozenset(),
        "members": frozenset(),
        "state": "closed",
    },
)
