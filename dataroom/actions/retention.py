"""Retention: the event that starts a period, what falls due, and the holds that stop every destruction."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import ColumnElement, select

from dataroom.actions import present
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import DocumentRef, Done, OrganisationView
from dataroom.actions.views_retention import DueLine, HoldView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, NotFound
from dataroom.ids import new_id
from dataroom.model import Disposal, DisposalApproval, DisposalDocument, Document, Hold, HoldDocument, Matter
from dataroom.model.retention import HOLD_KINDS
from policies.engine import due as due_date

BY_ITSELF = ("created", "matter_closed")
DUE_ACTIONS = ("retention.trigger", "hold.place", "disposal.propose")
AT_ONCE = 500


class Place(Params):
    """Why documents must be kept, and which others the same hold covers."""

    kind: Annotated[str, Field(max_length=30)]
    reason: Annotated[str, Field(min_length=12, max_length=2000)]
    also: list[uuid.UUID] = Field(default_factory=list, max_length=1000)


class Release(Params):
    """Why the duty to keep has ended."""

    reason: Annotated[str, Field(min_length=12, max_length=2000)]


class Trigger(Params):
    """The day on which the event happened that starts the retention period."""

    on: date
    also: list[uuid.UUID] = Field(default_factory=list, max_length=1000)


class Due(Params):
    """How far ahead to look, in days (without it everything), or only what has no due date yet, and how many
    lines to pass over: 500 come at once."""

    within: Annotated[int | None, Field(ge=0, le=36500)] = None
    undetermined: bool = False
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0


def with_others(work: Work, document: Document, also: list[uuid.UUID]) -> list[Document]:
    """The target and the further documents, each permitted by the policy for the same action."""
    documents = [document]
    for other_id in dict.fromkeys(also):
        other = work.get(Document, other_id)
        if other.matter_id != document.matter_id:
            raise NotFound()
        if other.id != document.id:
            work.require(work.record.act, other)
            documents.append(other)
    return documents


@action("hold.place", on=Document)
def place(work: Work, document: Document, params: Place) -> Done:
    """Places a hold: nothing covered is destroyed until it is released, and approvals already given are void."""
    if params.kind not in HOLD_KINDS:
        raise Invalid(f"kind: one of {', '.join(HOLD_KINDS)}")
    hold = Hold(
        id=new_id(),
        matter_id=document.matter_id,
        organisation_id=work.organisation,
        kind=params.kind,
        reason=params.reason,
        placed_by=work.user,
        placed_at=work.now,
    )
    work.add(hold)
    covered = with_others(work, document, params.also)
    for item in covered:
        work.add(HoldDocument(hold_id=hold.id, document_id=item.id))
    voided = _void(work, [item.id for item in covered])
    work.concerns(target=hold)
    work.state(documents=[str(item.id) for item in covered], voided=voided)
    return Done(hold.id)


def _void(work: Work, documents: list[uuid.UUID]) -> int:
    touched = select(DisposalDocument.disposal_id).where(DisposalDocument.document_id.in_(documents))
    rows = work.all(Disposal, Disposal.id.in_(touched), Disposal.state.in_(("proposed", "approved")))
    for row in rows:
        row.state, row.remark = "void", "A hold was placed on one of the documents; approvals are void."
        for approval in work.all(DisposalApproval, DisposalApproval.disposal_id == row.id):
            work.remove(approval)
    return len(rows)


@action("hold.release", on=Hold)
def release(work: Work, hold: Hold, params: Release) -> Done:
    """Releases a hold. Nothing is destroyed by that; what is due has to be proposed anew."""
    if hold.released_at is not None:
        raise Conflict("The hold was released already.")
    hold.released_at, hold.released_by, hold.release_reason = work.now, work.user, params.reason
    return Done(hold.id)


@action("hold.list", on=Matter, lists=Hold)
def list_holds(work: Work, matter: Matter, params: Nothing) -> tuple[HoldView, ...]:
    """The holds the own organisation placed in a matter, live ones first."""
    rows = work.listed(
        Hold,
        Hold.matter_id == matter.id,
        order=(Hold.released_at.is_not(None), Hold.placed_at.desc(), Hold.id),
    )
    parties = present.organisations(work.session)
    people = present.names(work.session, [row.placed_by for row in rows])
    links = work.all(HoldDocument, HoldDocument.hold_id.in_([row.id for row in rows]))
    references = present.references(work, [link.document_id for link in links])
    releasable = {
        row.id for row in work.all(Hold, Hold.id.in_([row.id for row in rows]), work.narrowed(Hold, "hold.release"))
    }
    return tuple(
        HoldView(
            id=row.id,
            organisation=parties[row.organisation_id],
            kind=row.kind,
            reason=row.reason,
            placed_by=people.get(row.placed_by, ""),
            placed_at=row.placed_at,
            released_at=row.released_at,
            release_reason=row.release_reason,
            documents=tuple(references[link.document_id] for link in links if link.hold_id == row.id),
            can=frozenset({"hold.release"} if row.id in releasable else ()),
        )
        for row in rows
    )


@action("retention.trigger", on=Document)
def trigger(work: Work, document: Document, params: Trigger) -> Done:
    """Records the day of the event a schedule waits for; the due date follows from it."""
    if params.on > work.now.date():
        raise Invalid("on: the event lies in the future")
    for item in with_others(work, document, params.also):
        if item.schedule is None:
            raise Conflict("Give the document a retention schedule first.")
        if work.services.law.schedules[item.schedule].trigger in BY_ITSELF:
            raise Conflict("This schedule starts by itself, with the contribution or with the closing of the matter.")
        refuse_proposed(work, item)
        start(work, item, params.on)
    work.state(on=params.on.isoformat(), documents=1 + len(params.also))
    return Done(document.id)


def refuse_proposed(work: Work, document: Document) -> None:
    """What approvers have before them does not change: a document under a disposal stays as it was proposed."""
    under = select(DisposalDocument.disposal_id).where(DisposalDocument.document_id == document.id)
    if work.one(Disposal, Disposal.id.in_(under), Disposal.state.in_(("proposed", "approved"))):
        raise Conflict("The document is part of a disposal under way; have it rejected first.")


def start(work: Work, document: Document, day: date) -> None:
    """Sets the trigger day; a period already running is never shortened."""
    if document.schedule is None:
        return
    due = due_date(work.services.law.schedules[document.schedule], day)
    if document.due_on is not None and due < document.due_on:
        raise Conflict("That would shorten a retention period that is already running.")
    document.trigger_on, document.due_on = day, due


def pull_triggers(work: Work, matter: uuid.UUID, event: str) -> int:
    """Starts the retention of every document of a matter whose schedule waits for `event`; returns how many."""
    schedules = [name for name, schedule in work.services.law.schedules.items() if schedule.trigger == event]
    rows = work.all(
        Document,
        Document.matter_id == matter,
        Document.schedule.in_(schedules),
        Document.state != "disposed",
        Document.trigger_on.is_(None),
    )
    for row in rows:
        start(work, row, work.now.date())
    return len(rows)


@action("retention.list", on=Matter, lists=Document)
def list_due(work: Work, matter: Matter, params: Due) -> tuple[DueLine, ...]:
    """What the own organisation keeps in a matter, by the day it falls due; undetermined ones last."""
    criteria = [Document.matter_id == matter.id, work.narrowed(Document), Document.state != "disposed"]
    if params.within is not None:
        criteria.append(Document.due_on <= work.now.date() + timedelta(days=params.within))
    if params.undetermined:
        criteria.append(Document.due_on.is_(None))
    page = work.rows(
        select(Document, _live_hold())
        .where(*criteria)
        .order_by(Document.due_on.is_(None), Document.due_on, Document.number, Document.id)
        .offset(params.skip)
        .limit(AT_ONCE)
    )
    rows = work.confirmed(Document, work.record.act, page, lambda row: row[0].id)
    parties = present.organisations(work.session)
    offers = {
        name: {row[0] for row in work.rows(select(Document.id).where(*criteria, work.narrowed(Document, name)))}
        for name in DUE_ACTIONS
    }
    return tuple(
        _due(
            work,
            document,
            bool(held),
            parties[document.organisation_id],
            frozenset(name for name, ids in offers.items() if document.id in ids),
        )
        for document, held in rows
    )


def _live_hold() -> ColumnElement[bool]:
    return (
        select(HoldDocument.document_id)
        .join(Hold, Hold.id == HoldDocument.hold_id)
        .where(HoldDocument.document_id == Document.id, Hold.released_at.is_(None))
        .correlate(Document)
        .exists()
    )


def _due(work: Work, document: Document, held: bool, owner: OrganisationView, can: frozenset[str]) -> DueLine:
    schedule = work.services.law.schedules.get(document.schedule or "")
    return DueLine(
        document=DocumentRef(document.id, present.number_of(owner.slug, document.number), document.title),
        organisation=owner,
        schedule=document.schedule,
        schedule_title=schedule.title if schedule else "",
        trigger_on=document.trigger_on,
        due_on=document.due_on,
        days=(document.due_on - work.now.date()).days if document.due_on else None,
        held=held,
        state=document.state,
        can=can,
    )
