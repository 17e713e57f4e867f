"""Who is it: from a session cookie or an API token to the principal, or nobody. Asked before every action."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from dataroom.actions.accounts import SCOPES, hashed
from dataroom.actions.context import EVERYTHING, Principal, Services
from dataroom.actions.invitations import awaited
from dataroom.errors import Unauthenticated
from dataroom.ids import new_id
from dataroom.model import Directory, Issuer, Organisation, Session, Token, User
from policies.engine import is_country

_SEEN_EVERY = timedelta(seconds=60)


@dataclass(frozen=True)
class IssuerRow:
    """What is registered about an organisation's identity provider; the secret is unwrapped for use in memory."""

    id: uuid.UUID
    organisation: uuid.UUID
    organisation_slug: str
    mail_domains: tuple[str, ...]
    issuer: str
    client_id: str
    client_secret: str | None
    algorithms: tuple[str, ...]
    role_claim: str
    role_map: dict[str, str]
    ceiling: int
    strong_acr: tuple[str, ...]
    client_auth: str
    pushed: bool
    hosts: tuple[str, ...]


def by_session(services: Services, secret: str, address: str, country: str = "") -> Principal:
    """The person a session cookie belongs to; `Unauthenticated` when it is unknown, ended, idle or expired.

    `country` is what the proxy in front says of this request.
    """
    now = services.clock.now()
    idle = timedelta(seconds=services.config.session_idle)
    with services.database.reading() as session:
        found = session.execute(
            select(Session, User, Organisation)
            .join(User, User.id == Session.user_id)
            .join(Organisation, Organisation.id == User.organisation_id)
            .where(
                Session.token_hash == hashed(services.config, secret), Session.ended_at.is_(None), User.active.is_(True)
            )
        ).first()
    if found is None or found[0].expires_at <= now or found[0].seen_at + idle <= now:
        raise Unauthenticated()
    row, user, organisation = found
    if now - row.seen_at > _SEEN_EVERY:
        with services.database.writing() as writing:
            writing.execute(update(Session).where(Session.id == row.id).values(seen_at=now))
    person = _principal(user, organisation, address, row.id, None)
    return replace(person, place=_place(services, organisation, row.country, country))


def _place(services: Services, organisation: Organisation, claimed: str | None, told: str) -> str:
    """The country somebody is in by the one source that is configured; empty is unknown, which nothing covers."""
    source = services.config.country_source
    known = organisation.country if source == "organisation" else claimed if source.startswith("claim:") else told
    return known if known and is_country(known) else ""


def by_token(services: Services, secret: str, address: str, country: str = "") -> Principal:
    """The person an API token acts for; `Unauthenticated` when it is unknown, revoked or expired."""
    now = services.clock.now()
    with services.database.reading() as session:
        found = session.execute(
            select(Token, User, Organisation)
            .join(User, User.id == Token.user_id)
            .join(Organisation, Organisation.id == User.organisation_id)
            .where(
                Token.token_hash == hashed(services.config, secret), Token.revoked_at.is_(None), User.active.is_(True)
            )
        ).first()
    if found is None or found[0].expires_at <= now:
        raise Unauthenticated("The token is unknown, revoked or expired.")
    token, user, organisation = found
    return replace(
        _principal(user, organisation, address, None, token.id),
        scopes=tuple(str(name) for name in token.scopes or ()),
        confined=token.confined_to,
        via=f"token:{token.id}",
        place=_place(services, organisation, None, country),
    )


def by_directory(services: Services, secret: str, address: str) -> Principal:
    """The organisation's directory a secret belongs to; `Unauthenticated` when it is unknown, revoked or expired."""
    now = services.clock.now()
    with services.database.reading() as session:
        found = session.execute(
            select(Directory, Organisation)
            .join(Organisation, Organisation.id == Directory.organisation_id)
            .where(Directory.token_hash == hashed(services.config, secret), Directory.revoked_at.is_(None))
        ).first()
    if found is None or found[0].expires_at <= now:
        raise Unauthenticated("The token is unknown, revoked or expired.")
    row, organisation = found
    if row.used_at is None or now - row.used_at > _SEEN_EVERY:
        with services.database.writing() as writing:
            writing.execute(update(Directory).where(Directory.id == row.id).values(used_at=now))
    return Principal(
        role="directory",
        organisation=organisation.id,
        organisation_name=organisation.name,
        name=row.name,
        address=address,
        token=row.id,
        via=f"directory:{row.id}",
    )


