"""What PDFium reads of one document, each page once for all checks."""

from ctypes import byref, c_double
from types import TracebackType

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from ..reading import Folded, char_at, fold_texts, folded_page, new_line, opened, page_texts

Boxes = NDArray[np.float64]


class Sheet:
    """One page: `texts` has a character for each row of `ink` (x0, y0, x1, y1 in points of the default user space,
    zeros where PDFium knows no box); `folded` is the text as it is searched, without case; `inked` says which
    characters show something."""

    def __init__(self, page: pypdfium2.PdfTextPage) -> None:
        self.texts = page_texts(page)
        self.ink = _ink(page, len(self.texts))
        self.folded: Folded = fold_texts(
            self.texts, lambda one, two: new_line(char_at(page, one), char_at(page, two)), keep_case=False
        )
        x0, y0, x1, y1 = self.ink.T
        shown = np.fromiter((not char.isspace() for char in self.texts), bool, len(self.texts))
        self.inked: NDArray[np.bool_] = shown & (x1 > x0) & (y1 > y0)


class Reader:
    """An open document and what was read of it so far. `pdf` is PDFium's; Refused is raised for what it cannot open."""

    def __init__(self, data: bytes) -> None:
        self._context = opened(data)
        self.pdf = self._context.__enter__()
        self._texts: dict[int, str] = {}
        self._sheets: dict[int, Sheet] = {}

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, error, trace)

    def sheet(self, page: int) -> Sheet:
        """A page (from 1) with the places of its characters."""
        if page not in self._sheets:
            sheet = self.pdf[page - 1]
            text = sheet.get_textpage()
            self._sheets[page] = Sheet(text)
            text.close()
            sheet.close()
        return self._sheets[page]

    def text(self, page: int) -> str:
        """The folded text of a page (from 1)."""
        if page in self._sheets:
            return self._sheets[page].folded.text
        if page not in self._texts:
            sheet = self.pdf[page - 1]
            text = sheet.get_textpage()
            self._texts[page] = folded_page(text)
            text.close()
            sheet.close()
        return self._texts[page]


def _ink(page: pypdfium2.PdfTextPage, count: int) -> Boxes:
    """The inked box of every character, a row each."""
    left, right, low, high = c_double(), c_double(), c_double(), c_double()
    told = (byref(left), byref(right), byref(low), byref(high))
    handle, read, none = page.raw, raw.FPDFText_GetCharBox, (0.0, 0.0, 0.0, 0.0)
    rows = [
        (left.value, low.value, right.value, high.value) if read(handle, index, *told) else none
        for index in range(count)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)
