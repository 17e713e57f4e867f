"""People invited by a colleague before their first sign-in.

They are rows without a subject of a provider and without force, which can be given parts in matters. Whoever signs in
with an address that the company's own provider has verified becomes them; nothing else does. An invitation ends by
itself and is withdrawn by deactivating it.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dataroom.actions.departures import readmit
from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Invalid
from dataroom.ids import new_id
from dataroom.model import Issuer, Organisation, User
from dataroom.model.people import AWAITED

LEAST = "partner"
"""The role kept of somebody who has not signed in: the provider alone says which it is."""


class Invite(Params):
    """Somebody of the own organisation by e-mail, and the days within which they have to sign in."""

    email: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]
    days: Annotated[int, Field(ge=1, le=90)] = 14


@action("user.invite", on=None, kind="Person")
def invite(work: Work, _target: None, params: Invite) -> Done:
    """Invites somebody of the own organisation who has not signed in yet, or prolongs that; no mail is sent."""
    if params.email.rpartition("@")[2].lower() not in work.get(Organisation, work.organisation).mail_domains:
        raise Invalid("email: this is no address of your organisation")
    user = named(work, work.organisation, params.email)
    if user is not None and not user.subject.startswith(AWAITED):
        known = "has an account already" if user.active else "has an account that is deactivated"
        raise Invalid(f"email: whoever has this address {known}")
    user = user or await_person(work, params.email)
    if readmit(work, user):
        user.invited_until = work.now + timedelta(days=params.days)
    work.concerns(target=user, owner=work.organisation, person=user.id)
    work.state(member=user.id, days=params.days)
    return Done(user.id)


def await_person(work: Work, email: str) -> User:
    """Somebody new of the own organisation, without a subject of its provider and not invited yet."""
    issuer = work.one(Issuer, Issuer.organisation_id == work.organisation)
    if issuer is None:
        raise Invalid("email: your organisation has no identity provider")
    person = new_id()
    return work.add(
        User(
            id=person,
            organisation_id=work.organisation,
            issuer_id=issuer.id,
            subject=f"{AWAITED}{person}",
            name=email,
            email=email,
            role=LEAST,
            active=False,
            created_at=work.now,
        )
    )


def named(work: Work, organisation: uuid.UUID, email: str) -> User | None:
    """Who of an organisation has an address: whoever is active before whoever is awaited before anybody else."""
    found = work.all(User, User.organisation_id == organisation, has_address(email), order=(User.created_at.desc(),))
    found.sort(key=lambda user: (not user.active, not user.subject.startswith(AWAITED)))
    return found[0] if found else None


def is_awaited(user: User, moment: datetime) -> bool:
    """Whether somebody is invited and has not signed in."""
    return not user.active and user.invited_until is not None and user.invited_until > moment


def stays(work: Work, user: User) -> bool:
    """Whether somebody has an account or is awaited, and keeps it until this transaction ends.

    An account that is being ended at this moment is waited for, so that nobody gives it a part that no errand ends.
    """
    work.session.refresh(user, with_for_update=True)
    return user.active or is_awaited(user, work.now)


def awaited(session: Session, issuer: uuid.UUID, proven: str, moment: datetime) -> User | None:
    """The awaited person whom somebody becomes who signs in at `issuer` with the verified address `proven`."""
    if not proven:
        return None
    theirs = (User.issuer_id == issuer, has_address(proven), User.subject.startswith(AWAITED, autoescape=True))
    query = select(User).where(*theirs, User.active.is_(False), User.invited_until > moment)
    return session.scalars(query.order_by(User.created_at.desc())).first()


def has_address(email: str) -> ColumnElement[bool]:
    """The condition that leaves people with an address, in whatever case it is written."""
    return func.lower(User.email) == email.lower()
