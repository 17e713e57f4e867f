"""PDFs for the sandbox tests, good and hostile, made in memory."""

from __future__ import annotations

import io
import zlib

import pikepdf
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import pdfencrypt
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from dataroom.adapters.sandbox import Source
from tests.pdfs import VERA


def source(data: bytes, key: str) -> Source:
    """`data` as the sandbox reads it."""
    return Source(key, len(data), lambda start, stop: data[start:stop])


def letters(pages: int = 3, size: tuple[float, float] = (595, 842)) -> bytes:
    """A plain document; page n says `Page n of the letter`."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=size, invariant=1)
    for number in range(1, pages + 1):
        sheet.drawString(size[0] / 8, size[1] * 0.8, f"Page {number} of the letter")
        sheet.showPage()
    sheet.save()
    return out.getvalue()


PLACE = {0: (50, 712, 545, 752), 90: (90, 50, 130, 545), 180: (50, 90, 545, 130), 270: (712, 50, 752, 545)}
"""Where in user space the first line of `scan` lies, by the page's rotation."""


def scan(lines: list[str], turn: int = 0, pages: int = 1, dpi: int = 200) -> bytes:
    """Pages that are pictures of text, shown upright as A4 whatever the page's rotation."""
    unit = dpi / 72
    image = Image.new("L", (round(595 * unit), round(842 * unit)), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(str(VERA), round(20 * unit))
    for number, line in enumerate(lines):
        draw.text((60 * unit, (100 + 36 * number) * unit), line, fill=0, font=font)
    laid = image.rotate(turn, expand=True)
    size = (842, 595) if turn % 180 else (595, 842)
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=size, invariant=1)
    for _ in range(pages):
        sheet.drawImage(ImageReader(laid), 0, 0, *size)
        sheet.showPage()
    sheet.save()
    turned = io.BytesIO()
    with pikepdf.open(out) as pdf:
        for page in pdf.pages:
            page.Rotate = turn
        pdf.save(turned)
    return turned.getvalue()


def locked(password: str) -> bytes:
    """An encrypted document; an empty password opens it to anybody."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out, encrypt=pdfencrypt.StandardEncryption(password, ownerPassword="own", strength=128))
    sheet.drawString(72, 72, "hidden")
    sheet.save()
    return out.getvalue()


def raw(objects: dict[int, bytes], root: int = 1) -> bytes:
    """A file with exactly these objects."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, root, start)
    return bytes(out)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    """A compressed stream object."""
    packed = zlib.compress(data, 9)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n%s\nendstream" % (len(packed), extra, packed)


def one_page(content: bytes, resources: bytes = b"<<>>", extra: dict[int, bytes] | None = None) -> bytes:
    """A one-page file around a content stream object."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources %s>>" % resources
    return raw(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: page,
            4: content,
            **(extra or {}),
        }
    )


def page_loop() -> bytes:
    """A page tree that contains itself."""
    return raw({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"})


def form_loop() -> bytes:
    """A form that draws itself."""
    extra = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A 5 0 R>>>>"
    body = stream(b"/A Do /A Do /A Do", extra)
    return one_page(stream(b"/A Do"), b"<</XObject<</A 5 0 R>>>>", {5: body})


def form_bomb() -> bytes:
    """Forms nested so that one page means 12**12 drawings."""
    extra = {}
    for number in range(5, 17):
        inner = b"/A Do " * 12 if number < 16 else b"0 0 9 9 re f 0 0 m 600 800 l S " * 400
        head = b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</A %d 0 R>>>>" % (number + 1)
        extra[number] = stream(inner, head)
    return one_page(stream(b"/A Do"), b"<</XObject<</A 5 0 R>>>>", extra)


def flate_bomb(mebibytes: int) -> bytes:
    """A page whose content inflates to this many MiB of operators."""
    return one_page(stream(b"0 0 m 600 800 l S " * (mebibytes * 58254)))


def image_bomb() -> bytes:
    """A picture of 30000 x 30000 pixels in a few kilobytes."""
    head = b"/Type/XObject/Subtype/Image/Width 30000/Height 30000/BitsPerComponent 8/ColorSpace/DeviceRGB"
    body = zlib.compress(b"\0" * (64 << 20), 9)
    twice = zlib.compress(body, 9)
    image = b"<</Length %d/Filter[/FlateDecode/FlateDecode]%s>>stream\n%s\nendstream" % (
        len(twice),
        head,
        twice,
    )
    return one_page(stream(b"600 0 0 800 0 0 cm /I Do"), b"<</XObject<</I 5 0 R>>>>", {5: image})
