"""How the demonstration documents look: paper, type, running heads, tables. Pure; the same input gives the
same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)
from reportlab.platypus import Frame as Column

INK, QUIET, RULE = colors.HexColor("#1a1d24"), colors.HexColor("#5c6370"), colors.HexColor("#9aa1ad")
TINT, BRAND = colors.HexColor("#eef1f5"), colors.HexColor("#23405f")
FICTION = "Fictional document. The companies, people, patents and figures in it are invented."

BODY = ParagraphStyle(
    "body",
    fontName="Times-Roman",
    fontSize=10.5,
    leading=14.2,
    textColor=INK,
    alignment=TA_JUSTIFY,
    spaceAfter=6,
)
SPACED = ParagraphStyle("spaced", parent=BODY, leading=20, spaceAfter=9)
LEFT = ParagraphStyle("left", parent=BODY, alignment=0)
QUOTE = ParagraphStyle("quote", parent=BODY, leftIndent=12 * mm, rightIndent=10 * mm, fontSize=10.5, leading=15)
CELL = ParagraphStyle("cell", parent=LEFT, fontSize=10, leading=13.4, spaceAfter=4)
SMALL = ParagraphStyle("small", parent=CELL, fontSize=8.4, leading=10.8, spaceAfter=1)
HEAD_CELL = ParagraphStyle("head-cell", parent=CELL, fontName="Helvetica-Bold", fontSize=8.4, leading=10.5)
TITLE = ParagraphStyle("title", parent=LEFT, fontName="Times-Bold", fontSize=17, leading=21, spaceAfter=4)
SUBTITLE = ParagraphStyle("subtitle", parent=LEFT, fontSize=11.5, leading=15, textColor=QUIET, spaceAfter=10)
HEADING = ParagraphStyle(
    "heading",
    parent=LEFT,
    fontName="Times-Bold",
    fontSize=12.2,
    leading=16,
    spaceBefore=9,
    spaceAfter=4,
    keepWithNext=1,
)
CAPTION = ParagraphStyle("caption", parent=SMALL, alignment=TA_CENTER, textColor=QUIET, spaceBefore=3, spaceAfter=8)
PRIVILEGE = ParagraphStyle(
    "privilege", parent=LEFT, fontName="Helvetica-Bold", fontSize=8.6, leading=11.5, alignment=TA_CENTER
)


@dataclass(frozen=True)
class Frame:
    """What stands at the head and foot of every page: company, short title, marking, number prefix of the
    pages."""

    company: str
    short: str
    marking: str
    bates: str


def curled(text: str) -> str:
    """`text` with apostrophes as a typesetter draws them."""
    return text.replace("'", "’")


def heading(text: str) -> Paragraph:
    """A section heading that stays with what follows."""
    return Paragraph(curled(text), HEADING)


def body(text: str) -> Paragraph:
    """A paragraph of running text; may carry reportlab's inline marks."""
    return Paragraph(curled(text), BODY)


def spaced(text: str) -> Paragraph:
    """A paragraph of running text with room between the lines, as in a letter to be commented on."""
    return Paragraph(curled(text), SPACED)


def grid(rows: Sequence[Sequence[str]], widths: Sequence[float], style: ParagraphStyle = CELL) -> Table:
    """A ruled table whose first row is a head repeated on every page; widths in millimetres."""
    cells = [
        [Paragraph(curled(text), HEAD_CELL if index == 0 else style) for text in row] for index, row in enumerate(rows)
    ]
    table = Table(cells, colWidths=[width * mm for width in widths], repeatRows=1, splitInRow=1)
    table.setStyle(
        [
            ("BACKGROUND", (0, 0), (-1, 0), TINT),
            ("LINEABOVE", (0, 0), (-1, 0), 0.9, INK),
            ("LINEBELOW", (0, 0), (-1, 0), 0.6, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.35, RULE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 5),
            ("TOPPADDING", (0, 0), (-1, -1), 3.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ]
    )
    return table


def facts(rows: Sequence[tuple[str, str]], width: float = 166.0) -> Table:
    """Label and value side by side, as on a cover sheet."""
    cells = [[Paragraph(f"<b>{label}</b>", CELL), Paragraph(curled(value), CELL)] for label, value in rows]
    table = Table(cells, colWidths=[34 * mm, (width - 34) * mm])
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, -1), (-1, -1), 0.6, INK),
            ("LINEABOVE", (0, 0), (-1, 0), 0.6, INK),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ]
    )
    return table


def figure(drawing: Drawing, caption: str) -> KeepTogether:
    """A drawing in the middle of the column with its caption."""
    drawing.hAlign = "CENTER"
    return KeepTogether([Spacer(1, 4), drawing, Paragraph(curled(caption), CAPTION)])


def set_pages(story: list[Any], frame: Frame, title: str, wide: str = "") -> bytes:
    """Set `story` on A4 with running head and foot; `wide` (any text) turns the paper on its side."""
    out = io.BytesIO()
    paper = landscape(A4) if wide else A4
    document = BaseDocTemplate(
        out, pagesize=paper, title=title, author=frame.company, subject="Lumen v. Brightfall",
        creator="", producer="", invariant=1,
    )  # fmt: skip
    column = Column(22 * mm, 23 * mm, paper[0] - 44 * mm, paper[1] - 50 * mm, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("page", [column], onPage=_furniture(frame, paper))])
    document.build(story)
    return out.getvalue()


def _furniture(frame: Frame, paper: tuple[float, float]) -> Callable[[Canvas, Any], None]:
    width, height = paper
    left, right = 22 * mm, width - 22 * mm

    def draw(canvas: Canvas, document: Any) -> None:
        canvas.saveState()
        canvas.setFillColor(BRAND)
        canvas.setFont("Helvetica-Bold", 8.6)
        canvas.drawString(left, height - 15 * mm, frame.company.upper())
        canvas.setFillColor(QUIET)
        canvas.setFont("Helvetica", 8.2)
        canvas.drawRightString(right, height - 15 * mm, curled(frame.short))
        canvas.setFont("Helvetica-Bold", 7.4)
        canvas.drawString(left, height - 19.5 * mm, frame.marking)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.line(left, height - 21.5 * mm, right, height - 21.5 * mm)
        canvas.line(left, 17 * mm, right, 17 * mm)
        canvas.setFont("Helvetica", 7)
        canvas.drawString(left, 13 * mm, FICTION)
        canvas.drawCentredString(width / 2 + 30 * mm, 13 * mm, f"Page {document.page}")
        canvas.drawRightString(right, 13 * mm, f"{frame.bates}{document.page:06d}")
        canvas.restoreState()

    return draw
