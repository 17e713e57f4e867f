"""Believable documents for the demonstration, set as PDF in memory: `documents()` and, for measurements,
`long_filing`.

Pure and deterministic: the same call gives the same bytes. Everything in them is invented: three companies
that enforce patents together (Aldermoor Instruments, Borealis Photonics, Cassini Kinetics) against
Brightfall Displays. Categories, schedules and tiers are ids of the packaged policies.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count, islice

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Paragraph, Spacer

from dataroom.cli import seed_figures as figures
from dataroom.cli import seed_layout as layout
from dataroom.cli import seed_texts as texts
from dataroom.cli import seed_texts_chart as chart
from dataroom.cli import seed_texts_pleading as pleading

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


def claim_chart() -> bytes:
    """An infringement claim chart with two figures."""
    frame = layout.Frame(ALDERMOOR, "Claim chart, '417 patent on BF-55X", "CONFIDENTIAL – LUMEN V. BRIGHTFALL", "ALD-")
    covers = (
        ("Matter", MATTER),
        (
            "Patent",
            "EP 9 000 417 B1, “Backlight with zone coupling correction”, proprietor Aldermoor Instruments",
        ),
        ("Accused product", "Brightfall Displays, backlight module BF-55X (samples S-04 and S-05)"),
        ("Prepared by", "Patent department, for counsel; third revision of 6 November"),
        ("Status", "Complete for claims 1, 3, 5, 8 and 11; three open points in section 6"),
    )
    rows = [("Element", "Claim language", "Where it is found in the BF-55X"), *chart.ROWS]
    story = [
        Paragraph("Infringement claim chart", layout.TITLE),
        Paragraph("EP 9 000 417 B1 (“the ’417 patent”) on the Brightfall BF-55X", layout.SUBTITLE),
        layout.facts(covers),
        layout.heading("1. Basis and reading"),
        *(layout.body(text) for text in chart.INTRODUCTION),
        layout.heading("2. Claim 1 as granted"),
        Paragraph(chart.CLAIM, layout.QUOTE),
        layout.figure(
            figures.zones(),
            "Figure 1. Zones of the BF-55X around zone (12, 6); adjacent zones shaded, diagonal"
            " zones hatched (Teardown Report, p. 6).",
        ),
        PageBreak(),
        layout.heading("3. Chart"),
        layout.grid(rows, (19, 47, 100)),
        layout.figure(
            figures.curve(),
            "Figure 2. Channel current of zone (12, 6) while its four neighbours are raised from"
            " dark to full drive (Test Report, pp. 5–6).",
        ),
        layout.figure(
            figures.section(),
            "Figure 3. Section through two zones, not to scale: walls of 3.1 mm below a"
            " diffuser plate at 8.0 mm (Teardown Report, p. 7).",
        ),
        *_chart_annexes(rows[0]),
    ]
    return layout.set_pages(story, frame, "Claim chart, '417 patent on BF-55X")


def _chart_annexes(head: tuple[str, ...]) -> list[Flowable]:
    """What follows the chart of claim 1: the method claim, other modules, open points, sources, terms."""
    return [
        PageBreak(),
        layout.heading("4. Claim 11 (method)"),
        layout.grid([head, *chart.METHOD], (19, 47, 100)),
        layout.heading("5. Other modules of the series"),
        layout.grid([("Element", "What differs", "Assessment"), *chart.VARIANTS], (19, 47, 100)),
        layout.heading("6. Open points"),
        *(layout.body(f"({letter}) {text}") for letter, text in zip("abc", chart.OPEN_POINTS, strict=True)),
        layout.heading("Annex 1. Sources"),
        layout.grid(chart.SOURCES, (62, 22, 44, 38)),
        PageBreak(),
        layout.heading("Annex 2. Construction of terms"),
        layout.grid(chart.TERMS, (28, 56, 44, 38)),
    ]


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
        Paragraph(
            "PRIVILEGED AND CONFIDENTIAL<br/>ATTORNEY-CLIENT COMMUNICATION – PREPARED IN CONTEMPLATION OF LITIGATION",
            layout.PRIVILEGE,
        ),
        Spacer(1, 8),
        Paragraph("Memorandum", layout.TITLE),
        layout.facts(heads),
    ]
    for title, paragraphs in texts.MEMO:
        story += [layout.heading(title), *(layout.spaced(text) for text in paragraphs)]
    story += [layout.heading("Annex 1. Chronology"), layout.grid(texts.CHRONOLOGY, (32, 86, 48))]
    story += [layout.heading("Annex 2. Documents considered"), layout.grid(_ANNEX, (12, 74, 30, 50))]
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
        Paragraph(
            "Patents ’417 (Aldermoor), ’582 (Borealis) and ’733 (Cassini); position on 31 October",
            layout.SUBTITLE,
        ),
        layout.grid([row.split(" | ") for row in texts.MATRIX], widths, layout.SMALL),
        Spacer(1, 8),
        layout.body(
            "Rates are of the net module price unless a unit is named. “Expiry” means the expiry of the last"
            " licensed patent. The columns Rate and Notes hold terms that are confidential to the"
            " licensee and"
            " must not reach business people of any participant."
        ),
    ]
    return layout.set_pages(story, frame, "Licensing matrix", wide="landscape")


def laboratory_report() -> bytes:
    """A laboratory report with a vector figure and a table of readings."""
    frame = layout.Frame(BOREALIS, "Test report BP-LAB-118", "CONFIDENTIAL – LUMEN V. BRIGHTFALL", "BOR-T-")
    story = [
        Paragraph("Test report BP-LAB-118", layout.TITLE),
        Paragraph("Coupling between backlight zones of the Brightfall BF-55X", layout.SUBTITLE),
        layout.facts(
            (
                ("Laboratory", "Borealis Photonics, Optical Measurement, Hall 3"),
                ("Measured", "8 to 12 April, by two persons, log book 41"),
                (
                    "Instruments",
                    "Spot meter OM-9 (calibrated 20 February), current probe CP-30 (11 January), pattern source PS-4K",
                ),
            )
        ),
    ]
    for title, text in texts.REPORT[:4]:
        story += [layout.heading(title), layout.body(text)]
    story += [
        layout.figure(
            figures.curve(),
            "Figure 1. Channel current of the middle zone against the drive of its neighbours,"
            " sample S-04; correction on (solid) and records set to zero (dashed).",
        ),
        KeepTogether([layout.grid(_readings(), (38, 32, 32, 38, 26))]),
        layout.heading(texts.REPORT[4][0]),
        layout.body(texts.REPORT[4][1]),
        Spacer(1, 14),
        layout.facts((("Measured by", "I. Solheim, P. Aaltonen"), ("Checked by", "J. Weatherby, head of laboratory"))),
    ]
    return layout.set_pages(story, frame, "Test report BP-LAB-118")


def _readings() -> list[tuple[str, ...]]:
    """The table of the laboratory report: a head and eleven steps."""
    head = ("Drive of the neighbours", "Current S-04 (mA)", "Current S-05 (mA)", "Luminance S-04 (cd/m²)", "U (k = 2)")
    rows: list[tuple[str, ...]] = [head]
    for step in range(11):
        fall = figures.fall(step / 10)
        rows.append(
            (
                f"{step * 10} %",
                f"{61.40 * (1 - fall):.2f}",
                f"{61.85 * (1 - fall * 0.956):.2f}",
                f"{412.6 * (1 + 0.013 * step / 10):.1f}",
                "0.9 %",
            )
        )
    return rows


def long_filing(pages: int) -> bytes:
    """A statement of claim with schedules of readings, on numbered lines, of exactly this many pages."""
    out, lines = io.BytesIO(), _pleading()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("Lumen v. Brightfall, statement of claim")
    for page in range(1, pages + 1):
        _pleading_paper(canvas, page, pages)
        for number, line in enumerate(islice(lines, 28)):
            canvas.setFont("Times-Bold" if line.isupper() or (page == 1 and number < 9) else "Times-Roman", 11.5)
            canvas.drawString(36 * mm, 268 * mm - number * 8.4 * mm, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _pleading() -> Iterator[str]:
    """The lines of the pleading, then of schedules without end."""
    chance, paragraph = random.Random(300), count(1)  # noqa: S311
    yield from _caption()
    for title, sentences in pleading.PLEADING:
        yield from (title, "")
        for sentence in sentences:
            yield from (*_broken(f"{next(paragraph)}.  {sentence}"), "")
    for schedule in count(1):
        yield from (f"SCHEDULE {schedule}.  READINGS, SERIES {schedule}", "")
        for _ in range(12):
            yield from (*_broken(f"{next(paragraph)}.  {_reading(chance)}"), "")


def _reading(chance: random.Random) -> str:
    high, fall = chance.uniform(60.8, 62.1), chance.uniform(10.6, 11.8)
    return " ".join(pleading.READING).format(
        column=chance.randint(2, 23),
        row=chance.randint(2, 11),
        sample=chance.choice(("S-04", "S-05")),
        steps=chance.choice((10, 11, 20)),
        high=high,
        low=high * (1 - fall / 100),
        fall=fall,
        drift=chance.uniform(0.6, 1.4),
        page=chance.randint(12, 188),
        times=chance.choice(("three", "four", "five")),
    )


def _caption() -> list[str]:
    return [
        "IN THE PATENTS COURT",
        "",
        "Aldermoor Instruments, Borealis Photonics and Cassini Kinetics,",
        "        together “Lumen”, claimants",
        "        – v –",
        "Brightfall Displays, defendant",
        "",
        "STATEMENT OF CLAIM",
        "",
    ]


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


_LISTED: tuple[tuple[str, str, str, str, str, int, str, Callable[[], bytes]], ...] = (
    (
        "417-claim-chart-BF-55X.pdf",
        "Infringement",
        ALDERMOOR,
        "Claim chart: '417 patent on Brightfall BF-55X",
        "claim-chart",
        2,
        "work-product",
        claim_chart,
    ),
    (
        "582-prior-art-memorandum.pdf",
        "Validity",
        BOREALIS,
        "Memorandum: prior art against the '582 patent",
        "privileged",
        4,
        "work-product",
        prior_art_memo,
    ),
    (
        "BP-LAB-118-test-report.pdf",
        "Evidence",
        BOREALIS,
        "Test report BP-LAB-118: zone coupling of BF-55X",
        "technical",
        2,
        "patent-evidence",
        laboratory_report,
    ),
    (
        "CK-CoC-07-sample-S-04.pdf",
        "Evidence",
        CASSINI,
        "Chain of custody, sample S-04 (scan)",
        "technical",
        1,
        "patent-evidence",
        figures.scanned_page,
    ),
    (
        "licensing-matrix.pdf",
        "Licensing",
        ALDERMOOR,
        "Licensing matrix, patents '417, '582, '733",
        "licences",
        4,
        "licence-agreements",
        licensing_matrix,
    ),
    (
        "statement-of-claim.pdf",
        "Pleadings",
        CASSINI,
        "Statement of claim, Lumen v. Brightfall",
        "public",
        1,
        "court-record",
        partial(long_filing, 24),
    ),
)


@lru_cache(maxsize=1)
def documents() -> tuple[SeedDocument, ...]:
    """The documents of the demonstration, in the order they are uploaded."""
    return tuple(
        SeedDocument(name, folder, owner, title, category, tier, schedule, write())
        for name, folder, owner, title, category, tier, schedule, write in _LISTED
    )
