"""The redaction log of one redaction: what was removed where, why, by whom, and who checked it, as CSV or PDF."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dataroom.actions import present
from dataroom.actions.context import Desk, Download
from dataroom.actions.headers import headers_of
from dataroom.actions.marks import marks_of
from dataroom.actions.page_numbers import numbers_of, page_numbers
from dataroom.actions.redactions import result_of
from dataroom.actions.registry import Params, action
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.model import ClawBack, Disclosure, DocumentHeader, Mark, Production, ProductionItem, Redaction, Version

HEADER = (
    "Document",
    "Version",
    "Family",
    "Date",
    "Page",
    "Page number",
    "Box (pt)",
    "Extent (% of page)",
    "Code",
    "Reason",
    "Legal basis",
    "Second code",
    "Particulars",
    "Rationale",
    "Author",
    "Marked at",
    "Reviewer",
    "Decided at",
    "State",
    "SHA-256 original",
    "SHA-256 result",
    "Disclosures of the copy",
    "Later changes",
)
SHORT = ("Page", "Page number", "Box (pt)", "Code", "Reason", "Particulars", "Rationale", "Author", "Reviewer")
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class LogForm(Params):
    """`csv` for spreadsheets, `pdf` for the file."""

    form: Annotated[str, Field(pattern="^(csv|pdf)$")] = "csv"


@dataclass(frozen=True)
class LogTable:
    """The log as rows of text."""

    number: str
    title: str
    form: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]


def _written(desk: Desk, table: LogTable) -> Download:
    name = f"redaction-log-{table.number}"
    if table.form == "csv":
        data = spreadsheet(HEADER, table.rows)
        return Download(f"{name}.csv", "text/csv; charset=utf-8", iter((data,)), len(data))
    short = [tuple(row[HEADER.index(name)] for name in SHORT) for row in table.rows]
    data = desk.services.paper.table("Redaction log", table.facts, SHORT, short)
    return Download(f"{name}.pdf", "application/pdf", iter((data,)), len(data))


def spreadsheet(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8), every cell quoted, none that a spreadsheet would run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(
        [["'" + cell if cell.lstrip(" \u00a0").startswith(_RISKY) else cell for cell in row] for row in rows]
    )
    return out.getvalue().encode()


def _place(
    mark: Mark, version: Version, produced: list[tuple[Production, ProductionItem]]
) -> tuple[str, str, str, str]:
    """Page, the numbers it was produced under, box and the part of the page it covers; pages are listed from 1 with
    their sizes in points."""
    page = str(mark.page), page_numbers(produced, mark.page)
    if mark.kind == "page":
        return *page, "whole page", "100.0"
    width, height = version.page_sizes[mark.page - 1]
    part = 100 * (mark.x1 - mark.x0) * (mark.y1 - mark.y0) / (float(width) * float(height))
    return *page, f"{mark.x0:.1f} {mark.y0:.1f} {mark.x1:.1f} {mark.y1:.1f}", f"{min(part, 100.0):.1f}"


def _reasons(work: Work, mark: Mark) -> tuple[str, str, str, str, str, str]:
    known = work.services.law.rationales.get(mark.code)
    label, basis = (known.label, known.basis) if known else (mark.code, "")
    return mark.code, label, basis, mark.second_code or "", particulars(mark.details or {}), mark.rationale


def particulars(details: Mapping[str, str]) -> str:
    """What is stated besides the sentence, on one line."""
    return "; ".join(f"{name}: {text}" for name, text in sorted(details.items()))


def told(header: DocumentHeader | None, otherwise: str = "") -> tuple[str, str]:
    """The family and date of a document, the date `otherwise` where its header has none."""
    return (header.family, header.dated or otherwise) if header else ("", otherwise)


def given_and_later(work: Work, copy: Version | None) -> tuple[str, str]:
    """To whom a redacted copy was disclosed, each with the disclosure's id, and what was taken back since."""
    if copy is None:
        return "", ""
    parties = present.organisations(work.session)
    rows = work.all(Disclosure, Disclosure.version_id == copy.id, order=(Disclosure.granted_at, Disclosure.id))
    given = [f"{parties[row.recipient_id].name}, {stamp(row.granted_at)} ({row.id})" for row in rows]
    later = [
        f"withdrawn from {parties[row.recipient_id].name}, {stamp(row.withdrawn_at)}"
        for row in rows
        if row.withdrawn_at
    ]
    taken = work.one(ClawBack, ClawBack.version_id == copy.id)
    return "; ".join(given), "; ".join([*later, f"clawed back, {stamp(taken.ordered_at)}"] if taken else later)


@action("redaction.log", on=Redaction, reveal=_written)
def log(work: Work, redaction: Redaction, params: LogForm) -> LogTable:
    """The redaction log: each mark with code, basis and rationale, its author and reviewer, and the hashes."""
    version = work.get(Version, redaction.version_id)
    result = result_of(work, redaction)
    marks = marks_of(work, redaction)
    people = present.names(work.session, [redaction.author_id, redaction.reviewer_id, *(m.author_id for m in marks)])
    number = present.references(work, [version.document_id])[version.document_id].number
    reviewer = people.get(redaction.reviewer_id, "")
    decided = stamp(redaction.decided_at) if redaction.decided_at else ""
    given, later = given_and_later(work, result)
    header = headers_of(work, [version.document_id]).get(version.document_id)
    produced = numbers_of(work, [result.id]).get(result.id, []) if result else []
    hashes = (version.sha256, result.sha256 if result else "")
    rows = tuple(
        (
            number,
            str(version.ordinal),
            *told(header),
            *_place(mark, version, produced),
            *_reasons(work, mark),
            people.get(mark.author_id, ""),
            stamp(mark.created_at),
            reviewer,
            decided,
            redaction.state,
            *hashes,
            given,
            later,
        )
        for mark in marks
    )
    facts = (
        ("Document", number),
        ("Redaction", redaction.title),
        ("State", redaction.state),
        ("Prepared by", people.get(redaction.author_id, "")),
        ("Reviewed by", reviewer or "not yet"),
        ("Decided", decided or "not yet"),
        ("SHA-256 of the original", version.sha256),
        ("SHA-256 of the redacted copy", result.sha256 if result else "none"),
        ("Disclosures of the copy", given or "none"),
        ("Later changes", later or "none"),
        ("Marks", str(len(rows))),
    )
    work.state(form=params.form, marks=len(rows))
    return LogTable(number, redaction.title, params.form, facts, rows)
