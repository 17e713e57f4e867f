"""Random documents and boxes: what lies under the box goes, the rest stays, twins give the same bytes."""

import math
import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from redaction import Plan, Refused, apply, words
from redaction.content.area import covers, target_of
from redaction.geometry import Box, corners, holds, outside_pieces, shared_area, signed_area
from tests import pdfs
from tests.unit.test_redaction_leaks import found

QUICK = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
WORDS = st.lists(st.text(string.ascii_letters, min_size=4, max_size=9), min_size=3, max_size=8, unique=True)
NUMBER = st.integers(-50, 50).map(float)
BOXES = st.tuples(NUMBER, NUMBER, st.integers(1, 60), st.integers(1, 60)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@QUICK
@given(WORDS, st.data())
def test_a_marked_word_goes_and_every_other_word_stays(names: list[str], data: st.DataObject) -> None:
    document = pdfs.simple_pdf([" ".join(names)])
    before = words(document, 1)
    index = data.draw(st.integers(0, len(before) - 1))
    x0, y0, x1, y1 = before[index].box
    box = [x0 - 0.2, y0 + 1, x1 + 0.2, y1 - 1]
    output = apply(document, Plan.from_json({"marks": [{"page": 1, "box": box}]})).output
    after = [word.text for word in words(output, 1)]
    assert after == [word.text for place, word in enumerate(before) if place != index]


@QUICK
@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=3, max_size=8), BOXES)
def test_cutting_leaves_exactly_the_outside(ring: list[tuple[float, float]], box: Box) -> None:
    pieces = outside_pieces(ring, corners(box))
    for piece in pieces:
        middle_inside = [point for point in piece if _deep(box, point)]
        assert not middle_inside
    total = sum(signed_area(piece) for piece in pieces)
    inside = signed_area(ring) - total
    assert abs(inside) <= shared_area(ring, corners(box)) + 1e-6


def _deep(box: Box, point: tuple[float, float]) -> bool:
    x, y = point
    return box[0] + 1e-6 < x < box[2] - 1e-6 and box[1] + 1e-6 < y < box[3] - 1e-6


@QUICK
@given(BOXES, BOXES)
def test_a_glyph_is_covered_when_its_centre_is(glyph: Box, box: Box) -> None:
    centre = ((glyph[0] + glyph[2]) / 2, (glyph[1] + glyph[3]) / 2)
    if holds(corners(box), centre):
        assert covers(target_of(corners(box)), corners(glyph))


@QUICK
@given(st.permutations("abcdeghnopqu"))
def test_twins_of_one_width_give_the_same_bytes(letters: list[str]) -> None:
    word = "".join(letters)
    document = pdfs.content_pdf(pdfs.spoken(word))
    box = {"page": 1, "box": [116, 695, 210.5, 714]}
    twin = apply(document, Plan.from_json({"marks": [box]})).output
    assert twin == apply(pdfs.content_pdf(pdfs.spoken("abcdeghnopqu")), Plan.from_json({"marks": [box]})).output


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_as_content_are_redacted_or_refused(content: bytes) -> None:
    document = pdfs.content_pdf(content + b"\n" + pdfs.spoken())
    try:
        apply(document, Plan.from_json({"marks": [{"page": 1, "box": list(pdfs.BOX)}]}))
    except Refused:
        return


WORD = st.text(string.ascii_letters, min_size=5, max_size=8)
PLACES = ("page", "form", "nested form", "drawn font", "clipped", "pattern")


def line_of(word: str) -> bytes:
    """The line with a word of its own, spoken from the origin."""
    return f"BT /F1 14 Tf ({pdfs.BEFORE} {word} {pdfs.AFTER}) Tj ET".encode()


