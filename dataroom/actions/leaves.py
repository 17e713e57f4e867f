"""Leave of custodians: saying that one is away from a matter and who stands in, ending that, and seeing what is so.

A leave is of one matter, as its entry lies in the matter's log; whoever is away from several says so in each.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, and_, or_, select

from dataroom.actions import present
from dataroom.actions.departures import end_leave
from dataroom.actions.deputising import CUSTODIAN, in_force
from dataroom.actions.disclosures import Sentence
from dataroom.actions.invitations import named, stays
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.secondperson import hands
from dataroom.actions.views import Done
from dataroom.actions.views_access import LeaveView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Club, ClubMember, Leave, Matter, Membership, User
from dataroom.model.clubs import WALL

LONGEST = timedelta(days=90)
AHEAD = timedelta(days=180)
"""How long a leave lasts at most, and how long before it begins it may be announced."""
_UNKNOWN = "deputy: no other custodian of your organisation has an account under this address"


class Away(Params):
    """Until when (and from when, if not from now) one is away, why, and by e-mail who stands in, if anybody."""

    until: AwareDatetime
    reason: Sentence
    deputy: Annotated[str, Field(min_length=3, max_length=320)] | None = None
    begins: AwareDatetime | None = None


@action("leave.announce", on=Matter, affair="actor")
def announce(work: Work, matter: Matter, params: Away) -> Done:
    """Says that one is away from a matter, and who holds one's part meanwhile; nobody does without a deputy."""
    begins = params.begins or work.now
    if not work.now - timedelta(minutes=5) <= begins <= work.now + AHEAD:
        raise Invalid(f"begins: from now on, at most {AHEAD.days} days ahead")
    if not max(begins, work.now) < params.until <= begins + LONGEST:
        raise Invalid(f"until: after it begins, and at most {LONGEST.days} days later")
    span = (begins, params.until)
    if _meanwhile(work, matter, Leave.user_id == work.user, *span):
        raise Conflict("You are away from this matter in that time already; end that leave first.")
    deputy = _deputy(work, matter, params.deputy, span) if params.deputy else None
    row = Leave(
        id=new_id(),
        matter_id=matter.id,
        organisation_id=work.organisation,
        user_id=work.user,
        deputy_id=deputy.id if deputy else None,
        reason=params.reason,
        announced_at=work.now,
        begins_at=begins,
        until=params.until,
    )
    work.add(row)
    work.concerns(target=row, owner=work.organisation, person=deputy.id if deputy else None)
    told = {"begins": begins.isoformat(), "until": params.until.isoformat()}
    work.state(**told, **({"member": deputy.id} if deputy else {}))
    return Done(row.id)


def _deputy(work: Work, matter: Matter, email: str, span: tuple[datetime, datetime]) -> User:
    """Who has this address and may stand in: another custodian, free in that time, and no less cleared than one is."""
    user = named(work, work.organisation, email)
    if user is None or user.id in hands(work) or not stays(work, user) or not user.active or user.role != CUSTODIAN:
        raise Invalid(_UNKNOWN)
    if _meanwhile(work, matter, Leave.user_id == user.id, *span):
        raise Conflict("They are away from this matter themselves in that time.")
    if _meanwhile(work, matter, or_(Leave.deputy_id == user.id, Leave.deputy_id == work.user), *span):
        raise Conflict(
            "Nobody stands in for two people of a matter at once, nor for somebody who stands in themselves."
        )
    part = work.one(
        Membership,
        Membership.matter_id == matter.id,
        Membership.user_id == user.id,
        Membership.removed_at.is_(None),
        or_(Membership.valid_until.is_(None), Membership.valid_until > work.now),
    )
    tier = work.member.attrs["tier"]
    if part is not None and isinstance(tier, int) and part.tier < tier:
        raise Invalid("deputy: they are cleared to a lower tier in this matter than you are")
    if _behind(work, matter, user) - _behind(work, matter, work.get(User, work.user)):
        raise Invalid("deputy: they are behind a wall of your organisation that you are not behind")
    return user


def _behind(work: Work, matter: Matter, user: User) -> set[str]:
    """The live walls of the own organisation that name somebody; of others' walls nothing is told."""
    query = (
        select(Club.id)
        .join(ClubMember, ClubMember.club_id == Club.id)
        .where(
            Club.matter_id == matter.id,
            Club.organisation_id == work.organisation,
            Club.kind == WALL,
            Club.ended_at.is_(None),
            ClubMember.user_id == user.id,
            ClubMember.removed_at.is_(None),
        )
    )
    return {str(row[0]) for row in work.rows(query)}


def _meanwhile(work: Work, matter: Matter, who: ColumnElement[bool], begins: datetime, until: datetime) -> bool:
    """Whether a leave of the matter that concerns somebody lasts in a part of that time."""
    within = and_(Leave.begins_at < until, Leave.until > begins, Leave.ended_at.is_(None))
    return work.one(Leave, Leave.matter_id == matter.id, who, within) is not None


@action("leave.end", on=Leave)
def end(work: Work, leave: Leave, params: Nothing) -> Done:
    """Ends a leave, and with it what the deputy had of it, at their next request."""
    end_leave(work, leave)
    work.concerns(person=leave.user_id)
    work.state(member=leave.user_id)
    return Done(leave.id)


@action("leave.list", on=Matter, lists=Leave)
def list_leaves(work: Work, matter: Matter, params: Nothing) -> tuple[LeaveView, ...]:
    """Who of the own organisation is, was or will be away from a matter, newest first; uncovered leaves say so."""
    rows = work.listed(Leave, Leave.matter_id == matter.id, order=(Leave.begins_at.desc(), Leave.id))
    ids = [row.id for row in rows]
    people = present.names(work.session, [i for row in rows for i in (row.user_id, row.deputy_id)])
    ending = {row.id for row in work.all(Leave, Leave.id.in_(ids), work.offered(Leave, "leave.end"))}
    covered = {row[0] for row in work.rows(select(Leave.id).where(Leave.id.in_(ids), in_force(work.now)))}
    return tuple(
        LeaveView(
            id=row.id,
            user=row.user_id,
            person=people.get(row.user_id, ""),
            deputy=row.deputy_id,
            deputy_name=people.get(row.deputy_id, "") if row.deputy_id else "",
            reason=row.reason,
            announced_at=row.announced_at,
            begins_at=row.begins_at,
            until=row.until,
            ended_at=row.ended_at,
            state=_state(work, row, row.id in covered),
            can=frozenset({"leave.end"} if row.id in ending else ()),
        )
        for row in rows
    )


def _state(work: Work, row: Leave, covered: bool) -> str:
    if row.ended_at is not None or row.until <= work.now:
        return "over"
    if row.begins_at > work.now:
        return "coming" if row.deputy_id else "uncovered"
    return "covered" if covered else "without-effect" if row.deputy_id else "uncovered"
