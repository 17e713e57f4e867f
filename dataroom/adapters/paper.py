"""Statements and tables as PDF: certificates and logs for the file. The same input gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=8.5, leading=11, wordWrap="CJK")
_NAME = ParagraphStyle("name", parent=_BODY, fontName="Helvetica-Bold")
_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=16, leading=20, spaceAfter=6)
_INK = colors.HexColor("#1d2733")
_LINE = colors.HexColor("#b8c0ca")


class Paper:
    """Writes PDF statements with a title, a block of facts and a table."""

    def table(
        self,
        title: str,
        facts: Sequence[tuple[str, str]],
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
    ) -> bytes:
        """The PDF as bytes; A4, landscape when the table has more than five columns."""
        size = landscape(A4) if len(header) > 5 else A4
        out = io.BytesIO()
        document = SimpleDocTemplate(
            out,
            pagesize=size,
            title=title,
            leftMargin=16 * mm,
            rightMargin=16 * mm,
            topMargin=16 * mm,
            bottomMargin=16 * mm,
            invariant=1,
        )
        width = size[0] - 32 * mm
        story: list[Flowable] = [Paragraph(escape(title), _TITLE)]
        if facts:
            story += [_facts(facts, width), Spacer(1, 6 * mm)]
        if rows:
            story.append(_rows(header, rows, width))
        document.build(story, onFirstPage=_foot, onLaterPages=_foot)
        return out.getvalue()


def _facts(facts: Sequence[tuple[str, str]], width: float) -> Table:
    cells = [[Paragraph(escape(name), _NAME), Paragraph(escape(value), _BODY)] for name, value in facts]
    table = Table(cells, colWidths=[42 * mm, width - 42 * mm])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.3, _LINE)]))
    return table


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]], width: float) -> Table:
    weights = [max(6, min(40, max(len(row[i]) for row in (header, *rows)))) for i in range(len(header))]
    cells = [[Paragraph(escape(name), _NAME) for name in header]]
    cells += [[Paragraph(escape(cell), _BODY) for cell in row] for row in rows]
    table = Table(cells, colWidths=[width * weight / sum(weights) for weight in weights], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
                ("LINEBELOW", (0, 0), (-1, 0), 1, _INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, _LINE),
            ]
        )
    )
    return table


def _foot(canvas: object, document: SimpleDocTemplate) -> None:
    canvas.saveState()  # type: ignore[attr-defined]
    canvas.setFont("Helvetica", 7)  # type: ignore[attr-defined]
    canvas.drawRightString(document.pagesize[0] - 16 * mm, 9 * mm, f"Page {document.page}")  # type: ignore[attr-defined]
    canvas.restoreState()  # type: ignore[attr-defined]
