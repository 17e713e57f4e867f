"""How rows look to the policy: one table of attributes for each kind of resource.

The same SQL expressions serve twice: selected for one row they make the Cedar entity a decision is asked about, and
handed to the policy's compiler they narrow a list. So a list and a decision cannot disagree about an attribute.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
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
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from dataroom.model import (
    Audience,
    AuditEntry,
    AuditLog,
    AuditPerson,
    Authenticator,
    Base,
    ClawBack,
    ClawBackParty,
    Club,
    Disclosure,
    Disposal,
    DisposalApproval,
    DisposalDocument,
    Document,
    Hold,
    HoldDocument,
    Issuer,
    KeyScope,
    Limitation,
    Matter,
    Membership,
    Moment,
    Participation,
    Production,
    ProductionParty,
    Redaction,
    RedactionAudience,
    Search,
    Survey,
    Term,
    Token,
    User,
    Version,
)
from dataroom.model import Session as SessionRow
from dataroom.model.base import CHANGES
from dataroom.vault.sealed import Kind
from policies.engine import Column, Entity, Ref, SetExists

NOBODY = "none"
HIDDEN = "hidden"
"""The index's outcome of an attempt on what its actor may not see: only the owner opens such an entry."""
SHARED_ACTS = (
    "matter.create",
    "matter.close",
    "member.add",
    "member.remove",
    "partner.announce",
    "document.publish",
    "document.withdraw",
)
"""What every participant's custodians and compliance officers may read of each other: the matter's own history."""
_NIL = uuid.UUID(int=0)
Value = bool | int | str | Ref | frozenset[Any]


@dataclass(frozen=True)
class One:
    """An attribute with one value: a SQL expression over the kind's table, its Cedar kind, and whether it is
    known never to be NULL where that does not follow from the column."""

    expr: ColumnElement[Any] | InstrumentedAttribute[Any]
    kind: str
    full: bool = False


@dataclass(frozen=True)
class Many:
    """A set attribute: the query of its elements (correlated with the row), its element column and kind."""

    select: Select[*tuple[Any, ...]]
    element: ColumnElement[Any] | InstrumentedAttribute[Any]
    kind: str


@dataclass(frozen=True)
class Resource:
    """A kind of resource: its Cedar type, its table and attributes (for a moment in time, or a parameter for one)."""

    name: str
    table: type[Base]
    attributes: Callable[[Any], Mapping[str, One | Many]]


def held(document_id: Any) -> ColumnElement[bool]:
    """Whether a hold that was not released covers the document."""
    return (
        select(HoldDocument.document_id)
        .join(Hold, Hold.id == HoldDocument.hold_id)
        .where(HoldDocument.document_id == document_id, Hold.released_at.is_(None))
        .exists()
    )


def _recipients(moment: datetime, *criteria: ColumnElement[bool]) -> Many:
    live = select(Disclosure.recipient_id).where(
        *criteria,
        Disclosure.withdrawn_at.is_(None),
        Disclosure.granted_at <= moment,
        Disclosure.expires_at > moment,
    )
    return Many(live, Disclosure.recipient_id, "ref:Organisation")


def _limits(document_id: Any) -> Mapping[str, One | Many]:
    """What a document is limited by; the null id where it is not."""
    return {way: _limit(document_id, way) for way in ("club", "wall")}


def _limit(document_id: Any, way: str) -> One:
    row = aliased(Limitation)
    found = select(row.club_id).where(row.document_id == document_id, row.way == way).scalar_subquery()
    return One(func.coalesce(found, _NIL), "ref:Club", full=True)


def _organisation(column: Any) -> One:
    return One(column, "ref:Organisation")


def _matter(moment: datetime) -> Mapping[str, One | Many]:
    parts = select(Participation.organisation_id).where(Participation.matter_id == Matter.id)
    people = select(Membership.user_id).where(
        Membership.matter_id == Matter.id,
        Membership.removed_at.is_(None),
        Membership.valid_from <= moment,
        or_(Membership.valid_until.is_(None), Membership.valid_until > moment),
    )
    return {
        "organisation": _organisation(Matter.organisation_id),
        "organisations": Many(parts, Participation.organisation_id, "ref:Organisation"),
        "members": Many(people, Membership.user_id, "uuid"),
        "state": One(Matter.state, "string"),
    }


def _document(moment: datetime) -> Mapping[str, One | Many]:
    return {
        "matter": One(Document.matter_id, "ref:Matter"),
        "organisation": _organisation(Document.organisation_id),
        "tier": One(Document.tier, "long"),
        "category": One(Document.category, "string"),
        "state": One(Document.state, "string"),
        "held": One(held(Document.id), "bool"),
        "classified": One(Document.schedule.is_not(None), "bool"),
        "audience": _recipients(moment, Disclosure.document_id == Document.id),
        **_limits(Document.id),
    }


