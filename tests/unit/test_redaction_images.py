"""Pictures: samples under a mark are gone in the data itself, the rest of the picture stays."""

from io import BytesIO

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from redaction import Plan, apply
from redaction.images import jpeg
from tests import pdfs
from tests.pdfs import SECRET

KINDS = [
    "flate",
    "grey16",
    "indexed",
    "one-bit",
    "stencil",
    "dct",
    "dct-grey",
    "dct-cmyk",
    "jpx",
    "ccitt",
    "smask",
    "inline",
]
MARK = {"marks": [{"page": 1, "box": [175, 535, 265, 585], "code": "TS"}]}


def bare_render(data: bytes) -> np.ndarray:
    """The page without the drawn boxes, four pixels a point."""
    with pikepdf.open(BytesIO(data)) as pdf:
        page = pdf.pages[0]
        if isinstance(page.obj.Contents, pikepdf.Array):
            page.obj.Contents = pikepdf.Array([page.obj.Contents[0]])
        out = BytesIO()
        pdf.save(out)
    document = pypdfium2.PdfDocument(out.getvalue())
    image = np.array(document[0].render(scale=2).to_pil().convert("L"))
    document.close()
    return image


def patch(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """The pixels of a box given in points."""
    x0, y0, x1, y1 = box
    return image[2 * (842 - y1) : 2 * (842 - y0), 2 * x0 : 2 * x1]


@pytest.mark.parametrize("kind", KINDS)
def test_samples_under_the_mark_are_flat_and_the_rest_is_kept(kind: str) -> None:
    data = pdfs.image_pdf(kind)
    before = bare_render(data)
    assert patch(before, (180, 540, 260, 580)).std() > 10
    result = apply(data, Plan.from_json(MARK))
    after = bare_render(result.output)
    assert patch(after, (177, 537, 263, 583)).std() < 3
    corner = (102, 595, 135, 618)
    difference = np.abs(patch(after, corner).astype(int) - patch(before, corner))
    assert difference.max() < 40
    assert result.report.removed["images"]


def test_a_picture_wholly_under_the_mark_is_dropped() -> None:
    output = apply(pdfs.image_pdf("dct"), Plan.from_json({"marks": [{"page": 1, "box": [90, 490, 350, 630]}]})).output
    with pikepdf.open(BytesIO(output)) as pdf:
        assert not [item for item in pdf.objects if isinstance(item, pikepdf.Stream) and "/Width" in item]


def test_notes_inside_a_jpeg_go_even_when_no_mark_touches_it() -> None:
    data = pdfs.image_pdf("dct")
    assert SECRET.encode() in data
    assert (
        SECRET.encode() not in apply(data, Plan.from_json({"marks": [{"page": 1, "box": [72, 695, 90, 712]}]})).output
    )


def test_kept_pixels_of_a_jpeg_do_not_depend_on_what_was_removed() -> None:
    twins = []
    for colour in ((0, 0, 0), (250, 30, 30)):
        image = pdfs.picture("RGB")
        image.paste(colour, (96, 48, 144, 80))
        out = BytesIO()
        image.save(out, "JPEG", quality=60)
        mask = np.zeros((120, 240), dtype=bool)
        mask[48:80, 96:144] = True
        twins.append(jpeg.wiped(out.getvalue(), mask)[0])
    assert twins[0] == twins[1]


def test_a_turned_picture_loses_a_slanted_part_only() -> None:
    with pikepdf.new() as pdf:
        image = pdf.make_stream(pdfs.picture("L").tobytes())
        image.Type, image.Subtype, image.Width, image.Height = (
            pikepdf.Name.XObject,
            pikepdf.Name.Image,
            240,
            120,
        )
        image.ColorSpace, image.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        content = b"q 170 170 -85 85 250 300 cm /I Do Q"
        data = pdfs.content_pdf(content, xobjects={"/I": image}, pdf=pdf)
    output = apply(data, Plan.from_json({"marks": [{"page": 1, "box": [270, 410, 310, 450]}]})).output
    with pikepdf.open(BytesIO(output)) as pdf:
        after = next(item for item in pdf.objects if isinstance(item, pikepdf.Stream) and "/Width" in item)
        samples = np.frombuffer(after.read_bytes(), dtype=np.uint8)
    share = float((samples == 0).mean())
    assert 0.03 < share < 0.12


def test_stripping_keeps_a_jpeg_decodable() -> None:
    out = BytesIO()
    pdfs.picture("RGB").save(out, "JPEG", comment=SECRET.encode(), progressive=True)
    data = jpeg.stripped(out.getvalue() + b"trailing " + SECRET.encode())
    assert SECRET.encode() not in data
    with Image.open(BytesIO(data)) as image:
        assert np.array_equal(np.array(image), np.array(Image.open(BytesIO(out.getvalue()))))
