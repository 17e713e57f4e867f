"""Disclosures: giving one version to one organisation, on terms, with the reason on record."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions import present
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import Done
from dataroom.actions.views_documents import DisclosureView, VisitLine
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Club, Disclosure, Document, Matter, Organisation, User, Version, Visit
from dataroom.model.clubs import WALL
from dataroom.vault.sealed import Kind

LONGEST = timedelta(days=366 * 3)
WHOLE = "none"
"""The circle of what is disclosed to an organisation as a whole."""
UNNAMED = "named people"
"""What a disclosure to a club is called to whoever may not see the club."""
Sentence = Annotated[str, Field(min_length=12, max_length=2000)]


class Grant(Params):
    """To whom (organisation by slug), what for, why it is necessary, what narrower way was considered, until when; and
    through which club, if only the recipient's people in one of the own organisation's clubs are to see it."""

    recipient: Annotated[str, Field(min_length=1, max_length=40)]
    purpose: Sentence
    necessity: Sentence
    alternative: Sentence
    expires_at: datetime
    club: uuid.UUID | None = None
    visits: Literal["free", "stated"] = "free"
    """`stated`: whoever opens it says first what for."""


def recipient_of(session: Session, params: Grant) -> uuid.UUID:
    """The recipient's id; the null id for nobody."""
    found = session.query(Organisation.id).filter(Organisation.slug == params.recipient).scalar()
    return found or uuid.UUID(int=0)


def circle_of(session: Session, params: Grant) -> str:
    """The kind of the club to whose people alone it would be disclosed; `none` without one."""
    club = session.get(Club, params.club) if params.club else None
    return WHOLE if club is None else club.kind


@action("disclosure.grant", on=Version, asks={"recipient": recipient_of, "circle": circle_of})
def grant(work: Work, version: Version, params: Grant) -> Done:
    """Discloses one version, or its redacted copy, to one participating organisation until a day."""
    document = work.get(Document, version.document_id)
    if document.schedule is None:
        raise Conflict("Classify the document first: tier, category and schedule.")
    if params.expires_at.tzinfo is None or not work.now < params.expires_at <= work.now + LONGEST:
        raise Invalid("expires_at: must be a time with its zone, in the future and within three years")
    recipient = recipient_of(work.session, params)
    club = _club(work, version, params.club)
    row = Disclosure(
        id=new_id(),
        version_id=version.id,
        document_id=document.id,
        matter_id=version.matter_id,
        organisation_id=version.organisation_id,
        recipient_id=recipient,
        club_id=params.club,
        purpose=params.purpose,
        necessity=params.necessity,
        alternative=params.alternative,
        granted_by=work.user,
        granted_at=work.now,
        expires_at=params.expires_at,
        visits=params.visits,
    )
    work.add(row)
    work.concerns(target=row)
    work.state(version=version.id, recipient=recipient, expires=params.expires_at.isoformat())
    if club is not None:
        work.state(club=club.id, kind=club.kind)
    return Done(row.id)


def _club(work: Work, version: Version, club: uuid.UUID | None) -> Club | None:
    """The club; refuses what is no live club of the owner in the matter: a wall lets nobody in."""
    if club is None:
        return None
    own = (Club.matter_id == version.matter_id, Club.organisation_id == version.organisation_id)
    found = work.one(Club, Club.id == club, *own, Club.ended_at.is_(None), Club.kind != WALL)
    if found is None:
        raise Invalid("club: not a club of your organisation in this matter")
    return found


@action("disclosure.withdraw", on=Disclosure)
def withdraw(work: Work, disclosure: Disclosure, params: Nothing) -> Done:
    """Ends a disclosure; the recipient's very next request finds nothing."""
    if disclosure.withdrawn_at is not None:
        raise Conflict("The disclosure was withdrawn already.")
    disclosure.withdrawn_at, disclosure.withdrawn_by = work.now, work.user
    work.state(version=disclosure.version_id, recipient=disclosure.recipient_id)
    return Done(disclosure.id)


@action("disclosure.list", on=Matter, lists=Disclosure)
def list_disclosures(work: Work, matter: Matter, params: Nothing) -> tuple[DisclosureView, ...]:
    """What the own organisation gave and received in a matter."""
    rows = work.listed(
        Disclosure,
        Disclosure.matter_id == matter.id,
        order=(Disclosure.granted_at.desc(), Disclosure.id),
    )
    return disclosure_views(work, rows)


def disclosure_views(work: Work, rows: list[Disclosure]) -> tuple[DisclosureView, ...]:
    """Disclosures with their documents and parties; what can be done follows from who gave them and whether live."""
    parties = present.organisations(work.session)
    references = present.references(work, [row.document_id for row in rows])
    people = present.names(work.session, [row.granted_by for row in rows])
    versions = {v.id: v for v in work.all(Version, Version.id.in_([row.version_id for row in rows]))}
    withdrawing, visited = set(_withdrawable(work, rows)), _visited(work, rows)
    wanted = [row.club_id for row in rows if row.club_id]
    clubs = {c.id: c.name for c in work.all(Club, Club.id.in_(wanted), work.narrowed(Club, "club.list"))}
    return tuple(
        DisclosureView(
            id=row.id,
            version=row.version_id,
            document=references[row.document_id],
            original=versions[row.version_id].kind == Kind.ORIGINAL,
            ordinal=versions[row.version_id].ordinal,
            organisation=parties[row.organisation_id],
            recipient=parties[row.recipient_id],
            club=clubs.get(row.club_id, UNNAMED) if row.club_id else "",
            purpose=row.purpose,
            necessity=row.necessity,
            alternative=row.alternative,
            granted_by=people.get(row.granted_by, "") if row.organisation_id == work.organisation else "",
            granted_at=row.granted_at,
            expires_at=row.expires_at,
            withdrawn_at=row.withdrawn_at,
            live=row.withdrawn_at is None and row.expires_at > work.now,
            visits=row.visits,
            visited=visited.get((row.version_id, row.recipient_id), ()),
            can=frozenset({"disclosure.withdraw"} if row.id in withdrawing else ()),
        )
        for row in rows
    )


def _withdrawable(work: Work, rows: list[Disclosure]) -> list[uuid.UUID]:
    ids = [row.id for row in rows]
    narrowed = work.narrowed(Disclosure, "disclosure.withdraw")
    return [row.id for row in work.all(Disclosure, Disclosure.id.in_(ids), narrowed)]


def _visited(work: Work, rows: list[Disclosure]) -> dict[tuple[uuid.UUID, uuid.UUID], tuple[VisitLine, ...]]:
    """What people of a recipient stated of a version, for its owner."""
    own = [row.version_id for row in rows if row.organisation_id == work.organisation]
    query = (
        select(Visit.version_id, Visit.purpose, Visit.stated_at, User.name, User.organisation_id)
        .join(User, User.id == Visit.user_id)
        .where(Visit.version_id.in_(own))
        .order_by(Visit.stated_at)
    )
    found: dict[tuple[uuid.UUID, uuid.UUID], tuple[VisitLine, ...]] = {}
    for row in work.rows(query):
        key = (row.version_id, row.organisation_id)
        found[key] = (*found.get(key, ()), VisitLine(row.name, row.purpose, row.stated_at))
    return found
