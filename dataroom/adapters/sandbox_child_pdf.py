"""What the PDF child does with a document: look at it, draw a page with the mark burned in, stamp a copy."""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from dataroom.adapters import watermark

PAGES = 20_000
"""Most pages a document may have."""
PIXELS = 24_000_000
"""Most pixels a page image may have."""
WIDEST = 4_000
"""Widest page image in pixels."""
QUALITY = 82
_SIDE = 2_000_000.0  # points; wider pages are nonsense
STAMP_POINTS = 6.5
"""Size of the letters of a stamp."""
NUMBER_POINTS = 9.0
"""Size of the letters of a page's number in a production."""
_STAMP_EDGE = 14.0


_SAMPLED = 3


class Refusal(Exception):
    """The document is refused: a short stable `code` and a sentence for the person who sent it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def open_document(file: io.RawIOBase | io.BytesIO) -> pdfium.PdfDocument:
    """Open a document or refuse it: "empty", "not-a-pdf", "encrypted", "broken", "too-many-pages"."""
    if file.seek(0, io.SEEK_END) == 0:
        raise Refusal("empty", "The file is empty.")
    file.seek(0)
    head = bytearray(1024)
    if b"%PDF-" not in head[: file.readinto(head) or 0]:
        raise Refusal("not-a-pdf", "The file is not a PDF document.")
    raw.FPDF_LoadMemDocument(b"-", 1, None)  # some failures leave the error of the document before: make it "format"
    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise Refusal("encrypted", "The document is encrypted; send it without a password.") from None
        raise Refusal("broken", "The document is damaged and cannot be read.") from None
    try:
        _accept(document)
    except BaseException:
        document.close()
        raise
    return document


def _accept(document: pdfium.PdfDocument) -> None:
    if raw.FPDF_GetSecurityHandlerRevision(document) != -1:
        raise Refusal("encrypted", "The document is encrypted; send it without a password.")
    if len(document) < 1:
        raise Refusal("broken", "The document has no pages that can be read.")
    if len(document) > PAGES:
        raise Refusal("too-many-pages", f"The document has more than {PAGES} pages.")


def inspect(document: pdfium.PdfDocument) -> dict[str, Any]:
    """Number of pages and the size of each in points as it is shown; refuses a page without a size."""
    sizes = []
    for index in range(len(document)):
        size = raw.FS_SIZEF()
        if not raw.FPDF_GetPageSizeByIndexF(document, index, ctypes.byref(size)):
            raise Refusal("broken", f"Page {index + 1} is damaged and cannot be read.")
        sizes.append(_sound(size.width, size.height, index))
    return {
        "pages": len(sizes),
        "sizes": sizes,
        "has_text": any(_shows_text(document, i) for i in _sample(len(sizes))),
    }


def _sample(pages: int) -> list[int]:
    """The first pages and one from the middle: enough to tell a scan from a text."""
    return sorted({*range(min(pages, _SAMPLED)), pages // 2})


def _shows_text(document: pdfium.PdfDocument, index: int) -> bool:
    try:
        page = document[index]
    except pdfium.PdfiumError:
        return False
    try:
        return bool(page.get_textpage().count_chars())
    except pdfium.PdfiumError:
        return False
    finally:
        page.close()


def placement(document: pdfium.PdfDocument, number: int) -> tuple[tuple[float, ...], int]:
    """The visible box of page `number` in user space points, and its rotation in degrees clockwise."""
    page = page_of(document, number)
    try:
        return tuple(float(edge) for edge in page.get_cropbox()), int(page.get_rotation())
    finally:
        page.close()


def _sound(width: float, height: float, index: int) -> tuple[float, float]:
    if not (math.isfinite(width) and math.isfinite(height) and 0 < width < _SIDE and 0 < height < _SIDE):
        raise Refusal("broken", f"Page {index + 1} has no usable size.")
    return round(width, 3), round(height, 3)


def page_of(document: pdfium.PdfDocument, number: int) -> pdfium.PdfPage:
    """Page `number` (from 1); refuses one that is not there or cannot be read."""
    if not 1 <= number <= len(document):
        raise Refusal("no-such-page", f"The document has no page {number}.")
    try:
        return document[number - 1]
    except pdfium.PdfiumError:
        raise Refusal("broken", f"Page {number} is damaged and cannot be read.") from None


def render(document: pdfium.PdfDocument, number: int, width: int, lines: tuple[str, ...]) -> bytes:
    """Draw page `number` (from 1) about `width` pixels wide with the mark in its pixels; JPEG, full colour
    detail."""
    page = page_of(document, number)
    try:
        across, down = page.get_size()
        across, down = _sound(across, down, number - 1)
        wide = float(max(16, min(width, WIDEST)))
        wide = min(wide, math.sqrt(PIXELS * across / down))
        scale = min(wide / across, 65_000 / down)
        size = max(1, round(across * scale)), max(1, round(down * scale))
        bitmap = pdfium.PdfBitmap.new_native(*size, raw.FPDFBitmap_BGRA, rev_byteorder=True)
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, *size)
        flags = raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER
        raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, *size, 0, flags)
        image = watermark.burn(bitmap.to_pil(), lines)
        bitmap.close()
    finally:
        page.close()
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue()


def stamp(
    document: pdfium.PdfDocument, lines: tuple[str, ...], numbers: tuple[str, ...], write: Callable[[bytes], None]
) -> int:
    """Write a copy of the document with `lines` printed small at the foot and up the left edge of every page, and at
    the lower right the page's own of `numbers` (none, or one for each page).

    Nothing else is changed on purpose; `write` receives the pieces in order. Returns the number of pages.
    """
    expect(numbers, len(document))
    data, points = watermark.face_for("".join(lines))
    text = watermark.drawable("  ·  ".join(line for line in lines if line.strip()), points)
    if not text.strip():
        raise ValueError("a stamp needs text")
    font = _font(document, text, data)
    for index in range(len(document)):
        page = page_of(document, index + 1)
        try:
            for matrix, room in places(page.get_cropbox(), page.get_rotation()):
                _put_text(document, page, (font, STAMP_POINTS), text, (matrix, room))
            if numbers:
                _put_number(document, page, numbers[index])
            if not raw.FPDFPage_GenerateContent(page):
                raise Refusal("could-not-stamp", "The copy could not be stamped.")
        finally:
            page.close()
    pieces = _Pieces(write)
    document.save(pieces)
    pieces.flush()
    return len(document)


def _font(document: pdfium.PdfDocument, text: str, data: bytes) -> Any:
    """Helvetica, which need not be embedded, where it has every letter; else the font of the mark."""
    if text.encode("cp1252", "replace").decode("cp1252") == text:
        return raw.FPDFText_LoadStandardFont(document, b"Helvetica")
    file = (ctypes.c_ubyte * len(data)).from_buffer_copy(data)
    return raw.FPDFText_LoadFont(document, file, len(data), raw.FPDF_FONT_TRUETYPE, 1)


def expect(numbers: Sequence[str], pages: int) -> None:
    """Refuses numbers that are not one for each page."""
    if numbers and len(numbers) != pages:
        raise Refusal("could-not-stamp", f"The document has {pages} pages, but {len(numbers)} numbers were given.")


def _put_text(
    document: pdfium.PdfDocument,
    page: pdfium.PdfPage,
    letters: tuple[Any, float],
    text: str,
    where: tuple[tuple[float, ...], float],
    colour: tuple[int, int, int] = (150, 20, 30),
) -> None:
    """Prints a line in a font and size at a matrix, narrowed to the room there is."""
    (font, points), (matrix, room) = letters, where
    thing = raw.FPDFPageObj_CreateTextObj(document, font, points)
    encoded = (text + "\0").encode("utf-16-le")
    units = (ctypes.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded)
    if not thing or not raw.FPDFText_SetText(thing, units):
        raise Refusal("could-not-stamp", "The copy could not be stamped.")
    raw.FPDFPageObj_SetFillColor(thing, *colour, 255)
    edges = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(thing, *(ctypes.byref(edge) for edge in edges))
    scale = min(1.0, room / max(1.0, edges[2].value - edges[0].value))
    a, b, c, d, e, f = matrix
    turned = raw.FS_MATRIX(a * scale, b * scale, c * scale, d * scale, e, f)
    raw.FPDFPageObj_SetMatrix(thing, ctypes.byref(turned))
    raw.FPDFPage_InsertObject(page, thing)


def _put_number(document: pdfium.PdfDocument, page: pdfium.PdfPage, number: str) -> None:
    font = raw.FPDFText_LoadStandardFont(document, b"Courier-Bold")
    wide = 0.6 * NUMBER_POINTS * len(number)  # every letter of Courier is 0.6 of its size wide
    where = number_place(page.get_cropbox(), page.get_rotation(), wide)
    _put_text(document, page, (font, NUMBER_POINTS), number, where, (0, 0, 0))


def number_place(box: Sequence[float], turn: int, width: float) -> tuple[tuple[float, ...], float]:
    """Where a page's number of `width` points begins, at the lower right as shown above the foot line: a matrix in
    user space and the room in points."""
    (a, b, c, d, e, f), room = next(places(box, turn))
    along, up = max(0.0, room - width), STAMP_POINTS + 3.0
    return (a, b, c, d, e + along * a + up * c, f + along * b + up * d), room


def places(box: Sequence[float], turn: int) -> Iterator[tuple[tuple[float, ...], float]]:
    """Foot line and left-edge line as shown: a matrix in user space and the room in points, for a page
    turn."""
    left, bottom, right, top = box
    edge = min(_STAMP_EDGE, (right - left) / 8, (top - bottom) / 8)
    wide, high = (right - left, top - bottom) if turn in {0, 180} else (top - bottom, right - left)
    shown = {
        0: (1.0, 0.0, 0.0, 1.0, left, bottom),
        90: (0.0, 1.0, -1.0, 0.0, right, bottom),
        180: (-1.0, 0.0, 0.0, -1.0, right, top),
        270: (0.0, -1.0, 1.0, 0.0, left, top),
    }[turn]
    a, b, c, d, e, f = shown
    yield (a, b, c, d, e + edge * (a + c), f + edge * (b + d)), wide - 2 * edge
    up = edge * 0.6
    yield (c, d, -a, -b, e + up * a + 2 * edge * c, f + up * b + 2 * edge * d), high - 3 * edge


class _Pieces:
    """A writable that joins the parser's many small writes and hands on large pieces."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.hand_on, self.held = write, bytearray()

    def write(self, data: Any) -> int:
        """Take the bytes of one buffer."""
        self.held += bytes(data)
        if len(self.held) >= 1 << 20:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Hand on what is held."""
        if self.held:
            self.hand_on(bytes(self.held))
            self.held.clear()
