"""Sessions of people: which there are, and ending them, one's own, a colleague's, or all that a provider names."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import ColumnElement, and_, select

from dataroom.actions.accounts import hashed
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.strength import Proof
from dataroom.actions.views import Done
from dataroom.actions.views_people import SessionView
from dataroom.actions.work import Work
from dataroom.config import Config
from dataroom.errors import Conflict, Invalid, Refused
from dataroom.ids import new_id
from dataroom.model import Issuer, PendingLogin, Session, User


class Whose(Params):
    """Whose sessions are meant; one's own when nobody is named."""

    user: uuid.UUID | None = None


class Confirmation(Proof):
    """Who a provider says has come back; of `secret`, the session's next cookie value, a hash is kept."""

    issuer: uuid.UUID
    subject: Annotated[str, Field(min_length=1, max_length=255)]
    issuer_session: Annotated[str | None, Field(max_length=255)] = None
    secret: Annotated[str, Field(min_length=40, max_length=100, repr=False)]


class Cut(Params):
    """The provider as registered, and whom to sign out: the holder of a provider's session, a person, or everybody."""

    issuer: Annotated[str, Field(min_length=8, max_length=500)]
    sid: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    subject: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    jti: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    """The id of the token that ordered it, which orders it once."""


def live(work: Work) -> ColumnElement[bool]:
    """The condition that leaves the sessions somebody could still use."""
    idle = timedelta(seconds=work.services.config.session_idle)
    return and_(Session.ended_at.is_(None), Session.expires_at > work.now, Session.seen_at > work.now - idle)


def renew(config: Config, session: Session, secret: str) -> None:
    """Gives a live session a new cookie value, of which a hash is kept; the former value is worth nothing any more."""
    if session.ended_at is not None:
        raise Conflict("The session has ended.")
    session.token_hash = hashed(config, secret)


@action("session.confirm", on=Session)
def confirm(work: Work, session: Session, params: Confirmation) -> Done:
    """Takes note that the person of a live session has just signed in again; the session gets a new cookie value."""
    if session.id != work.principal.session:
        raise Conflict("A session is confirmed from within itself.")
    user, issuer = work.get(User, session.user_id), work.get(Issuer, params.issuer)
    if (user.issuer_id, user.subject) != (issuer.id, params.subject):
        raise Refused("Somebody else signed in at your company's sign-in.", code="another-person")
    renew(work.services.config, session, params.secret)
    session.acr, session.amr = params.acr, list(params.amr)
    session.auth_at = params.asked_at(work.now)
    session.strong_at = params.strong_at(issuer, work.now) or session.strong_at
    session.issuer_session = params.issuer_session or session.issuer_session
    session.country = params.country
    work.state(
        acr=params.acr or "", country=params.country or "", strong=params.strong_at(issuer, work.now) is not None
    )
    return Done(session.id)


@action("session.list", on=None, kind="Session", lists=Session)
def list_sessions(work: Work, _target: None, params: Whose) -> tuple[SessionView, ...]:
    """The sessions in which a person is signed in now, newest first; without a person one's own."""
    criteria = (live(work), Session.user_id == (params.user or work.user))
    rows = work.listed(Session, *criteria, order=(Session.created_at.desc(), Session.id))
    return tuple(
        SessionView(row.id, row.user_id, row.created_at, row.seen_at, row.expires_at, row.id == work.principal.session)
        for row in rows
    )


@action("session.revoke", on=Session)
def revoke(work: Work, session: Session, params: Nothing) -> Done:
    """Ends the session of somebody of the own organisation at once."""
    if session.ended_at is not None:
        raise Conflict("The session has ended already.")
    session.ended_at = work.now
    work.state(of=session.user_id)
    return Done(session.id)


@action("session.cut", on=None, kind="Service", performer="service")
def cut(work: Work, _target: None, params: Cut) -> int:
    """Ends the sessions a provider vouched for: of one of its sessions, of one person, or all; tells how many."""
    issuer = work.one(Issuer, Issuer.issuer == params.issuer)
    if issuer is None:
        raise Invalid("issuer: no organisation has this provider")
    if params.jti is not None:
        _first_time(work, issuer, params.jti)
    people = select(User.id).where(User.issuer_id == issuer.id)
    if params.subject is not None:
        people = people.where(User.subject == params.subject)
    criteria: list[ColumnElement[bool]] = [Session.user_id.in_(people), Session.ended_at.is_(None)]
    if params.sid is not None:
        criteria.append(Session.issuer_session == params.sid)
    rows = work.all(Session, *criteria)
    for row in rows:
        row.ended_at = work.now
    work.concerns(owner=issuer.organisation_id)
    work.state(issuer=params.issuer, ended=len(rows))
    return len(rows)


def _first_time(work: Work, issuer: Issuer, jti: str) -> None:
    """Remembers a token among the sign-ins under way, for as long as these are kept; `Conflict` when it is known.

    The digest is not keyed as those of browsers are, so no browser can come with a value that takes it away.
    """
    mark = hashlib.sha256(f"sign-out {issuer.id} {jti}".encode()).hexdigest()
    if work.one(PendingLogin, PendingLogin.browser_hash == mark) is not None:
        raise Conflict("This sign-out was ordered before.")
    work.add(PendingLogin(id=new_id(), browser_hash=mark, issuer_id=issuer.id, data={}, created_at=work.now))
