"""Registering partner organisations and their identity providers: the operator's part, recorded like any other."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field

from dataroom.actions.identity import secret_key
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Invalid
from dataroom.ids import new_id
from dataroom.model import Issuer, Matter, Organisation, Participation, Session, User
from dataroom.model.people import ROLES, SET_ASIDE

Short = Annotated[str, Field(min_length=1, max_length=200)]


class Partner(Params):
    """One organisation and the one issuer that speaks for it. The client secret is wrapped before it is stored."""

    slug: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{2,39}$")]
    name: Short
    mail_domains: Annotated[list[Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")]], Field(min_length=1)]
    ceiling: Annotated[int, Field(ge=1, le=9)]
    issuer: Annotated[str, Field(min_length=8, max_length=500)]
    client_id: Short
    client_secret: Annotated[str | None, Field(max_length=500, repr=False)] = None
    algorithms: tuple[str, ...] = ("RS256", "ES256", "PS256", "EdDSA")
    role_claim: Short = "roles"
    role_map: dict[str, str]
    strong_acr: Annotated[tuple[Annotated[str, Field(pattern=r"^[!#-\[\]-~]{1,255}$")], ...], Field(max_length=20)] = ()
    """The classes of sign-in that count as strong; none: the provider knows of none, and people use their own keys."""

    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$")] = None
    """Where the company is (ISO 3166-1 alpha-2); unknown, its documents and those of others stay on their side."""
    client_auth: Literal["secret", "private_key_jwt"] = "secret"
    """What the provider is shown: the secret (or none, for a public client), or a key of the installation's own."""
    client_alg: Literal["EdDSA", "ES256"] = "EdDSA"
    """Of that key: ES256 for a provider that verifies no EdDSA."""
    hosts: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$")], ...], Field(max_length=10)] = ()
    """The hosts that may be called for this provider (keys, tokens, userinfo, pushed requests) besides its issuer's."""
    pushed: bool = False
    """Whether requests are pushed to the provider before the browser leaves (RFC 9126)."""

    @property
    def shown(self) -> str | None:
        """What the row keeps of both: nothing for a secret, and no algorithm for the usual one."""
        if self.client_auth == "secret":
            return None
        return self.client_auth if self.client_alg == "EdDSA" else f"{self.client_auth} {self.client_alg}"


@action("partner.register", on=None, kind="Service", performer="service")
def register(work: Work, _target: None, params: Partner) -> Done:
    """Registers an organisation with its identity provider, or changes what is registered of it."""
    if params.ceiling not in work.services.law.tiers:
        raise Invalid(f"ceiling: there is no tier {params.ceiling}")
    if not set(params.role_map.values()) <= set(ROLES):
        raise Invalid(f"role_map: roles are {', '.join(ROLES)}")
    if params.client_auth != "secret" and params.client_secret is not None:
        raise Invalid("client_secret: with private_key_jwt there is none")
    taken = {d for row in work.all(Organisation, Organisation.slug != params.slug) for d in row.mail_domains}
    if taken & set(params.mail_domains):
        raise Invalid("mail_domains: one of them belongs to another partner")
    organisation = work.one(Organisation, Organisation.slug == params.slug)
    if organisation is None:
        organisation = Organisation(id=new_id(), slug=params.slug, created_at=work.now)
        work.session.add(organisation)
    organisation.name, organisation.ceiling = params.name, params.ceiling
    organisation.mail_domains = list(params.mail_domains)
    organisation.country = params.country
    work.session.flush()
    issuer = work.one(Issuer, Issuer.organisation_id == organisation.id)
    if issuer is None:
        issuer = Issuer(id=new_id(), organisation_id=organisation.id)
        work.session.add(issuer)
    if issuer.issuer not in {None, params.issuer}:
        _retire(work, organisation, issuer)
    issuer.issuer, issuer.client_id = params.issuer, params.client_id
    issuer.algorithms, issuer.role_claim = list(params.algorithms), params.role_claim
    issuer.role_map, issuer.strong_acr = dict(params.role_map), list(params.strong_acr)
    issuer.client_auth = params.shown
    issuer.pushed, issuer.hosts = params.pushed, list(params.hosts)
    issuer.client_secret = _wrapped(work, issuer.id, params.client_secret)
    work.concerns(target=organisation, owner=organisation.id)
    work.state(slug=params.slug, issuer=params.issuer)
    return Done(organisation.id)


def _retire(work: Work, organisation: Organisation, issuer: Issuer) -> None:
    """Another provider cannot become the people the former one vouched for: they end, and every matter is told."""
    for user in work.all(User, User.issuer_id == issuer.id, User.active.is_(True)):
        user.active = False
        user.subject = f"{user.subject[:200]}{SET_ASIDE}{work.now:%Y%m%d%H%M%S}"
        for session in work.all(Session, Session.user_id == user.id, Session.ended_at.is_(None)):
            session.ended_at = work.now
    for part in work.all(Participation, Participation.organisation_id == organisation.id):
        work.owe("partner.announce", part.matter_id)
    work.state(retired_issuer=issuer.issuer)


@action("partner.announce", on=Matter, performer="service")
def announce(work: Work, matter: Matter, params: Nothing) -> Done:
    """Tells a matter's log that a participant's identity provider was changed and its people start anew."""
    return Done(matter.id)


def _wrapped(work: Work, issuer: uuid.UUID, secret: str | None) -> bytes | None:
    if secret is None:
        return None
    name = secret_key(issuer)
    if not work.services.kms.exists(name):
        work.services.kms.create(name)
    return work.services.kms.wrap(name, secret.encode())
