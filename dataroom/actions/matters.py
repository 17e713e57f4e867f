"""Matters and the people in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from dataroom.actions import present
from dataroom.actions.access import end_grant
from dataroom.actions.contents import total_of
from dataroom.actions.departures import access_of, end_leave, leaves_of, places_of
from dataroom.actions.deputising import in_force, lasting, part_held
from dataroom.actions.evidence import open_log
from dataroom.actions.invitations import has_address, named, stays
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.retention import pull_triggers
from dataroom.actions.views import Done, MatterView, OrganisationView
from dataroom.actions.views_people import MemberView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, Refused
from dataroom.ids import new_id
from dataroom.model import ClubMember, Grant, Leave, Matter, Membership, Organisation, Participation, User
from dataroom.model.people import AWAITED
from policies.engine import Ref

UNKNOWN = (
    "participants, invite: give partners by their short names and custodians of theirs by e-mail, as they told you"
)
MATTER_ACTIONS = ("matter.close", "document.upload", "audit.export", "member.list")


class NewMatter(Params):
    """A matter to open: its participants by slug, and one custodian of each other participant by e-mail."""

    name: Annotated[str, Field(min_length=3, max_length=200)]
    reference: Annotated[str, Field(min_length=1, max_length=60)]
    participants: list[str] = Field(default_factory=list, max_length=20)
    invite: list[str] = Field(default_factory=list, max_length=40)


@action("matter.create", on=None, kind="Organisation")
def create(work: Work, _target: None, params: NewMatter) -> Done:
    """Opens a matter for the own organisation and the named participants."""
    own = work.get(Organisation, work.organisation)
    slugs = {own.slug, *params.participants}
    parties = work.all(Organisation, Organisation.slug.in_(slugs))
    if slugs != {party.slug for party in parties}:
        raise Invalid(UNKNOWN)
    matter = Matter(
        id=new_id(),
        name=params.name,
        reference=params.reference,
        state="open",
        organisation_id=own.id,
        created_by=work.user,
        created_at=work.now,
    )
    work.add(matter)
    open_log(work.session, matter.id, work.services.config.log_origin)
    for party in parties:
        work.add(Participation(matter_id=matter.id, organisation_id=party.id))
    ceilings = {party.id: party.ceiling for party in parties}
    _join(work, matter, work.get(User, work.user), ceilings[own.id])
    for user in _invited(work, params.invite, set(ceilings)):
        _join(work, matter, user, ceilings[user.organisation_id])
    work.concerns(target=matter, owner=own.id)
    work.record.matter_id = matter.id
    work.state(participants=len(parties), invited=len(params.invite))
    return Done(matter.id)


def _invited(work: Work, mails: list[str], parties: set[uuid.UUID]) -> list[User]:
    people = work.all(User, User.email.in_(mails), User.organisation_id.in_(parties), User.active.is_(True))
    if sorted(person.email for person in people) != sorted(set(mails)):
        raise Invalid(UNKNOWN)
    if any(person.role != "custodian" for person in people):
        raise Invalid(UNKNOWN)
    return [person for person in people if person.id != work.user]


def _join(work: Work, matter: Matter, user: User, tier: int) -> None:
    row = Membership(id=new_id(), matter_id=matter.id, user_id=user.id, tier=tier, valid_from=work.now)
    work.add(row)


@action("matter.list", on=None, kind="Matter", lists=Matter)
def list_matters(work: Work, _target: None, params: Nothing) -> tuple[MatterView, ...]:
    """The matters this person takes part in or may join people to."""
    rows = work.listed(Matter, order=(Matter.created_at.desc(), Matter.id))
    return tuple(_views(work, rows))


@action("matter.read", on=Matter)
def read(work: Work, matter: Matter, params: Nothing) -> MatterView:
    """A matter: who takes part, and what this person may do in it."""
    view, away = next(iter(_views(work, [matter]))), work.record.represented
    uncovered = _uncovered(work, matter) if work.principal.role == "compliance" else 0
    return MatterView(
        **{
            **{name: getattr(view, name) for name in MatterView.__dataclass_fields__},
            "documents": total_of(work, matter),
            "waiting": _waiting(work, matter) + uncovered,
            "can": work.allowed(MATTER_ACTIONS, matter),
            "place": work.principal.place,
            "tier": work.member.attrs["tier"],
            "uncovered": uncovered,
            "deputy_for": away.name if away is not None else "",
            "deputy_until": away.until if away is not None else None,
            "beyond": tuple(one.name for one in view.organisations if not _reaches(work, one.id)),
        }
    )


def _waiting(work: Work, matter: Matter) -> int:
    """How many requests and emergencies wait for somebody with this person's role; partners answer none."""
    unjudged = (Grant.judge_by.is_not(None)) & Grant.verdict.is_(None)
    answers = {"custodian": or_(unjudged, Grant.state == "asked"), "compliance": unjudged}.get(work.principal.role)
    if answers is None:
        return 0
    others = (Grant.organisation_id == work.organisation, Grant.user_id != work.user)
    query = select(func.count(Grant.id)).where(
        Grant.matter_id == matter.id, answers, *others, work.narrowed(Grant, "access.list")
    )
    return int(work.rows(query)[0][0])


