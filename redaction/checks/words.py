"""Words that stood only under marks must not be found anywhere in the result, in any writing of them."""

import re
from collections import Counter
from collections.abc import Sequence
from io import BytesIO

import pikepdf
from fontTools.agl import AGL2UV
from pdfminer.high_level import extract_text

from ..document import rebuild
from ..fonts.names import FAMILIES
from ..geometry import Box, Polygon, anticlockwise, corners, holds
from ..inspection import open_source
from ..overlay import overlay
from ..reading import Char, fold, opened, page_chars, page_text
from ..report import Check, FinalMark
from .bare import Bare
from .structure import ALLOWED

SHORTEST, SHORTEST_IN_DATA = 4, 6
MAX_WORDS, MOST_PAGES = 2_000, 50
WORD = re.compile(r"\w+")
FORMAL = " ".join(
    [
        *(key[1:] for key in ALLOWED),
        *AGL2UV,
        "FlateDecode DCTDecode JPXDecode CCITTFaxDecode DeviceGray DeviceRGB DeviceCMYK Indexed Separation DeviceN",
        "ICCBased CalGray CalRGB Pattern Luminosity Transparency ColorBurn ColorDodge Difference Exclusion HardLight",
        "SoftLight Multiply Overlay Lighten Darken Saturation Perceptual RelativeColorimetric AbsoluteColorimetric",
        "CIDFontType0C CIDFontType2 Type1C OpenType TrueType Identity Identity-H Identity-V Adobe Japan1 Korea1",
        "StandardEncoding WinAnsiEncoding MacRomanEncoding MacExpertEncoding ExtGState XObject ObjStm XRef linearized",
        "stream endstream endobj xref startxref trailer begin dict begincmap endcmap begincodespacerange currentdict",
        "endcodespacerange beginbfchar endbfchar begincidchar endcidchar CMapName CMapType CIDInit ProcSet CIDToGIDMap",
        "findresource defineresource definefont currentfile readstring executeonly readonly noaccess closefile",
        "eexec string array index exch known FontInfo PaintType FontType CharStrings Private Subrs OtherSubrs password",
        "BlueValues OtherBlues FamilyBlues FamilyOtherBlues BlueScale BlueShift BlueFuzz StdHW StemSnapH StemSnapV",
        "ForceBold LanguageGroup ExpansionFactor MinFeature UniqueID lenIV Copyright Version Notice FullName",
        "cleartomark FamilyName StdVW Weight profile description public acspADBE mntrRGB",
        *FAMILIES,
    ]
).casefold()
"""What the format itself is written with: keys, operators of fonts and maps, glyph names, families of fonts. A removed
word that is a part of it proves nothing where raw data are searched, nor do digits, of which coordinates are made;
such words are looked for in shown strings and in the extracted texts, like all others."""
STRING = re.compile(rb"<([0-9A-Fa-f\s]+)>|\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\([^()]*\))*\))*)\)", re.DOTALL)
ESCAPE = re.compile(rb"\\([0-7]{1,3})|\\(\r\n|.)", re.DOTALL)
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}


def checks(
    output: bytes,
    bare: Bare,
    marks: list[FinalMark],
    original: bytes | None,
    affected: list[tuple[int, Box]],
    cleared: Sequence[tuple[int, Polygon]] | None = None,
) -> list[Check]:
    """With the original: collect the removed words and search the result for them."""
    if original is None:
        return []
    words_left = {word for text in _texts(bare) for word in WORD.findall(text)}
    areas = cleared if cleared is not None else [(m.page, m.quad) for m in marks if m.level != "canonical"]
    gone = removed_words(original, areas)
    if cleared is None and len(areas) < len(marks):
        wide = [*areas, *((page, corners(box)) for page, box in affected)]
        gone |= removed_words(original, wide) - words_left
    if _found(output, bare, marks, original, gone, words_left):
        standing = _standing(original, areas)
        gone = {word for word in gone if not any(word in other for other in standing)}
        if _found(output, bare, marks, original, gone, words_left):
            return [Check("words", False, "A removed word is found in a stream, a string or an extracted text.")]
    return [Check("words", True, "No removed word is found in any stream, string or extracted text.")]


def _found(
    output: bytes, bare: Bare, marks: list[FinalMark], original: bytes, gone: set[str], words_left: set[str]
) -> bool:
    if not gone:
        return False
    return (
        bool(gone & words_left)
        or _in_data(output, marks, gone)
        or _second_reader(bare, original, gone, {mark.page for mark in marks})
    )


def _standing(original: bytes, areas: Sequence[tuple[int, Polygon]]) -> set[str]:
    """Words that PDFium reads outside the areas once the original is rebuilt without marks: of some fonts it reads
    nothing in the original."""
    with open_source(original) as source:
        return kept_words(rebuild(source, []).output, areas)


