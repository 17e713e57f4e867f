"""Access reviews: what an organisation lets people do in a matter is confirmed by a day, and what is not ends.

A review names parts in the matter, places in clubs, live disclosures and live grants as they are when it begins. On
its day the service ends what nobody has confirmed. Places behind walls are left out, since ending them would open.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, or_, select

from dataroom.actions import present
from dataroom.actions.access import end_grant
from dataroom.actions.context import Desk, Download
from dataroom.actions.departures import end_leave
from dataroom.actions.redaction_log import spreadsheet
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.reviewed import items_of, subjects
from dataroom.actions.views import Done
from dataroom.actions.views_access import ReviewLine, ReviewView
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Base, ClubMember, Disclosure, Grant, Leave, Matter, Membership, Review, ReviewItem, User

HEADER = ("What", "Which", "Person", "Organisation", "Until", "Outcome", "By", "At")
KIND_NAMES = {
    "membership": "part in the matter",
    "club": "place in a club",
    "disclosure": "disclosure",
    "grant": "access granted",
    "leave": "deputy of somebody away",
}
OUTCOMES = {
    "kept": "confirmed",
    "ended": "ended: nobody confirmed it",
    "last": "kept: the last of this role",
    "gone": "had ended before",
}
KEPT_ROLES = ("custodian", "compliance")
"""Roles of which a review leaves an organisation at least one person in the matter."""


class Start(Params):
    """Until when everything has to be confirmed: 1 to 90 days ahead."""

    due: datetime


class Confirmed(Params):
    """Which items of the review are confirmed."""

    items: Annotated[list[uuid.UUID], Field(min_length=1, max_length=1000)]


@action("review.start", on=Matter, affair="actor")
def start(work: Work, matter: Matter, params: Start) -> Done:
    """Begins a review of everything the own organisation lets people do in a matter."""
    nearest, farthest = work.now + timedelta(days=1), work.now + timedelta(days=90)
    if params.due.tzinfo is None or not nearest <= params.due <= farthest:
        raise Invalid("due: must be a time with its zone, 1 to 90 days ahead")
    own = (Review.matter_id == matter.id, Review.organisation_id == work.organisation)
    if work.one(Review, *own, Review.closed_at.is_(None)) is not None:
        raise Conflict("A review is under way.")
    row = Review(
        id=new_id(),
        matter_id=matter.id,
        organisation_id=work.organisation,
        started_by=work.user,
        started_at=work.now,
        due_at=params.due,
    )
    work.add(row)
    found = subjects(work, matter.id)
    for kind, subject, user in found:
        work.session.add(ReviewItem(id=new_id(), review_id=row.id, kind=kind, subject_id=subject, user_id=user))
    work.owe("review.close", row.id, params.due - work.now)
    work.concerns(target=row, owner=work.organisation)
    work.state(items=len(found), due=params.due.isoformat())
    return Done(row.id)


@action("review.list", on=Matter, lists=Review)
def list_reviews(work: Work, matter: Matter, params: Nothing) -> tuple[ReviewLine, ...]:
    """The reviews of the own organisation in a matter, newest first."""
    rows = work.listed(Review, Review.matter_id == matter.id, order=(Review.started_at.desc(), Review.id))
    return _lines(work, rows)


def _lines(work: Work, rows: list[Review]) -> tuple[ReviewLine, ...]:
    ids = [row.id for row in rows]
    query = (
        select(ReviewItem.review_id, ReviewItem.outcome, func.count())
        .where(ReviewItem.review_id.in_(ids))
        .group_by(ReviewItem.review_id, ReviewItem.outcome)
    )
    counts: dict[uuid.UUID, dict[str | None, int]] = {}
    for review, outcome, count in work.rows(query):
        counts.setdefault(review, {})[outcome] = count
    people = present.names(work.session, [row.started_by for row in rows])
    confirming = {row.id for row in work.all(Review, Review.id.in_(ids), work.narrowed(Review, "review.confirm"))}
    return tuple(
        ReviewLine(
            id=row.id,
            started_by=people.get(row.started_by, ""),
            started_at=row.started_at,
            due_at=row.due_at,
            closed_at=row.closed_at,
            items=sum(counts.get(row.id, {}).values()),
            confirmed=counts.get(row.id, {}).get("kept", 0),
            ended=counts.get(row.id, {}).get("ended", 0),
            can=frozenset({"review.confirm"} if row.id in confirming else ()),
        )
        for row in rows
    )


@action("review.read", on=Review)
def read(work: Work, review: Review, params: Nothing) -> ReviewView:
    """A review with everything it is about."""
    return _view(work, review)


def _view(work: Work, review: Review) -> ReviewView:
    rows = work.all(ReviewItem, ReviewItem.review_id == review.id, order=(ReviewItem.kind, ReviewItem.id))
    return ReviewView(_lines(work, [review])[0], review.matter_id, items_of(work, rows))


def _let_in(work: Work, review: Review, params: Confirmed) -> list[Hand]:
    """Whom the items let in."""
    rows = work.all(ReviewItem, ReviewItem.review_id == review.id, ReviewItem.id.in_(params.items))
    return [(row.user_id, None) for row in rows]


_CONFIRMING = TwoPeople(
    first=_let_in,
    said="Nobody confirms what lets in themselves; a colleague does.",
    party="any",
)


@action("review.confirm", on=Review, two=_CONFIRMING)
def confirm(work: Work, review: Review, params: Confirmed) -> Done:
    """Confirms items of a review: what they are about goes on."""
    rows = work.all(ReviewItem, ReviewItem.review_id == review.id, ReviewItem.id.in_(params.items))
    if len(rows) != len(set(params.items)):
        raise Invalid("items: one of them is not of this review")
    fresh = [row for row in rows if row.outcome is None]
    for row in fresh:
        row.outcome, row.decided_by, row.decided_at = "kept", work.user, work.now
    work.state(confirmed=[str(row.id) for row in fresh])
    return Done(review.id)


@action("review.close", on=Review, performer="service")
def close(work: Work, review: Review, params: Nothing) -> Done:
    """Ends what nobody has confirmed by the day of a review, and closes the review."""
    rows = work.all(ReviewItem, ReviewItem.review_id == review.id, ReviewItem.outcome.is_(None))
    kept = _kept(work, review, rows)
    for row in rows:
        row.outcome = "last" if row.subject_id in kept else "ended" if _end(work, row) else "gone"
        row.decided_at = work.now
    review.closed_at = work.now
    told = {name: [str(row.subject_id) for row in rows if row.outcome == name] for name in ("ended", "last")}
    work.state(**{name: some for name, some in told.items() if some})
    return Done(review.id)


def _kept(work: Work, review: Review, rows: Iterable[ReviewItem]) -> set[uuid.UUID]:
    """Parts that go on although nobody confirmed them: the oldest of a role of which nobody else would be left."""
    query = (
        select(Membership.id, User.role)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.matter_id == review.matter_id,
            Membership.removed_at.is_(None),
            or_(Membership.valid_until.is_(None), Membership.valid_until > work.now),
            User.organisation_id == review.organisation_id,
            User.active.is_(True),
            User.role.in_(KEPT_ROLES),
        )
        .order_by(Membership.valid_from, Membership.id)
    )
    ending = {row.subject_id for row in rows if row.kind == "membership"}
    by_role: dict[str, list[uuid.UUID]] = {}
    for part, role in work.rows(query):
        by_role.setdefault(role, []).append(part)
    return {parts[0] for parts in by_role.values() if ending.issuperset(parts)}


TABLES: dict[str, type[Base]] = {
    "membership": Membership,
    "club": ClubMember,
    "disclosure": Disclosure,
    "grant": Grant,
    "leave": Leave,
}


def _end(work: Work, item: ReviewItem) -> bool:
    """Ends what an item is about; False where it had ended before."""
    row = work.get(TABLES[item.kind], item.subject_id)
    if isinstance(row, Grant):
        if row.state != "granted":
            return False
        end_grant(work, row)
        return True
    if isinstance(row, Leave):
        if row.ended_at is not None or row.until <= work.now:
            return False
        end_leave(work, row)
        return True
    column = "withdrawn_at" if isinstance(row, Disclosure) else "removed_at"
    if getattr(row, column) is not None:
        return False
    setattr(row, column, work.now)
    return True


def _written(desk: Desk, view: ReviewView) -> Download:
    rows = tuple(
        (
            KIND_NAMES[item.kind],
            item.what,
            item.person,
            item.organisation,
            stamp(item.until) if item.until else "",
            OUTCOMES[item.outcome] if item.outcome else "not confirmed yet",
            item.decided_by,
            stamp(item.decided_at) if item.decided_at else "",
        )
        for item in view.items
    )
    data = spreadsheet(HEADER, rows)
    name = f"access-review-{view.line.started_at:%Y-%m-%d}.csv"
    return Download(name, "text/csv; charset=utf-8", iter((data,)), len(data))


@action("review.report", on=Review, reveal=_written)
def report(work: Work, review: Review, params: Nothing) -> ReviewView:
    """A review as CSV: everything it is about, what became of it, by whom and when."""
    view = _view(work, review)
    work.state(items=len(view.items))
    return view
