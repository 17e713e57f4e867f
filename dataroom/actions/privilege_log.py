"""The privilege log of a matter: every released redaction on a ground of privilege, described without revealing it.

FRCP 26(b)(5)(A) asks that the claim is made expressly and described so that it can be assessed; the columns follow
what parties exchange document by document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dataroom.actions import present
from dataroom.actions.context import Desk, Download
from dataroom.actions.redaction_log import LogForm, given_and_later, particulars, spreadsheet
from dataroom.actions.redactions import marks_of, result_of
from dataroom.actions.registry import action
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.model import ClawBack, ClawBackParty, Document, Mark, Matter, Redaction, Version

HEADER = (
    "Log no.",
    "Document",
    "Version",
    "Date",
    "Type",
    "Author or lawyer",
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
)
SHORT = ("Log no.", "Document", "Date", "Type", "Author or lawyer", "Privilege", "Description", "Pages redacted")


@dataclass(frozen=True)
class PrivilegeTable:
    """The log as rows of text, with what stands above it."""

    reference: str
    form: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]


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
    """The privilege log of a matter: a line for each released redaction and privilege, as CSV or PDF."""
    redactions = work.all(
        Redaction,
        Redaction.matter_id == matter.id,
        Redaction.state == "released",
        work.narrowed(Redaction),
        order=(Redaction.decided_at, Redaction.id),
    )
    lines = [line for redaction in redactions for line in _lines(work, redaction)]
    rows = tuple((str(number), *line) for number, line in enumerate(lines, start=1))
    facts = (
        ("Matter", f"{matter.name} ({matter.reference})"),
        ("Organisation", present.organisations(work.session)[work.organisation].name),
        ("As of", stamp(work.now)),
        ("Lines", str(len(rows))),
    )
    work.state(form=params.form, lines=len(rows))
    return PrivilegeTable(matter.reference, params.form, facts, rows)


def _lines(work: Work, redaction: Redaction) -> Iterable[tuple[str, ...]]:
    """A line for each privilege claimed in a redaction."""
    rationales = work.services.law.rationales
    by_code: dict[str, list[Mark]] = {}
    for mark in marks_of(work, redaction):
        for code in (mark.code, mark.second_code or ""):
            if code in rationales and rationales[code].log == "privilege":
                by_code.setdefault(code, []).append(mark)
    if not by_code:
        return
    version, copy = work.get(Version, redaction.version_id), result_of(work, redaction)
    document = work.get(Document, version.document_id)
    categories = work.services.law.categories
    people = present.names(work.session, [redaction.author_id, redaction.reviewer_id])
    given, later = given_and_later(work, copy)
    for code, marks in sorted(by_code.items()):
        yield (
            present.references(work, [document.id])[document.id].number,
            str(version.ordinal),
            _stated(marks, "date", "since when"),
            categories[document.category].label if document.category in categories else document.category,
            _stated(marks, "author", "lawyer", "counsel on both sides"),
            _stated(marks, "client", "parties"),
            f"{code} {rationales[code].label}",
            _stated(marks, "jurisdiction"),
            rationales[code].basis,
            _all(particulars(mark) for mark in marks),
            _all(mark.rationale for mark in marks),
            "withheld in part",
            ", ".join(str(page) for page in sorted({mark.page for mark in marks})),
            _stated(marks, "agreement"),
            people.get(redaction.author_id, ""),
            people.get(redaction.reviewer_id, ""),
            stamp(redaction.decided_at) if redaction.decided_at else "",
            copy.sha256 if copy else "",
            given,
            later,
            _challenged(work, copy),
        )


def _stated(marks: list[Mark], *names: str) -> str:
    """What the marks state under any of these names, each once."""
    return _all((mark.details or {}).get(name, "") for mark in marks for name in names)


def _all(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def _challenged(work: Work, copy: Version | None) -> str:
    """Which recipients dispute a claw-back of the copy."""
    taken = work.one(ClawBack, ClawBack.version_id == copy.id) if copy else None
    if taken is None:
        return ""
    parties = present.organisations(work.session)
    rows = work.all(ClawBackParty, ClawBackParty.claw_back_id == taken.id, ClawBackParty.answer == "disputed")
    return _all(parties[row.organisation_id].name for row in rows)
