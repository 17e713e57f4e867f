"""Believable documents for the demonstration, set as PDF in memory: `documents()` and, for measurements,
`long_filing`.

Pure and deterministic: the same call gives the same bytes. Everything in them is invented: three companies
that enforce patents together (Aldermoor Instruments, Borealis Photonics, Cassini Kinetics) against
Brightfall Displays. Categories, schedules and tiers are ids of the packaged policies.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, Spacer

from dataroom.cli import seed_layout as layout
from dataroom.cli import seed_texts as texts

ALDERMOOR, BOREALIS, CASSINI = "Aldermoor Instruments", "Borealis Photonics", "Cassini Kinetics"
MATTER = "Lumen v. Brightfall: joint enforcement of the backlight patents"


@dataclass(frozen=True)
class SeedDocument:
    """One document to upload: `owner` is a company's name, the ids are those of `policies/`, `data` is a
    PDF."""

    file_name: str
    folder: str
    owner: str
    title: str
    category: str
    tier: int
    schedule: str
    data: bytes


@lru_cache(maxsize=1)
def documents() -> tuple[SeedDocument, ...]:
    """The documents of the demonstration, in the order they are uploaded."""
    return (
        SeedDocument("417-claim-chart-BF-55X.pdf", "Infringement", ALDERMOOR, "Claim chart: '417 patent on Brightfall"
                     " BF-55X", "claim-chart", 2, "work-product", claim_chart()),
        SeedDocument("582-prior-art-memorandum.pdf", "Validity", BOREALIS, "Memorandum: prior art against the '582"
                     " patent", "privileged", 4, "work-product", prior_art_memo()),
        SeedDocument("BP-LAB-118-test-report.pdf", "Evidence", BOREALIS, "Test report BP-LAB-118: zone coupling of"
                     " BF-55X", "technical", 2, "patent-evidence", laboratory_report()),
        SeedDocument("CK-CoC-07-sample-S-04.pdf", "Evidence", CASSINI, "Chain of custody, sample S-04 (scan)",
                     "technical", 1, "patent-evidence", scanned_page()),
        SeedDocument("licensing-matrix.pdf", "Licensing", ALDERMOOR, "Licensing matrix, patents '417, '582, '733",
                     "licences", 4, "licence-agreements", licensing_matrix()),
        SeedDocument("statement-of-claim.pdf", "Pleadings", CASSINI, "Statement of claim, Lumen v. Brightfall",
                     "public", 1, "court-record", long_filing(24)),
    )  # fmt: skip


def claim_chart() -> bytes:
    """An infringement claim chart with two figures."""
    frame = layout.Frame(
        ALDERMOOR, "Claim chart, '417 patent on BF-55X", "CONFIDENTIAL – LUMEN V. BRIGHTFALL", "ALD-"
    )
    covers = (
        ("Matter", MATTER),
        (
            "Patent",
            "EP 9 000 417 B1, “Backlight with zone coupling correction”, proprietor Aldermoor Instruments",
        ),
        ("Accused product", "Brightfall Displays, backlight module BF-55X (samples S-04 and S-05)"),
        ("Prepared by", "Patent department, for counsel; third revision of 6 November"),
        ("Status", "Complete for claims 1, 3, 5 and 8; three open points in section 4"),
    )
    rows = [("Element", "Claim language", "Where it is found in the BF-55X"), *texts.CHART_ROWS]
    story = [
        Paragraph("Infringement claim chart", layout.TITLE),
        Paragraph("EP 9 000 417 B1 (“the '417 patent”) on the Brightfall BF-55X", layout.SUBTITLE),
        layout.facts(covers),
        layout.heading("1. Basis and reading"),
        *(layout.body(text) for text in texts.CHART_INTRODUCTION),
        layout.heading("2. Claim 1 as granted"),
        Paragraph(texts.CHART_CLAIM, layout.QUOTE),
        layout.figure(_zones(), "Figure 1. Zones of the BF-55X around zone (12, 6); adjacent zones shaded, diagonal"
                                " zones hatched (Teardown Report, p. 6)."),
        PageBreak(),
        layout.heading("3. Chart"),
        layout.grid(rows, (17, 49, 100)),
        layout.figure(_curve(), "Figure 2. Channel current of zone (12, 6) while its four neighbours are raised from"
                                " dark to full drive (Test Report, pp. 5–6)."),
        layout.heading("4. Open points"),
        *(layout.body(f"({letter}) {text}") for letter, text in zip("abc", texts.CHART_OPEN_POINTS, strict=True)),
    ]  # fmt: skip
    return layout.set_pages(story, frame, "Claim chart, '417 patent on BF-55X")


def prior_art_memo() -> bytes:
    """A privileged memorandum with names, addresses and rates in it: the one to redact."""
    frame = layout.Frame(BOREALIS, "Prior art against the '582 patent", "PRIVILEGED – COUNSEL ONLY", "BOR-")
    heads = (
        ("To", "General Counsel, Borealis Photonics"),
        ("From", "Adaeze Okafor, Henrik Lindqvist (Lindqvist Okafor, patent attorneys)"),
        ("Date", "12 November"),
        (
            "Subject",
            "EP 9 000 582 B1: prior art cited by Brightfall Displays, and what it means for the terms",
        ),
    )
    story = [
        Paragraph("PRIVILEGED AND CONFIDENTIAL<br/>ATTORNEY-CLIENT COMMUNICATION – PREPARED IN CONTEMPLATION OF"
                  " LITIGATION", layout.PRIVILEGE),
        Spacer(1, 8),
        Paragraph("Memorandum", layout.TITLE),
        layout.facts(heads),
    ]  # fmt: skip
    for title, paragraphs in texts.MEMO:
        story += [layout.heading(title), *(layout.body(text) for text in paragraphs)]
    story += [layout.heading("Annex. Documents considered"), layout.grid(_ANNEX, (12, 74, 30, 50))]
    return layout.set_pages(story, frame, "Prior art against the '582 patent")


_ANNEX = (
    ("No.", "Document", "Date", "Relied on for"),
    (
        "D1",
        "Application of A. Halvorsen, “Converting film between barrier sheets”",
        "11 June 2009",
        "Closest art",
    ),
    (
        "D2",
        "Thesis of P. Novak, Ostrava, “Ageing of converting films”, 112 pages",
        "2010 (open)",
        "The problem",
    ),
    ("D3", "Tamarind Coatings, data sheet TC-40, two pages", "undated", "Edge adhesive; with D1"),
    ("D4", "Distributor's catalogue, page 61, entry TC-40", "March 2011", "Date of D3"),
    ("D5", "Notebook no. 14 of Dr. Solheim, pages 22–31", "Oct. 2010", "Our date of the first trials"),
)


def licensing_matrix() -> bytes:
    """A wide table of licences with rates in it."""
    frame = layout.Frame(ALDERMOOR, "Licensing matrix", "RESTRICTED – OUTSIDE COUNSEL ONLY", "ALD-L-")
    widths = (33, 20, 15, 15, 15, 20, 21, 28, 22, 60)
    story = [
        Paragraph("Licensing matrix", layout.TITLE),
        Paragraph("Patents '417 (Aldermoor), '582 (Borealis) and '733 (Cassini); position on 31 October", layout.SUBTITLE),
        layout.grid(texts.MATRIX, widths, layout.SMALL),
        Spacer(1, 8),
        layout.body("Rates are of the net module price unless a unit is named. “Expiry” means the expiry of the last"
                    " licensed patent. The columns Rate and Notes hold terms that are confidential to the"
                    " licensee and"
                    " must not reach business people of any participant."),
    ]  # fmt: skip
    return layout.set_pages(story, frame, "Licensing matrix", wide="landscape")


def laboratory_report() -> bytes:
    """A laboratory report with a vector figure and a table of readings."""
    frame = layout.Frame(BOREALIS, "Test report BP-LAB-118", "CONFIDENTIAL – LUMEN V. BRIGHTFALL", "BOR-T-")
    story = [
        Paragraph("Test report BP-LAB-118", layout.TITLE),
        Paragraph("Coupling between backlight zones of the Brightfall BF-55X", layout.SUBTITLE),
        layout.facts((
            ("Laboratory", "Borealis Photonics, Optical Measurement, Hall 3"),
            ("Measured", "8 to 12 April, by two persons, log book 41"),
            ("Instruments", "Spot meter OM-9 (calibrated 20 February), current probe CP-30 (11 January), pattern source"
                            " PS-4K"),
        )),
    ]  # fmt: skip
    for title, text in texts.REPORT[:4]:
        story += [layout.heading(title), layout.body(text)]
    readings = [
        (
            "Drive of the neighbours",
            "Current S-04 (mA)",
            "Current S-05 (mA)",
            "Luminance S-04 (cd/m²)",
            "U (k = 2)",
        )
    ]
    for step in range(11):
        fall = _fall(step / 10)
        readings.append((f"{step * 10} %", f"{61.40 * (1 - fall):.2f}", f"{61.85 * (1 - fall * 0.956):.2f}",
                         f"{412.6 * (1 + 0.013 * step / 10):.1f}", "0.9 %"))  # fmt: skip
    story += [
        layout.figure(_curve(), "Figure 1. Channel current of the middle zone against the drive of its neighbours,"
                                " sample S-04; correction on (solid) and records set to zero (dashed)."),
        layout.grid(readings, (38, 32, 32, 38, 26)),
        layout.heading(texts.REPORT[4][0]),
        layout.body(texts.REPORT[4][1]),
        Spacer(1, 14),
        layout.facts((("Measured by", "I. Solheim, P. Aaltonen"), ("Checked by", "J. Weatherby, head of laboratory"))),
    ]  # fmt: skip
    return layout.set_pages(story, frame, "Test report BP-LAB-118")


def _fall(drive: float) -> float:
    return 0.114 * (1.32 * drive - 0.32 * drive * drive)


def _zones() -> Drawing:
    """A 7 by 5 cut of the zone array."""
    side, drawing = 22.0, Drawing(7 * 22.0 + 8, 5 * 22.0 + 20)
    for column in range(7):
        for row in range(5):
            near = abs(column - 3) + abs(row - 2)
            fill = {0: layout.BRAND, 1: colors.HexColor("#b9c9dc")}.get(near, colors.white)
            left, foot = 4 + column * side, 4 + row * side
            drawing.add(
                Rect(left, foot, side, side, fillColor=fill, strokeColor=layout.RULE, strokeWidth=0.6)
            )
            if abs(column - 3) == abs(row - 2) == 1:
                for step in (5, 11, 17):
                    drawing.add(Line(left + step, foot + 3, left + 3, foot + step, strokeColor=layout.QUIET))
                    drawing.add(
                        Line(
                            left + side - 3,
                            foot + step,
                            left + step,
                            foot + side - 3,
                            strokeColor=layout.QUIET,
                        )
                    )
    drawing.add(String(4 + 3 * side + 3, 4 + 2 * side + 8, "12, 6", fontSize=7, fillColor=colors.white))
    drawing.add(String(4, 5 * side + 9, "column 9", fontSize=6.5, fillColor=layout.QUIET))
    drawing.add(String(4 + 6 * side - 6, 5 * side + 9, "column 15", fontSize=6.5, fillColor=layout.QUIET))
    return drawing


def _curve() -> Drawing:
    """Current against the drive of the neighbours."""
    wide, high, drawing = 300.0, 130.0, Drawing(370, 178)
    left, foot = 44.0, 34.0
    for step in range(6):
        x, y = left + wide * step / 5, foot + high * step / 5
        drawing.add(Line(left, y, left + wide, y, strokeColor=layout.TINT, strokeWidth=0.8))
        drawing.add(
            String(x, foot - 11, f"{step * 20}", fontSize=7, textAnchor="middle", fillColor=layout.QUIET)
        )
        drawing.add(
            String(
                left - 5, y - 2.5, f"{52 + step * 2}", fontSize=7, textAnchor="end", fillColor=layout.QUIET
            )
        )
    drawing.add(Line(left, foot, left + wide, foot, strokeColor=layout.INK))
    drawing.add(Line(left, foot, left, foot + high, strokeColor=layout.INK))

    def at(drive: float, current: float) -> tuple[float, float]:
        return left + wide * drive, foot + high * (current - 52) / 10

    points = [at(step / 20, 61.40 * (1 - _fall(step / 20))) for step in range(21)]
    drawing.add(
        PolyLine([value for point in points for value in point], strokeColor=layout.BRAND, strokeWidth=1.4)
    )
    for x, y in points[::2]:
        drawing.add(Circle(x, y, 2, fillColor=colors.white, strokeColor=layout.BRAND, strokeWidth=1))
    drawing.add(Line(*at(0, 61.4), *at(1, 61.42), strokeColor=layout.QUIET, strokeDashArray=[4, 3]))
    drawing.add(
        String(left + wide / 2, 8, "drive of the four neighbours (%)", fontSize=7.5, textAnchor="middle")
    )
    drawing.add(String(4, foot + high + 8, "channel current (mA)", fontSize=7.5))
    return drawing


def scanned_page() -> bytes:
    """One page that is a picture alone: a filled-in form as a scanner leaves it, without a text layer."""
    chance, size = random.Random(7), (1240, 1754)  # noqa: S311
    sheet = Image.new("L", size, 247)
    draw = ImageDraw.Draw(sheet)
    folder = Path(reportlab.__file__).parent / "fonts"
    print_, hand = (ImageFont.truetype(str(folder / name), 24) for name in ("Vera.ttf", "VeraIt.ttf"))
    draw.rectangle((90, 120, 1150, 1560), outline=60, width=3)
    for number, line in enumerate(texts.SCAN_LINES):
        top = 170 + number * 62
        for offset, word in _columns(line):
            font = hand if number in {4, 5, 18} or 8 <= number <= 13 else print_
            draw.text(
                (130 + offset * 14.6, top + chance.randint(-2, 2)),
                word,
                font=font,
                fill=chance.randint(30, 70),
            )
        if 7 <= number <= 13:
            draw.line((110, top + 42, 1130, top + 42), fill=130, width=1)
    for left in (290, 780):
        draw.line([(left + x * 4, 1462 + chance.randint(-13, 13)) for x in range(50)], fill=45, width=3)
    noise = Image.frombytes("L", size, chance.randbytes(size[0] * size[1])).point(
        [value // 14 for value in range(256)]
    )
    sheet = Image.composite(
        sheet, Image.new("L", size, 214), noise.point([255 - value * 4 for value in range(256)])
    )
    sheet = sheet.rotate(-0.7, Image.Resampling.BICUBIC, fillcolor=238)
    picture, out = io.BytesIO(), io.BytesIO()
    sheet.save(picture, "JPEG", quality=62, dpi=(150, 150))
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("Scan")
    canvas.drawImage(ImageReader(io.BytesIO(picture.getvalue())), 0, 0, *A4)
    canvas.save()
    return out.getvalue()


def _columns(line: str) -> list[tuple[int, str]]:
    """Runs of text between gaps of two spaces or more, with the column each starts at."""
    found, start = [], 0
    for part in line.split("  "):
        if part.strip():
            found.append((start + len(part) - len(part.lstrip()), part.strip()))
        start += len(part) + 2
    return found


def long_filing(pages: int) -> bytes:
    """A pleading of any length on numbered lines, for the demonstration and for measurements."""
    out, chance = io.BytesIO(), random.Random(300)  # noqa: S311
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("Lumen v. Brightfall, statement of claim")
    paragraph = 0
    for page in range(1, pages + 1):
        _pleading_paper(canvas, page, pages)
        lines = _caption() if page == 1 else []
        while len(lines) < 28:
            paragraph += 1
            said = " ".join(chance.sample(texts.FILING, 3))
            lines += [*_broken(f"{paragraph}.  {said}"), ""]
        for number, line in enumerate(lines[:28]):
            canvas.setFont("Times-Bold" if page == 1 and number < 9 else "Times-Roman", 11.5)
            canvas.drawString(36 * mm, 268 * mm - number * 8.4 * mm, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _caption() -> list[str]:
    return [
        "IN THE PATENTS COURT", "", "Aldermoor Instruments, Borealis Photonics and Cassini Kinetics,",
        "        together “Lumen”, claimants", "                              – v –",
        "Brightfall Displays, defendant", "", "STATEMENT OF CLAIM", "",
    ]  # fmt: skip


def _broken(text: str, width: int = 82) -> list[str]:
    lines, current = [], ""
    for word in text.split(" "):
        if len(current) + len(word) + 1 > width:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    return [*lines, current]


def _pleading_paper(canvas: Canvas, page: int, pages: int) -> None:
    canvas.setFont("Times-Roman", 9)
    canvas.setFillGray(0.4)
    for number in range(28):
        canvas.drawRightString(27 * mm, 268 * mm - number * 8.4 * mm, str(number + 1))
    canvas.setLineWidth(0.5)
    canvas.line(30 * mm, 20 * mm, 30 * mm, 280 * mm)
    canvas.line(31 * mm, 20 * mm, 31 * mm, 280 * mm)
    canvas.drawString(36 * mm, 14 * mm, layout.FICTION)
    canvas.drawRightString(190 * mm, 14 * mm, f"Page {page} of {pages}")
    canvas.setFillGray(0)
