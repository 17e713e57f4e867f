"""Runs far from every mark are kept as they stood: each word of the result stands where it stood in the original."""

from io import BytesIO

import pytest

from redaction import Plan, apply, words
from redaction.document import rebuild
from redaction.engine import final_marks
from redaction.inspection import open_source
from tests import pdfs

SECRET = b"1 0 0 1 72 400 Tm (Secret) Tj "
CASES = {
    "two moves and two runs": b"72 700 Td 0 -20 Td (first ) Tj (second ) Tj (third) Tj",
    "two places": b"1 0 0 1 10 10 Tm 1 0 0 1 72 650 Tm (first ) Tj (second) Tj 0 -14 Td (below) Tj",
    "moves after a removed run": SECRET + b"( beside) Tj 0 -40 Td (below ) Tj (more) Tj 0 -14 Td (last) Tj",
    "a run without a move after a removed one": SECRET + b"0 100 Td (above ) Tj [(ker) -120 (ned )] TJ (end) Tj",
    "numbers at the ends of an array": b"72 700 Td [-500 (inset) 200] TJ (after) Tj T* (under) Tj",
    "numbers behind a run": b"72 700 Td [(first) -900] TJ (second) Tj 0 -20 Td [ (spa) -30 (ced)\n] TJ ( on) Tj",
    "numbers behind a run, then a move": b"72 700 Td [(first) 900] TJ 0 -20 Td [(second) 11] TJ 0 -20 Td (third) Tj",
    "negative spacing": b"72 700 Td -0.3 Tc -1 Tw (close words here) Tj (behind) Tj 0 -20 Td 0 Tc 0 Tw (normal) Tj",
    "lines": b"14 TL 72 700 Td (one) Tj T* (two) Tj (more) ' 2 1 (wide words here) \" T* (plain) Tj",
    "spacing and stretch": b"72 700 Td 3 Tc 8 Tw 150 Tz (wide words) Tj ( behind) Tj 0 -20 Td 0 Tc 0 Tw 100 Tz (normal) Tj",
    "turned": b"0 1 -1 0 300 300 Tm (upwards ) Tj (further) Tj 0 -14 Td (beside) Tj",
    "a negative size": b"/F1 -11 Tf -1 0 0 -1 200 700 Tm (upright ) Tj (again) Tj",
    "escaped strings": b"72 700 Td (par\\050en\\)s ) Tj <776f726473> Tj (a\\\nb) Tj",
    "between saved states": b"ET q 1 0 0 1 0 50 cm BT /F1 11 Tf 72 600 Td (moved ) Tj (up) Tj ET Q BT 72 500 Td (here) Tj",
}


def placed(data: bytes) -> list[tuple[str, tuple[float, ...]]]:
    """The words of the first page, with their places to half a point."""
    return sorted((w.text, tuple(round(v * 2) / 2 for v in w.box)) for w in words(data, 1) if "ecret" not in w.text)


@pytest.mark.parametrize("case", CASES)
def test_words_far_from_a_mark_stay_where_they_stood(case: str) -> None:
    secret = b"" if SECRET in CASES[case] else b"BT /F1 11 Tf " + SECRET + b"ET "
    data = pdfs.content_pdf(secret + b"BT /F1 11 Tf " + CASES[case] + b" ET")
    box = next(word.box for word in words(data, 1) if "Secret" in word.text)
    mark = {"page": 1, "box": list(box), "level": "exact"}
    with open_source(data) as source:
        output = rebuild(source, final_marks(source, data, Plan.from_json({"marks": [mark]}))).output
    before, after = dict(placed(data)), dict(placed(output))
    assert before.keys() == after.keys()
    assert len(after) > 1
    for word, place in before.items():
        assert place == pytest.approx(after[word], abs=0.51), word


def test_a_number_that_drew_a_removed_letter_near_does_not_stay() -> None:
    shown = b"BT /F1 11 Tf 72 700 Td [(See ) -37.25] TJ (Secret) Tj 0 -20 Td [( kept ) -41.5] TJ (too) Tj ET"
    data = pdfs.content_pdf(shown)
    box = next(word.box for word in words(data, 1) if "Secret" in word.text)
    output = apply(data, Plan.from_json({"marks": [{"page": 1, "box": list(box), "level": "exact"}]})).output
    assert [word.text for word in words(output, 1)] == ["See", "kept", "too"]
    with pdfs.pikepdf.open(BytesIO(output)) as pdf:
        content = b"".join(part.read_bytes() for part in pdf.pages[0].Contents)
    assert b"37.25" not in content
    assert b"41.5" not in content


@pytest.mark.parametrize("font", ["Helvetica", "Courier-Bold", "Times-Roman"])
def test_a_small_label_close_above_a_mark_stays_whole(font: str) -> None:
    """Colons and brackets of a font that is not embedded reach about as deep as they really do."""
    face = pdfs.pikepdf.Dictionary(Type=pdfs.Name.Font, Subtype=pdfs.Name.Type1, BaseFont=pdfs.Name("/" + font))
    face.Encoding = pdfs.Name.WinAnsiEncoding
    content = b"BT /F1 6.4 Tf 54 689.6 Td (Name: date; t001:) Tj ET BT /F1 10 Tf 54 681.8 Td (Freya) Tj ET"
    data = pdfs.content_pdf(content, fonts={"/F1": face})
    output = apply(
        data, Plan.from_json({"marks": [{"page": 1, "box": [54, 679.8, 140, 688.8], "level": "exact"}]})
    ).output
    assert " ".join(word.text for word in words(output, 1)) == "Name: date; t001:"
