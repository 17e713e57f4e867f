"""Words that stood only under marks must not be found anywhere in the result, in any writing of them."""

import re
from collections import Counter
from io import BytesIO

import pikepdf
from pdfminer.high_level import extract_text

from ..geometry import Polygon, anticlockwise, holds
from ..reading import Char, fold, opened, page_chars
from ..report import Check, FinalMark
from .bare import Bare
from .structure import ALLOWED

SHORTEST, SHORTEST_IN_DATA = 4, 6
MAX_WORDS, MOST_PAGES = 2_000, 50
WORD = re.compile(r"\w+")
FORMAL = frozenset(
    word.casefold()
    for word in re.findall(
        "[A-Za-z]{3,}",
        " ".join(ALLOWED)
        + " FlateDecode DCTDecode CCITTFaxDecode DeviceGray DeviceRGB DeviceCMYK Indexed Separation ICCBased Helvetica"
        " Columns Predictor Colors Identity Adobe stream endstream xref trailer startxref begin dict begincmap"
        " endcmap codespacerange bfchar bfrange currentdict CMapName CIDInit ProcSet CIDSystemInfo FontMatrix"
        " findresource defineresource StandardEncoding WinAnsiEncoding MacRomanEncoding TrueType FontFile Copyright Version eexec private public",
    )
)
"""Words the format itself is written with. Where one of them was removed, finding it in raw data tells nothing; the
extracted texts are searched for it all the same."""


def checks(output: bytes, bare: Bare, marks: list[FinalMark], original: bytes | None) -> list[Check]:
    """With the original: collect the removed words and search the result for them."""
    if original is None:
        return []
    gone = removed_words(original, marks)
    if not gone:
        return [Check("words", True, "No word stood only under the marks.")]
    words_left = {word for text in _texts(bare) for word in WORD.findall(text)}
    found = bool(gone & words_left) or _in_data(output, _telling(gone)) or _second_reader(bare, original, gone)
    return [Check("words", not found, "No removed word is found in any stream, string or extracted text.")]


def removed_words(original: bytes, marks: list[FinalMark]) -> set[str]:
    """Folded words of the original of which every occurrence lies wholly under marks."""
    gone: set[str] = set()
    kept: set[str] = set()
    with opened(original) as pdf:
        for page in range(1, len(pdf) + 1):
            quads = [anticlockwise(mark.quad) for mark in marks if mark.page == page]
            chars = page_chars(pdf, page)
            folded = fold(chars, keep_case=False)
            for match in WORD.finditer(folded.text):
                letters = [chars[place] for place in folded.places[match.start() : match.end()]]
                covered = bool(quads) and all(_under(letter, quads) for letter in letters)
                (gone if covered else kept).add(match.group())
    words = {word for word in gone - kept if len(word) >= SHORTEST}
    return {word for word in words if not any(word in other for other in kept)}


def _telling(gone: set[str]) -> set[str]:
    """The words that raw data would not hold anyway."""
    return {word for word in gone if not any(word in formal for formal in FORMAL)}


def _under(char: Char, quads: list[Polygon]) -> bool:
    middle = ((char.ink[0] + char.ink[2]) / 2, (char.ink[1] + char.ink[3]) / 2)
    return any(holds(quad, middle) for quad in quads)


def _texts(bare: Bare) -> list[str]:
    with opened(bare.data) as pdf:
        return [fold(page_chars(pdf, page), keep_case=False).text for page in range(1, len(pdf) + 1)]


def _second_reader(bare: Bare, original: bytes, gone: set[str]) -> bool:
    """Whether pdfminer.six still reads a word as often as in the original (it may read other fonts as letters
    which PDFium does not, so that a word may stand elsewhere for it)."""
    if bare.pages > MOST_PAGES:
        return False
    after = Counter(WORD.findall(extract_text(BytesIO(bare.data)).casefold()))
    if not gone & set(after):
        return False
    before = Counter(WORD.findall(extract_text(BytesIO(original)).casefold()))
    return any(after[word] >= before[word] for word in gone & set(after))


def _in_data(output: bytes, gone: set[str]) -> bool:
    """Whether a word stands in the file or a decoded stream as Latin-1, UTF-16 or hexadecimal."""
    parts: list[bytes] = [output]
    with pikepdf.open(BytesIO(output)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Stream):
                try:
                    parts.append(item.read_bytes())
                except pikepdf.PdfError:
                    parts.append(item.read_raw_bytes())
    needles: set[bytes] = set()
    for word in sorted(gone)[:MAX_WORDS]:
        if len(word) >= SHORTEST_IN_DATA:
            for form in (word, word.upper(), word.capitalize()):
                plain = form.encode("cp1252", "ignore")
                needles |= {form.encode("utf-16-be"), form.encode("utf-16-le")}
                if len(plain) == len(form):
                    needles |= {plain, plain.hex().encode(), plain.hex().upper().encode()}
    if not needles:
        return False
    pattern = re.compile(b"|".join(re.escape(needle) for needle in sorted(needles)))
    return any(pattern.search(part) for part in parts)
