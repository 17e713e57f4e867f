"""Letters of a neighbouring line that only reach into a box stay, without the part that lies under it; every letter of
a line that the box is meant for goes as before, however little of it is covered."""

from io import BytesIO

import pikepdf
import pytest
from pdfminer.high_level import extract_text

from redaction import Plan, apply, search, twin, verify, verify_sealed, words
from redaction.content.area import Area, covers, takes, target_of
from redaction.content.runs import core_of
from redaction.content.state import State
from redaction.document import rebuild
from redaction.engine import final_marks
from redaction.fonts import Font
from redaction.geometry import Box, corners
from redaction.inspection import open_source
from redaction.report import Result
from tests import pdfs
from tests.unit.test_redaction_images import bare_render, patch
from tests.unit.test_redaction_leaks import pdfium_text
from tests.unit.test_redaction_twins import FONTS, NAMES, begun

LABEL, SECRET, BELOW = "Grey gypsy page", "Quetzal", "hidden talk Ltd"
BOX: Box = (70.0, 685.6, 260.0, 699.0)
"""From the tops of the line below to the tails of the line above."""
LINES = f"BT /F1 10 Tf 72 700 Td ({LABEL}) Tj 0 -12.2 Td ({SECRET}) Tj 0 -8.6 Td ({BELOW}) Tj ET".encode()


def marked(data: bytes, box: Box | None = BOX, level: str = "exact", **other: object) -> Result:
    """The document with one box marked; `apply` raises when its own audit finds anything."""
    place = {"box": list(box)} if box else {}
    return apply(data, Plan.from_json({"marks": [{"page": 1, "level": level, **place, **other}]}))


def texts(result: Result) -> list[str]:
    """What both readers read, words with single spaces between."""
    read = (pdfium_text(result.output), extract_text(BytesIO(result.output)))
    return [" ".join(text.replace("\x0c", "").split()) for text in read]


def letters(result: Result) -> list[str]:
    """The letters of the first page in order of the alphabet."""
    return sorted("".join(word.text for word in words(result.output, 1)))


def content(data: bytes) -> bytes:
    """The content of the first page without the drawn boxes."""
    with pikepdf.open(BytesIO(data)) as pdf:
        return pdf.pages[0].Contents[0].read_bytes()


def embedded(lines: bytes) -> bytes:
    """The content in an embedded font, whose outlines tell the ink exactly."""
    out, sheet = begun("Vera")
    sheet.drawString(0, 0, f"{LABEL}{SECRET}{BELOW}")
    sheet.save()
    with pikepdf.open(BytesIO(out.getvalue())) as pdf:
        page = pdf.pages[0]
        (name,) = (key for key, font in page.Resources.Font.items() if "FontDescriptor" in str(font.keys()))
        page.Contents = pdf.make_stream(lines.replace(b"/F1", name.encode()))
        made = BytesIO()
        pdf.save(made)
        return made.getvalue()


@pytest.mark.parametrize("level", ["exact", "canonical", "region"])
@pytest.mark.parametrize("build", [pdfs.content_pdf, embedded], ids=["standard font", "embedded font"])
def test_tails_above_and_tops_below_stay_and_no_ink_lies_beneath(build: object, level: str) -> None:
    assert callable(build)
    data = build(LINES)
    assert patch(bare_render(data), (71, 687, 259, 698)).std() > 2
    result = marked(data, level=level)
    assert texts(result) == [f"{LABEL} {BELOW}"] * 2
    assert result.report.clipped > 4
    x0, y0, x1, y1 = (round(v) for v in (*result.report.marks[0].quad[0], *result.report.marks[0].quad[2]))
    assert patch(bare_render(result.output), (x0 + 1, y0 + 1, x1 - 1, y1 - 1)).std() == 0


def test_the_tail_beside_the_box_is_still_seen() -> None:
    data = pdfs.content_pdf(LINES)
    before, after = bare_render(data), bare_render(marked(data).output)
    for strip in ((72, 700, 200, 709), (72, 678, 200, 685)):
        assert (patch(before, strip) == patch(after, strip)).mean() > 0.999


@pytest.mark.parametrize(
    ("top", "gone"),
    [(699.4, ""), (700.2, "gyp"), (703.0, LABEL), (705.3, LABEL)],
    ids=["under the base line", "over the base line", "through the small letters", "nearly all of them"],
)
def test_a_box_that_comes_into_a_line_takes_what_it_touches_of_it(top: float, gone: str) -> None:
    read = texts(marked(pdfs.content_pdf(LINES), (70.0, 686.0, 260.0, top)))[0].removesuffix(BELOW)
    assert not set(gone) & set(read)
    assert gone == LABEL or set(LABEL) - set(gone) <= set(read)


