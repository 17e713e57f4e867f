"""Lines, shapes and shadings: no point of what lay under a mark stays in the content."""

import re
from io import BytesIO

import numpy as np
import pikepdf
import pypdfium2
import pytest

from redaction import Plan, apply
from tests import pdfs

MARK = {"marks": [{"page": 1, "box": [200, 300, 300, 400]}]}
INSIDE = (201.0, 301.0, 299.0, 399.0)


def content_of(output: bytes) -> bytes:
    """The page's own content, without the drawn boxes."""
    with pikepdf.open(BytesIO(output)) as pdf:
        return bytes(pdf.pages[0].obj.Contents[0].read_bytes())


def points_of(content: bytes) -> list[tuple[float, float]]:
    """Every point named by a path operator."""
    found = []
    for numbers in re.findall(rb"((?:-?[\d.]+ )+)[mlc]\b", content):
        values = [float(v) for v in numbers.split()]
        found += list(zip(values[::2], values[1::2], strict=True))
    return found


def inside(point: tuple[float, float]) -> bool:
    return INSIDE[0] < point[0] < INSIDE[2] and INSIDE[1] < point[1] < INSIDE[3]


def render(data: bytes) -> np.ndarray:
    document = pypdfium2.PdfDocument(data)
    image = np.array(document[0].render(scale=1).to_pil().convert("L"))
    document.close()
    return image


SHAPES = {
    "small shape": b"220 320 m 280 320 l 250 380 l h f",
    "crossing triangle": b"150 320 m 280 320 l 250 380 l h f",
    "crossing curve": b"150 320 m 220 300 280 390 350 380 c S",
    "line through": b"100 350 m 400 352 l S",
    "dashed line": b"[6 3] 0 d 100 350 m 400 352 l S",
    "filled and stroked": b"2 w 0.5 g 150 250 m 250 350 l 350 250 l b",
    "even-odd ring": b"150 250 200 200 re 220 320 40 40 re f*",
    "clip": b"q 220 320 m 380 320 l 250 380 l h W n 0 0 595 842 re f Q",
    "closed outline": b"3 w 150 250 100 100 re S",
}


@pytest.mark.parametrize("name", SHAPES)
def test_no_point_under_the_mark_stays(name: str) -> None:
    data = pdfs.content_pdf(SHAPES[name])
    output = apply(data, Plan.from_json(MARK)).output
    assert not [point for point in points_of(content_of(output)) if inside(point)]
    before, after = render(data).astype(int), render(output)
    before[842 - 403 : 842 - 297, 197:303] = after[842 - 403 : 842 - 297, 197:303]
    assert (np.abs(before - after) > 100).mean() < 0.0005


def test_a_background_without_edges_under_the_mark_is_left_alone() -> None:
    output = apply(pdfs.content_pdf(b"0.9 g 0 0 595 842 re f"), Plan.from_json(MARK)).output
    assert b"0 0 595 842 re f" in content_of(output)


def test_a_shading_is_clipped_to_the_outside() -> None:
    shading = pikepdf.Dictionary(ShadingType=2, ColorSpace=pikepdf.Name.DeviceGray)
    shading.Coords = pikepdf.Array([0, 0, 595, 0])
    shading.Function = pikepdf.Dictionary(
        FunctionType=2, Domain=pikepdf.Array([0, 1]), C0=pikepdf.Array([0]), C1=pikepdf.Array([1]), N=1
    )
    data = pdfs.content_pdf(b"/S sh", resources={"/Shading": pikepdf.Dictionary(S=shading)})
    result = apply(data, Plan.from_json(MARK))
    assert b"W* n" in content_of(result.output)
    assert result.report.removed["shadings"]


def test_a_shading_seen_only_under_the_mark_is_dropped() -> None:
    shading = pikepdf.Dictionary(ShadingType=2, ColorSpace=pikepdf.Name.DeviceGray)
    shading.Coords = pikepdf.Array([0, 0, 595, 0])
    shading.Function = pikepdf.Dictionary(FunctionType=2, Domain=pikepdf.Array([0, 1]), N=1)
    content = b"q 210 310 50 50 re W n /S sh Q"
    data = pdfs.content_pdf(content, resources={"/Shading": pikepdf.Dictionary(S=shading)})
    assert b"sh" not in content_of(apply(data, Plan.from_json(MARK)).output).split()


def test_a_background_that_one_mark_cuts_keeps_no_edge_in_another_mark() -> None:
    boxes = [[50, 459.5, 540, 476.3], [54, 462, 120.3, 477.2]]
    marks = [{"page": 1, "box": box, "level": "exact"} for box in boxes]
    output = apply(pdfs.content_pdf(b"0.9 g 52 460 70 19 re f"), Plan.from_json({"marks": marks})).output
    kept = points_of(content_of(output))
    assert kept
    assert not [(x, y) for x, y in kept if 54.01 < x < 120.29 and 462.01 < y < 477.19]
