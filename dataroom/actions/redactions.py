"""Redacting: marks with coded reasons, applied by the service, approved by another person."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from dataroom.actions import present
from dataroom.actions.destroying import destroy_versions
from dataroom.actions.listing import lines_of
from dataroom.actions.progress import progress_of
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import CheckView, Done, OrganisationView, RedactionLine, RedactionView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, Refused
from dataroom.ids import new_id
from dataroom.model import (
    Document,
    Mark,
    Matter,
    Organisation,
    Participation,
    Redaction,
    RedactionAudience,
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
MOST_MARKS = 5000


Particular = Annotated[str, Field(min_length=1, max_length=300)]


class Start(Params):
    """A redacted copy to prepare: what it is for, the title its recipients will see (the document's own unless it
    is given), and the tier and category it will have.

    `audience` names organisations (by slug) that alone may be given the copy; nobody named: every participant.
    `marks_of` is another redaction of the same original whose marks this one begins with, as its author's own.
    """

    title: Annotated[str, Field(min_length=3, max_length=200)]
    shown_title: Annotated[str, Field(max_length=300)] = ""
    tier: Annotated[int, Field(ge=1, le=9)]
    category: Annotated[str, Field(max_length=60)]
    audience: tuple[Annotated[str, Field(max_length=40)], ...] = Field(default=(), max_length=50)
    marks_of: uuid.UUID | None = None


class NewMark(Params):
    """One region: a box in PDF points (origin bottom left, before rotation), or the whole page.

    `second_code` is a further ground; `details` states what the codes ask to be recorded, by its name in the list of
    codes. A code of the privilege log asks for all of it.
    """

    page: Annotated[int, Field(ge=1, le=100_000)]
    box: tuple[float, float, float, float] | None = None
    kind: Annotated[str, Field(pattern="^(box|words|term|scan|page)$")] = "box"
    code: Annotated[str, Field(min_length=1, max_length=40)]
    rationale: Annotated[str, Field(min_length=8, max_length=1000)]
    second_code: Annotated[str, Field(max_length=40)] = ""
    details: dict[str, Particular] = Field(default_factory=dict, max_length=12)

    @model_validator(mode="after")
    def _shape(self) -> NewMark:
        if (self.box is None) != (self.kind == "page"):
            raise ValueError("a mark has a box, unless it is a whole page")
        if self.box is not None:
            x0, y0, x1, y1 = self.box
            if not all(abs(v) < 1e6 for v in self.box) or x1 - x0 < 0.5 or y1 - y0 < 0.5:
                raise ValueError("the box must run from its lower left to its upper right corner")
        return self


class NewMarks(Params):
    """Marks to add, all or none."""

    marks: Annotated[list[NewMark], Field(min_length=1, max_length=1000)]


class OldMarks(Params):
    """Marks to take away."""

    marks: Annotated[list[uuid.UUID], Field(min_length=1, max_length=1000)]


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
    slugs = set(params.audience)
    parts = work.all(Participation, Participation.matter_id == row.matter_id)
    ids = [part.organisation_id for part in parts if part.organisation_id != row.organisation_id]
    found = work.all(Organisation, Organisation.id.in_(ids), Organisation.slug.in_(slugs), order=(Organisation.slug,))
    if len(found) != len(slugs):
        raise Invalid("audience: only other participants of the matter can be meant")
    for party in found:
        work.add(RedactionAudience(redaction_id=row.id, organisation_id=party.id, matter_id=row.matter_id))
    return [str(party.id) for party in found]


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
    rows = work.all(
        Redaction,
        Redaction.matter_id == matter.id,
        Redaction.state != "discarded",
        work.narrowed(Redaction),
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


def marks_of(work: Work, redaction: Redaction) -> list[Mark]:
    """A redaction's marks in reading order."""
    return work.all(
        Mark,
        Mark.redaction_id == redaction.id,
        order=(Mark.page, Mark.y1.desc(), Mark.x0, Mark.created_at, Mark.id),
    )