def test_a_deep_tail_goes_although_its_line_lies_above() -> None:
    """More than a quarter of a comma, or of a letter that is mostly tail, is a letter under the box."""
    result = marked(
        pdfs.content_pdf(b"BT /F1 10 Tf 72 700 Td (one, two_ end) Tj 0 -12 Td (Quetzal) Tj ET"), (*BOX[:3], 699.4)
    )
    assert texts(result)[0] == "one two end"


@pytest.mark.parametrize(("low", "high"), [(691.0, 692.5), (688.2, 690.0), (692.0, 698.0), (686.5, 689.0)])
def test_a_box_drawn_too_small_over_a_word_leaves_none_of_its_touched_letters(low: float, high: float) -> None:
    read = texts(marked(pdfs.content_pdf(LINES), (73.0, low, 104.0, high)))[0]
    rest = read.replace(LABEL, "").replace(BELOW, "")
    assert not set("Quetza") & set(rest)


def test_a_thin_box_over_the_tops_is_meant_for_the_line_it_touches() -> None:
    """A box lower than a line of small letters holds no line of its own."""
    data = pdfs.content_pdf(b"BT /F1 10 Tf 72 700 Td (BELL 4711) Tj ET")
    assert texts(marked(data, (70.0, 705.8, 150.0, 709.0)))[0] == ""
    assert texts(marked(data, (70.0, 705.8, 150.0, 716.0)))[0] == "BELL 4711"


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_pages(turn: int) -> None:
    result = marked(pdfs.content_pdf(LINES, page={"/Rotate": turn}))
    assert letters(result) == sorted((LABEL + BELOW).replace(" ", ""))


@pytest.mark.parametrize(
    "matrix",
    [(0.866, 0.5, -0.5, 0.866, 300, -400), (0, 1, -1, 0, 900, 100), (-1, 0, 0, 1, 500, 0), (0.5, 0, 0.1, 0.5, 9, 20)],
    ids=["30 degrees", "upwards", "mirrored", "small and leaning"],
)
def test_turned_text_under_a_quad(matrix: tuple[float, ...]) -> None:
    a, b, c, d, e, f = matrix
    quad = [v for x, y in corners(BOX) for v in (a * x + c * y + e, b * x + d * y + f)]
    data = pdfs.content_pdf(
        b"%g %g %g %g %g %g cm " % matrix + LINES, page={"/MediaBox": pikepdf.Array([0, 0, 900, 900])}
    )
    result = marked(data, None, quad=quad)
    assert result.report.clipped > 4
    assert letters(result) == sorted((LABEL + BELOW).replace(" ", ""))


def test_forms_clip_for_themselves() -> None:
    with pikepdf.new() as pdf:
        form = pdfs.form(pdf, LINES)
        data = pdfs.content_pdf(b"q /Fm Do Q", xobjects={"/Fm": form}, pdf=pdf)
    result = marked(data)
    assert texts(result)[0] == f"{LABEL} {BELOW}"
    assert result.report.clipped > 4


@pytest.mark.parametrize("mode", [3, 7])
def test_text_nobody_sees_goes_as_before(mode: int) -> None:
    """Of an invisible letter nothing is seen beside the box."""
    result = marked(pdfs.content_pdf(b"BT %d Tr ET " % mode + LINES))
    assert not set("gyphd") & set(texts(result)[0])
    assert result.report.clipped == 0


def test_without_the_clip_the_second_walk_says_so() -> None:
    """Whoever takes the clip away, moves it or makes it smaller shows ink beneath a box."""
    result = marked(pdfs.content_pdf(LINES))
    marks = result.report.marks
    shown = content(result.output)
    assert all(check.passed for check in verify(result.output, marks))
    for old, new in ((b"W* n", b"n"), (b"W* n", b"W n"), (b"70 685.6 m", b"90 685.6 m"), (b"W* n", b"W* f")):
        changed = shown.replace(old, new)
        assert changed != shown
        with pikepdf.open(BytesIO(result.output)) as pdf:
            first, second = pdf.pages[0].Contents
            pdf.pages[0].Contents = pikepdf.Array([pdf.make_stream(changed), second])
            assert first.read_bytes() == shown
            out = BytesIO()
            pdf.save(out, deterministic_id=True)
        assert "walk" in {check.name for check in verify(out.getvalue(), marks) if not check.passed}


