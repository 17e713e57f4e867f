"""Effective access: why somebody may or may not do something with a document, and what they get to see of a matter.

For whoever keeps an organisation's documents, about these documents alone. Every answer is the policy's own: the very
questions the gate and the lists ask, asked for somebody else, who is taken to sit at the pages in their company's
country. What only another organisation is told of its people is not told here: their accounts are taken as valid and
their duties as done.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dataroom.actions import present, standing
from dataroom.actions.contents import Listing, page_of
from dataroom.actions.context import Desk, Principal
from dataroom.actions.deputising import ties
from dataroom.actions.evidence import Record
from dataroom.actions.listing import document_view
from dataroom.actions.registry import Params, action
from dataroom.actions.turning import Asked, endings, openings
from dataroom.actions.views import DocumentRef
from dataroom.actions.views_insight import ExplainedView, ReaderView, RuleView, SeenDocument, SeenPage
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.errors import Invalid
from dataroom.model import Base, Document, Matter, Membership, Organisation, User, Version
from dataroom.vault.sealed import Kind
from policies.engine import Entity

VALID = (
    "Their account is taken as valid, the usage agreement as accepted and their training as done: whether it is so, "
    "only their own organisation is told."
)
HOME = "They are taken to be in their company's country."
STRONG = "They are taken to have just proved who they are."
_UNKNOWN = "person: nobody with this id takes part in the matter"


class As(Params):
    """Through whose eyes: the id of a member of the matter, or of one of one's own people."""

    person: uuid.UUID


class ListingAs(Listing):
    """Through whose eyes, and which part of the list."""

    person: uuid.UUID


class Why(Params):
    """Who, what they would do (the name of an action), and with which version if not the newest original."""

    person: uuid.UUID
    do: Annotated[str, Field(min_length=3, max_length=60)]
    version: uuid.UUID | None = None


@action("access.documents", on=Matter, affair="actor")
def documents(work: Work, matter: Matter, params: ListingAs) -> SeenPage:
    """What a member gets to see of the own organisation's documents, as far as one may see these oneself."""
    reader, view = _reader(work, matter.id, params.person)
    known = select(Document.id).where(Document.matter_id == matter.id, work.narrowed(Document, "document.read"))
    own = Version.organisation_id == work.organisation
    work.concerns(owner=work.organisation)
    page = page_of(reader, matter, params, own, Version.document_id.in_(known))
    return SeenPage(view, page.items, page.next, page.total)


@action("access.document", on=Document)
def document(work: Work, row: Document, params: As) -> SeenDocument:
    """What a member gets to see of a document of the own organisation: its record, or the versions open to them."""
    reader, view = _reader(work, row.matter_id, params.person)
    order = (Version.kind, Version.ordinal.desc())
    versions = reader.listed(Version, Version.document_id == row.id, order=order, action="version.read")
    parties = present.organisations(work.session)
    record = document_view(reader, row) if reader.decide("document.read", work.entity(row)).allowed else None
    shown = tuple(present.version(reader, version, row, parties) for version in versions)
    return SeenDocument(view, _named(work, row), row.matter_id, shown, record)


def _considered(desk: Desk, row: Document, params: Why, _stream: None) -> ExplainedView:
    """The answer, worked out before the matter's log is locked, since it takes hundreds of questions."""
    services, now = desk.services, desk.services.clock.now()
    with services.database.reading() as session:
        member = standing.member(services.law, session, desk.principal, row.matter_id, now)
        record = Record(act="access.explain", principal=desk.principal)
        return _explained(Work(services, desk.principal, now, session, record, member), row, params)


@action("access.explain", on=Document, prepare=_considered)
def explain(work: Work, row: Document, params: Why, found: ExplainedView) -> ExplainedView:
    """Why somebody may or may not do something with a document of the own organisation, and what would change that."""
    work.concerns(person=params.person)
    work.state(member=params.person, asked=params.do, allowed=found.allowed, version=found.version)
    return found


def _explained(work: Work, row: Document, params: Why) -> ExplainedView:
    reader, view = _reader(work, row.matter_id, params.person)
    law = work.services.law
    target = _target(work, row, params)
    proved = replace(reader.member, attrs={**reader.member.attrs, "sign_in_age": 0, "strong_age": 0})
    asked = Asked(law, proved, params.do, work.entity(target), work.context())
    decision = asked.decision()
    assumed = [HOME, VALID] if view.organisation.id != work.organisation else [HOME]
    away = ties(work.session, reader.principal, row.matter_id, work.now).represented
    if away is not None and reader.member.attrs["deputises"] == str(away.user):
        assumed.append(f"They hold the part of {away.name} as a deputy until {stamp(away.until)}.")
    if decision.allowed and not reader.decide(params.do, asked.thing).allowed:
        assumed.append(STRONG)
    rules = tuple(RuleView(name, law.policies[name].effect, law.policies[name].sentence) for name in decision.policies)
    changes = endings(asked) if decision.allowed else openings(asked, _home(work, row), view.organisation.name)
    version = target.id if isinstance(target, Version) else None
    return ExplainedView(
        view, _named(work, row), row.matter_id, params.do, version, decision.allowed, rules, tuple(assumed), changes
    )


def _reader(work: Work, matter: uuid.UUID, person: uuid.UUID) -> tuple[Work, ReaderView]:
    """The work as somebody else would do it at the pages now, to look and for nothing else; and who that is."""
    user = work.one(User, User.id == person)
    part = work.one(
        Membership, Membership.matter_id == matter, Membership.user_id == person, Membership.removed_at.is_(None)
    )
    if user is None:
        raise Invalid(_UNKNOWN)
    home = work.get(Organisation, user.organisation_id).country or ""
    who = Principal(role=user.role, user=user.id, organisation=user.organisation_id, name=user.name, place=home)
    deputy = part is None and ties(work.session, who, matter, work.now).represented is not None
    if part is None and not deputy and user.organisation_id != work.organisation:
        raise Invalid(_UNKNOWN)
    member = standing.member(work.services.law, work.session, who, matter, work.now)
    if user.organisation_id != work.organisation:
        member = replace(member, attrs={**member.attrs, "active": True, "agreed": True, "trained": True})
    work.concerns(person=user.id)
    work.state(member=user.id)
    company = present.organisations(work.session)[user.organisation_id]
    return replace(work, principal=who, member=member), ReaderView(user.id, user.name, user.role, company)


def _target(work: Work, row: Document, params: Why) -> Base:
    """What the action would be done to: the document, or one of its versions."""
    shape = work.services.law.actions.get(params.do)
    kinds = set(shape.resources) if shape is not None and set(shape.context) == {"now"} else set[str]()
    if "Document" in kinds:
        return row
    if "Version" not in kinds or shape is None or "Member" not in shape.principals:
        raise Invalid("do: not the name of something one does with a document or a version of it")
    of = Version.document_id == row.id
    one = Version.id == params.version if params.version else Version.kind == int(Kind.ORIGINAL)
    found = work.all(Version, of, one, order=(Version.ordinal.desc(),))
    if not found:
        raise Invalid("version: not a version of this document")
    return found[0]


def _home(work: Work, row: Document) -> Entity:
    return work.entity(work.get(Matter, row.matter_id))


def _named(work: Work, row: Document) -> DocumentRef:
    owner = present.organisations(work.session)[row.organisation_id]
    return DocumentRef(row.id, present.number_of(owner.slug, row.number), row.title)