def _version(moment: datetime) -> Mapping[str, One | Many]:
    meant = select(RedactionAudience.organisation_id).where(RedactionAudience.redaction_id == Version.redaction_id)
    return {
        "matter": One(Version.matter_id, "ref:Matter"),
        "organisation": _organisation(Version.organisation_id),
        "document": One(Version.document_id, "ref:Document"),
        "tier": One(Version.tier, "long"),
        "category": One(Version.category, "string"),
        "state": One(Version.state, "string"),
        "original": One(Version.kind == int(Kind.ORIGINAL), "bool"),
        "audience": _recipients(moment, Disclosure.version_id == Version.id),
        "held": One(held(Version.document_id), "bool"),
        "author": One(Version.author, "string"),
        "clawed": One(select(ClawBack.id).where(ClawBack.version_id == Version.id).exists(), "bool"),
        "reserved": One(meant.exists(), "bool"),
        "meant": Many(meant, RedactionAudience.organisation_id, "ref:Organisation"),
        **_limits(Version.document_id),
    }


def _redaction(moment: datetime) -> Mapping[str, One | Many]:
    original = aliased(Version)
    document = (
        select(original.document_id).where(original.id == Redaction.version_id).correlate(Redaction).scalar_subquery()
    )
    return {
        "matter": One(Redaction.matter_id, "ref:Matter"),
        "organisation": _organisation(Redaction.organisation_id),
        "tier": One(Redaction.tier, "long"),
        "state": One(Redaction.state, "string"),
        "author": One(Redaction.author_id, "uuid"),
        "held": One(held(document), "bool"),
        **_limits(document),
    }


def _term(moment: datetime) -> Mapping[str, One | Many]:
    return {
        "matter": One(Term.matter_id, "ref:Matter"),
        "organisation": _organisation(Term.organisation_id),
        "tier": One(Term.tier, "long"),
    }


def _search(moment: datetime) -> Mapping[str, One | Many]:
    return {
        "matter": One(Search.matter_id, "ref:Matter"),
        "organisation": _organisation(Search.organisation_id),
        "author": One(Search.author_id, "uuid"),
        "state": One(Search.state, "string"),
    }


def _club(moment: datetime) -> Mapping[str, One | Many]:
    return {
        "matter": One(Club.matter_id, "ref:Matter"),
        "organisation": _organisation(Club.organisation_id),
        "kind": One(Club.kind, "string"),
    }


def _disclosure(moment: datetime) -> Mapping[str, One | Many]:
    live = Disclosure.withdrawn_at.is_(None) & (Disclosure.expires_at > moment)
    return {
        "matter": One(Disclosure.matter_id, "ref:Matter"),
        "organisation": _organisation(Disclosure.organisation_id),
        "recipient": _organisation(Disclosure.recipient_id),
        "live": One(live, "bool"),
    }


def _claw_back(moment: datetime) -> Mapping[str, One | Many]:
    parties = select(ClawBackParty.organisation_id).where(ClawBackParty.claw_back_id == ClawBack.id)
    category = select(Version.category).where(Version.id == ClawBack.version_id).correlate(ClawBack).scalar_subquery()
    return {
        "matter": One(ClawBack.matter_id, "ref:Matter"),
        "organisation": _organisation(ClawBack.organisation_id),
        "tier": One(ClawBack.tier, "long"),
        "category": One(category, "string", full=True),
        "recipients": Many(parties, ClawBackParty.organisation_id, "ref:Organisation"),
    }


def _audience(moment: datetime) -> Mapping[str, One | Many]:
    return {"matter": One(Audience.matter_id, "ref:Matter"), "organisation": _organisation(Audience.organisation_id)}


def _survey(moment: datetime) -> Mapping[str, One | Many]:
    return {
        "matter": One(Survey.matter_id, "ref:Matter"),
        "organisation": _organisation(Survey.organisation_id),
        "state": One(Survey.state, "string"),
    }


def _production(moment: datetime) -> Mapping[str, One | Many]:
    parties = select(ProductionParty.organisation_id).where(ProductionParty.production_id == Production.id)
    return {
        "matter": One(Production.matter_id, "ref:Matter"),
        "organisation": _organisation(Production.organisation_id),
        "tier": One(Production.tier, "long"),
        "recipients": Many(parties, ProductionParty.organisation_id, "ref:Organisation"),
    }


def _hold(moment: datetime) -> Mapping[str, One | Many]:
    return {
        "matter": One(Hold.matter_id, "ref:Matter"),
        "organisation": _organisation(Hold.organisation_id),
        "live": One(Hold.released_at.is_(None), "bool"),
    }


