"""Clubs and walls: naming the people who alone, or who never, reach a document, and limiting documents to them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, or_, select

from dataroom.actions import present
from dataroom.actions.deputising import in_force
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.views import Done
from dataroom.actions.views_people import ClubPerson, ClubView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Club, ClubMember, Document, Leave, Limitation, Matter, Membership, User
from dataroom.model.clubs import COUNSEL, COUNSELS, TEAM, WALL

ONESELF = "Nobody names themselves or lets themselves out; a colleague does."
CLUB_ACTIONS = ("club.add", "club.remove", "club.end")
CALLED = {COUNSEL: "club of counsel", TEAM: "clean team"}


class NewClub(Params):
    """A club's name and what it is for good: a confidentiality club of named people, one of counsel alone, a clean team
    of counsel who undertook in writing, or an ethical wall, which keeps its people out."""

    name: Annotated[str, Field(min_length=3, max_length=120)]
    kind: Literal["clean_team", "confidentiality_club", "outside_counsel", "ethical_wall"] = "confidentiality_club"


class Named(Params):
    """A member of the matter, of whichever organisation, by e-mail."""

    email: Annotated[str, Field(min_length=3, max_length=320)]


class Naming(Named):
    """A member of the matter, by e-mail, and until when they are in the club.

    `undertaking`: for a clean team, what they have undertaken in writing or where it is filed; `undertaken_on` its day.
    """

    valid_until: datetime | None = None
    undertaking: Annotated[str, Field(min_length=12, max_length=2000)] | None = None
    undertaken_on: date | None = None


class OfClub(Params):
    """Which club or wall."""

    club: uuid.UUID


@action("club.create", on=Matter, affair="actor")
def create(work: Work, matter: Matter, params: NewClub) -> Done:
    """Founds a club or a wall for the own organisation's documents in a matter; nobody is in it yet."""
    club = Club(
        id=new_id(),
        matter_id=matter.id,
        organisation_id=work.organisation,
        name=params.name,
        kind=params.kind,
        created_by=work.user,
        created_at=work.now,
    )
    work.add(club)
    work.concerns(target=club, owner=work.organisation)
    work.state(kind=params.kind)
    return Done(club.id)


@action("club.list", on=Matter, lists=Club)
def list_clubs(work: Work, matter: Matter, params: Nothing) -> tuple[ClubView, ...]:
    """The own organisation's clubs and walls in a matter, and the clubs one is named in, with their people."""
    order = (Club.ended_at, Club.name, Club.id)
    rows = work.listed(Club, Club.matter_id == matter.id, order=order, action="club.list")
    parties = present.organisations(work.session)
    ids = [row.id for row in rows]
    offers = {
        name: {row.id for row in work.all(Club, Club.id.in_(ids), Club.ended_at.is_(None), work.narrowed(Club, name))}
        for name in CLUB_ACTIONS
    }
    people: dict[uuid.UUID, list[ClubPerson]] = {}
    own = {row.id for row in rows if row.organisation_id == work.organisation}
    query = (
        select(ClubMember, User)
        .join(User, User.id == ClubMember.user_id)
        .where(ClubMember.club_id.in_(ids), *_present(work))
        .order_by(User.name, User.id)
    )
    for place, user in work.rows(query):
        word = ((place.undertaking or "") if place.club_id in own else "", place.undertaken_on)
        until = place.valid_until
        person = ClubPerson(user.id, user.name, user.email, parties[user.organisation_id], until, *word)
        people.setdefault(place.club_id, []).append(person)
    return tuple(
        ClubView(
            id=row.id,
            name=row.name,
            kind=row.kind,
            organisation=parties[row.organisation_id],
            created_at=row.created_at,
            ended_at=row.ended_at,
            people=tuple(people.get(row.id, ())),
            can=frozenset(name for name, allowed in offers.items() if row.id in allowed),
        )
        for row in rows
    )


def _named(work: Work, club: Club, params: Naming) -> list[Hand]:
    """Whom an address names in the club's matter."""
    return [(user.id, None) for user in _members(work, club, params.email)]


def _walled(work: Work, club: Club, params: Named) -> list[Hand]:
    """Whom an address names behind a wall; anybody leaves a club by themselves."""
    place = _place(work, club, params.email) if club.kind == WALL else None
    return [(place.user_id, None)] if place is not None else []


_NAMING = TwoPeople(first=_named, said=ONESELF, party="any")
_LETTING_OUT = TwoPeople(first=_walled, said=ONESELF, party="any")


@action("club.add", on=Club, two=_NAMING)
def add(work: Work, club: Club, params: Naming) -> Done:
    """Names a member of the matter in a club, or puts them behind a wall; it holds from their next request on."""
    _refuse_ended(club)
    user = _member(work, club, params.email)
    _check_naming(work, club, user, params)
    place = work.one(ClubMember, ClubMember.club_id == club.id, ClubMember.user_id == user.id, *_present(work))
    if place is None:
        place = ClubMember(
            id=new_id(),
            club_id=club.id,
            matter_id=club.matter_id,
            user_id=user.id,
            added_by=work.user,
            valid_from=work.now,
        )
        work.add(place)
    place.valid_until = params.valid_until
    place.undertaking, place.undertaken_on = params.undertaking, params.undertaken_on
    work.concerns(person=user.id)
    work.state(club=club.id, kind=club.kind, member=user.id)
    if params.undertaken_on is not None:
        work.state(undertaken_on=params.undertaken_on.isoformat())
    return Done(place.id)