def _uncovered(work: Work, matter: Matter) -> int:
    """How many custodians of the own organisation are away now without anybody who really stands in."""
    own = (Leave.matter_id == matter.id, Leave.organisation_id == work.organisation)
    query = select(func.count(Leave.id)).where(*own, lasting(work.now), not_(in_force(work.now)))
    return int(work.rows(query)[0][0])


def _reaches(work: Work, party: uuid.UUID) -> bool:
    """Whether documents of a participant may reach the principal across the borders between them now."""
    received = work.member.attrs["receives"]
    return party == work.organisation or (
        isinstance(received, frozenset) and Ref("Organisation", str(party)) in received
    )


def _views(work: Work, rows: list[Matter]) -> list[MatterView]:
    ids = [row.id for row in rows]
    parties = present.organisations(work.session)
    parts: dict[uuid.UUID, list[OrganisationView]] = {}
    for part in work.all(Participation, Participation.matter_id.in_(ids)):
        parts.setdefault(part.matter_id, []).append(parties[part.organisation_id])
    own = work.all(
        Membership,
        Membership.matter_id.in_(ids),
        Membership.user_id == work.user,
        Membership.removed_at.is_(None),
    )
    tiers = {row.matter_id: row.tier for row in own}
    return [
        MatterView(
            id=row.id,
            name=row.name,
            reference=row.reference,
            state=row.state,
            created_at=row.created_at,
            organisations=tuple(sorted(parts.get(row.id, []), key=lambda party: party.name)),
            tier=tiers.get(row.id, 0),
            documents=0,
            waiting=0,
            can=frozenset(),
        )
        for row in rows
    ]


@action("matter.close", on=Matter)
def close(work: Work, matter: Matter, params: Nothing) -> Done:
    """Closes a matter: nothing is contributed any more, and retention that waits for the closing begins."""
    if matter.state != "open":
        raise Conflict("The matter is closed already.")
    matter.state, matter.closed_at = "closed", work.now
    started = pull_triggers(work, matter.id, "matter_closed")
    work.state(retention_started=started)
    return Done(matter.id)


class AddMember(Params):
    """A person of the own organisation, by e-mail, and the tier up to which they are cleared in this matter."""

    email: Annotated[str, Field(min_length=3, max_length=320)]
    tier: Annotated[int, Field(ge=1, le=9)]
    valid_until: datetime | None = None


class RemoveMember(Params):
    """A person of the own organisation, by e-mail."""

    email: Annotated[str, Field(min_length=3, max_length=320)]


def organisation_of(session: Session, params: AddMember | RemoveMember) -> uuid.UUID:
    """The organisation of the person a membership is about; the null id for somebody unknown."""
    found = set(session.scalars(select(User.organisation_id).where(has_address(params.email))))
    return found.pop() if len(found) == 1 else uuid.UUID(int=0)


def _shrinks(part: Membership, params: AddMember) -> bool:
    sooner = params.valid_until is not None and (part.valid_until is None or params.valid_until < part.valid_until)
    return params.tier < part.tier or sooner


def _spare_compliance(work: Work, user: User) -> None:
    """Whoever watches over holds and disposal is not put aside by those they watch."""
    if user.role == "compliance" and work.principal.role != "compliance":
        raise Refused("A custodian cannot end or shrink the part of a compliance officer; their company ends it.")


