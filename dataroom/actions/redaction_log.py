"""The redaction log of one redaction: what was removed where, why, by whom, and who checked it, as CSV or PDF."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dataroom.actions import present
from dataroom.actions.context import Desk, Download
from dataroom.actions.redactions import marks_of, result_of
from dataroom.actions.registry import Params, action
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.model import Redaction, Version

HEADER = (
    "Document",
    "Page",
    "Box (pt)",
    "Code",
    "Reason",
    "Legal basis",
    "Rationale",
    "Author",
    "Marked at",
    "Reviewer",
    "Decided at",
    "State",
    "SHA-256 original",
    "SHA-256 result",
)
_RISKY = ("=", "+", "-", "@", "\t", "\r")


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
    short = [(row[1], row[2], row[3], row[4], row[6], row[7], row[9]) for row in table.rows]
    header = tuple(HEADER[i] for i in (1, 2, 3, 4, 6, 7, 9))
    data = desk.services.paper.table("Redaction log", table.facts, header, short)
    return Download(f"{name}.pdf", "application/pdf", iter((data,)), len(data))


def spreadsheet(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8), every cell quoted, none that a spreadsheet would run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([["'" + cell if cell.startswith(_RISKY) else cell for cell in row] for row in rows])
    return out.getvalue().encode()


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
    rationales = work.services.law.rationales
    rows = tuple(
        (
            number,
            str(mark.page),
            "whole page" if mark.kind == "page" else f"{mark.x0:.1f} {mark.y0:.1f} {mark.x1:.1f} {mark.y1:.1f}",
            mark.code,
            rationales[mark.code].label if mark.code in rationales else mark.code,
            rationales[mark.code].basis if mark.code in rationales else "",
            mark.rationale,
            people.get(mark.author_id, ""),
            stamp(mark.created_at),
            reviewer,
            decided,
            redaction.state,
            version.sha256,
            result.sha256 if result else "",
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
        ("Marks", str(len(rows))),
    )
    work.state(form=params.form, marks=len(rows))
    return LogTable(number, redaction.title, params.form, facts, rows)
