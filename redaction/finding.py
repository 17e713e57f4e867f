"""Finding what may have to go: terms, regular expressions and built-in patterns, with the text around each place.

Text layer and words read from pictures are searched alike. Whoever writes an expression is not trusted with our time:
expressions run on RE2, which needs time in proportion to the text and memory within a bound. Pages on which terms
cannot be found, because they hold a picture instead of text, are named.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2
import re2
from pypdfium2 import raw

from .errors import Refused
from .geometry import Box
from .patterns import PATTERNS, Span
from .reading import Char, Folded, Word, char_at, fold_texts, folded_term, hit_boxes, new_line, opened, text_at

MOST_QUERIES = 1000
MOST_TEXT = 500
MOST_FOUND = 5000
AROUND = 60
"""Characters of text told on each side of a place."""
_LITTLE = 300
"""Fewer characters than this on a page that a picture covers are a stamp, not its text."""
_COVERS = 0.5
_NO_BOX = (0.0, 0.0, 0.0, 0.0)
_RE2_MEMORY = 8 << 20


@dataclass(frozen=True)
class Query:
    """What to look for. `kind` is "term" (as it stands), "expression" (RE2 syntax) or "pattern" (an id of `PATTERNS`).

    `whole` finds whole words alone and `case` heeds upper and lower case; neither matters to a pattern.
    """

    id: str
    kind: str
    text: str
    whole: bool = False
    case: bool = False


@dataclass(frozen=True)
class Found:
    """A place: the query's id, the page (from 1), a box for each line, the text and what stands around it.

    `read` is true where the words were read from a picture, so that the boxes are only as good as the reading.
    """

    query: str
    page: int
    boxes: tuple[Box, ...]
    text: str
    before: str
    after: str
    read: bool


@dataclass(frozen=True)
class Findings:
    """All places in reading order, the pages without text that nobody has read, and whether there were too many."""

    found: tuple[Found, ...]
    blank: tuple[int, ...]
    pages: int
    cut: bool


@dataclass(frozen=True)
class _Matcher:
    query: str
    case: bool
    spans: Callable[[str], Iterator[Span]]


class _Sheet:
    """The characters of a page; boxes are asked for only where something was found."""

    def __init__(self, texts: Sequence[str], char: Callable[[int], Char]) -> None:
        self.texts, self._char = texts, char
        self._known: dict[int, Char] = {}
        self._folded: dict[bool, Folded] = {}

    def char(self, index: int) -> Char:
        if index not in self._known:
            self._known[index] = self._char(index)
        return self._known[index]

    def folded(self, case: bool) -> Folded:
        if case not in self._folded:
            self._folded[case] = fold_texts(
                self.texts, lambda one, two: new_line(self.char(one), self.char(two)), keep_case=case
            )
        return self._folded[case]

    def said(self, folded: Folded, start: int, stop: int) -> str:
        """A stretch of the folded text as it is written on the page, with single spaces."""
        texts = [self.texts[place] for place in dict.fromkeys(folded.places[start:stop])]
        return "".join(" " if text.isspace() else text for text in texts)


def find(
    data: bytes,
    queries: Sequence[Query],
    read: Mapping[int, Sequence[Word]],
    first: int = 1,
    last: int | None = None,
) -> Findings:
    """Looks for every query on the pages `first` to `last` (from 1; None: to the end); `read` holds the words read from
    pictures, by page.

    Raises Refused "query" for one that cannot be used, "encrypted" and "broken" for a document that cannot be opened.
    """
    if len(queries) > MOST_QUERIES:
        raise Refused("query", f"At most {MOST_QUERIES} terms can be searched at once.")
    matchers = [_matcher(query) for query in queries]
    found: list[Found] = []
    blank: list[int] = []
    with opened(data) as pdf:
        pages = len(pdf)
        for page in range(first, min(last or pages, pages) + 1):
            found += _on_page(pdf, page, matchers, read.get(page), blank)
            if len(found) > MOST_FOUND:
                break
    return Findings(tuple(found[:MOST_FOUND]), tuple(blank), pages, len(found) > MOST_FOUND)


def check(query: Query) -> None:
    """Raises Refused "query" when the query cannot be used."""
    _matcher(query)


def _matcher(query: Query) -> _Matcher:
    if not query.text.strip() or len(query.text) > MOST_TEXT:
        raise Refused("query", f"A term has between 1 and {MOST_TEXT} characters.")
    if query.kind == "pattern":
        if query.text not in PATTERNS:
            raise Refused("query", f"There is no pattern {query.text}.")
        return _Matcher(query.id, True, PATTERNS[query.text].find)
    if query.kind == "expression":
        return _Matcher(query.id, True, _whole(_expression(query), query))
    if query.kind != "term":
        raise Refused("query", f"There is no kind of query {query.kind}.")
    folded = folded_term(query.text, keep_case=query.case)
    if not folded:
        raise Refused("query", "The term has no characters to look for.")
    compiled = re.compile(re.escape(folded))
    return _Matcher(query.id, query.case, _whole(lambda text: (m.span() for m in compiled.finditer(text)), query))


def _expression(query: Query) -> Callable[[str], Iterator[Span]]:
    options = re2.Options()
    options.max_mem, options.log_errors, options.case_sensitive = _RE2_MEMORY, False, query.case
    try:
        compiled = re2.compile(query.text, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        told = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise Refused("query", f"The expression cannot be used: {told[:200]}.") from error
    return lambda text: (m.span() for m in compiled.finditer(text) if m.end() > m.start())


def _whole(spans: Callable[[str], Iterator[Span]], query: Query) -> Callable[[str], Iterator[Span]]:
    return (lambda text: (span for span in spans(text) if _stands_alone(text, span))) if query.whole else spans


def _stands_alone(text: str, span: Span) -> bool:
    before, after = text[: span[0]][-1:], text[span[1] : span[1] + 1]
    return not (before.isalnum() and text[span[0]].isalnum()) and not (after.isalnum() and text[span[1] - 1].isalnum())


def _on_page(
    pdf: pypdfium2.PdfDocument, page: int, matchers: list[_Matcher], words: Sequence[Word] | None, blank: list[int]
) -> list[Found]:
    with _sheet(pdf, page) as (sheet, pictured):
        found = _in(sheet, page, matchers, read=False)
    if words is not None:
        return found + _in(_read_sheet(words), page, matchers, read=True)
    if pictured:
        blank.append(page)
    return found


@contextmanager
def _sheet(pdf: pypdfium2.PdfDocument, page: int) -> Iterator[tuple[_Sheet, bool]]:
    """The characters of a page, and whether it shows a picture instead of text."""
    sheet = pdf[page - 1]
    try:
        text = sheet.get_textpage()
        try:
            texts = [text_at(text, index) for index in range(text.count_chars())]
            yield _Sheet(texts, lambda index: char_at(text, index)), _is_picture(sheet, texts)
        finally:
            text.close()
    finally:
        sheet.close()


def pictured(data: bytes) -> tuple[int, ...]:
    """The pages (from 1) that show a picture instead of text."""
    with opened(data) as pdf:
        pages = range(1, len(pdf) + 1)
        return tuple(page for page in pages if _shows_picture(pdf, page))


def _shows_picture(pdf: pypdfium2.PdfDocument, page: int) -> bool:
    with _sheet(pdf, page) as (_sheet_of, is_picture):
        return is_picture


def _is_picture(sheet: pypdfium2.PdfPage, texts: Sequence[str]) -> bool:
    """No text at all on a page that shows something, or a few characters over a picture of most of the page."""
    written = sum(1 for text in texts if not text.isspace())
    if written >= _LITTLE:
        return False
    things = list(sheet.get_objects(max_depth=4))
    if not written:
        return bool(things)
    width, height = sheet.get_size()
    return any(
        thing.type == raw.FPDF_PAGEOBJ_IMAGE and _area(thing.get_bounds()) > _COVERS * width * height
        for thing in things
    )


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _read_sheet(words: Sequence[Word]) -> _Sheet:
    """Words read from a picture as characters: each has its share of the word's width."""
    chars: list[Char] = []
    for number, word in enumerate(words):
        if number:
            chars.append(Char("\n" if words[number - 1].line != word.line else " ", _NO_BOX, _NO_BOX, -1))
        x0, y0, x1, y1 = word.box
        step = (x1 - x0) / max(1, len(word.text))
        for place, text in enumerate(word.text):
            box = (x0 + place * step, y0, x0 + (place + 1) * step, y1)
            chars.append(Char(text, box, box, -1))
    return _Sheet([char.text for char in chars], chars.__getitem__)


def _in(sheet: _Sheet, page: int, matchers: list[_Matcher], *, read: bool) -> list[Found]:
    found: list[tuple[int, Found]] = []
    for matcher in matchers:
        folded = sheet.folded(matcher.case)
        for start, stop in matcher.spans(folded.text):
            places = folded.places[start:stop]
            if not places:
                continue
            boxes = hit_boxes([sheet.char(place) for place in range(places[0], places[-1] + 1)])
            if boxes:
                around = [(max(0, start - AROUND), start), (start, stop), (stop, min(stop + AROUND, len(folded.text)))]
                before, text, after = (sheet.said(folded, *span) for span in around)
                found.append((places[0], Found(matcher.query, page, boxes, text, before, after, read)))
            if len(found) > MOST_FOUND:
                break
    return [one for _, one in sorted(found, key=lambda item: item[0])]