def result_of(work: Work, redaction: Redaction) -> Version | None:
    """The redacted copy a redaction has made, while it exists."""
    return work.one(Version, Version.redaction_id == redaction.id, Version.state != "destroyed")


@action("redaction.mark", on=Redaction)
def mark(work: Work, redaction: Redaction, params: NewMarks) -> tuple[uuid.UUID, ...]:
    """Adds marks, each with a code of the shipped list and a sentence of reason."""
    ids = put_marks(work, redaction, work.get(Version, redaction.version_id), params.marks)
    work.state(marks=len(ids))
    return ids


def put_marks(work: Work, redaction: Redaction, version: Version, marks: Sequence[NewMark]) -> tuple[uuid.UUID, ...]:
    """Adds checked marks by the acting person, all or none; a redaction sent back becomes a draft again."""
    present_marks = len(marks_of(work, redaction))
    if present_marks + len(marks) > MOST_MARKS:
        raise Invalid(f"marks: a redaction holds at most {MOST_MARKS} marks")
    ids: list[uuid.UUID] = []
    for new in marks:
        if new.page > version.pages:
            raise Invalid(f"page: the document has {version.pages} pages")
        _check_reason(work, new)
        x0, y0, x1, y1 = new.box or (0.0, 0.0, 0.0, 0.0)
        row = Mark(
            id=new_id(),
            redaction_id=redaction.id,
            page=new.page,
            x0=x0,
            y0=y0,
            x1=x1,
            y1=y1,
            kind=new.kind,
            code=new.code,
            rationale=new.rationale,
            second_code=new.second_code or None,
            details=new.details or None,
            author_id=work.user,
            created_at=work.now,
        )
        ids.append(work.add(row).id)
    _back_to_draft(redaction)
    return tuple(ids)


def _check_reason(work: Work, new: NewMark) -> None:
    """Refuses a code that is not on the list, a sentence that is too short, and particulars that are missing."""
    asked: set[str] = set()
    if new.second_code == new.code:
        raise Invalid("second_code: the same code twice")
    for name, given in (("code", new.code), ("second_code", new.second_code)):
        code = work.services.law.rationales.get(given)
        if name == "second_code" and not given:
            continue
        if code is None or "redaction" not in code.uses:
            raise Invalid(f"{name}: there is no redaction code {given}")
        if len(new.rationale) < code.min_text:
            raise Invalid(f"rationale: {code.label} needs a statement of at least {code.min_text} characters")
        missing = [entry for entry in code.record if entry not in new.details]
        if code.log == "privilege" and missing:
            raise Invalid(f"details: {code.label} has to state: {', '.join(missing)}")
        asked.update(code.record)
    if strange := set(new.details) - asked:
        raise Invalid(f"details: not asked for by these codes: {', '.join(sorted(strange))}")


@action("redaction.unmark", on=Redaction)
def unmark(work: Work, redaction: Redaction, params: OldMarks) -> Done:
    """Takes own marks away; those of others stay, so that nobody thins out what they later approve."""
    rows = work.all(Mark, Mark.redaction_id == redaction.id, Mark.id.in_(params.marks))
    if len(rows) != len(set(params.marks)):
        raise Invalid("marks: not all of them belong to this redaction")
    if any(row.author_id != work.user for row in rows):
        raise Refused("Only whoever drew a mark takes it away; send the redaction back with a remark instead.")
    for row in rows:
        work.remove(row)
    _back_to_draft(redaction)
    work.state(marks=len(rows))
    return Done(redaction.id)


def _back_to_draft(redaction: Redaction) -> None:
    redaction.state, redaction.report = "draft", None


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


@action("redaction.approve", on=Redaction)
def approve(work: Work, redaction: Redaction, params: Nothing) -> Done:
    """Releases the redacted copy: another person has compared it with the original."""
    if any(mark.author_id == work.user for mark in marks_of(work, redaction)):
        raise Refused("Whoever drew one of the marks cannot approve them; another custodian has to.")
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