def _disposal(moment: datetime) -> Mapping[str, One | Many]:
    approvals = select(DisposalApproval.user_id).where(DisposalApproval.disposal_id == Disposal.id)
    functions = select(DisposalApproval.function).where(DisposalApproval.disposal_id == Disposal.id)
    highest = (
        select(func.max(Document.tier))
        .join(DisposalDocument, DisposalDocument.document_id == Document.id)
        .where(DisposalDocument.disposal_id == Disposal.id)
        .scalar_subquery()
    )
    held = (
        select(DisposalDocument.document_id)
        .join(HoldDocument, HoldDocument.document_id == DisposalDocument.document_id)
        .join(Hold, Hold.id == HoldDocument.hold_id)
        .where(DisposalDocument.disposal_id == Disposal.id, Hold.released_at.is_(None))
        .exists()
    )
    return {
        "matter": One(Disposal.matter_id, "ref:Matter"),
        "organisation": _organisation(Disposal.organisation_id),
        "tier": One(func.coalesce(highest, 0), "long", full=True),
        "state": One(Disposal.state, "string"),
        "proposer": One(Disposal.proposed_by, "uuid"),
        "approvers": Many(approvals, DisposalApproval.user_id, "uuid"),
        "functions": Many(functions, DisposalApproval.function, "string"),
        "held": One(held, "bool"),
    }


def _scope(moment: datetime) -> Mapping[str, One | Many]:
    held = (
        select(Version.id)
        .join(HoldDocument, HoldDocument.document_id == Version.document_id)
        .join(Hold, Hold.id == HoldDocument.hold_id)
        .where(Version.scope_id == KeyScope.id, Version.state != "destroyed", Hold.released_at.is_(None))
        .exists()
    )
    return {
        "matter": One(KeyScope.matter_id, "ref:Matter"),
        "organisation": _organisation(KeyScope.organisation_id),
        "state": One(KeyScope.state, "string"),
        "held": One(held, "bool"),
        "due": One(KeyScope.destroy_at.is_not(None) & (KeyScope.destroy_at <= moment), "bool"),
    }


def _entry(moment: datetime) -> Mapping[str, One | Many]:
    actor = case((AuditEntry.outcome == HIDDEN, None), else_=AuditEntry.actor_organisation_id)
    shared = and_(AuditEntry.act.in_(SHARED_ACTS), AuditEntry.outcome == "done")
    return {
        "matter": One(AuditEntry.matter_id, "ref:Matter"),
        "actor": One(func.coalesce(actor, _NIL), "ref:Organisation", full=True),
        "owner": One(func.coalesce(AuditEntry.owner_organisation_id, _NIL), "ref:Organisation", full=True),
        "shared": One(shared, "bool"),
    }


def held_person() -> ColumnElement[bool]:
    """Whether a live hold covers a document that a user has dealt with: then the log about it is evidence too."""
    return (
        select(AuditEntry.seq)
        .join(AuditLog, AuditLog.id == AuditEntry.log_id)
        .join(Hold, Hold.matter_id == AuditLog.matter_id)
        .join(HoldDocument, (HoldDocument.hold_id == Hold.id) & (HoldDocument.document_id == AuditEntry.document_id))
        .where(AuditEntry.actor_id == User.id, Hold.released_at.is_(None))
        .exists()
    )


def _person(moment: datetime) -> Mapping[str, One | Many]:
    key = select(AuditPerson.state).where(AuditPerson.id == User.id).correlate(User)
    due = select(AuditPerson.id).where(AuditPerson.id == User.id, AuditPerson.destroy_at <= moment)
    return {
        "organisation": _organisation(User.organisation_id),
        "user": One(User.id, "uuid"),
        "role": One(User.role, "string"),
        "state": One(func.coalesce(key.scalar_subquery(), "active"), "string", full=True),
        "held": One(held_person(), "bool"),
        "due": One(due.exists(), "bool"),
    }


def _token(moment: datetime) -> Mapping[str, One | Many]:
    return {"user": One(Token.user_id, "uuid")}


def _session(moment: datetime) -> Mapping[str, One | Many]:
    owner = select(User.organisation_id).where(User.id == SessionRow.user_id).correlate(SessionRow).scalar_subquery()
    return {"user": One(SessionRow.user_id, "uuid"), "organisation": One(owner, "ref:Organisation", full=True)}


def _authenticator(moment: datetime) -> Mapping[str, One | Many]:
    holder = User.id == Authenticator.user_id
    owner = select(User.organisation_id).where(holder).correlate(Authenticator).scalar_subquery()
    classes = (
        select(func.json_array_length(Issuer.strong_acr))
        .join(User, User.issuer_id == Issuer.id)
        .where(holder)
        .correlate(Authenticator)
        .scalar_subquery()
    )
    other = aliased(Authenticator)
    others = (
        select(other.id)
        .where(other.user_id == Authenticator.user_id, other.id != Authenticator.id, other.removed_at.is_(None))
        .correlate(Authenticator)
        .exists()
    )
    return {
        "user": One(Authenticator.user_id, "uuid"),
        "organisation": One(owner, "ref:Organisation", full=True),
        "first": One(~others, "bool"),
        "vouched": One(func.coalesce(classes, 0) > 0, "bool"),
    }


