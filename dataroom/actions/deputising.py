"""Who stands in for whom in a matter at one moment, and who therefore counts as one person with somebody.

Asked anew for every decision, so that a deputyship is worth nothing from the moment the part, the clearance or the
account of the one away is, and ends at its hour by itself.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Uuid, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from dataroom.actions.context import Principal
from dataroom.model import Leave, Membership, Moment, Participation, User

CUSTODIAN = "custodian"
"""The role that both have: the part changes hands, never the role."""


@dataclass(frozen=True)
class Represented:
    """For whom somebody acts in a matter, with what clearance these have there, and until when."""

    user: uuid.UUID
    name: str
    tier: int
    until: datetime


@dataclass(frozen=True)
class Ties:
    """Whose part somebody may hold now, if anybody's, and who counts as one person with them (ids as text)."""

    represented: Represented | None
    one_with: frozenset[str]


ALONE = Ties(None, frozenset())


def ties(session: Session, principal: Principal, matter: uuid.UUID | None, moment: datetime) -> Ties:
    """What leaves of a matter that last now make of somebody."""
    if matter is None or principal.user is None:
        return ALONE
    asked = {"user": principal.user, "organisation": principal.organisation, "matter": matter, "moment": moment}
    rows = session.connection().execute(_TIES, asked).all()
    others = {str(row.user_id if row.deputy_id == principal.user else row.deputy_id) for row in rows}
    held = (row for row in rows if row.deputy_id == principal.user and row.tier is not None)
    found = next(held, None) if principal.role == CUSTODIAN else None
    stands_for = Represented(found.user_id, found.name, found.tier, found.until) if found else None
    return Ties(stands_for, frozenset(others))


def lasting(moment: Any) -> ColumnElement[bool]:
    """The condition that leaves the leaves that last at a moment."""
    return and_(Leave.begins_at <= moment, Leave.until > moment, or_(Leave.ended_at.is_(None), Leave.ended_at > moment))


def part_held(moment: Any) -> ScalarSelect[int]:
    """The clearance that the one away has in the matter of a leave; NULL where there is nothing to stand in for."""
    away = aliased(User)
    return (
        select(Membership.tier)
        .join(away, away.id == Membership.user_id)
        .join(Participation, Participation.matter_id == Membership.matter_id)
        .where(
            Membership.matter_id == Leave.matter_id,
            Membership.user_id == Leave.user_id,
            Membership.removed_at.is_(None),
            Membership.valid_from <= moment,
            or_(Membership.valid_until.is_(None), Membership.valid_until > moment),
            Participation.organisation_id == Leave.organisation_id,
            away.organisation_id == Leave.organisation_id,
            away.active.is_(True),
            away.role == CUSTODIAN,
        )
        .correlate(Leave)
        .scalar_subquery()
    )


def in_force(moment: datetime) -> ColumnElement[bool]:
    """Leaves in which somebody really stands in at a moment: both still have what it takes."""
    deputy = aliased(User)
    valid = select(deputy.id).where(deputy.id == Leave.deputy_id, deputy.active.is_(True), deputy.role == CUSTODIAN)
    return and_(lasting(moment), valid.correlate(Leave).exists(), func.coalesce(part_held(moment), 0) > 0)


def _ties() -> Select[*tuple[Any, ...]]:
    user, organisation, matter = (bindparam(name, type_=Uuid) for name in ("user", "organisation", "matter"))
    moment = bindparam("moment", type_=Moment)
    return (
        select(Leave.user_id, Leave.deputy_id, Leave.until, User.name, part_held(moment).label("tier"))
        .join(User, User.id == Leave.user_id)
        .where(
            Leave.matter_id == matter,
            Leave.organisation_id == organisation,
            Leave.deputy_id.is_not(None),
            or_(Leave.user_id == user, Leave.deputy_id == user),
            lasting(moment),
        )
        .order_by(Leave.begins_at, Leave.id)
    )


_TIES = _ties()