def _check_naming(work: Work, club: Club, user: User, params: Naming) -> None:
    """Refuses whom the club does not take, a time that is none, and an undertaking that is missing or out of place."""
    if params.valid_until is not None and (params.valid_until.tzinfo is None or params.valid_until <= work.now):
        raise Invalid("valid_until: must be a future time with its zone")
    if club.kind in COUNSELS and user.role != "custodian":
        raise Invalid(f"email: a {CALLED[club.kind]} takes custodians alone, nobody with another part in the business")
    if club.kind == WALL and params.valid_until is not None:
        raise Invalid("valid_until: a wall ends by a compliance officer's act, not by the clock")
    if (params.undertaking is None) != (params.undertaken_on is None):
        raise Invalid("undertaken_on: an undertaking has its words, or where it is filed, and its day")
    if params.undertaken_on is not None and (club.kind == WALL or params.undertaken_on > work.now.date()):
        raise Invalid("undertaken_on: the day, past or today, of an undertaking to a club; a wall asks for none")
    if club.kind == TEAM and params.undertaken_on is None:
        raise Invalid("undertaking: nobody is named in a clean team before they have undertaken in writing")


@action("club.remove", on=Club, two=_LETTING_OUT)
def remove(work: Work, club: Club, params: Named) -> Done:
    """Strikes a person off a club, or lets them out from behind a wall; it holds from their next request on."""
    place = _place(work, club, params.email)
    if place is None:
        raise Invalid("email: nobody with this address is named here")
    place.removed_at = work.now
    work.concerns(person=place.user_id)
    work.state(club=club.id, kind=club.kind, member=place.user_id)
    return Done(place.id)


@action("club.end", on=Club)
def end(work: Work, club: Club, params: Nothing) -> Done:
    """Ends a club: nobody reaches what was limited to it until that is lifted; or ends a wall, which guards no more."""
    _refuse_ended(club)
    club.ended_at = work.now
    work.state(kind=club.kind)
    return Done(club.id)


@action("document.limit", on=Document)
def limit(work: Work, document: Document, params: OfClub) -> Done:
    """Limits a document and all its copies to a club's people, or guards it by a wall; it holds at once."""
    club = work.one(
        Club,
        Club.id == params.club,
        Club.matter_id == document.matter_id,
        Club.organisation_id == document.organisation_id,
        Club.ended_at.is_(None),
    )
    if club is None:
        raise Invalid("club: not a club or wall of your organisation in this matter")
    way = "wall" if club.kind == WALL else "club"
    if work.one(Limitation, Limitation.document_id == document.id, Limitation.way == way) is not None:
        raise Conflict(f"The document has a {way} already; a compliance officer lifts it first.")
    row = Limitation(
        document_id=document.id,
        way=way,
        club_id=club.id,
        matter_id=document.matter_id,
        limited_by=work.user,
        limited_at=work.now,
    )
    work.add(row)
    work.state(club=club.id, kind=club.kind)
    return Done(document.id)


@action("document.lift", on=Document)
def lift(work: Work, document: Document, params: OfClub) -> Done:
    """Opens a document again to everybody else who may see it: it is no longer limited to the club, or guarded."""
    row = work.one(Limitation, Limitation.document_id == document.id, Limitation.club_id == params.club)
    if row is None:
        raise Invalid("club: the document is not limited by it")
    work.remove(row)
    work.state(club=params.club)
    return Done(document.id)


def _present(work: Work) -> tuple[ColumnElement[bool], ...]:
    until = or_(ClubMember.valid_until.is_(None), ClubMember.valid_until > work.now)
    return ClubMember.removed_at.is_(None), until


def _refuse_ended(club: Club) -> None:
    if club.ended_at is not None:
        raise Conflict("The club was ended already.")


def _member(work: Work, club: Club, email: str) -> User:
    """The member of the matter with this address; exactly one."""
    found = _members(work, club, email)
    if len(found) != 1:
        raise Invalid("email: nobody with this address takes part in the matter")
    return found[0]


def _members(work: Work, club: Club, email: str) -> list[User]:
    parts = select(Membership.user_id).where(Membership.matter_id == club.matter_id, Membership.removed_at.is_(None))
    deputies = select(Leave.deputy_id).where(Leave.matter_id == club.matter_id, in_force(work.now))
    query = select(User).where(or_(User.id.in_(parts), User.id.in_(deputies)), User.email == email)
    return [row[0] for row in work.rows(query)]


def _place(work: Work, club: Club, email: str) -> ClubMember | None:
    """The place of whoever has this address, while they have one."""
    users = [user.id for user in work.all(User, User.email == email)]
    return work.one(ClubMember, ClubMember.club_id == club.id, ClubMember.user_id.in_(users), *_present(work))
