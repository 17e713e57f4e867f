"""Signing in and out, and a person's own API tokens."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field
from sqlalchemy import not_

from dataroom.actions.invitations import awaited, has_address
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.strength import Proof
from dataroom.actions.views import Done
from dataroom.actions.views_people import TokenView
from dataroom.actions.work import Work
from dataroom.config import Config
from dataroom.errors import Conflict, Invalid, Refused
from dataroom.ids import new_id
from dataroom.model import AuditPerson, Issuer, Matter, Organisation, Session, Token, User
from dataroom.model.people import AWAITED, ROLES, SET_ASIDE

TOKEN_PREFIX = "dr_"  # noqa: S105 - a prefix, so that leaked tokens are found by scanners


class Arrival(Proof):
    """Who an identity provider says has arrived; of `secret`, the new session's cookie value, a hash is kept."""

    issuer: uuid.UUID
    subject: Annotated[str, Field(min_length=1, max_length=255)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(max_length=320)]
    role: str
    proven: Annotated[str, Field(max_length=320)] = ""
    """The address if the provider has verified it: whoever was invited under it becomes that person."""
    issuer_session: Annotated[str | None, Field(max_length=255)] = None
    secret: Annotated[str, Field(min_length=40, max_length=100, repr=False)]


Purpose = Literal["everything", "read", "upload", "redact", "share", "retain", "audit", "people"]
SCOPES: tuple[str, ...] = get_args(Purpose)
"""What a token can be made for; `policies/access/tokens.cedar` says what each permits."""


class NewToken(Params):
    """A name for the token, what it may do, in which matter if only in one, and how many days it lasts."""

    scopes: Annotated[list[Purpose], Field(min_length=1, max_length=len(SCOPES))]
    matter: uuid.UUID | None = None
    name: Annotated[str, Field(min_length=2, max_length=100)]
    days: Annotated[int, Field(ge=1, le=90)] = 7


def hashed(config: Config, secret: str) -> str:
    """How a session's or token's secret is kept: keyed, so that whoever writes the database cannot make one."""
    return hmac.new(config.secret_key.encode(), secret.encode(), hashlib.sha256).hexdigest()


@action("session.start", on=None, kind="Session")
def start(work: Work, _target: None, params: Arrival) -> Done:
    """Signs a person in whom their organisation's identity provider has named."""
    issuer = work.get(Issuer, params.issuer)
    _refuse_overreach(work, issuer, params)
    user = _recognised(work, issuer, params)
    _refuse_closed(work, user)
    user.name, user.email, user.role = params.name, params.email, params.role
    session = _opened(work, issuer, user, params)
    work.concerns(target=session)
    told = {"subject": params.subject, "acr": params.acr or "", "country": params.country or ""}
    work.state(**told, strong=session.strong_at is not None)
    return Done(session.id)


def _refuse_overreach(work: Work, issuer: Issuer, params: Arrival) -> None:
    """A provider speaks for its own company, in roles there are, of addresses of its own, and of nobody awaited."""
    if issuer.organisation_id != work.organisation or params.role not in ROLES:
        raise Refused("The identity provider cannot speak for this organisation.", code="foreign-organisation")
    domains = work.get(Organisation, issuer.organisation_id).mail_domains
    if params.email.rpartition("@")[2].lower() not in domains:
        raise Refused("The identity provider announced an address outside its organisation.", code="foreign-address")
    if params.subject.startswith(AWAITED):
        raise Refused("The identity provider announced a subject that is reserved.", code="reserved-subject")


def _recognised(work: Work, issuer: Issuer, params: Arrival) -> User:
    """Who has arrived: the person known by issuer and subject, the one awaited under the address, or somebody new."""
    user = work.one(User, User.issuer_id == issuer.id, User.subject == params.subject)
    if user is None and params.proven == params.email:
        user = _claimed(work, issuer, params)
    namesake = work.one(User, User.email == params.email, User.active.is_(True))
    if namesake is not None and (user is None or namesake.id != user.id):
        raise Refused("Somebody else of the organisation has this address.", code="address-taken")
    _refuse_unopened(work, issuer, user, params)
    return user or work.add(
        User(
            id=work.user,
            organisation_id=issuer.organisation_id,
            issuer_id=issuer.id,
            subject=params.subject,
            name=params.name,
            email=params.email,
            role=params.role,
            active=True,
            created_at=work.now,
        )
    )


