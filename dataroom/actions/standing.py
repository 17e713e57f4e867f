"""How a principal stands in a matter: their part, clearance and whether what they came in with still holds."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Uuid, bindparam, or_, select
from sqlalchemy.orm import Session

from dataroom.actions.attributes import NOBODY
from dataroom.actions.context import EVERYTHING, Principal
from dataroom.actions.deputising import Represented, ties
from dataroom.actions.reach import NOBODY as NO_REACH
from dataroom.actions.reach import borders, reach
from dataroom.actions.scope import NO_MATTER, decoy, entity
from dataroom.model import (
    Acceptance,
    Agreement,
    Club,
    ClubMember,
    Directory,
    Matter,
    Membership,
    Moment,
    Organisation,
    Participation,
    Token,
    Training,
    User,
)
from dataroom.model import Session as SessionRow
from dataroom.model.clubs import COUNSELS, TEAM, WALL
from policies.engine import Entity, Law, Ref

SKEW = 60
"""Seconds by which the clocks of two of our machines may differ."""
UNKNOWN = "unknown"
"""The place of whoever is nobody knows where."""
NEVER = 2**40
"""Seconds since something that never happened: longer than anything a rule allows."""


def member(law: Law, session: Session, principal: Principal, matter_id: uuid.UUID | None, moment: datetime) -> Entity:
    """The Cedar entity of whoever acts: the service, a directory, or the user's part in the matter (or in none).

    Whoever has no part, or names a matter that is not there, is asked about in as many questions as a member.
    """
    if principal.role == "service":
        return Entity("Service", "worker", {"name": principal.name})
    if principal.role == "directory":
        found = entity(session, Directory, principal.token, moment) if principal.token else None
        return found or decoy(Directory, moment)
    session.flush()
    row = session.connection().execute(_STANDING, _asked(principal, matter_id, moment)).one()
    bound = ties(session, principal, matter_id, moment)
    away = bound.represented if row.tier is None else None
    tier = away.tier if away is not None else row.tier
    inside = tier is not None
    matter = entity(session, Matter, matter_id, moment) if matter_id else None
    circles = _circles(session, principal, away, matter_id, moment)
    reached = _borders(law, session, principal, matter_id, moment)
    if not inside:
        matter, circles, reached = None, {"clubs": frozenset(), "walls": frozenset()}, dict(NO_REACH)
    return Entity(
        "Member",
        f"{principal.user or NOBODY}@{matter_id if inside else NOBODY}",
        {
            "user": str(principal.user or NOBODY),
            "organisation": Ref("Organisation", str(principal.organisation or NOBODY)),
            "role": principal.role,
            "tier": min(tier, row.ceiling or 0) if inside else 0,
            "matter": matter or NO_MATTER,
            "active": _active(row, principal, moment),
            "sign_in_age": _age(row.signed_in_at, moment),
            "strong_age": _age(row.token_strong_at if principal.token else row.strong_at, moment),
            "scopes": frozenset(principal.scopes),
            "confined": Ref("Matter", str(principal.confined or NOWHERE)),
            **circles,
            "agreed": not inside or row.agreement is None or row.agreement == row.accepted,
            "trained": not inside or row.training != "needed" or _valid(row.trained_until, moment),
            "place": principal.place or UNKNOWN,
            **reached,
            "deputises": str(away.user) if away is not None else NOBODY,
            "one_with": bound.one_with,
        },
    )


def officer(session: Session, organisation: uuid.UUID, matter_id: uuid.UUID, moment: datetime) -> Entity:
    """A compliance officer of an organisation in a matter, whoever that is: to ask what they may read."""
    return Entity(
        "Member",
        f"{NOBODY}@{matter_id}",
        {
            "user": NOBODY,
            "organisation": Ref("Organisation", str(organisation)),
            "role": "compliance",
            "tier": 0,
            "matter": entity(session, Matter, matter_id, moment) or NO_MATTER,
            "active": True,
            "sign_in_age": NEVER,
            "strong_age": NEVER,
            "clubs": frozenset(),
            "walls": frozenset(),
            "scopes": frozenset({EVERYTHING}),
            "confined": Ref("Matter", NOWHERE),
            "agreed": True,
            "trained": True,
            "place": UNKNOWN,
            **NO_REACH,
            "deputises": NOBODY,
            "one_with": frozenset(),
        },
    )


def _borders(
    law: Law, session: Session, principal: Principal, matter_id: uuid.UUID | None, moment: datetime
) -> dict[str, Any]:
    if matter_id is None:
        return dict(NO_REACH)
    return reach(borders(session, law.transfers, matter_id, moment, principal.place), principal)


def _valid(until: datetime | None, moment: datetime) -> bool:
    return until is not None and until > moment


def _age(at: datetime | None, moment: datetime) -> int:
    """Whole seconds since `at`; more than any rule allows when it never was, or has yet to come."""
    age = NEVER if at is None else int((moment - at).total_seconds())
    return NEVER if age < -SKEW else max(0, age)


def _circles(
    session: Session, principal: Principal, away: Represented | None, matter_id: uuid.UUID | None, moment: datetime
) -> dict[str, frozenset[Ref]]:
    """The clubs in which a person is named now, and the walls behind which.

    A club of counsel and a clean team count counsel alone, and a clean team only those who gave their undertaking.
    For a deputy, a club counts in which both are named, and a wall behind which either is.
    """
    if away is not None:
        own, theirs = (
            _circles(session, replace(principal, user=one), None, matter_id, moment)
            for one in (principal.user, away.user)
        )
        return {"clubs": own["clubs"] & theirs["clubs"], "walls": own["walls"] | theirs["walls"]}
    rows: Sequence[Any] = ()
    if matter_id is not None:
        asked = {"user": principal.user, "matter": matter_id, "moment": moment}
        rows = session.connection().execute(_NAMED, asked).all()
    walls = frozenset(Ref("Club", str(row.id)) for row in rows if row.kind == WALL)
    counsel = principal.role == "custodian"
    let_in = [row for row in rows if row.kind != WALL and (counsel or row.kind not in COUNSELS)]
    clubs = frozenset(Ref("Club", str(row.id)) for row in let_in if row.kind != TEAM or row.undertaken_on is not None)
    return {"clubs": clubs, "walls": walls}


def _asked(principal: Principal, matter_id: uuid.UUID | None, moment: datetime) -> dict[str, Any]:
    return {
        "user": principal.user,
        "organisation": principal.organisation,
        "session": principal.session,
        "token": principal.token,
        "matter": matter_id,
        "moment": moment,
    }


def _active(row: Row[*tuple[Any, ...]], principal: Principal, moment: datetime) -> bool:
    if row.active is None or not row.active:
        return principal.arriving and (row.active is None or _awaited(row, moment))
    return _signed_in(row, principal, moment)


def _awaited(row: Row[*tuple[Any, ...]], moment: datetime) -> bool:
    return row.invited_until is not None and row.invited_until > moment


def _signed_in(row: Row[*tuple[Any, ...]], principal: Principal, moment: datetime) -> bool:
    """Whether what the person came in with still holds: it may have ended while bytes were moving."""
    if principal.session is not None:
        return row.session_until is not None and row.session_until > moment
    if principal.token is not None:
        return row.token_until is not None and row.token_until > moment
    return True


def _standing() -> Select[*tuple[Any, ...]]:
    """One row that says all of it; a part the person does not have is NULL."""
    user, organisation, matter = (bindparam(name, type_=Uuid) for name in ("user", "organisation", "matter"))
    moment = bindparam("moment", type_=Moment)
    newest = select(Agreement).where(Agreement.matter_id == matter).order_by(Agreement.ordinal.desc()).limit(1)
    parts = {
        "tier": select(Membership.tier)
        .join(Participation, Participation.matter_id == Membership.matter_id)
        .where(
            Participation.organisation_id == organisation,
            Membership.matter_id == matter,
            Membership.user_id == user,
            Membership.removed_at.is_(None),
            Membership.valid_from <= moment,
            or_(Membership.valid_until.is_(None), Membership.valid_until > moment),
        ),
        "ceiling": select(Organisation.ceiling).where(Organisation.id == organisation),
        "active": select(User.active).where(User.id == user),
        "invited_until": select(User.invited_until).where(User.id == user),
        "session_until": select(SessionRow.expires_at).where(
            SessionRow.id == bindparam("session", type_=Uuid), SessionRow.ended_at.is_(None)
        ),
        "signed_in_at": _of_session(SessionRow.auth_at),
        "strong_at": _of_session(SessionRow.strong_at),
        "agreement": newest.with_only_columns(Agreement.id),
        "training": newest.with_only_columns(Agreement.training),
        "accepted": select(Acceptance.agreement_id)
        .where(Acceptance.user_id == user, Acceptance.matter_id == matter)
        .order_by(Acceptance.accepted_at.desc(), Acceptance.id.desc())
        .limit(1),
        "trained_until": select(Training.valid_until)
        .where(Training.user_id == user)
        .order_by(Training.recorded_at.desc(), Training.id.desc())
        .limit(1),
        "token_strong_at": select(Token.strong_at).where(Token.id == bindparam("token", type_=Uuid)),
        "token_until": select(Token.expires_at).where(
            Token.id == bindparam("token", type_=Uuid), Token.revoked_at.is_(None)
        ),
    }
    return select(*[query.scalar_subquery().label(name) for name, query in parts.items()])


def _of_session(column: Any) -> Select[*tuple[Any, ...]]:
    return select(column).where(SessionRow.id == bindparam("session", type_=Uuid))


NOWHERE = str(uuid.UUID(int=0))
"""The matter of whoever is not confined to one; policies name it."""
_STANDING = _standing()
_NAMED = (
    select(Club.id, Club.kind, ClubMember.undertaken_on)
    .join(ClubMember, ClubMember.club_id == Club.id)
    .where(
        Club.matter_id == bindparam("matter", type_=Uuid),
        Club.ended_at.is_(None),
        ClubMember.user_id == bindparam("user", type_=Uuid),
        ClubMember.removed_at.is_(None),
        ClubMember.valid_from <= bindparam("moment", type_=Moment),
        or_(ClubMember.valid_until.is_(None), ClubMember.valid_until > bindparam("moment", type_=Moment)),
    )
)
