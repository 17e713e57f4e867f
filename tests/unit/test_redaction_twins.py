"""Twins: the same document with other words of other widths under the mark gives the same bytes."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from redaction import Plan, apply, leak, search, words
from redaction.report import Result
from tests import pdfs

NAMES = ["Li", "Smith", "Okonkwo", "Wilhelmina", "iiiiii", "MWMWMW"]
FONTS = ["Times-Roman", "Helvetica", "Vera"]
MARGIN, RIGHT, SIZE = 72.0, 523.0, 11.0
Layout = Callable[[str, str], bytes]


def lines_with(name: str) -> list[list[str]]:
    """Three lines of words; the name stands in the middle of the second."""
    return [
        [
            "The",
            "parties",
            "met",
            "on",
            "the",
            "third",
            "day",
            "to",
            "settle",
            "what",
            "was",
            "left",
            "of",
            "the",
            "claims",
        ],
        ["On", "that", "day", name, "signed", "for", "the", "licensee", "and", "left."],
        ["Nothing", "else", "was", "agreed", "before", "the", "end", "of", "the", "month", "as", "both", "confirm"],
    ]


def begun(font: str) -> tuple[BytesIO, canvas.Canvas]:
    """A canvas with its font registered and set, uncompressed."""
    if font == "Vera" and "Vera" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Vera", str(pdfs.VERA)))
    out = BytesIO()
    sheet = canvas.Canvas(out, pagesize=(595, 842), invariant=1)
    sheet.setFont(font, SIZE)
    return out, sheet


def ragged(name: str, font: str) -> bytes:
    """One string a line."""
    out, sheet = begun(font)
    for row, line in enumerate(lines_with(name)):
        sheet.drawString(MARGIN, 700 - 14 * row, " ".join(line))
    sheet.save()
    return out.getvalue()


def justified(name: str, font: str) -> bytes:
    """Lines stretched to the right margin by word spacing, all in one text object."""
    out, sheet = begun(font)
    text = sheet.beginText(MARGIN, 700)
    for line in lines_with(name):
        joined = " ".join(line)
        text.setWordSpace((RIGHT - MARGIN - pdfmetrics.stringWidth(joined, font, SIZE)) / (len(line) - 1))
        text.textLine(joined)
    sheet.drawText(text)
    sheet.save()
    return out.getvalue()


def placed_words(name: str, font: str) -> bytes:
    """Every word by a move of its own, stretched to the right margin."""
    out, sheet = begun(font)
    for row, line in enumerate(lines_with(name)):
        natural = sum(pdfmetrics.stringWidth(word, font, SIZE) for word in line)
        gap = (RIGHT - MARGIN - natural) / (len(line) - 1)
        x = MARGIN
        for word in line:
            sheet.drawString(x, 700 - 14 * row, word)
            x += pdfmetrics.stringWidth(word, font, SIZE) + gap
    sheet.save()
    return out.getvalue()


def word_like(name: str, font: str) -> bytes:
    """Offsets within TJ on kept glyphs that depend on the name, as word processors write them; Helvetica only."""
    parts = [b"BT /F1 11 Tf 0.02 Tc 72 700 Td"]
    for number, line in enumerate(lines_with(name)):
        pieces: list[bytes] = []
        shift = sum(map(ord, name)) % 17
        for place, word in enumerate(line):
            half = len(word) // 2
            offset = b" %d " % ((shift * (place + 1)) % 13 - 6 if number == 1 else place % 3)
            pieces += [b"(" + word[:half].encode() + b")", offset, b"(" + word[half:].encode() + b" )", offset]
        parts.append(b"[" + b"".join(pieces) + b"] TJ 0 -14 Td")
    return pdfs.content_pdf(b"\n".join([*parts, b"ET"]))


def redacted(data: bytes, name: str, level: str = "canonical") -> Result:
    """The document with the name marked where the search finds it."""
    (hit,) = search(data, name, case_sensitive=True)
    mark = {"page": 1, "box": list(hit.boxes[0]), "level": level, "code": "TS"}
    return apply(data, Plan.from_json({"marks": [mark]}))


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("build", [ragged, justified, placed_words, word_like], ids=lambda build: build.__name__)
def test_a_canonical_mark_gives_the_same_bytes_for_every_name(build: Layout, font: str) -> None:
    results = [redacted(build(name, font), name) for name in NAMES]
    assert {mark.level for result in results for mark in result.report.marks} == {"canonical"}
    assert len({result.output for result in results}) == 1
    assert len({str(result.report.affected) + str(result.report.marks) for result in results}) == 1


@pytest.mark.parametrize("build", [ragged, justified, placed_words, word_like], ids=lambda build: build.__name__)
def test_all_other_words_stay_in_order(build: Layout) -> None:
    result = redacted(build("Okonkwo", "Helvetica"), "Okonkwo")
    expected = [word for line in lines_with("Okonkwo") for word in line if word != "Okonkwo"]
    assert [word.text for word in words(result.output, 1) if word.text != "TS"] == expected


def test_an_exact_mark_tells_twins_apart() -> None:
    """The attack that canonical marks defend against works on exact ones, or the tests above would prove nothing."""
    outputs = {redacted(ragged(name, "Helvetica"), name, "exact").output for name in NAMES}
    assert len(outputs) == len(NAMES)


@pytest.mark.parametrize("build", [ragged, justified, placed_words], ids=lambda build: build.__name__)
def test_a_region_gives_the_same_bytes_for_every_name(build: Layout) -> None:
    results = [redacted(build(name, "Helvetica"), name, "region") for name in NAMES]
    assert {mark.level for result in results for mark in result.report.marks} == {"region"}
    assert len({result.output for result in results}) == 1
    assert "signed" not in {word.text for word in words(results[0].output, 1)}


def centred(name: str) -> bytes:
    """The line with the name stands in the middle of the page."""
    out, sheet = begun("Helvetica")
    for row, line in enumerate(lines_with(name)):
        sheet.drawCentredString(297.5, 700 - 14 * row, " ".join(line))
    sheet.save()
    return out.getvalue()


def right_aligned(name: str) -> bytes:
    """Lines that end at the right margin."""
    out, sheet = begun("Helvetica")
    for row, line in enumerate(lines_with(name)):
        sheet.drawRightString(RIGHT, 700 - 14 * row, " ".join(line))
    sheet.save()
    return out.getvalue()


def leaders(name: str) -> bytes:
    """A table of contents: the name, dots to the right margin, a number."""
    out, sheet = begun("Helvetica")
    for row, title in enumerate(["Claims of the parties", f"Statement of {name}", "Costs"]):
        sheet.drawString(MARGIN, 700 - 14 * row, title)
        dots = int((RIGHT - MARGIN - 40 - pdfmetrics.stringWidth(title, "Helvetica", SIZE)) / 3.058)
        sheet.drawRightString(RIGHT - 20, 700 - 14 * row, "." * dots)
        sheet.drawRightString(RIGHT, 700 - 14 * row, str(row + 1))
    sheet.save()
    return out.getvalue()


def cells(name: str) -> bytes:
    """A table in which the cell with the name stands between two others."""
    out, sheet = begun("Helvetica")
    for row, line in enumerate([("Name", "Role", "Share"), ("first", name, "12"), ("second", "counsel", "88")]):
        for column, cell in enumerate(line):
            sheet.drawString(MARGIN + 150 * column, 700 - 14 * row, cell)
    sheet.save()
    return out.getvalue()


@pytest.mark.parametrize("build", [centred, right_aligned, leaders, cells], ids=lambda build: build.__name__)
def test_lines_that_cannot_be_laid_out_anew_become_regions(build: Callable[[str], bytes]) -> None:
    results = [redacted(build(name), name) for name in NAMES]
    assert {mark.level for result in results for mark in result.report.marks} == {"region"}
    assert len({result.output for result in results}) == 1
    assert any("widened" in note for note in results[0].report.notes)


def test_neighbouring_cells_and_lines_stay_beside_a_region() -> None:
    kept = [word.text for word in words(redacted(cells("Smith"), "Smith").output, 1)]
    assert [word for word in kept if word != "TS"] == [
        "Name",
        "Role",
        "Share",
        "first",
        "12",
        "second",
        "counsel",
        "88",
    ]


def scan(kind: str, word: str) -> bytes:
    """A picture of 240 by 120 points at (100, 500) with a word drawn in its middle."""
    image = Image.new("L", (240, 120), 235)
    pen = ImageDraw.Draw(image)
    pen.text((8, 8), "kept heading", fill=10)
    pen.text((96, 52), word, fill=0)
    return pdfs.drawn_pdf(kind, image)


@pytest.mark.parametrize("kind", ["dct", "dct-grey", "ccitt", "flate", "one-bit", "grey16"])
def test_pictures_with_other_words_under_the_mark_give_the_same_bytes(kind: str) -> None:
    box = {"page": 1, "box": [180, 540, 290, 580]}
    outputs = {apply(scan(kind, name), Plan.from_json({"marks": [box]})).output for name in NAMES}
    assert len({scan(kind, name) for name in NAMES}) == len(NAMES)
    assert len(outputs) == 1


def test_rotated_text_stays_exact_and_says_so() -> None:
    data = pdfs.content_pdf(b"BT /F1 14 Tf 0 1 -1 0 300 300 Tm (Before Quetzal after) Tj ET")
    box = {"page": 1, "box": [286, 344, 305, 397], "otherwise": "exact"}
    report = apply(data, Plan.from_json({"marks": [box]})).report
    assert [mark.level for mark in report.marks] == ["exact"]
    assert any("stayed exact" in note for note in report.notes)


def test_two_marks_of_one_line_get_two_boxes() -> None:
    data = ragged("Okonkwo", "Times-Roman")
    boxes = [search(data, term)[0].boxes[0] for term in ("Okonkwo", "licensee")]
    marks = [{"page": 1, "box": list(box), "level": "canonical"} for box in boxes]
    result = apply(data, Plan.from_json({"marks": marks}))
    one, two = (np.array(mark.quad) for mark in result.report.marks)
    assert one[:, 0].max() < two[:, 0].min()
    assert np.ptp(one[:, 0]) == pytest.approx(np.ptp(two[:, 0]), abs=0.11)
    assert [mark.level for mark in result.report.marks] == ["canonical", "canonical"]


@pytest.mark.parametrize("font", FONTS)
def test_the_leak_meter_counts_the_words_that_fit(font: str) -> None:
    candidates = [*NAMES, "Okonkvo", "Wilhelm", "Quetzal", "Li Smith"]
    data = ragged("Okonkwo", font)
    (hit,) = search(data, "Okonkwo")
    for level in ("exact", "canonical", "region"):
        mark = {"page": 1, "box": list(hit.boxes[0]), "level": level, "id": "one"}
        (told,) = leak(data, Plan.from_json({"marks": [mark]}), candidates)
        assert (told.id, told.level, told.words) == ("one", level, len(candidates))
        assert 1 <= told.before <= 2
        assert told.after == (told.before if level == "exact" else len(candidates))
