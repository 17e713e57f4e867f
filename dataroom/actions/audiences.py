"""Audiences: named groups of participants, for each of which an original may have a redacted copy of its own.

Who is in an audience is fixed when it is named, and taken over by a redaction when that is begun, so nobody comes to a
copy by a change made afterwards.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from dataroom.actions import present
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import Done, OrganisationView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Audience, AudienceParty, Matter, Organisation, Participation


class NewAudience(Params):
    """A name, and the organisations (by slug) that belong to it."""

    name: Annotated[str, Field(min_length=3, max_length=120)]
    organisations: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(min_length=1, max_length=50)]


@dataclass(frozen=True)
class AudienceView:
    """An audience with its organisations."""

    id: uuid.UUID
    name: str
    organisations: tuple[OrganisationView, ...]
    created_at: datetime
    ended_at: datetime | None
    can: frozenset[str]


@action("audience.create", on=Matter, affair="actor")
def create(work: Work, matter: Matter, params: NewAudience) -> Done:
    """Names an audience for the own organisation's redacted copies in a matter."""
    parties = others(work, matter.id, params.organisations, "organisations")
    same = (Audience.matter_id == matter.id, Audience.organisation_id == work.organisation)
    if work.one(Audience, *same, Audience.name == params.name, Audience.ended_at.is_(None)) is not None:
        raise Conflict("There is an audience of this name.")
    row = work.add(
        Audience(
            id=new_id(),
            matter_id=matter.id,
            organisation_id=work.organisation,
            name=params.name,
            created_by=work.user,
            created_at=work.now,
        )
    )
    for party in parties:
        work.add(AudienceParty(audience_id=row.id, organisation_id=party.id, matter_id=matter.id))
    work.concerns(target=row, owner=work.organisation)
    work.state(organisations=[str(party.id) for party in parties])
    return Done(row.id)


def others(work: Work, matter: uuid.UUID, slugs: Iterable[str], field: str) -> list[Organisation]:
    """Other participants of a matter by their short names; `Invalid`, naming the field, for anybody else."""
    wanted = set(slugs)
    parts = work.all(Participation, Participation.matter_id == matter)
    ids = [part.organisation_id for part in parts if part.organisation_id != work.organisation]
    found = work.all(Organisation, Organisation.id.in_(ids), Organisation.slug.in_(wanted), order=(Organisation.slug,))
    if len(found) != len(wanted):
        raise Invalid(f"{field}: only other participants of the matter can be meant")
    return found


def members(work: Work, matter: uuid.UUID, audience: uuid.UUID) -> list[uuid.UUID]:
    """The organisations of a live audience of the own organisation; `Invalid` when there is no such audience."""
    row = work.one(
        Audience,
        Audience.id == audience,
        Audience.matter_id == matter,
        Audience.organisation_id == work.organisation,
        Audience.ended_at.is_(None),
    )
    if row is None:
        raise Invalid("group: not an audience of your organisation in this matter")
    parties = work.all(AudienceParty, AudienceParty.audience_id == row.id)
    return sorted(party.organisation_id for party in parties)


@action("audience.list", on=Matter, lists=Audience)
def list_audiences(work: Work, matter: Matter, params: Nothing) -> tuple[AudienceView, ...]:
    """The audiences the own organisation has named in a matter, the live ones first."""
    rows = work.listed(
        Audience,
        Audience.matter_id == matter.id,
        order=(Audience.ended_at.is_not(None), Audience.name, Audience.id),
    )
    ids = [row.id for row in rows]
    organisations, told = present.organisations(work.session), _parties(work, ids)
    live = (Audience.id.in_(ids), Audience.ended_at.is_(None))
    ending = {row.id for row in work.all(Audience, *live, work.narrowed(Audience, "audience.end"))}
    return tuple(
        AudienceView(
            id=row.id,
            name=row.name,
            organisations=tuple(sorted((organisations[one] for one in told[row.id]), key=lambda one: one.name)),
            created_at=row.created_at,
            ended_at=row.ended_at,
            can=frozenset({"audience.end"} if row.id in ending else ()),
        )
        for row in rows
    )


def _parties(work: Work, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    told: dict[uuid.UUID, list[uuid.UUID]] = {one: [] for one in ids}
    for party in work.all(AudienceParty, AudienceParty.audience_id.in_(ids)):
        told[party.audience_id].append(party.organisation_id)
    return told


@action("audience.end", on=Audience)
def end(work: Work, audience: Audience, params: Nothing) -> Done:
    """Ends an audience: no further copy is begun for it by name; copies made for it stay as they are."""
    if audience.ended_at is not None:
        raise Conflict("The audience was ended already.")
    audience.ended_at = work.now
    return Done(audience.id)
