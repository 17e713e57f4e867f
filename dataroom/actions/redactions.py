"""Redacting: marks with coded reasons, applied by the service, approved by another person."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from pydantic import Field

from dataroom.actions import present
from dataroom.actions.audiences import members, others
from dataroom.actions.destroying import destroy_versions
from dataroom.actions.listing import lines_of
from dataroom.actions.marks import NewMark, marks_of, put_marks
from dataroom.actions.progress import progress_of
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.views import Done, OrganisationView
from dataroom.actions.views_redactions import CheckView, RedactionLine, RedactionView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import (
    Document,
    Matter,
    Redaction,
    RedactionAudience,
    RedactionGroup,
    Version,
)
from dataroom.vault.sealed import Kind

REDACTION_ACTIONS = (
    "redaction.mark",
    "redaction.unmark",
    "redaction.search",
    "redaction.submit",
    "redaction.approve",
    "redaction.return",
    "redaction.discard",
    "redaction.log",
    "redaction.verify",
)


class Start(Params):
    """A redacted copy to prepare: what it is for, the title its recipients will see (the document's own unless it
    is given), and the tier and category it will have.

    `audience` names organisations (by slug) that alone may be given the copy; nobody named: every participant. `group`
    is a named audience in place of that, whose organisations are taken over as they are now.
    `marks_of` is another redaction of the same original whose marks this one begins with, as its author's own.
    """

    title: Annotated[str, Field(min_length=3, max_length=200)]
    shown_title: Annotated[str, Field(max_length=300)] = ""
    tier: Annotated[int, Field(ge=1, le=9)]
    category: Annotated[str, Field(max_length=60)]
    audience: tuple[Annotated[str, Field(max_length=40)], ...] = Field(default=(), max_length=50)
    group: uuid.UUID | None = None
    marks_of: uuid.UUID | None = None


class Remark(Params):
    """What the author should change."""

    remark: Annotated[str, Field(min_length=8, max_length=2000)]


@action("redaction.start", on=Version)
def start(work: Work, version: Version, params: Start) -> Done:
    """Begins a redacted copy of an original."""
    row = begin(work, version, params)
    meant = _meant(work, row, params)
    copied = _copied(work, version, params)
    if copied:
        put_marks(work, row, version, copied)
    work.concerns(target=row)
    work.state(version=version.id, tier=params.tier, category=params.category, audience=meant, marks=len(copied))
    return Done(row.id)


def _meant(work: Work, row: Redaction, params: Start) -> list[str]:
    """Keeps the audience and returns its ids; who does not take part in the matter cannot be meant."""
    if params.group is not None:
        if params.audience:
            raise Invalid("audience: name either a group or its organisations")
        meant = members(work, row.matter_id, params.group)
        work.add(RedactionGroup(redaction_id=row.id, audience_id=params.group, matter_id=row.matter_id))
    else:
        meant = [party.id for party in others(work, row.matter_id, params.audience, "audience")]
    for party in meant:
        work.add(RedactionAudience(redaction_id=row.id, organisation_id=party, matter_id=row.matter_id))
    return [str(party) for party in meant]


def _copied(work: Work, version: Version, params: Start) -> list[NewMark]:
    """The marks of another redaction of the same original, to be this author's own."""
    if params.marks_of is None:
        return []
    other = work.get(Redaction, params.marks_of)
    work.require("redaction.read", other)
    if other.version_id != version.id:
        raise Invalid("marks_of: that redaction is of another version")
    return [
        NewMark(
            page=row.page,
            box=None if row.kind == "page" else (row.x0, row.y0, row.x1, row.y1),
            kind=row.kind,
            code=row.code,
            rationale=row.rationale,
            second_code=row.second_code or "",
            details=row.details or {},
        )
        for row in marks_of(work, other)
    ]


def audience_of(work: Work, redaction: Redaction) -> tuple[OrganisationView, ...]:
    """The organisations a redaction is meant for, by name; empty for every participant."""
    parties = present.organisations(work.session)
    rows = work.all(RedactionAudience, RedactionAudience.redaction_id == redaction.id)
    return tuple(sorted((parties[row.organisation_id] for row in rows), key=lambda party: party.name))


def begin(work: Work, version: Version, params: Start) -> Redaction:
    """A redaction in draft by the acting person; nothing is marked yet."""
    law = work.services.law
    if params.category not in law.categories or params.category == "unclassified":
        raise Invalid(f"category: a redacted copy cannot have the category {params.category}")
    if params.tier not in law.tiers or params.tier > version.tier:
        raise Invalid(f"tier: a redacted copy has at most the original's tier, {version.tier}")
    row = Redaction(
        id=new_id(),
        version_id=version.id,
        matter_id=version.matter_id,
        organisation_id=version.organisation_id,
        title=params.title,
        result_title=params.shown_title or work.get(Document, version.document_id).title,
        tier=version.tier,
        result_tier=params.tier,
        result_category=params.category,
        state="draft",
        remark="",
        author_id=work.user,
        created_at=work.now,
    )
    return work.add(row)


@action("redaction.list", on=Matter, lists=Redaction)
def list_redactions(work: Work, matter: Matter, params: Nothing) -> tuple[RedactionLine, ...]:
    """The redactions of a matter this person may see, newest first."""
    rows = work.listed(
        Redaction,
        Redaction.matter_id == matter.id,
        Redaction.state != "discarded",
        order=(Redaction.created_at.desc(), Redaction.id),
    )
    return lines_of(work, rows)


