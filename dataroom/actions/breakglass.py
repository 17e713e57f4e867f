"""Breaking the glass: in an emergency somebody opens a document of their own company at once, and answers for it.

It opens what the company has not released yet, for hours, to its own people only: clearance, clubs and walls hold,
and nothing of another organisation is reached. A second person says afterwards whether it had to be.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import or_

from dataroom.actions.access import Remark, end_grant, new_grant
from dataroom.actions.disclosures import Sentence
from dataroom.actions.registry import Hand, Params, TwoPeople, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.model import Document, Grant, Matter, Version
from dataroom.model.access import BREAK_GLASS
from dataroom.vault.sealed import Kind

JUDGED_WITHIN = timedelta(days=3)
"""How long a second person has before it counts as overdue."""


class Emergency(Params):
    """The number of a document of the own organisation, why it cannot wait, and for how many hours."""

    number: Annotated[int, Field(ge=1, lt=2**31)]
    reason: Sentence
    hours: Annotated[int, Field(ge=1, le=8)] = 4


@action("access.break-glass", on=Matter, affair="actor")
def break_glass(work: Work, matter: Matter, params: Emergency) -> Done:
    """Opens the newest version of a document of the own organisation to whoever acts, for hours, with a reason."""
    unknown = Invalid("number: nothing of your organisation that breaking the glass could open to you")
    document = work.one(
        Document,
        Document.matter_id == matter.id,
        Document.organisation_id == work.organisation,
        Document.number == params.number,
    )
    found = work.all(
        Version,
        Version.document_id == (document.id if document else None),
        Version.kind == int(Kind.ORIGINAL),
        order=(Version.ordinal.desc(),),
    )
    if document is None or not found:
        raise unknown
    version = found[0]
    mine = (Grant.user_id == work.user, Grant.document_id == document.id, Grant.kind == BREAK_GLASS)
    if work.one(Grant, *mine, or_(Grant.verdict.is_(None), Grant.verdict == "contested")) is not None:
        raise Conflict("You broke the glass for this document before, which was not judged yet or was contested.")
    if work.decide("page.view", work.entity(version)).allowed:
        raise Conflict("You can open it as it is.")
    row = new_grant(work, matter, work.organisation, params.number)
    row.kind, row.state, row.purpose, row.basis = BREAK_GLASS, "granted", params.reason, ""
    row.asked_until = row.expires_at = work.now + timedelta(hours=params.hours)
    row.version_id, row.document_id, row.judge_by = version.id, document.id, work.now + JUDGED_WITHIN
    work.add(row)
    if not work.decide("page.view", work.entity(version)).allowed:
        raise unknown
    work.concerns(target=row, document=document.id, owner=work.organisation)
    work.state(version=version.id, hours=params.hours, judge_by=row.judge_by.isoformat())
    return Done(row.id)


def _breaker(_work: Work, row: Grant, _params: Remark) -> tuple[Hand]:
    """Who broke the glass."""
    return ((row.user_id, row.asked_at),)


_JUDGEMENT = TwoPeople(
    first=_breaker,
    said="Nobody judges whether they themselves had to break the glass; a colleague does.",
    begun_by=("access.break-glass",),
)


@action("access.confirm", on=Grant, two=_JUDGEMENT)
def confirm(work: Work, row: Grant, params: Remark) -> Done:
    """Says as a second person that the glass had to be broken, and why one thinks so."""
    return _judge(work, row, "confirmed", params.remark)


@action("access.contest", on=Grant, two=_JUDGEMENT)
def contest(work: Work, row: Grant, params: Remark) -> Done:
    """Says as a second person that it did not have to be; what it opened is closed at once."""
    if row.state == "granted":
        end_grant(work, row)
    return _judge(work, row, "contested", params.remark)


def _judge(work: Work, row: Grant, verdict: str, remark: str) -> Done:
    row.verdict, row.judged_by, row.judged_at, row.judgement = verdict, work.user, work.now, remark
    work.concerns(person=row.user_id)
    work.state(member=row.user_id, verdict=verdict, late=row.judge_by is not None and row.judge_by <= work.now)
    return Done(row.id)
