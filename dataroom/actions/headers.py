"""What logs say of a document without its content: who wrote it to whom and when, and what is claimed for it.

The columns are those parties exchange document by document (FRCP 26(b)(5)(A)). A star after a name marks a lawyer.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from dataroom.actions import present
from dataroom.actions.marks import Particular, check_reason
from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.views_documents import HeaderView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.model import Disclosure, Document, DocumentHeader, Grant

PEOPLE = ("author", "sender", "to", "cc", "bcc")
"""The people of a header, in the order in which logs have them."""
Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=100)]


class Withheld(Params):
    """The privilege for which a document is given to nobody at all: code, reason, and what the code asks to state."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    second_code: Annotated[str, Field(max_length=40)] = ""
    rationale: Annotated[str, Field(min_length=8, max_length=1000)]
    details: dict[str, Particular] = Field(default_factory=dict, max_length=12)


class Header(Params):
    """Date (year, month or day), kind, family (one name for a letter and its enclosures), a subject that gives nothing
    away, and the people, lawyers with a star at the end; `withheld` claims the whole document, `outcome` says what
    became of a claim that was challenged. It replaces what was said before."""

    dated: Annotated[str, Field(pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")] = ""
    kind: Annotated[str, Field(max_length=60)] = ""
    family: Annotated[str, Field(max_length=60)] = ""
    subject: Annotated[str, Field(max_length=1000)] = ""
    author: Names = ()
    sender: Names = ()
    to: Names = ()
    cc: Names = ()
    bcc: Names = ()
    withheld: Withheld | None = None
    outcome: Annotated[str, Field(max_length=1000)] = ""


@action("document.describe", on=Document)
def describe(work: Work, document: Document, params: Header) -> Done:
    """States what the logs say of a document, and on which privilege it is withheld whole."""
    claim = _claimed(work, document, params.withheld) if params.withheld else None
    row = work.one(DocumentHeader, DocumentHeader.document_id == document.id)
    if row is None:
        row = DocumentHeader(
            document_id=document.id, matter_id=document.matter_id, organisation_id=document.organisation_id
        )
    row.dated, row.kind, row.family = params.dated, params.kind, params.family
    row.subject, row.outcome, row.claim = params.subject, params.outcome, claim
    row.people = {name: list(getattr(params, name)) for name in PEOPLE}
    row.described_by, row.described_at = work.user, work.now
    work.add(row)
    work.state(withheld=params.withheld.code if params.withheld else "")
    return Done(document.id)


def _claimed(work: Work, document: Document, withheld: Withheld) -> dict[str, object]:
    """A claim as it is kept; refused where the code is no privilege or the document is not withheld."""
    check_reason(work, withheld)
    codes = work.services.law.rationales
    if codes[withheld.code].log != "privilege":
        raise Invalid(f"withheld.code: {codes[withheld.code].label} is no privilege")
    live = (Disclosure.withdrawn_at.is_(None), Disclosure.expires_at > work.now)
    given = work.one(Disclosure, Disclosure.document_id == document.id, *live)
    foreign = (Grant.document_id == document.id, Grant.party_id != document.organisation_id)
    opened = work.one(Grant, *foreign, Grant.state == "granted", Grant.expires_at > work.now)
    if document.state == "published" or given is not None or opened is not None:
        raise Conflict(
            "Others have been given this document or a copy of it; take that back before you claim it whole."
        )
    return withheld.model_dump(mode="json")


def header_view(work: Work, row: DocumentHeader | None) -> HeaderView | None:
    """What the logs say of a document, for its own organisation."""
    if row is None:
        return None
    people = {name: tuple(str(one) for one in row.people.get(name, ())) for name in PEOPLE}
    return HeaderView(
        dated=row.dated,
        kind=row.kind,
        family=row.family,
        subject=row.subject,
        **people,
        withheld=dict(row.claim) if row.claim else None,
        outcome=row.outcome,
        described_by=present.names(work.session, [row.described_by]).get(row.described_by, ""),
        described_at=row.described_at,
    )


def headers_of(work: Work, documents: Iterable[uuid.UUID]) -> dict[uuid.UUID, DocumentHeader]:
    """What the logs say of some documents, by document."""
    wanted = set(documents)
    return {row.document_id: row for row in work.all(DocumentHeader, DocumentHeader.document_id.in_(wanted))}