def removed_words(original: bytes, areas: Sequence[tuple[int, Polygon]]) -> set[str]:
    """Folded words of the original of which every occurrence lies wholly in the areas (page, polygon)."""
    gone, kept = _sorted(original, areas)
    words = {word for word in gone - kept if len(word) >= SHORTEST}
    return {word for word in words if not any(word in other for other in kept)}


def kept_words(document: bytes, areas: Sequence[tuple[int, Polygon]]) -> set[str]:
    """Folded words of which some occurrence does not lie in the areas."""
    return _sorted(document, areas)[1]


def _sorted(document: bytes, areas: Sequence[tuple[int, Polygon]]) -> tuple[set[str], set[str]]:
    gone: set[str] = set()
    kept: set[str] = set()
    with opened(document) as pdf:
        for page in range(1, len(pdf) + 1):
            quads = [anticlockwise(quad) for number, quad in areas if number == page]
            if not quads:
                kept |= set(WORD.findall(page_text(pdf, page)))
                continue
            chars = page_chars(pdf, page)
            folded = fold(chars, keep_case=False)
            for match in WORD.finditer(folded.text):
                letters = [chars[place] for place in folded.places[match.start() : match.end()]]
                covered = all(_under(letter, quads) for letter in letters)
                (gone if covered else kept).add(match.group())
    return gone, kept


def _telling(gone: set[str]) -> set[str]:
    """The words that raw data would not hold anyway."""
    return {word for word in gone if not word.isdigit() and word not in FORMAL}


def _under(char: Char, quads: list[Polygon]) -> bool:
    middle = ((char.ink[0] + char.ink[2]) / 2, (char.ink[1] + char.ink[3]) / 2)
    return any(holds(quad, middle) for quad in quads)


def _texts(bare: Bare) -> list[str]:
    with opened(bare.data) as pdf:
        return [page_text(pdf, page) for page in range(1, len(pdf) + 1)]


def _second_reader(bare: Bare, original: bytes, gone: set[str], pages: set[int]) -> bool:
    """Whether pdfminer.six still reads a word on the marked pages as often as in the original (it may read other
    fonts as letters which PDFium does not, so that a word may stand elsewhere for it)."""
    listed = [page - 1 for page in pages]
    if len(listed) > MOST_PAGES:
        return False
    after = Counter(WORD.findall(extract_text(BytesIO(bare.data), page_numbers=listed).casefold()))
    if not gone & set(after):
        return False
    before = Counter(WORD.findall(extract_text(BytesIO(original), page_numbers=listed).casefold()))
    return any(after[word] >= before[word] for word in gone & set(after))


def _in_data(output: bytes, marks: list[FinalMark], gone: set[str]) -> bool:
    """Whether a word stands in the file, a decoded stream or a shown string as Latin-1, UTF-16 or hexadecimal.
    The labels of the drawn boxes, which are compared byte for byte elsewhere, are left out."""
    telling = _needles(_telling(gone))
    shown = _needles(gone - _telling(gone))
    boxes = {overlay([(m.quad, m.code) for m in marks if m.page == page]) for page in {m.page for m in marks}}
    if telling is not None and telling.search(output):
        return True
    with pikepdf.open(BytesIO(output)) as pdf:
        for item in pdf.objects:
            if not isinstance(item, pikepdf.Stream):
                continue
            data = _decoded(item)
            if data in boxes:
                continue
            if telling is not None and telling.search(data):
                return True
            if shown is not None and "/Width" not in item and shown.search(_strings(data)):
                return True
    return False


def _decoded(stream: pikepdf.Stream) -> bytes:
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:
        return stream.read_raw_bytes()


def _strings(content: bytes) -> bytes:
    """The strings a content stream shows, each on its own."""
    found: list[bytes] = []
    for code, plain in STRING.findall(content):
        digits = b"".join(code.split())
        found.append(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()) if code else ESCAPE.sub(_plain, plain))
    return b"\0".join(found)


def _plain(escape: re.Match[bytes]) -> bytes:
    octal, char = escape.groups()
    return bytes((int(octal, 8) & 0xFF,)) if octal else CONTROLS.get(char, char)


def _needles(gone: set[str]) -> re.Pattern[bytes] | None:
    """A pattern of the long words in every writing, None when there is none."""
    needles: set[bytes] = set()
    for word in sorted(gone)[:MAX_WORDS]:
        if len(word) >= SHORTEST_IN_DATA:
            for form in (word, word.upper(), word.capitalize()):
                plain = form.encode("cp1252", "ignore")
                needles |= {form.encode("utf-16-be"), form.encode("utf-16-le")}
                if len(plain) == len(form):
                    needles |= {plain, plain.hex().encode(), plain.hex().upper().encode()}
    return re.compile(b"|".join(re.escape(needle) for needle in sorted(needles))) if needles else None