CLOSE = ("My largely gypsy page typing, dry; by (them) Quay", "for the {} had they said", "both Ltd tall (old) Bill")
TIGHT = ("My largely gypsy page typing dry", "for the {} had they", "held both Ltd tall")


def tight(name: str, font: str, lines: tuple[str, ...] = TIGHT, leading: float = 9.4) -> bytes:
    """Lines so close that the box of the name reaches into both its neighbours."""
    out, sheet = begun(font)
    for row, line in enumerate(lines):
        sheet.drawString(72, 700 - leading * row, line.format(name))
    sheet.save()
    return out.getvalue()


@pytest.mark.parametrize("font", FONTS)
def test_twins_between_tight_lines_give_the_same_bytes_and_lose_no_neighbour(font: str) -> None:
    results = []
    for name in NAMES:
        (hit,) = search(tight(name, font), name, case_sensitive=True)
        x0, _, x1, _ = hit.boxes[0]
        results.append(marked(tight(name, font), (x0, 688.6, x1, 698.8), "canonical"))
    assert {mark.level for result in results for mark in result.report.marks} == {"canonical"}
    assert len({result.output for result in results}) == 1
    assert len({(result.report.clipped, str(result.report.affected)) for result in results}) == 1
    assert results[0].report.clipped > 0
    assert " ".join(word.text for word in words(results[0].output, 1)) == " ".join(TIGHT).replace("{} ", "")


@pytest.mark.parametrize(
    ("font", "leading"), [("Times-Roman", 8.8), ("Vera", 8.4), ("Helvetica", 9.6), ("Helvetica", 10.6)]
)
def test_which_letters_beside_a_searched_name_stay_does_not_tell_its_width(font: str, leading: float) -> None:
    """A long name's mark reaches more of the tails above than a short one's."""
    outputs = set()
    for name in ("Li", "Okonkwo", "Wilhelmina"):
        data = tight(name, font, CLOSE, leading)
        (hit,) = search(data, name, case_sensitive=True)
        outputs.add(marked(data, hit.boxes[0], "canonical").output)
    assert len(outputs) == 1


@pytest.mark.parametrize("level", ["exact", "canonical"])
def test_the_sealed_tier_exchanges_no_letter_that_stays(level: str) -> None:
    data = pdfs.content_pdf(LINES)
    plan = Plan.from_json({"marks": [{"page": 1, "box": list(BOX), "level": level}]})
    result = apply(data, plan)
    assert [(check.name, check.passed) for check in verify_sealed(result.output, data, plan)] == [
        ("repeat", True),
        ("twin", True),
    ]
    with open_source(data) as source:
        cleared = rebuild(source, final_marks(source, data, plan)).cleared
    assert LABEL in pdfium_text(twin(data, cleared) or b"")


def test_two_boxes_over_and_under_one_line_clip_it_twice() -> None:
    boxes = [[70.0, 686.0, 260.0, 699.0], [70.0, 705.8, 260.0, 720.0]]
    marks = [{"page": 1, "box": box, "level": "exact"} for box in boxes]
    result = apply(pdfs.content_pdf(LINES), Plan.from_json({"marks": marks}))
    assert texts(result)[0] == f"{LABEL} {BELOW}"


@pytest.mark.parametrize("size", [10.0, -10.0])
@pytest.mark.parametrize("rise", [0.0, 4.0])
def test_only_what_reaches_in_from_beside_is_spared(size: float, rise: float) -> None:
    """By the rule itself: wherever a box comes into the core of the line, it takes what it covers."""
    with pikepdf.new() as pdf:
        font = Font(pikepdf.Dictionary(), pdf.make_indirect(pikepdf.Dictionary()), "simple", object())  # type: ignore[arg-type]
        state = State(font=font, size=size, rise=rise)
    core = core_of(state, (1, 0, 0, 1, 0, 500), Area())
    low, high = sorted((500 + rise, 500 + rise + 0.55 * size))
    glyph = corners((0, min(low, low - 2.2), 6, high + 2.0))
    for step in range(-200, 200):
        for tall in (3.0, 9.0, 30.0):
            target = target_of(corners((-50, low + step / 10, 50, low + step / 10 + tall)))
            spared = covers(target, glyph) and not takes(target, glyph, core)
            apart = step / 10 > high - low or step / 10 + tall < 0
            assert not spared or (apart and tall >= 5.5)
