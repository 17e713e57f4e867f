"""Words and searches on a page, by PDFium. Boxes are in default user space, before /Rotate."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import c_ushort
from dataclasses import dataclass
from functools import lru_cache

import pypdfium2
from pypdfium2 import raw

from .errors import Refused
from .geometry import Box, bounds, corners

LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
HYPHENS = "-\u00ad\u2010\u2011\ufffe\x02"
HYPHEN = re.compile(f"[{HYPHENS}]")
SPACES = re.compile(" +")
UNSURE = re.compile("[\0\ud800-\udfff]")
PAD = 0.4
MAX_PATTERN = 500
MAX_HITS = 20_000


@dataclass(frozen=True)
class Char:
    """One character with its loose and its inked box; `index` is PDFium's."""

    text: str
    box: Box
    ink: Box
    index: int


@dataclass(frozen=True)
class Word:
    """A word, the box around it, and the number of its line on the page (from 0)."""

    text: str
    box: Box
    line: int


@dataclass(frozen=True)
class Hit:
    """A place a search found: page from 1, one box for each line it spans, and the text as it stands."""

    page: int
    boxes: tuple[Box, ...]
    text: str


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """A document in PDFium. Raises Refused "encrypted" or "broken"."""
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = "encrypted" if "password" in str(error).lower() else "broken"
        raise Refused(code, "The document cannot be opened.") from error
    try:
        yield pdf
    finally:
        pdf.close()


def page_chars(pdf: pypdfium2.PdfDocument, page: int) -> list[Char]:
    """Every character PDFium reports on a page (counted from 1), in its order."""
    if not 1 <= page <= len(pdf):
        raise Refused("page", "The document has no such page.")
    sheet = pdf[page - 1]
    try:
        text = sheet.get_textpage()
        try:
            return [char_at(text, index) for index in range(text.count_chars())]
        finally:
            text.close()
    finally:
        sheet.close()


def page_text(pdf: pypdfium2.PdfDocument, page: int) -> str:
    """The text of a page (counted from 1) as `fold` has it without case; boxes are read at hyphens alone."""
    sheet = pdf[page - 1]
    try:
        text = sheet.get_textpage()
        try:
            return folded_page(text)
        finally:
            text.close()
    finally:
        sheet.close()


def folded_page(text: pypdfium2.PdfTextPage) -> str:
    """The folded text of an open page, without case."""
    texts = page_texts(text)
    kept, end = [], 0
    for match in HYPHEN.finditer(texts):
        index = match.start()
        if index >= end and (
            skip := _line_end(texts, index, lambda one, two: new_line(char_at(text, one), char_at(text, two)))
        ):
            kept.append(texts[end:index])
            end = skip
    joined = "".join([*kept, texts[end:]])
    return SPACES.sub(" ", joined.translate(FOLDING)).removeprefix(" ")


