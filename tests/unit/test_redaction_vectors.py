"""The vector table, row by row: the secret is there before, nowhere after, and what stood beside it is still there."""

import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pdfminer.high_level import extract_text

from redaction import Plan, Refused, apply, search
from redaction.geometry import bounds
from redaction.report import FinalMark, Result
from tests.pdfs import AFTER, BEFORE, BOX, SECRET
from tests.unit.test_redaction_images import bare_render, patch
from tests.unit.test_redaction_leaks import everything, found, pdfium_text
from tests.unit.vector_documents import PICTURES, ROWS

POPPLER = shutil.which("pdftotext")
UNREADABLE = {"t11", "t17", "t20", "t21", "t38", "t41"}
"""Rows whose word no reader gives as letters; they are judged by pixels and by the audit of the checks."""
SEEN = (118, 697, 164, 711)
PLACES: dict[str, list[float]] = {
    "t09": [130.0, 694.0, 189.8, 714.0],
    "t16": [60.0, 700 - 14 * 14.0 + 1, 90.0, 700 - 7 * 14.0 - 1],
    "t18": [*BOX],
    "t31": [146.0, 696.0, 195.5, 712.0],
    "t34": [121.0, 696.0, 184.0, 712.0],
    "t35": [*BOX],
    "t25": [300.0, 300.0, 350.0, 312.0],
    "t24": [116.0, 296.0, 166.0, 312.0],
    "d15": [116.0, 296.0, 166.0, 312.0],
}
SLANTED = [(44.5, -3), (94, -3), (94, 12), (44.5, 12)]
LOST_BESIDE = {"t21", "t20", "t19", "a05"}


def marks_for(row: str, data: bytes, level: str) -> list[dict[str, object]]:
    """The marks of a row: where the word is found, or where its document is known to put it."""
    if row == "t05":
        quad = [v for x, y in SLANTED for v in (100 + 0.866 * x - 0.5 * y, 300 + 0.5 * x + 0.866 * y)]
        return [{"page": 1, "quad": quad, "level": level, "otherwise": "exact"}]
    if row == "t29":
        x0, y0, x1, y1 = search(data, SECRET)[0].boxes[0]
        return [{"page": 1, "box": [x0 + 2.5, y0 + 2, x1 - 1.5, y1 - 2]}]
    if row in PLACES:
        return [{"page": 1, "box": PLACES[row], "level": level, "otherwise": "exact"}]
    term = "quetzal" if row == "t15" else SECRET
    hits = search(data, term)
    if not hits:
        return [{"page": 1, "box": [*BOX], "level": level}]
    if row == "t15":
        x0, y0, x1, y1 = hits[0].boxes[0]
        return [{"page": 1, "box": [x0 - 14, y0, x1, y1], "level": level}]
    slanted = {"otherwise": "exact"} if row == "t33" else {}
    return [{"page": hit.page, "box": list(box), "level": level, **slanted} for hit in hits for box in hit.boxes]


def readers(data: bytes, folder: Path) -> dict[str, str]:
    """The text by every extractor that is installed."""
    texts = {"pdfium": pdfium_text(data), "pdfminer": extract_text(BytesIO(data))}
    if POPPLER:
        source = folder / "out.pdf"
        source.write_bytes(data)
        texts["poppler"] = subprocess.run([POPPLER, source, "-"], capture_output=True, check=True, text=True).stdout
    return texts


def redacted(data: bytes, marks: list[dict[str, object]]) -> Result:
    """The result; `apply` raises when its own audit (pixels, positions, structure, words) finds anything."""
    return apply(data, Plan.from_json({"marks": marks}))


def shows(data: bytes, folder: Path) -> bool:
    """Whether the secret can be found in bytes, streams, strings or texts."""
    needle = SECRET.upper()
    return found(data) or any(needle in "".join(text.upper().split()) for text in readers(data, folder).values())


