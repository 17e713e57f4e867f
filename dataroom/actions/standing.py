"""How a principal stands in a matter: their part, clearance and whether what they came in with still holds."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dataroom.actions.context import Principal
from dataroom.actions.scope import NO_MATTER, NOBODY, entity
from dataroom.model import Matter, Membership, Organisation, Participation, Token, User
from dataroom.model import Session as SessionRow
from policies.engine import Entity, Ref


def member(session: Session, principal: Principal, matter_id: uuid.UUID | None, moment: datetime) -> Entity:
    """The Cedar entity of whoever acts: the service, or the user's part in the matter (or in none)."""
    if principal.role == "service":
        return Entity("Service", "worker", {"name": principal.name})
    row = _part(session, principal, matter_id, moment) if matter_id else None
    inside = row is not None
    matter = entity(session, Matter, row.matter_id, moment) if row else None
    return Entity(
        "Member",
        f"{principal.user or NOBODY}@{matter_id if inside else NOBODY}",
        {
            "user": str(principal.user or NOBODY),
            "organisation": Ref("Organisation", str(principal.organisation or NOBODY)),
            "role": principal.role,
            "tier": min(row.tier, _ceiling(session, principal)) if row else 0,
            "matter": matter or NO_MATTER,
            "active": _active(session, principal, moment),
        },
    )


def _part(session: Session, principal: Principal, matter_id: uuid.UUID | None, moment: datetime) -> Membership | None:
    return session.scalar(
        select(Membership)
        .join(
            Participation,
            (Participation.matter_id == Membership.matter_id)
            & (Participation.organisation_id == principal.organisation),
        )
        .where(
            Membership.matter_id == matter_id,
            Membership.user_id == principal.user,
            Membership.removed_at.is_(None),
            Membership.valid_from <= moment,
            or_(Membership.valid_until.is_(None), Membership.valid_until > moment),
        )
    )


def _ceiling(session: Session, principal: Principal) -> int:
    return session.scalar(select(Organisation.ceiling).where(Organisation.id == principal.organisation)) or 0


def _active(session: Session, principal: Principal, moment: datetime) -> bool:
    active = session.scalar(select(User.active).where(User.id == principal.user))
    if active is None or not active:
        return principal.arriving and active is None
    return _signed_in(session, principal, moment)


def _signed_in(session: Session, principal: Principal, moment: datetime) -> bool:
    """Whether what the person came in with still holds: it may have ended while bytes were moving."""
    if principal.session is not None:
        row = session.get(SessionRow, principal.session, populate_existing=True)
        return row is not None and row.ended_at is None and row.expires_at > moment
    if principal.token is not None:
        token = session.get(Token, principal.token, populate_existing=True)
        return token is not None and token.revoked_at is None and token.expires_at > moment
    return True
