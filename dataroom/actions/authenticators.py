"""People's own keys (WebAuthn), for companies whose sign-in does not say how strongly people sign in.

The face of the service asks the browser and judges its answer; here stands which keys there are, whose, and how often
each was used. A challenge is kept in the session it was made for and is answered once.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import select, update

from dataroom.actions.context import Principal, Services
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.sessions import renew
from dataroom.actions.views import Done
from dataroom.actions.views_people import AuthenticatorView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, Refused
from dataroom.ids import new_id
from dataroom.model import Authenticator, Session

CHALLENGE_LIFETIME = timedelta(minutes=5)
MOST = 10


class NewAuthenticator(Params):
    """What the browser made, already judged, its bytes in hex; `name` is what its person calls it."""

    name: Annotated[str, Field(min_length=2, max_length=100)]
    credential: Annotated[str, Field(pattern="^([0-9a-f]{2}){16,1023}$")]
    public_key: Annotated[str, Field(pattern="^([0-9a-f]{2}){16,4096}$")]
    count: Annotated[int, Field(ge=0, lt=2**32)]


class Shown(Params):
    """A judged answer of the key: its count of uses, and the session's next cookie value, of which a hash is kept."""

    count: Annotated[int, Field(ge=0, lt=2**32)]
    secret: Annotated[str, Field(min_length=40, max_length=100, repr=False)]


class WhoseKeys(Params):
    """Whose keys are meant; one's own when nobody is named."""

    user: uuid.UUID | None = None


def digest(credential: bytes) -> str:
    """How a credential's id is looked up and kept unique."""
    return hashlib.sha256(credential).hexdigest()


def challenge(services: Services, session: uuid.UUID) -> bytes:
    """A fresh challenge for a session, in place of any earlier one."""
    made = secrets.token_bytes(32)
    text = base64.urlsafe_b64encode(made).decode()
    with services.database.writing() as writing:
        values = {"challenge": text, "challenge_at": services.clock.now()}
        writing.execute(update(Session).where(Session.id == session).values(**values))
    return made


def challenged(services: Services, session: uuid.UUID) -> bytes:
    """The challenge of a session, which is thereby used up; `Refused` when there is none or it is too old."""
    with services.database.writing() as writing:
        query = select(Session.challenge, Session.challenge_at).where(Session.id == session).with_for_update()
        text, made_at = writing.execute(query).one()
        writing.execute(update(Session).where(Session.id == session).values(challenge=None, challenge_at=None))
    if text is None or made_at is None or made_at < services.clock.now() - CHALLENGE_LIFETIME:
        raise Refused("This took too long or was answered already; try again.", code="no-challenge")
    return base64.urlsafe_b64decode(text)


def own(services: Services, person: Principal) -> Sequence[Authenticator]:
    """The keys somebody has in use, to ask for and to judge by."""
    with services.database.reading() as session:
        query = select(Authenticator).where(Authenticator.user_id == person.user, Authenticator.removed_at.is_(None))
        found = list(session.scalars(query.order_by(Authenticator.created_at)))
        session.expunge_all()
    return found


@action("authenticator.list", on=None, kind="Authenticator", lists=Authenticator)
def list_keys(work: Work, _target: None, params: WhoseKeys) -> tuple[AuthenticatorView, ...]:
    """The keys a person has in use; without a person one's own."""
    criteria = (
        Authenticator.user_id == (params.user or work.user),
        Authenticator.removed_at.is_(None),
    )
    rows = work.listed(Authenticator, *criteria, order=(Authenticator.created_at, Authenticator.id))
    return tuple(AuthenticatorView(row.id, row.user_id, row.name, row.created_at, row.used_at) for row in rows)


@action("authenticator.add", on=None, kind="Authenticator")
def add(work: Work, _target: None, params: NewAuthenticator) -> Done:
    """Enrols a key of one's own."""
    live = work.all(Authenticator, Authenticator.user_id == work.user, Authenticator.removed_at.is_(None))
    if len(live) >= MOST:
        raise Invalid(f"name: you have {MOST} keys; remove one first")
    if params.name in {row.name for row in live}:
        raise Invalid("name: you have a key of this name")
    credential = bytes.fromhex(params.credential)
    if work.one(Authenticator, Authenticator.credential_hash == digest(credential)) is not None:
        raise Conflict("This key is enrolled already.")
    row = Authenticator(
        id=new_id(),
        user_id=work.user,
        name=params.name,
        credential=credential,
        credential_hash=digest(credential),
        public_key=bytes.fromhex(params.public_key),
        count=params.count,
        created_at=work.now,
    )
    work.add(row)
    work.concerns(target=row)
    return Done(row.id)


@action("authenticator.use", on=Authenticator)
def use(work: Work, key: Authenticator, params: Shown) -> Done:
    """Takes note that a person has just confirmed with their key; the session gets a new cookie value."""
    if key.removed_at is not None or work.principal.session is None:
        raise Conflict("The key was removed, or nobody is signed in at the pages.")
    if params.count <= key.count and (params.count or key.count):
        raise Refused("This key's count went back: somebody may have copied it. Remove it.", code="count-went-back")
    key.count, key.used_at = params.count, work.now
    session = work.get(Session, work.principal.session)
    renew(work.services.config, session, params.secret)
    session.strong_at = work.now
    return Done(key.id)


@action("authenticator.remove", on=Authenticator)
def remove(work: Work, key: Authenticator, params: Nothing) -> Done:
    """Takes a key out of use for good."""
    if key.removed_at is not None:
        raise Conflict("The key was removed already.")
    key.removed_at = work.now
    work.state(of=key.user_id)
    return Done(key.id)
