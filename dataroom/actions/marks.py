"""Marks: the regions a redaction proposes, each with its coded reason and what the code asks to be recorded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol

from pydantic import Field, model_validator

from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Invalid, Refused
from dataroom.ids import new_id
from dataroom.model import Mark, Redaction, Version

MOST_MARKS = 5000


Particular = Annotated[str, Field(min_length=1, max_length=300)]


class Reason(Protocol):
    """A coded reason: a code, perhaps a second one, a sentence, and what the codes ask to be recorded."""

    @property
    def code(self) -> str:
        """The primary code."""
        ...

    @property
    def second_code(self) -> str:
        """A further one, or nothing."""
        ...

    @property
    def rationale(self) -> str:
        """The sentence."""
        ...

    @property
    def details(self) -> Mapping[str, str]:
        """Particulars by their name in the list of codes."""
        ...


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


def marks_of(work: Work, redaction: Redaction) -> list[Mark]:
    """A redaction's marks in reading order."""
    return work.all(
        Mark,
        Mark.redaction_id == redaction.id,
        order=(Mark.page, Mark.y1.desc(), Mark.x0, Mark.created_at, Mark.id),
    )


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
        check_reason(work, new)
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


def check_reason(work: Work, new: Reason) -> None:
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