def unmade_key(session: Session, user: uuid.UUID | None) -> dict[str, bool]:
    """What the policy asks about a key that somebody is about to enrol."""
    live = select(Authenticator.id).where(Authenticator.user_id == user, Authenticator.removed_at.is_(None)).limit(1)
    classes = select(Issuer.strong_acr).join(User, User.issuer_id == Issuer.id).where(User.id == user)
    return {"first": session.scalar(live) is None, "vouched": bool(session.scalar(classes))}


RESOURCES: dict[type[Base], Resource] = {
    table: Resource(name, table, build)
    for name, table, build in (
        ("Matter", Matter, _matter),
        ("Document", Document, _document),
        ("Version", Version, _version),
        ("Redaction", Redaction, _redaction),
        ("Club", Club, _club),
        ("Term", Term, _term),
        ("Search", Search, _search),
        ("Disclosure", Disclosure, _disclosure),
        ("ClawBack", ClawBack, _claw_back),
        ("Audience", Audience, _audience),
        ("Survey", Survey, _survey),
        ("Production", Production, _production),
        ("Hold", Hold, _hold),
        ("Disposal", Disposal, _disposal),
        ("Scope", KeyScope, _scope),
        ("Entry", AuditEntry, _entry),
        ("Person", User, _person),
        ("Token", Token, _token),
        ("Session", SessionRow, _session),
        ("Authenticator", Authenticator, _authenticator),
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
    """The queries that gather one row's attributes, made once: `row` and `moment` are their parameters.

    Each query of `members` answers with pairs (name of the set, element); there is one for each type of element.
    """

    ones: Select[*tuple[Any, ...]]
    kinds: Mapping[str, str]
    sets: Mapping[str, str]
    members: Sequence[CompoundSelect[*tuple[Any, ...]]]


@cache
def _questions(table: type[Base]) -> Questions:
    attributes = RESOURCES[table].attributes(bindparam("moment", type_=Moment))
    primary = table.__table__.c.id == bindparam("row", type_=Uuid)
    ones = {name: a for name, a in attributes.items() if isinstance(a, One)}
    many = {name: a for name, a in attributes.items() if isinstance(a, Many)}
    by_type: dict[type[Any], list[Select[*tuple[Any, ...]]]] = {}
    for name, a in many.items():
        query = a.select.with_only_columns(literal_column(f"'{name}'", String).label("name"), a.element.label("one"))
        by_type.setdefault(type(a.element.type), []).append(query.where(primary))
    return Questions(
        ones=select(*[a.expr.label(name) for name, a in ones.items()]).where(primary),
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
    asked = _questions(table)
    given = {"row": row_id, "moment": moment}
    found = connection.execute(asked.ones, given).first()
    if found is None:
        return None
    values: dict[str, Any] = {name: _value(kind, getattr(found, name)) for name, kind in asked.kinds.items()}
    sets: dict[str, list[Any]] = {name: [] for name in asked.sets}
    for query in asked.members:
        for name, raw in connection.execute(query, given):
            sets[name].append(_value(asked.sets[name], raw))
    return Entity(RESOURCES[table].name, str(row_id), values | {name: frozenset(each) for name, each in sets.items()})


def decoy(table: type[Base], moment: datetime) -> Entity:
    """An entity of the kind that nobody may see: asked about for an id that names nothing, so that it costs alike."""
    blanks: dict[str, Any] = {"bool": False, "long": 2**31, "string": NOBODY, "uuid": NOBODY}
    attributes = RESOURCES[table].attributes(moment)
    values = {
        name: frozenset() if isinstance(a, Many) else blanks.get(a.kind, Ref(a.kind[4:], NOBODY))
        for name, a in attributes.items()
    }
    return Entity(RESOURCES[table].name, NOBODY, values)


def mapping(table: type[Base], moment: datetime) -> dict[str, Column | SetExists]:
    """The attributes of a kind as the policy compiler wants them, to narrow a query on `table`."""
    return {name: _compiled(attribute) for name, attribute in RESOURCES[table].attributes(moment).items()}


def _compiled(attribute: One | Many) -> Column | SetExists:
    convert = uuid.UUID if attribute.kind == "uuid" or attribute.kind.startswith("ref:") else None
    kind = "string" if attribute.kind == "uuid" else attribute.kind
    if isinstance(attribute, One):
        return Column(attribute.expr, kind, nullable=False if attribute.full else None, to_sql=convert)
    query, element = attribute.select, attribute.element
    return SetExists(lambda value: query.where(element == value).exists(), kind, to_sql=convert)


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