def page_texts(text: pypdfium2.PdfTextPage) -> str:
    """What PDFium says the characters of an open page are, one after another; what is none comes as U+FFFD.

    They are asked for at once, and one by one where the answer leaves some out.
    """
    count = text.count_chars()
    store = (c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(text, 0, count, store)
    found = bytes(store)[: 2 * max(written - 1, 0)].decode("utf-16-le", "surrogatepass")
    if len(found) != count or UNSURE.search(found):
        return "".join([text_at(text, index) for index in range(count)])
    return found.replace("\ufffe", "\x02")


def text_at(text: pypdfium2.PdfTextPage, index: int) -> str:
    """What PDFium says one character is; what is none comes as U+FFFD."""
    value = raw.FPDFText_GetUnicode(text, index)
    return chr(value) if 0 < value < 0x110000 and not 0xD800 <= value < 0xE000 else "\ufffd"


def char_at(text: pypdfium2.PdfTextPage, index: int) -> Char:
    """One character with its boxes, which cost more than the character itself."""
    char = text_at(text, index)
    try:
        loose, ink = text.get_charbox(index, loose=True), text.get_charbox(index)
    except pypdfium2.PdfiumError:
        loose = ink = (0.0, 0.0, 0.0, 0.0)
    return Char(char, loose, ink, index)


def words(data: bytes, page: int) -> tuple[Word, ...]:
    """The words of one page (from 1) in reading order."""
    with opened(data) as pdf:
        return _words(page_chars(pdf, page))


def _words(chars: list[Char]) -> tuple[Word, ...]:
    found: list[Word] = []
    line, current = 0, list[Char]()
    previous: Char | None = None
    for char in [*chars, Char(" ", (0, 0, 0, 0), (0, 0, 0, 0), -1)]:
        breaks = char.text.isspace() or char.text in HYPHENS[4:]
        if current and (breaks or _apart(current[-1], char)):
            found.append(Word("".join(c.text for c in current), _around(current), line))
            current = []
        if not breaks:
            if previous is not None and new_line(previous, char):
                line += 1
            current.append(char)
            previous = char
    return tuple(found)


def new_line(one: Char, two: Char) -> bool:
    """Whether a line ends between two neighbouring characters."""
    a, b = one.box, two.box
    middle = (b[1] + b[3]) / 2
    return not (a[1] - 0.1 <= middle <= a[3] + 0.1) or b[2] < a[0] - 2 * (a[3] - a[1])


def _apart(one: Char, two: Char) -> bool:
    return new_line(one, two) and abs(two.box[0] - one.box[0]) > 0.01


def _around(chars: list[Char]) -> Box:
    return bounds([point for char in chars for point in corners(_best(char))])


def _best(char: Char) -> Box:
    loose, ink = char.box, char.ink
    if loose[2] > loose[0] and loose[3] > loose[1]:
        return (
            min(loose[0], ink[0]) if ink[2] > ink[0] else loose[0],
            loose[1],
            max(loose[2], ink[2]),
            loose[3],
        )
    return ink


@dataclass(frozen=True)
class Folded:
    """A page's text with ligatures opened, spaces single and line-end hyphens joined; `places` point back."""

    text: str
    places: tuple[int, ...]


def fold(chars: list[Char], *, keep_case: bool) -> Folded:
    """Fold the characters of a page for searching."""
    texts = [char.text for char in chars]
    return fold_texts(texts, lambda one, two: new_line(chars[one], chars[two]), keep_case=keep_case)


def fold_texts(texts: Sequence[str], parted: Callable[[int, int], bool], *, keep_case: bool) -> Folded:
    """Fold characters given alone; `parted` tells whether a line ends between the characters at two positions."""
    out: list[str] = []
    places: list[int] = []
    index = 0
    while index < len(texts):
        text = texts[index]
        if text in HYPHENS and (skip := _line_end(texts, index, parted)):
            index = skip
            continue
        for piece in folded_char(text, keep_case=keep_case):
            if piece == " " and (not out or out[-1] == " "):
                continue
            out.append(piece)
            places.append(index)
        index += 1
    return Folded("".join(out), tuple(places))


@lru_cache(maxsize=8192)
def folded_char(text: str, *, keep_case: bool) -> str:
    """One character as it is searched for: compatible forms alike, white space one kind, ligatures opened."""
    if text.isspace():
        return " "
    if text in "\u00ad\u200b\ufeff":
        return ""
    text = LIGATURES.get(text, unicodedata.normalize("NFKC", text))
    text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u201c", '"').replace("\u201d", '"')
    return text if keep_case else text.casefold()


class _Folding(dict[int, str]):
    """The table `str.translate` folds by, filled as characters are met."""

    def __missing__(self, value: int) -> str:
        if len(self) > 100_000:
            self.clear()
        self[value] = folded_char(chr(value), keep_case=False)
        return self[value]


FOLDING = _Folding()


def _line_end(texts: Sequence[str], index: int, parted: Callable[[int, int], bool]) -> int:
    """Where the word goes on after a hyphen at a line's end; 0 when the hyphen is not one."""
    if index == 0 or not texts[index - 1].isalpha():
        return 0
    after = index + 1
    while after < len(texts) and texts[after] in "\r\n ":
        after += 1
    if after >= len(texts) or not texts[after].isalpha():
        return 0
    return after if parted(index - 1, after) else 0


def folded_term(term: str, *, keep_case: bool) -> str:
    """A term as `fold` would have it, without white space at its ends."""
    return re.sub(r" +", " ", "".join(folded_char(char, keep_case=keep_case) for char in term)).strip()


def search(data: bytes, term: str, *, case_sensitive: bool = False) -> tuple[Hit, ...]:
    """Every place of `term` in the document: ligatures, line-end hyphens and white space do not matter."""
    folded = folded_term(term, keep_case=case_sensitive)
    if not folded:
        raise Refused("term", "The search term is empty.")
    pattern = re.compile(re.escape(folded))
    with opened(data) as pdf:
        return _every_page(pdf, pattern, keep_case=case_sensitive)


def search_pattern(data: bytes, pattern: str) -> tuple[Hit, ...]:
    """Every match of a regular expression, on text with ligatures, hyphens and spaces folded; case counts."""
    if not pattern or len(pattern) > MAX_PATTERN:
        raise Refused("pattern-text", "The search pattern is empty or too long.")
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError) as error:
        raise Refused("pattern-text", "The search pattern is not a regular expression.") from error
    with opened(data) as pdf:
        return _every_page(pdf, compiled, keep_case=True)


