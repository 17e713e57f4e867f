"""Random documents and boxes: what lies under the box goes, the rest stays, twins give the same bytes."""

import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redaction import Plan, Refused, apply, words
from redaction.content.area import covers, target_of
from redaction.geometry import Box, corners, holds, outside_pieces, shared_area, signed_area
from tests import pdfs

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
