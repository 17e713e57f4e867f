"""The privilege log of a matter: what was redacted on a ground of privilege or withheld whole, without revealing it.

FRCP 26(b)(5)(A) asks that the claim is made expressly and described so that it can be assessed; the columns follow
what parties exchange document by document.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dataroom.actions import present
from dataroom.actions.context import Desk, Download
from dataroom.actions.headers import PEOPLE, headers_of
from dataroom.actions.marks import marks_of
from dataroom.actions.page_numbers import numbers_of
from dataroom.actions.productions import spelled
from dataroom.actions.redaction_log import LogForm, given_and_later, particulars, spreadsheet, told
from dataroom.actions.redactions import result_of
from dataroom.actions.registry import action
from dataroom.actions.views import DocumentRef
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.model import ClawBack, ClawBackParty, Document, DocumentHeader, Mark, Matter, Redaction, Version

HEADER = (
    "Log no.",
    "Document",
    "Version",
    "Begin",
    "End",
    "Family",
    "Date",
    "Type",
    "Author",
    "From",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Lawyers",
    "Client or parties",
    "Privilege",
    "Jurisdiction",
    "Basis",
    "Particulars",
    "Description",
    "Treatment",
    "Pages redacted",
    "Common-interest agreement",
    "Prepared by",
    "Reviewed by",
    "Decided at",
    "SHA-256 of the copy",
    "Disclosures of the copy",
    "Later changes",
    "Challenged",
    "Outcome",
)
SHORT = ("Log no.", "Document", "Date", "Author", "To", "Subject", "Privilege", "Description", "Treatment")
LEGEND = "A star after a name marks a lawyer."


@dataclass(frozen=True)
class PrivilegeTable:
    """The log as rows of text, with what stands above it."""

    reference: str
    form: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Claim:
    """One privilege claimed for one document: what was stated for it, and how the document was treated."""

    code: str
    details: tuple[Mapping[str, str], ...]
    reasons: tuple[str, ...]
    treatment: str
    pages: str = ""
    prepared: str = ""
    reviewed: str = ""
    decided: str = ""
    copy: Version | None = None

    def stated(self, *names: str) -> str:
        """What is stated under any of these names, each once."""
        return joined(one.get(name, "") for one in self.details for name in names)


def _written(desk: Desk, table: PrivilegeTable) -> Download:
    name = "privilege-log-" + "".join(c if c.isalnum() and c.isascii() else "-" for c in table.reference)
    if table.form == "csv":
        data = spreadsheet(HEADER, table.rows)
        return Download(f"{name}.csv", "text/csv; charset=utf-8", iter((data,)), len(data))
    short = [tuple(row[HEADER.index(column)] for column in SHORT) for row in table.rows]
    data = desk.services.paper.table("Privilege log", table.facts, SHORT, short)
    return Download(f"{name}.pdf", "application/pdf", iter((data,)), len(data))


@action("redaction.privilege-log", on=Matter, lists=Redaction, reveal=_written)
def privilege_log(work: Work, matter: Matter, params: LogForm) -> PrivilegeTable:
    """The privilege log of a matter, as CSV or PDF: a line for each privilege of each released redaction, and for each
    document withheld whole."""
    redactions = work.listed(
        Redaction,
        Redaction.matter_id == matter.id,
        Redaction.state == "released",
        order=(Redaction.decided_at, Redaction.id),
    )
    lines = [line for redaction in redactions for line in _redacted(work, redaction)]
    lines += [line for document, header in _withheld(work, matter) for line in _whole(work, document, header)]
    rows = tuple((str(number), *line) for number, line in enumerate(lines, start=1))
    facts = (
        ("Matter", f"{matter.name} ({matter.reference})"),
        ("Organisation", present.organisations(work.session)[work.organisation].name),
        ("As of", stamp(work.now)),
        ("Lines", str(len(rows))),
        ("Lawyers", LEGEND),
    )
    work.state(form=params.form, lines=len(rows))
    return PrivilegeTable(matter.reference, params.form, facts, rows)


def _redacted(work: Work, redaction: Redaction) -> Iterable[tuple[str, ...]]:
    """A line for each privilege claimed in a released redaction."""
    by_code: dict[str, list[Mark]] = {}
    for mark in marks_of(work, redaction):
        for code in _privileges(work, mark.code, mark.second_code):
            by_code.setdefault(code, []).append(mark)
    if not by_code:
        return
    version, copy = work.get(Version, redaction.version_id), result_of(work, redaction)
    people = present.names(work.session, [redaction.author_id, redaction.reviewer_id])
    document = work.get(Document, version.document_id)
    header = headers_of(work, [document.id]).get(document.id)
    for code, marks in sorted(by_code.items()):
        claim = Claim(
            code=code,
            details=tuple(mark.details or {} for mark in marks),
            reasons=tuple(mark.rationale for mark in marks),
            treatment="redacted",
            pages=", ".join(str(page) for page in sorted({mark.page for mark in marks})),
            prepared=people.get(redaction.author_id, ""),
            reviewed=people.get(redaction.reviewer_id, ""),
            decided=stamp(redaction.decided_at) if redaction.decided_at else "",
            copy=copy,
        )
        yield _line(work, (document, header), str(version.ordinal), claim)


def _withheld(work: Work, matter: Matter) -> list[tuple[Document, DocumentHeader]]:
    """The documents of the own organisation withheld whole, as far as this person may read their record."""
    headers = work.all(
        DocumentHeader,
        DocumentHeader.matter_id == matter.id,
        DocumentHeader.organisation_id == work.organisation,
        order=(DocumentHeader.described_at, DocumentHeader.document_id),
    )
    claimed = {header.document_id: header for header in headers if header.claim}
    readable = work.listed(Document, Document.id.in_(claimed), Document.state != "disposed", action="document.read")
    by_id = {document.id: document for document in readable}
    return [(by_id[key], header) for key, header in claimed.items() if key in by_id]


def _whole(work: Work, document: Document, header: DocumentHeader) -> Iterable[tuple[str, ...]]:
    """A line for each privilege a document is withheld on."""
    kept: dict[str, Any] = header.claim or {}
    people = present.names(work.session, [header.described_by])
    for code in _privileges(work, kept["code"], kept.get("second_code")):
        claim = Claim(
            code=code,
            details=(kept.get("details", {}),),
            reasons=(kept["rationale"],),
            treatment="withheld",
            prepared=people.get(header.described_by, ""),
            decided=stamp(header.described_at),
        )
        yield _line(work, (document, header), "all", claim)


def _privileges(work: Work, *codes: str | None) -> list[str]:
    known = work.services.law.rationales
    return [code for code in codes if code and code in known and known[code].log == "privilege"]


def _line(work: Work, what: tuple[Document, DocumentHeader | None], version: str, claim: Claim) -> tuple[str, ...]:
    document, header = what
    law = work.services.law
    category = law.categories[document.category].label if document.category in law.categories else document.category
    people = {name: list((header.people if header else {}).get(name, ())) for name in PEOPLE}
    rationale = law.rationales[claim.code]
    given, later = given_and_later(work, claim.copy)
    return (
        _reference(work, document.id).number,
        version,
        *_numbers(work, claim.copy),
        *told(header, claim.stated("date", "since when")),
        header.kind if header and header.kind else category,
        joined(people["author"]) or claim.stated("author"),
        *(joined(people[name]) for name in PEOPLE[1:]),
        header.subject if header else "",
        _lawyers(people, claim),
        claim.stated("client", "parties"),
        f"{claim.code} {rationale.label}",
        claim.stated("jurisdiction"),
        rationale.basis,
        joined(particulars(one) for one in claim.details),
        joined(claim.reasons),
        claim.treatment,
        claim.pages,
        claim.stated("agreement"),
        claim.prepared,
        claim.reviewed,
        claim.decided,
        claim.copy.sha256 if claim.copy else "",
        given,
        later,
        _challenged(work, claim.copy),
        header.outcome if header else "",
    )


def _reference(work: Work, document: uuid.UUID) -> DocumentRef:
    return present.references(work, [document])[document]


def _lawyers(people: Mapping[str, list[str]], claim: Claim) -> str:
    """Everybody marked as a lawyer, and the lawyers the particulars name."""
    starred = (one.rstrip("* ") for names in people.values() for one in names if one.endswith("*"))
    return joined([*starred, claim.stated("lawyer", "counsel on both sides")])


def _numbers(work: Work, copy: Version | None) -> tuple[str, str]:
    """The first and last number of the copy, for each production of it."""
    produced = numbers_of(work, [copy.id]).get(copy.id, []) if copy else []
    begins = joined(spelled(production, item.first) for production, item in produced)
    return begins, joined(spelled(production, item.last) for production, item in produced)


def joined(texts: Iterable[str]) -> str:
    """Texts in one cell, each once."""
    return "; ".join(dict.fromkeys(text for text in texts if text))


def _challenged(work: Work, copy: Version | None) -> str:
    """Which recipients dispute a claw-back of the copy."""
    taken = work.one(ClawBack, ClawBack.version_id == copy.id) if copy else None
    if taken is None:
        return ""
    parties = present.organisations(work.session)
    rows = work.all(ClawBackParty, ClawBackParty.claw_back_id == taken.id, ClawBackParty.answer == "disputed")
    return joined(parties[row.organisation_id].name for row in rows)
