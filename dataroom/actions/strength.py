"""How strongly somebody has proved who they are, what an action lacks of it, and what would satisfy.

How old a proof may be is a rule (`policies/access/strength.cedar`); the seconds here only say the same to a provider
or a client, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dataroom.actions.registry import Params
from dataroom.actions.work import Work
from dataroom.errors import NeedsStrength
from dataroom.model import Issuer, User
from policies.engine import Decision, Entity, Ref

STRONG_SECONDS = 900
"""How old the proof may be for what takes a strong sign-in."""
FRESH_SECONDS = 300
"""How old a sign-in may be for what takes a fresh one."""
PROVED: Mapping[str, int] = {"sign_in_age": 0, "strong_age": 0}


class Proof(Params):
    """What a provider says of a sign-in: its class, the methods used, when it asked the person (since 1970), where."""

    acr: Annotated[str | None, Field(max_length=255)] = None
    amr: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=20)] = ()
    auth_time: Annotated[int | None, Field(ge=0, lt=2**53)] = None
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$")] = None

    def asked_at(self, now: datetime) -> datetime | None:
        """When the provider asked the person, never later than now."""
        if self.auth_time is None:
            return None
        return datetime.fromtimestamp(min(self.auth_time, int(now.timestamp())), UTC)

    def strong_at(self, issuer: Issuer, now: datetime) -> datetime | None:
        """When the person proved strongly who they are; None unless the class counts and the time is told."""
        return self.asked_at(now) if self.acr is not None and self.acr in (issuer.strong_acr or ()) else None


def proved(
    work: Work, action: str, entity: Entity, more: Mapping[str, Ref | str], proof: Mapping[str, int] = PROVED
) -> Decision:
    """What the policy would say to a person who had just proved who they are; to the service as it says anyway."""
    attrs = {**work.member.attrs, **proof} if work.member.type == "Member" else work.member.attrs
    return work.services.law.decide(replace(work.member, attrs=attrs), action, entity, work.context(**more))


def lacking(work: Work, action: str, entity: Entity, more: Mapping[str, Ref | str]) -> NeedsStrength:
    """What to ask of a person who is refused an action for their sign-in alone."""
    strong = not proved(work, action, entity, more, {"sign_in_age": 0}).allowed
    limit = STRONG_SECONDS if strong else FRESH_SECONDS
    facts = {"max_age": limit, "acr_values": list(_classes(work)) if strong else [], "strong": strong}
    said = "This takes a strong sign-in" if strong else "This takes a sign-in"
    return NeedsStrength(f"{said} not older than {limit // 60} minutes.", facts=facts)


def _classes(work: Work) -> tuple[str, ...]:
    """The classes of sign-in that count at the provider of whoever acts."""
    query = select(Issuer.strong_acr).join(User, User.issuer_id == Issuer.id).where(User.id == work.principal.user)
    return tuple(str(name) for name in work.session.scalar(query) or ())