def mapped(data: bytes) -> set[str]:
    """The characters that the fonts of a document map their codes to."""
    found: set[str] = set()
    with pikepdf.open(BytesIO(data)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item:
                pairs = re.findall(rb"<[0-9A-Fa-f]+>\s*<([0-9A-Fa-f]+)>\s*\n", item.ToUnicode.read_bytes())
                found |= set("".join(bytes.fromhex(pair.decode()).decode("utf-16-be") for pair in pairs))
    return {char for char in found if not char.isspace() and char != "\uffff"}


def is_flat(data: bytes, mark: FinalMark) -> bool:
    """Whether the page shows one colour beneath a drawn box."""
    x0, y0, x1, y1 = (round(value) for value in bounds(mark.quad))
    slanted = len({x for x, _ in mark.quad}) > 2
    inner = (x0 + 1, y0 + 1, x1 - 1, y1 - 1)
    return slanted or inner[0] >= inner[2] or inner[1] >= inner[3] or bool(patch(bare_render(data), inner).std() < 1)


@pytest.mark.parametrize("level", ["exact", "canonical"])
@pytest.mark.parametrize("row", ROWS)
def test_the_word_is_gone_and_its_neighbours_stay(row: str, level: str, tmp_path: Path) -> None:
    data = ROWS[row]()
    readable = row not in UNREADABLE
    if readable and row != "d18":
        assert shows(data, tmp_path)
    if not readable:
        assert patch(bare_render(data), SEEN).std() > 2
    result = redacted(data, marks_for(row, data, level))
    assert not shows(result.output, tmp_path)
    assert all(check.passed for check in result.report.checks)
    assert mapped(result.output) <= set("".join(readers(result.output, tmp_path).values()))
    assert all(is_flat(result.output, mark) for mark in result.report.marks if mark.page == 1 and row != "t06")
    if BEFORE in pdfium_text(data) and row not in LOST_BESIDE and result.report.marks[0].level != "region":
        texts = readers(result.output, tmp_path)
        for word in (BEFORE, AFTER) if row not in ("t35",) else (BEFORE,):
            assert word in texts["pdfium"]


@pytest.mark.parametrize("row", ["t05", "t16", "t31"])
def test_text_whose_width_cannot_be_hidden_is_refused_unless_the_plan_allows_it(row: str) -> None:
    data = ROWS[row]()
    marks = [
        {key: value for key, value in mark.items() if key not in ("level", "otherwise")}
        for mark in marks_for(row, data, "canonical")
    ]
    with pytest.raises(Refused) as caught:
        apply(data, Plan.from_json({"marks": marks}))
    assert caught.value.code == "level"


def test_a_font_keeps_no_outline_of_letters_that_went(tmp_path: Path) -> None:
    data = ROWS["t40"]()
    output = redacted(data, marks_for("t40", data, "canonical")).output
    with pikepdf.open(BytesIO(output)) as pdf:
        fonts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item]
        texts = b"".join(font.ToUnicode.read_bytes() for font in fonts)
    assert b"<%04x>" % ord("Q") not in texts
    assert b"<%04x>" % ord("B") in texts
    assert "Q" not in extract_text(BytesIO(output))


def test_encryption_and_the_old_id_are_not_taken_over() -> None:
    data = ROWS["d18"]()
    output = redacted(data, marks_for("d18", data, "exact")).output
    with pikepdf.open(BytesIO(data)) as before, pikepdf.open(BytesIO(output)) as after:
        assert before.is_encrypted
        assert not after.is_encrypted
        assert bytes(before.trailer.ID[0]) != bytes(after.trailer.ID[0])


@pytest.mark.parametrize("row", PICTURES)
def test_what_a_picture_or_drawing_shows_is_gone(row: str) -> None:
    data = PICTURES[row]()
    box = [116, 694, 166, 712] if row.startswith("v") else [175, 535, 265, 585]
    inner = (118, 696, 164, 710) if row.startswith("v") else (180, 540, 260, 580)
    before = bare_render(data)
    assert patch(before, inner).std() > 2
    result = redacted(data, [{"page": 1, "box": box}])
    after = bare_render(result.output)
    assert patch(after, inner).std() < 1
    outside = (420, 780, 590, 840)
    assert np.abs(patch(after, outside).astype(int) - patch(before, outside)).max() < 40
    assert SECRET.encode() not in everything(result.output)


def test_a_picture_shared_by_pages_is_wiped_on_the_marked_page_alone() -> None:
    output = redacted(PICTURES["i09"](), [{"page": 1, "box": [175, 535, 265, 585]}]).output
    with pikepdf.open(BytesIO(output)) as pdf:
        del pdf.pages[0]
        out = BytesIO()
        pdf.save(out)
    assert patch(bare_render(out.getvalue()), (180, 540, 260, 580)).std() > 10
