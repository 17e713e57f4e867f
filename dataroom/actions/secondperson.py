"""The second person: nobody does alone what takes two, whatever their part in it was called.

Which actions take two is declared with each of them (`TwoPeople` in the registry); the gate asks here, after the policy
and before anything is done. Where the policy can see who had a hand in a thing it forbids as well, each time in a
sentence of its own; what only rows tell (who drew the marks, whose own part it is) is asked here alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from dataroom.actions.deputising import lasting
from dataroom.actions.registry import TwoPeople
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Refused
from dataroom.model import Leave, User


def demand(work: Work, asked: TwoPeople, target: Any, params: Any) -> None:
    """Refuses whoever acts unless they are a second person, of the organisation asked for and in time."""
    acted = {(person, at) for person, at in asked.first(work, target, params) if person is not None}
    first = {person for person, _at in acted}
    if first & hands(work) or any(_stood_in(work, person, at) for person, at in acted if at is not None):
        raise Refused(asked.said)
    if first and asked.party != "any" and not _fits(work, asked, first):
        raise Refused(f"The second person is of {asked.party} organisation as the first.".replace("same", "the same"))
    since = asked.since(work, target, params) if asked.since is not None else None
    if asked.within is not None and since is not None and work.now > since + asked.within:
        raise Conflict(f"Nobody confirmed it within {asked.within.days} days; it has to be begun anew.")


def hands(work: Work) -> frozenset[uuid.UUID]:
    """Everybody who counts as one person with whoever acts: themselves, other accounts of theirs, whoever they stand in
    for in the matter, and who stands in for them.

    Another account is one of the same company under the same address, valid or not: all that is known of it here.
    """
    own, other, with_them = aliased(User), aliased(User), work.member.attrs.get("one_with")
    one_with = {uuid.UUID(str(each)) for each in with_them} if isinstance(with_them, frozenset) else set()
    same = (
        own.id == work.user,
        other.organisation_id == own.organisation_id,
        func.lower(other.email) == func.lower(own.email),
    )
    return frozenset({work.user, *one_with, *work.session.scalars(select(other.id).where(*same, own.email != ""))})


def _stood_in(work: Work, person: uuid.UUID, at: datetime) -> bool:
    """Whether one of the two stood in for the other when the first acted: then it was one person's will.

    What is no matter's own counts for every matter in which they did.
    """
    pairs = ((Leave.user_id, Leave.deputy_id), (Leave.deputy_id, Leave.user_id))
    between = or_(*(and_(one == person, other.in_(hands(work))) for one, other in pairs))
    matter = work.record.matter_id
    there = (Leave.matter_id == matter,) if matter is not None else ()
    return work.one(Leave, *there, between, lasting(at)) is not None


def _fits(work: Work, asked: TwoPeople, first: Iterable[uuid.UUID]) -> bool:
    """Whether whoever acts is of the same organisation as all of the first, or of another than each of them."""
    theirs = set(work.session.scalars(select(User.organisation_id).where(User.id.in_(list(first)))))
    return theirs == {work.organisation} if asked.party == "same" else work.organisation not in theirs


def require_two(approvals: Iterable[tuple[uuid.UUID, str]], proposer: uuid.UUID) -> None:
    """Demands approvals (person, function) by two people in two functions, none of them the proposer."""
    given = list(approvals)
    if len({person for person, _ in given}) < 2 or len({function for _, function in given}) < 2:
        raise Refused("Two people of different functions must approve first.")
    if proposer in {person for person, _ in given}:
        raise Refused("The proposer cannot be an approver.")