@action("redaction.read", on=Redaction)
def read(work: Work, redaction: Redaction, params: Nothing) -> RedactionView:
    """A redaction with its marks, its result and the checks the result passed."""
    version = work.get(Version, redaction.version_id)
    document = work.get(Document, version.document_id)
    parties = present.organisations(work.session)
    result = result_of(work, redaction)
    marks = marks_of(work, redaction)
    people = present.names(
        work.session, [redaction.author_id, redaction.reviewer_id, *(mark.author_id for mark in marks)]
    )
    report = redaction.report or {}
    return RedactionView(
        id=redaction.id,
        title=redaction.title,
        state=redaction.state,
        matter=redaction.matter_id,
        document=present.references(work, [document.id])[document.id],
        version=present.version(work, version, document, parties),
        result=present.version(work, result, document, parties) if result else None,
        result_title=redaction.result_title,
        result_tier=redaction.result_tier,
        result_category=redaction.result_category,
        audience=audience_of(work, redaction),
        remark=redaction.remark,
        author=people.get(redaction.author_id, ""),
        reviewer=people.get(redaction.reviewer_id) if redaction.reviewer_id else None,
        created_at=redaction.created_at,
        submitted_at=redaction.submitted_at,
        decided_at=redaction.decided_at,
        marks=tuple(present.mark(mark, people) for mark in marks),
        checks=tuple(
            CheckView(str(c["name"]), bool(c["passed"]), str(c.get("detail", ""))) for c in report.get("checks", ())
        ),
        notes=notes_of(report),
        can=work.allowed(REDACTION_ACTIONS, redaction),
        progress=progress_of(work.session, "redaction.apply", redaction.id) if redaction.state == "applying" else None,
    )


def notes_of(report: dict[str, Any]) -> tuple[str, ...]:
    """What a reviewer has to know besides the checks: where a weaker level was done than asked, and the limits."""
    weaker = [mark for mark in report.get("marks", ()) if mark.get("level") != mark.get("asked_level")]
    told = [f"{len(weaker)} of the marks leave the width of what stood there (level exact)."] if weaker else []
    return (*told, *(str(note) for note in report.get("notes", ())))


def result_of(work: Work, redaction: Redaction) -> Version | None:
    """The redacted copy a redaction has made, while it exists."""
    return work.one(Version, Version.redaction_id == redaction.id, Version.state != "destroyed")


@action("redaction.submit", on=Redaction)
def submit(work: Work, redaction: Redaction, params: Nothing) -> Done:
    """Hands the marks to the service, which removes the content and checks the result before anybody reviews it.

    Whoever submits vouches for the marks as they stand, becomes the author and so cannot approve them.
    """
    count = len(marks_of(work, redaction))
    if not count:
        raise Conflict("Mark something first.")
    redaction.state, redaction.submitted_at, redaction.remark = "applying", work.now, ""
    redaction.author_id = work.user
    work.owe("redaction.apply", redaction.id)
    work.state(marks=count)
    return Done(redaction.id)


def _hands(work: Work, redaction: Redaction, _params: Nothing) -> list[Hand]:
    """Who has submitted a redaction, and who drew its marks."""
    drawn: list[Hand] = [(mark.author_id, mark.created_at) for mark in marks_of(work, redaction)]
    return [(redaction.author_id, redaction.submitted_at or redaction.created_at), *drawn]


_REVIEW = TwoPeople(
    first=_hands,
    said="Whoever drew one of the marks cannot approve them; another custodian has to.",
    begun_by=("redaction.mark", "redaction.submit"),
)


@action("redaction.approve", on=Redaction, two=_REVIEW)
def approve(work: Work, redaction: Redaction, params: Nothing) -> Done:
    """Releases the redacted copy: another person has compared it with the original."""
    result = result_of(work, redaction)
    if result is None or result.state != "candidate":
        raise Conflict("There is no redacted copy to approve.")
    result.state = "staged"
    redaction.state, redaction.reviewer_id, redaction.decided_at = "released", work.user, work.now
    work.state(result=result.id, sha256=result.sha256)
    return Done(result.id)


@action("redaction.return", on=Redaction)
def send_back(work: Work, redaction: Redaction, params: Remark) -> Done:
    """Sends a redaction back to its author with a remark; the copy made so far is destroyed."""
    _drop(work, redaction)
    redaction.state, redaction.remark, redaction.decided_at = "returned", params.remark, work.now
    return Done(redaction.id)


@action("redaction.discard", on=Redaction)
def discard(work: Work, redaction: Redaction, params: Nothing) -> Done:
    """Gives up a redaction that was not released."""
    _drop(work, redaction)
    redaction.state, redaction.decided_at = "discarded", work.now
    return Done(redaction.id)


def _drop(work: Work, redaction: Redaction) -> None:
    """Destroys the copy made so far; while a hold covers the document the copy is kept, apart from the redaction."""
    result = result_of(work, redaction)
    if result is None:
        return
    if work.entity(result).attrs["held"]:
        result.redaction_id = None
        return
    destroy_versions(work, [result])


def next_copy(work: Work, document: uuid.UUID) -> int:
    """The ordinal of a document's next redacted copy."""
    copies = work.all(Version, Version.document_id == document, Version.kind == int(Kind.REDACTED))
    return max((copy.ordinal for copy in copies), default=0) + 1