def _refuse_unopened(work: Work, issuer: Issuer, user: User | None, params: Arrival) -> None:
    """Nobody becomes somebody new under an address that the company's directory keeps an account of.

    Else ending that account would leave the new one open. Whoever is awaited becomes that person by a verified address
    alone. Accounts of a former provider do not count.
    """
    theirs = (User.organisation_id == issuer.organisation_id, has_address(params.email), User.filed_at.is_not(None))
    filed = work.one(User, *theirs, User.active.is_(False), not_(User.subject.contains(SET_ASIDE, autoescape=True)))
    if filed is not None and user is None:
        raise Refused(
            "Your company's directory keeps an account of this address that this sign-in does not open.",
            code="address-filed",
        )


def _refuse_closed(work: Work, user: User) -> None:
    key = work.one(AuditPerson, AuditPerson.id == user.id, AuditPerson.state != "active")
    if not user.active or user.id != work.user or key is not None:
        raise Refused("This person can no longer sign in here.", code="account-closed")


def _opened(work: Work, issuer: Issuer, user: User, params: Arrival) -> Session:
    config = work.services.config
    return work.add(
        Session(
            id=new_id(),
            user_id=user.id,
            token_hash=hashed(config, params.secret),
            issuer_session=params.issuer_session,
            created_at=work.now,
            seen_at=work.now,
            expires_at=work.now + timedelta(seconds=config.session_absolute),
            acr=params.acr,
            amr=list(params.amr),
            auth_at=params.asked_at(work.now),
            strong_at=params.strong_at(issuer, work.now),
            country=params.country,
        )
    )


def _claimed(work: Work, issuer: Issuer, params: Arrival) -> User | None:
    """The awaited person whom somebody becomes at their first sign-in, if there is one."""
    user = awaited(work.session, issuer.id, params.proven, work.now)
    if user is not None:
        user.subject, user.active, user.invited_until = params.subject, True, None
        work.state(invited=True)
    return user


@action("session.end", on=Session)
def end(work: Work, session: Session, params: Nothing) -> Done:
    """Signs out."""
    if session.ended_at is None:
        session.ended_at = work.now
    return Done(session.id)


@action("token.create", on=None, kind="Token")
def create_token(work: Work, _target: None, params: NewToken) -> TokenView:
    """Makes an API token that acts as this person; its secret is shown once."""
    if work.principal.session is None:
        raise Refused("A token is made by somebody signed in at the pages, never by another token.")
    live = work.all(Token, Token.user_id == work.user, Token.revoked_at.is_(None), Token.expires_at > work.now)
    if len(live) >= 20:
        raise Invalid("name: you have 20 live tokens; revoke one first")
    if params.matter is not None and not _sees(work, params.matter):
        raise Invalid("matter: you take part in no matter with this id")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = Token(
        id=new_id(),
        user_id=work.user,
        name=params.name,
        token_hash=hashed(work.services.config, secret),
        scopes=sorted(set(params.scopes)),
        confined_to=params.matter,
        created_at=work.now,
        expires_at=work.now + timedelta(days=params.days),
        strong_at=work.get(Session, work.principal.session).strong_at,
    )
    work.add(row)
    work.concerns(target=row)
    work.state(scopes=row.scopes, **({"matter": params.matter} if params.matter else {}))
    return _view(row, secret)


def _sees(work: Work, matter: uuid.UUID) -> bool:
    return work.one(Matter, Matter.id == matter, work.narrowed(Matter, "matter.list")) is not None


def _view(row: Token, secret: str | None = None) -> TokenView:
    scopes = tuple(str(name) for name in row.scopes or ())
    return TokenView(row.id, row.name, row.created_at, row.expires_at, row.revoked_at, scopes, row.confined_to, secret)


@action("token.list", on=None, kind="Token", lists=Token)
def list_tokens(work: Work, _target: None, params: Nothing) -> tuple[TokenView, ...]:
    """This person's API tokens, without their secrets."""
    rows = work.listed(Token, order=(Token.created_at.desc(), Token.id))
    return tuple(_view(row) for row in rows)


@action("token.revoke", on=Token)
def revoke_token(work: Work, token: Token, params: Nothing) -> Done:
    """Ends an API token at once."""
    if token.revoked_at is not None:
        raise Conflict("The token was revoked already.")
    token.revoked_at = work.now
    return Done(token.id)
