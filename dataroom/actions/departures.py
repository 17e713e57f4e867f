"""Accounts that an organisation's directory opens and ends, and what ends with them.

Ending takes everything at once: sessions, API tokens, keys, and every part in a matter, which has no force from that
moment on because the account is not valid. That the parts are over is told to each matter's log by an errand, for an
entry stands in one log. Until all are told the account is not opened again, so nothing comes back with it but the
right to sign in.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select

from dataroom.actions.registry import Nothing, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Unavailable
from dataroom.model import (
    Authenticator,
    Club,
    ClubMember,
    Directory,
    Grant,
    Leave,
    Matter,
    Membership,
    Session,
    Token,
    User,
)
from dataroom.model.clubs import WALL
from dataroom.model.people import AWAITED

LASTING = timedelta(days=3650)
"""How long somebody is awaited whom a directory has filed: until the directory says otherwise."""
People = Select[uuid.UUID] | Sequence[uuid.UUID]


def valid(work: Work) -> ColumnElement[bool]:
    """The condition that leaves the ways in of directories that still hold."""
    return and_(Directory.revoked_at.is_(None), Directory.expires_at > work.now)


def open_account(work: Work, user: User) -> None:
    """Lets somebody sign in whom the directory had not opened or had ended; whoever can already stays as they are."""
    if user.active or (user.invited_until is not None and user.invited_until > work.now):
        return
    if user.closed_at is not None:
        raise Conflict("A colleague has deactivated this account; a colleague gives it back.", code="closed-by-hand")
    _refuse_unfinished(work, user)
    user.departed_at = None
    if user.subject.startswith(AWAITED):
        user.invited_until = work.now + LASTING
    else:
        if work.one(User, User.email == user.email, User.active.is_(True)) is not None:
            raise Conflict("Somebody else has this address now.", code="uniqueness")
        user.active = True
    work.state(opened=True)


def end_account(work: Work, user: User) -> None:
    """Ends an account and all that could act for it, now; parts in matters are over, and each matter's log is told."""
    work.session.refresh(user, with_for_update=True)
    if user.departed_at is not None:
        return
    ended = shut(work, user)
    keys = work.all(Authenticator, Authenticator.user_id == user.id, Authenticator.removed_at.is_(None))
    for key in keys:
        key.removed_at = work.now
    user.invited_until, user.departed_at = None, work.now
    matters = sorted(matters_of(work, user))
    for matter in matters:
        work.owe("member.lapse", matter)
    work.state(ended=True, **ended, keys=len(keys), matters=len(matters))


def readmit(work: Work, user: User) -> bool:
    """Takes back that a colleague took an account away; whether it is a colleague's to open.

    It is not while the organisation has a directory here which has ended it as well: then that opens it.
    """
    closed, user.closed_at = user.closed_at, None
    if user.departed_at is None:
        return True
    if work.one(Directory, Directory.organisation_id == user.organisation_id, valid(work)) is not None:
        if closed is not None:
            return False
        raise Conflict(
            "Your organisation's directory has ended this account; it gives it back.", code="kept-by-directory"
        )
    _refuse_unfinished(work, user)
    user.departed_at = user.removed_at = None
    return True


def shut(work: Work, user: User) -> dict[str, int]:
    """Makes an account invalid and ends what could act for it; counts the sessions and tokens that ended."""
    user.active = False
    sessions = work.all(Session, Session.user_id == user.id, Session.ended_at.is_(None))
    tokens = work.all(Token, Token.user_id == user.id, Token.revoked_at.is_(None))
    for session in sessions:
        session.ended_at = work.now
    for token in tokens:
        token.revoked_at = work.now
    return {"sessions": len(sessions), "tokens": len(tokens)}


@action("member.lapse", on=Matter, performer="service")
def lapse(work: Work, matter: Matter, params: Nothing) -> Done:
    """Ends what somebody whose account their company's directory ended has in a matter: part, places, access, leave."""
    departed = select(User.id).where(User.departed_at.is_not(None))
    found = (
        work.one(Membership, Membership.matter_id == matter.id, *_part_of(departed))
        or work.one(ClubMember, ClubMember.matter_id == matter.id, *places_of(departed))
        or work.one(Grant, Grant.matter_id == matter.id, *access_of(departed))
    )
    away = work.one(Leave, Leave.matter_id == matter.id, *leaves_of(departed)) if found is None else None
    if away is not None:
        return _called_off(work, matter, away)
    if found is None:
        raise Conflict("Everybody's part is over already.")
    person = found.user_id
    places = work.all(ClubMember, ClubMember.matter_id == matter.id, *places_of([person]))
    grants = work.all(Grant, Grant.matter_id == matter.id, *access_of([person]))
    for part in work.all(Membership, Membership.matter_id == matter.id, *_part_of([person])):
        part.removed_at = work.now
    for place in places:
        place.removed_at = work.now
    for grant in grants:
        grant.state, grant.ended_at = "ended", work.now
    for leave in work.all(Leave, Leave.matter_id == matter.id, *leaves_of([person])):
        end_leave(work, leave)
    work.concerns(person=person)
    work.state(member=person, clubs=sorted(str(row.club_id) for row in places), access=len(grants))
    return Done(matter.id)


def _called_off(work: Work, matter: Matter, leave: Leave) -> Done:
    """Ends a leave of which only the deputy is gone, or the one away without having had a part any more."""
    end_leave(work, leave)
    gone = work.get(User, leave.user_id).departed_at is not None or leave.deputy_id is None
    person = leave.user_id if gone else leave.deputy_id
    work.concerns(person=person)
    work.state(member=person, clubs=[], access=0)
    return Done(matter.id)


def _refuse_unfinished(work: Work, user: User) -> None:
    if matters_of(work, user):
        raise Unavailable("What this person had is still being ended; try again in a moment.")


def matters_of(work: Work, user: User) -> set[uuid.UUID]:
    """The matters in which a person has a part, a place in a club, access that was asked for or granted, or a leave."""
    parts = select(Membership.matter_id).where(*_part_of([user.id]))
    places = select(ClubMember.matter_id).where(*places_of([user.id]))
    grants = select(Grant.matter_id).where(*access_of([user.id]))
    leaves = select(Leave.matter_id).where(*leaves_of([user.id]))
    return {row[0] for query in (parts, places, grants, leaves) for row in work.rows(query)}


def _part_of(people: People) -> tuple[ColumnElement[bool], ...]:
    return Membership.user_id.in_(people), Membership.removed_at.is_(None)


def places_of(people: People) -> tuple[ColumnElement[bool], ...]:
    """Places in clubs that let in; whoever is behind a wall stays there."""
    clubs = select(Club.id).where(Club.kind != WALL)
    return ClubMember.user_id.in_(people), ClubMember.removed_at.is_(None), ClubMember.club_id.in_(clubs)


def leaves_of(people: People) -> tuple[ColumnElement[bool], ...]:
    """Leaves of people, and those in which they stand in, that were not ended."""
    return or_(Leave.user_id.in_(people), Leave.deputy_id.in_(people)), Leave.ended_at.is_(None)


def end_leave(work: Work, leave: Leave) -> None:
    """Ends a leave and what its deputy has of it; by nobody where the service does it."""
    leave.ended_at, leave.ended_by = work.now, work.principal.user


def access_of(people: People) -> tuple[ColumnElement[bool], ...]:
    """Access that was asked for or granted and has not ended."""
    return Grant.user_id.in_(people), Grant.state.in_(("asked", "granted"))
