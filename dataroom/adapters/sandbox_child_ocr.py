"""Reading the words of a picture of a page with Tesseract's library, inside the limited child.

The library is used through its C interface (`tesseract/capi.h`, 5.x) and not as a program, because the child may not
start programs. Where library and language data are, `tesseract` says.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import pypdfium2 as pdfium

from dataroom.adapters.tesseract import data, languages, library

_DPI = 300
_PIXELS = 24_000_000
_PAGE_LAYOUT = 3  # PSM_AUTO: find blocks, lines and words, no script detection
_WORD_ROW, _COLUMNS = "5", 12
Box = tuple[float, float, float, float]


@cache
def _reader() -> tuple[Any, Any]:
    """The library and a reader with its language data loaded, kept for the life of the process."""
    tesseract = ctypes.CDLL(library())
    tesseract.TessBaseAPICreate.restype = ctypes.c_void_p
    tesseract.TessBaseAPIGetTsvText.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(tesseract.TessBaseAPICreate())
    if tesseract.TessBaseAPIInit3(handle, data().encode(), "+".join(languages()).encode()):
        raise RuntimeError("the language data cannot be loaded")
    tesseract.TessBaseAPISetPageSegMode(handle, _PAGE_LAYOUT)
    return tesseract, handle


def words(page: pdfium.PdfPage) -> list[dict[str, Any]]:
    """The words of a page as it is shown: text, box in user space points before rotation, number of the line."""
    across, down = page.get_size()
    scale = min(_DPI / 72, (_PIXELS / max(1.0, across * down)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        rows = _rows(bitmap, round(72 * scale))
    finally:
        bitmap.close()
    frame, turn = page.get_cropbox(), page.get_rotation()
    lines: dict[tuple[str, ...], int] = {}
    found = []
    for row in rows:
        text = row[-1].strip()
        if row[0] != _WORD_ROW or not text:
            continue
        left, top, width, height = (float(value) / scale for value in row[6:10])
        line = lines.setdefault(tuple(row[2:5]), len(lines))
        box = _in_user_space((left, top, left + width, top + height), frame, turn)
        found.append({"text": text, "box": box, "line": line})
    return found


def _rows(bitmap: pdfium.PdfBitmap, dpi: int) -> list[list[str]]:
    tesseract, handle = _reader()
    buffer = ctypes.addressof(bitmap.buffer)
    shape = (bitmap.width, bitmap.height, 1, bitmap.stride)
    tesseract.TessBaseAPISetImage(handle, ctypes.c_void_p(buffer), *shape)
    tesseract.TessBaseAPISetSourceResolution(handle, max(70, dpi))
    try:
        if tesseract.TessBaseAPIRecognize(handle, None):
            return []
        told = ctypes.c_void_p(tesseract.TessBaseAPIGetTsvText(handle, 0))
        if not told.value:
            return []
        text = ctypes.string_at(told).decode("utf-8", "replace")
        tesseract.TessDeleteText(told)
    finally:
        tesseract.TessBaseAPIClear(handle)
    rows = [line.split("\t", _COLUMNS - 1) for line in text.split("\n")]
    return [row for row in rows if len(row) == _COLUMNS]


def _in_user_space(shown: Box, frame: Box, turn: int) -> Box:
    """A box counted from the upper left of the page as shown, as one of the page before its rotation."""
    u0, v0, u1, v1 = shown
    left, bottom, right, top = frame
    box = {
        0: (left + u0, top - v1, left + u1, top - v0),
        90: (left + v0, bottom + u0, left + v1, bottom + u1),
        180: (right - u1, bottom + v0, right - u0, bottom + v1),
        270: (right - v1, top - u1, right - v0, top - u0),
    }[turn % 360]
    x0, y0, x1, y1 = box
    return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)
