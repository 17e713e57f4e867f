"""The people of one's own organisation: who has an account, and taking it away or giving it back.

Deactivating ends sessions and tokens for good and at once. Parts in matters stay on record and have no force while
the account is not valid; they have it again when it is reactivated.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Select, func, select

from dataroom.actions.agreements import trained_until
from dataroom.actions.departures import readmit, shut, valid
from dataroom.actions.registry import Nothing, action
from dataroom.actions.sessions import live
from dataroom.actions.views import Done
from dataroom.actions.views_people import UserView
from dataroom.actions.work import Work
from dataroom.errors import Conflict
from dataroom.model import Directory, Session, User
from dataroom.model.people import AWAITED

_CHANGES = ("user.deactivate", "user.reactivate", "training.record")


@action("user.list", on=None, kind="Person", lists=User)
def list_users(work: Work, _target: None, params: Nothing) -> tuple[UserView, ...]:
    """Everybody of the own organisation who has an account here, with when they were last seen."""
    rows = work.listed(User, order=(User.active.desc(), User.name, User.id))
    ids = [row.id for row in rows]
    seen, trained = _seen(work, ids), trained_until(work, ids)
    open_ = dict(
        tuple(row)
        for row in work.rows(
            select(Session.user_id, func.count()).where(Session.user_id.in_(ids), live(work)).group_by(Session.user_id)
        )
    )
    kept = work.one(Directory, Directory.organisation_id == work.organisation, valid(work)) is not None
    offers = {name: {row[0] for row in work.rows(_allowed(work, name, ids))} for name in _CHANGES}
    return tuple(
        UserView(
            id=row.id,
            name=row.name,
            email=row.email,
            role=row.role,
            active=row.active,
            created_at=row.created_at,
            seen_at=seen.get(row.id),
            sessions=open_.get(row.id, 0),
            invited_until=row.invited_until,
            signed_in=not row.subject.startswith(AWAITED),
            trained_until=trained.get(row.id),
            filed=row.filed_at is not None,
            departed=row.departed_at is not None,
            can=frozenset(name for name in (*_offered(row, kept), "training.record") if row.id in offers[name]),
        )
        for row in rows
    )


def _offered(row: User, kept: bool) -> tuple[str, ...]:
    """What a page offers for an account; what a directory has ended is its to give back while it keeps accounts."""
    if row.active or row.invited_until is not None:
        return ("user.deactivate",)
    directorys = kept and row.departed_at is not None and row.closed_at is None
    return () if directorys or row.subject.startswith(AWAITED) else ("user.reactivate",)


def _allowed(work: Work, name: str, ids: list[uuid.UUID]) -> Select[uuid.UUID]:
    return select(User.id).where(User.id.in_(ids), work.narrowed(User, name))


def _seen(work: Work, ids: list[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    query = select(Session.user_id, func.max(Session.seen_at)).where(Session.user_id.in_(ids))
    return dict(tuple(row) for row in work.rows(query.group_by(Session.user_id)))


@action("user.deactivate", on=User)
def deactivate(work: Work, user: User, params: Nothing) -> Done:
    """Takes an account or an invitation away: sessions and tokens end at once, and what was given has no force."""
    if user.invited_until is not None:
        user.invited_until, user.closed_at = None, work.now
        return Done(user.id)
    if not user.active:
        raise Conflict("The account is deactivated already.")
    ended = shut(work, user)
    user.closed_at = work.now
    work.state(**ended)
    return Done(user.id)


@action("user.reactivate", on=User)
def reactivate(work: Work, user: User, params: Nothing) -> Done:
    """Gives a person's account back; they sign in anew, and their parts in matters have force again.

    What the organisation's directory has ended as well, it opens: until then the account stays as it is.
    """
    if user.active:
        raise Conflict("The account is valid.")
    if user.subject.startswith(AWAITED):
        raise Conflict("This person has not signed in yet; invite them again.")
    namesake = work.one(User, User.email == user.email, User.active.is_(True))
    if namesake is not None:
        raise Conflict("Somebody else has this address now.")
    user.active = readmit(work, user)
    work.state(opened=user.active)
    return Done(user.id)