def by_access_token(services: Services, token: str, address: str, country: str = "") -> Principal:
    """The person a company's provider issued an access token for; they must have signed in here and be active.

    Taken only of companies named in the setting ACCESS_TOKENS, for the audience it gives them. A token is held to the
    purposes its `scope` claim names, in the words of our own tokens; other words permit nothing, and neither does a
    token without the claim unless ACCESS_TOKENS_UNSCOPED names the company. The audit log names the token by the first
    half of its SHA-256.
    """
    if services.access is None:
        raise Unauthenticated("Access tokens of identity providers are not taken here.")
    claimed = services.access.issuer(token)
    with services.database.reading() as session:
        found = session.execute(
            select(Issuer, Organisation)
            .join(Organisation, Organisation.id == Issuer.organisation_id)
            .where(Issuer.issuer == claimed)
        ).first()
    audience = services.config.audiences.get(found[1].slug) if found else None
    if found is None or not audience:
        raise Unauthenticated("The access token does not hold.")
    issuer, organisation = found
    algorithms, hosts = _names(issuer.algorithms), _names(issuer.hosts)
    now = services.clock.now().timestamp()
    subject, named = services.access.holder(token, issuer.issuer, audience, algorithms, hosts, now)
    with services.database.reading() as session:
        known = (User.issuer_id == issuer.id, User.subject == subject, User.active.is_(True))
        user = session.scalars(select(User).where(*known)).first()
    if user is None:
        raise Unauthenticated("The access token does not hold.")
    via = f"jwt:{hashlib.sha256(token.encode()).hexdigest()[:32]}"
    place = _place(services, organisation, None, country)
    if named is None and organisation.slug in services.config.unscoped:
        named = (EVERYTHING,)
    scopes = tuple(name for name in SCOPES if name in (named or ()))
    return replace(_principal(user, organisation, address, None, None), via=via, scopes=scopes, place=place)


def _principal(
    user: User, organisation: Organisation, address: str, session: uuid.UUID | None, token: uuid.UUID | None
) -> Principal:
    return Principal(
        role=user.role,
        user=user.id,
        organisation=organisation.id,
        organisation_name=organisation.name,
        name=user.name,
        email=user.email,
        address=address,
        session=session,
        token=token,
    )


def arriving(
    services: Services,
    issuer: IssuerRow,
    subject: str,
    role: str,
    name: str,
    email: str,
    address: str,
    proven: str = "",
) -> Principal:
    """The principal of somebody who is just signing in: the user known by (issuer, subject), or a new one.

    Who is new and was awaited under the verified address `proven` is that person.
    """
    with services.database.reading() as session:
        known = session.scalars(select(User.id).where(User.issuer_id == issuer.id, User.subject == subject)).first()
        found = None if known else awaited(session, issuer.id, proven, services.clock.now())
        organisation = session.get(Organisation, issuer.organisation)
    return Principal(
        role=role,
        user=known or (found.id if found else new_id()),
        organisation=issuer.organisation,
        organisation_name=organisation.name if organisation else "",
        name=name,
        email=email,
        address=address,
        arriving=known is None,
    )


def vouching(services: Services, person: Principal) -> uuid.UUID | None:
    """The id of the identity provider that vouched for a person; None for nobody."""
    with services.database.reading() as session:
        return session.scalars(select(User.issuer_id).where(User.id == person.user)).first()


def secret_key(issuer: uuid.UUID) -> str:
    """The KMS key that wraps an issuer's client secret."""
    return f"issuer-{issuer}"


def _names(column: list[Any] | None) -> tuple[str, ...]:
    return tuple(str(name) for name in column or ())


def issuers(services: Services) -> tuple[IssuerRow, ...]:
    """Every registered identity provider, with its client secret unwrapped."""
    with services.database.reading() as session:
        rows = session.execute(
            select(Issuer, Organisation).join(Organisation, Organisation.id == Issuer.organisation_id)
        ).all()
    return tuple(_opened(services, issuer, organisation) for issuer, organisation in rows)


def issuer_named(services: Services, address: str) -> IssuerRow | None:
    """The registered identity provider of this address; no other one's secret is unwrapped."""
    with services.database.reading() as session:
        row = session.execute(
            select(Issuer, Organisation)
            .join(Organisation, Organisation.id == Issuer.organisation_id)
            .where(Issuer.issuer == address)
        ).first()
    return _opened(services, row[0], row[1]) if row else None


def _opened(services: Services, issuer: Issuer, organisation: Organisation) -> IssuerRow:
    secret = issuer.client_secret
    return IssuerRow(
        id=issuer.id,
        organisation=organisation.id,
        organisation_slug=organisation.slug,
        mail_domains=tuple(str(domain) for domain in organisation.mail_domains),
        issuer=issuer.issuer,
        client_id=issuer.client_id,
        client_secret=services.kms.unwrap(secret_key(issuer.id), secret).decode() if secret else None,
        algorithms=_names(issuer.algorithms),
        role_claim=issuer.role_claim,
        role_map={str(k): str(v) for k, v in issuer.role_map.items()},
        ceiling=organisation.ceiling,
        client_auth=issuer.client_auth or "",
        pushed=bool(issuer.pushed),
        hosts=_names(issuer.hosts),
        strong_acr=_names(issuer.strong_acr),
    )