def search_page(pdf: pypdfium2.PdfDocument, term: str, page: int) -> tuple[Hit, ...]:
    """The places of a term (case does not matter) on one page of an open document."""
    folded = folded_term(term, keep_case=False)
    return _on_page(pdf, re.compile(re.escape(folded)), page, keep_case=False)


def _every_page(pdf: pypdfium2.PdfDocument, pattern: re.Pattern[str], *, keep_case: bool) -> tuple[Hit, ...]:
    hits: list[Hit] = []
    for page in range(1, len(pdf) + 1):
        hits += _on_page(pdf, pattern, page, keep_case=keep_case)
        if len(hits) > MAX_HITS:
            raise Refused("too-many-hits", "The search finds too many places.")
    return tuple(hits)


def _on_page(pdf: pypdfium2.PdfDocument, pattern: re.Pattern[str], page: int, *, keep_case: bool) -> tuple[Hit, ...]:
    chars = page_chars(pdf, page)
    folded = fold(chars, keep_case=keep_case)
    hits: list[Hit] = []
    for match in pattern.finditer(folded.text):
        if match.end() == match.start():
            continue
        places = sorted(set(folded.places[match.start() : match.end()]))
        boxes = hit_boxes([chars[place] for place in range(places[0], places[-1] + 1)])
        if boxes:
            hits.append(Hit(page, boxes, "".join(chars[place].text for place in places)))
    return tuple(hits)


def hit_boxes(chars: list[Char]) -> tuple[Box, ...]:
    """The boxes of a hit, one for each line its characters stand on."""
    return tuple(_padded(_around(line)) for line in _lines(chars) if line)


def _lines(chars: list[Char]) -> list[list[Char]]:
    lines: list[list[Char]] = []
    for char in chars:
        if char.text.isspace() or char.box == (0.0, 0.0, 0.0, 0.0):
            continue
        if lines and not new_line(lines[-1][-1], char):
            lines[-1].append(char)
        else:
            lines.append([char])
    return lines


def _padded(box: Box) -> Box:
    """A hit's box: a little shorter than the line is tall, so that neighbouring lines stay."""
    x0, y0, x1, y1 = box
    trim = (y1 - y0) * 0.08
    return (round(x0 - PAD, 2), round(y0 + trim, 2), round(x1 + PAD, 2), round(y1 - trim, 2))
