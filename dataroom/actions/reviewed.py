"""What an access review is about: gathered when it begins, and shown as it is now."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import or_, select

from dataroom.actions import present
from dataroom.actions.views import OrganisationView
from dataroom.actions.views_access import ReviewItemView
from dataroom.actions.work import Work
from dataroom.model import Club, ClubMember, Disclosure, Grant, Leave, Membership, Organisation, ReviewItem, User
from dataroom.model.clubs import WALL

Subject = tuple[str, uuid.UUID, uuid.UUID | None]
"""Kind, id of the row, and the person it lets in, if it is one."""
Shown = tuple[str, uuid.UUID | None, datetime | None]
"""What an item is called, whose organisation it lets in, and until when."""


def subjects(work: Work, matter: uuid.UUID) -> list[Subject]:
    """Everything the own organisation lets people do in a matter at this moment."""
    own, now = work.organisation, work.now
    parts = (
        select(Membership.id, Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.matter_id == matter, Membership.removed_at.is_(None), User.organisation_id == own)
        .where(or_(Membership.valid_until.is_(None), Membership.valid_until > now))
    )
    places = (
        select(ClubMember.id, ClubMember.user_id)
        .join(Club, Club.id == ClubMember.club_id)
        .where(Club.matter_id == matter, Club.organisation_id == own, Club.kind != WALL, Club.ended_at.is_(None))
        .where(ClubMember.removed_at.is_(None), or_(ClubMember.valid_until.is_(None), ClubMember.valid_until > now))
    )
    given = work.all(
        Disclosure,
        Disclosure.matter_id == matter,
        Disclosure.organisation_id == own,
        Disclosure.withdrawn_at.is_(None),
        Disclosure.expires_at > now,
    )
    grants = work.all(
        Grant, Grant.matter_id == matter, Grant.organisation_id == own, Grant.state == "granted", Grant.expires_at > now
    )
    found: list[Subject] = [("membership", row[0], row[1]) for row in work.rows(parts)]
    found += [("club", row[0], row[1]) for row in work.rows(places)]
    found += [("disclosure", row.id, None) for row in given]
    found += [("grant", row.id, row.user_id) for row in grants]
    own_leaves = (Leave.matter_id == matter, Leave.organisation_id == own, Leave.until > now, Leave.ended_at.is_(None))
    return found + [
        ("leave", row.id, row.deputy_id) for row in work.all(Leave, *own_leaves, Leave.deputy_id.is_not(None))
    ]


def items_of(work: Work, rows: Sequence[ReviewItem]) -> tuple[ReviewItemView, ...]:
    """Items as they are shown, with a constant number of queries."""
    shown: dict[uuid.UUID, Shown] = {}
    for kind, tell in _TELLING.items():
        shown |= tell(work, [row.subject_id for row in rows if row.kind == kind])
    parties = present.organisations(work.session)
    people = present.names(work.session, [i for row in rows for i in (row.user_id, row.decided_by)])
    homes = dict(
        tuple(row) for row in work.rows(select(User.id, User.organisation_id).where(User.id.in_(list(_ids(rows)))))
    )
    return tuple(
        ReviewItemView(
            id=row.id,
            kind=row.kind,
            what=shown[row.subject_id][0],
            person=people.get(row.user_id, ""),
            organisation=_name(parties, homes.get(row.user_id) or shown[row.subject_id][1]),
            until=shown[row.subject_id][2],
            mine=row.user_id is not None and row.user_id == work.principal.user,
            outcome=row.outcome,
            decided_by=people.get(row.decided_by, ""),
            decided_at=row.decided_at,
        )
        for row in rows
    )


def _ids(rows: Sequence[ReviewItem]) -> set[uuid.UUID]:
    return {row.user_id for row in rows if row.user_id is not None}


def _name(parties: dict[uuid.UUID, OrganisationView], party: uuid.UUID | None) -> str:
    return parties[party].name if party in parties else ""


def _memberships(work: Work, ids: list[uuid.UUID]) -> dict[uuid.UUID, Shown]:
    return {row.id: (f"tier {row.tier}", None, row.valid_until) for row in work.all(Membership, Membership.id.in_(ids))}


def _places(work: Work, ids: list[uuid.UUID]) -> dict[uuid.UUID, Shown]:
    query = (
        select(ClubMember.id, Club.name, ClubMember.valid_until)
        .join(Club, Club.id == ClubMember.club_id)
        .where(ClubMember.id.in_(ids))
    )
    return {row[0]: (row[1], None, row[2]) for row in work.rows(query)}


def _disclosures(work: Work, ids: list[uuid.UUID]) -> dict[uuid.UUID, Shown]:
    rows = work.all(Disclosure, Disclosure.id.in_(ids))
    references = present.references(work, [row.document_id for row in rows])
    return {row.id: (references[row.document_id].number, row.recipient_id, row.expires_at) for row in rows}


def _grants(work: Work, ids: list[uuid.UUID]) -> dict[uuid.UUID, Shown]:
    slugs = dict(tuple(row) for row in work.rows(select(Organisation.id, Organisation.slug)))
    return {
        row.id: (present.number_of(slugs[row.organisation_id], row.number), None, row.expires_at)
        for row in work.all(Grant, Grant.id.in_(ids))
    }


def _leaves(work: Work, ids: list[uuid.UUID]) -> dict[uuid.UUID, Shown]:
    rows = work.all(Leave, Leave.id.in_(ids))
    people = present.names(work.session, [row.user_id for row in rows])
    return {row.id: (f"for {people.get(row.user_id, '')}", None, row.until) for row in rows}


_TELLING: dict[str, Callable[[Work, list[uuid.UUID]], dict[uuid.UUID, Shown]]] = {
    "membership": _memberships,
    "club": _places,
    "disclosure": _disclosures,
    "grant": _grants,
    "leave": _leaves,
}