@action("member.list", on=Matter)
def list_members(work: Work, matter: Matter, params: Nothing) -> tuple[MemberView, ...]:
    """Everybody who takes part in a matter now, and who stands in for custodians who are away."""
    parties = present.organisations(work.session)
    query = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.matter_id == matter.id, Membership.removed_at.is_(None))
        .order_by(User.organisation_id, User.name)
    )
    members = tuple(
        MemberView(
            id=part.id,
            user=user.id,
            name=user.name,
            email=user.email,
            organisation=parties[user.organisation_id],
            role=user.role,
            tier=part.tier,
            valid_until=part.valid_until,
            invited_until=user.invited_until,
            signed_in=not user.subject.startswith(AWAITED),
        )
        for part, user in work.rows(query)
    )
    return (*members, *_deputies(work, matter, {member.user for member in members}))


def _deputies(work: Work, matter: Matter, members: set[uuid.UUID]) -> Iterator[MemberView]:
    """Who holds the part of somebody who is away, without one of their own."""
    parties, away = present.organisations(work.session), aliased(User)
    query = (
        select(Leave, User, away.name, part_held(work.now))
        .join(User, User.id == Leave.deputy_id)
        .join(away, away.id == Leave.user_id)
        .where(Leave.matter_id == matter.id, in_force(work.now), User.id.not_in(members))
        .order_by(User.organisation_id, User.name, Leave.id)
    )
    for leave, user, name, tier in work.rows(query):
        yield MemberView(
            id=leave.id,
            user=user.id,
            name=user.name,
            email=user.email,
            organisation=parties[user.organisation_id],
            role=user.role,
            tier=tier,
            valid_until=leave.until,
            invited_until=None,
            signed_in=True,
            deputy_for=name,
        )


def _subject(work: Work, _matter: Matter, params: AddMember) -> list[Hand]:
    """Whose part an address is about."""
    user = named(work, work.organisation, params.email)
    return [(user.id, None)] if user is not None else []


_PARTS = TwoPeople(first=_subject, said="Nobody changes their own part in a matter; a colleague does.")


@action("member.add", on=Matter, asks={"subject_organisation": organisation_of}, two=_PARTS)
def add(work: Work, matter: Matter, params: AddMember) -> Done:
    """Adds a person of the own organisation to the matter, or changes their tier."""
    user = named(work, work.organisation, params.email)
    if user is None or not stays(work, user):
        raise Invalid("email: nobody of your organisation with this address has signed in yet or is invited")
    ceiling = work.get(Organisation, work.organisation).ceiling
    tier = work.member.attrs["tier"]
    highest = min(ceiling, tier if isinstance(tier, int) else 0)
    if params.tier > highest:
        raise Invalid(f"tier: you can clear people up to tier {highest} here")
    if params.valid_until is not None and (params.valid_until.tzinfo is None or params.valid_until <= work.now):
        raise Invalid("valid_until: must be a future time with its zone")
    part = work.one(Membership, Membership.matter_id == matter.id, Membership.user_id == user.id)
    if part is not None and part.removed_at is None and _shrinks(part, params):
        _spare_compliance(work, user)
    if part is None:
        part = Membership(id=new_id(), matter_id=matter.id, user_id=user.id, tier=params.tier, valid_from=work.now)
        work.add(part)
    part.tier, part.valid_until = params.tier, params.valid_until
    if part.removed_at is not None:
        part.removed_at, part.valid_from = None, work.now
    work.concerns(person=user.id)
    work.state(member=user.id, tier=params.tier)
    return Done(part.id)


@action("member.remove", on=Matter, asks={"subject_organisation": organisation_of})
def remove(work: Work, matter: Matter, params: RemoveMember) -> Done:
    """Ends a person's part in the matter, their places in clubs there and what they were granted; it holds at once.

    Whoever is behind a wall stays there.
    """
    user = named(work, work.organisation, params.email)
    part = work.one(
        Membership,
        Membership.matter_id == matter.id,
        Membership.user_id == (user.id if user else None),
        Membership.removed_at.is_(None),
    )
    if user is None or part is None:
        raise Invalid("email: nobody with this address takes part for your organisation")
    _spare_compliance(work, user)
    part.removed_at = work.now
    for place in work.all(ClubMember, ClubMember.matter_id == matter.id, *places_of([user.id])):
        place.removed_at = work.now
    for grant in work.all(Grant, Grant.matter_id == matter.id, *access_of([user.id])):
        end_grant(work, grant)
    for leave in work.all(Leave, Leave.matter_id == matter.id, *leaves_of([user.id])):
        end_leave(work, leave)
    work.concerns(person=user.id)
    work.state(member=user.id)
    return Done(part.id)