def hidden_in(place: str, word: str, matrix: tuple[float, ...]) -> bytes:
    """The line under a matrix: as page content, in forms, in the procedure of a drawn font, clipped, in a pattern's cell."""
    told = " ".join(f"{value:.4f}" for value in matrix).encode()
    with pdfs.pikepdf.new() as pdf:
        face = pdfs.Dictionary(Type=pdfs.Name.Font, Subtype=pdfs.Name.Type1, BaseFont=pdfs.Name.Helvetica)
        moved = b"q " + told + b" cm " + line_of(word) + b" Q"
        if place in ("form", "nested form"):
            inner = pdfs.form(pdf, moved)
            outer = inner if place == "form" else pdfs.form(pdf, b"q /I Do Q", I=inner)
            return pdfs.content_pdf(b"/A Do", xobjects={"/A": outer}, pdf=pdf)
        if place == "drawn font":
            drawn = pdfs.Dictionary(Type=pdfs.Name.Font, Subtype=pdfs.Name.Type3, FirstChar=65, LastChar=65)
            drawn.Widths, drawn.FontBBox = pdfs.Array([0]), pdfs.Array([0, 0, 595, 842])
            drawn.FontMatrix = pdfs.Array([0.01, 0, 0, 0.01, 0, 0])
            drawn.CharProcs = pdfs.Dictionary(A=pdf.make_stream(b"0 0 d0 " + moved))
            drawn.Encoding = pdfs.Dictionary(Type=pdfs.Name.Encoding, Differences=pdfs.Array([65, pdfs.Name.A]))
            drawn.Resources = pdfs.Dictionary(Font=pdfs.Dictionary(F1=face))
            fonts = {"/F2": pdf.make_indirect(drawn)}
            return pdfs.content_pdf(b"BT /F2 100 Tf (A) Tj ET", fonts=fonts, pdf=pdf)
        if place == "pattern":
            cell = pdf.make_stream(moved, Type=pdfs.Name.Pattern, PatternType=1, PaintType=1, TilingType=1)
            cell.BBox, cell.XStep, cell.YStep = pdfs.Array([0, 0, 595, 842]), 595, 842
            cell.Resources = pdfs.Dictionary(Font=pdfs.Dictionary(F1=face))
            patterns = {"/Pattern": pdfs.Dictionary(P=pdf.make_indirect(cell))}
            return pdfs.content_pdf(b"/Pattern cs /P scn 0 0 595 842 re f", resources=patterns, pdf=pdf)
        clip = b"0 0 595 842 re W n " if place == "clipped" else b""
        return pdfs.content_pdf(clip + moved, pdf=pdf)


def turned(angle: int, skew: float) -> tuple[float, ...]:
    """A matrix that turns by degrees, leans, and moves the line to the middle of the page."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return (cos, sin, skew * cos - sin, skew * sin + cos, 300.0, 400.0)


@QUICK
@given(WORD, st.sampled_from(PLACES), st.integers(0, 359), st.sampled_from([0.0, 0.2, -0.3]))
def test_a_slanted_word_goes_wherever_it_is_drawn(word: str, place: str, angle: int, skew: float) -> None:
    matrix = turned(angle, skew)
    start = stringWidth(f"{pdfs.BEFORE} ", "Helvetica", 14)
    end = start + stringWidth(word, "Helvetica", 14)
    flat = [(start, -4), (end, -4), (end, 12), (start, 12)]
    a, b, c, d, e, f = matrix
    quad = [value for x, y in flat for value in (a * x + c * y + e, b * x + d * y + f)]
    data, mark = hidden_in(place, word, matrix), {"page": 1, "quad": quad, "level": "exact"}
    assert found(data, word)
    output = apply(data, Plan.from_json({"marks": [mark]})).output
    assert not found(output, word)
    if place not in ("drawn font", "pattern"):
        kept = [char for text in words(output, 1) for char in text.text]
        assert sorted(kept) == sorted(pdfs.BEFORE + pdfs.AFTER)


@QUICK
@given(st.integers(0, 6), st.integers(1, 4))
def test_letters_of_a_column_go_one_by_one(first: int, count: int) -> None:
    """Vertical writing in a composite font, 14 points a letter from the top at 700."""
    last = min(first + count, len(pdfs.SECRET))
    top = 700 - 14.0 * (len(pdfs.BEFORE) + 1)
    box = [60.0, top - 14 * last + 1, 90.0, top - 14 * first - 1]
    mark = {"page": 1, "box": box, "level": "exact"}
    output = apply(pdfs.composite_pdf("Identity-V"), Plan.from_json({"marks": [mark]})).output
    kept = sorted(pdfs.BEFORE + pdfs.SECRET[:first] + pdfs.SECRET[last:] + pdfs.AFTER)
    assert sorted(char for text in words(output, 1) for char in text.text) == kept
