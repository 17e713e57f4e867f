"""Words that stood only under marks must not be found anywhere in the result, in any writing of them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pikepdf
from fontTools.agl import AGL2UV

from ..document import rebuild
from ..fonts.names import FAMILIES
from ..geometry import Box, Polygon, anticlockwise, bounds, corners, grown, holds
from ..inspection import open_source
from ..overlay import overlay
from ..reading import folded_term
from ..report import Check, FinalMark
from . import second
from .reader import Boxes, Reader
from .structure import ALLOWED

SHORTEST, SHORTEST_IN_DATA = 4, 6
MAX_WORDS = 2_000
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


@dataclass(frozen=True)
class Both:
    """The result and the original: their bytes, PDFium's reading of each (of the result without its boxes), and the
    words pdfminer.six reads on the marked pages of the result, by page."""

    output: bytes
    original: bytes
    after: Reader
    before: Reader
    second: dict[int, Counter[str]]


def checks(
    both: Both,
    marks: list[FinalMark],
    affected: list[tuple[int, Box]],
    cleared: Sequence[tuple[int, Polygon]] | None = None,
    title: str = "",
) -> list[Check]:
    """Collect the words removed from the original and search the result for them."""
    words_left = {word for page in _pages(both.after) for word in WORD.findall(both.after.text(page))}
    areas = cleared if cleared is not None else [(m.page, m.quad) for m in marks if m.level != "canonical"]
    gone = removed_words(both.before, areas)
    if cleared is None and len(areas) < len(marks):
        wide = [*areas, *((page, corners(box)) for page, box in affected)]
        gone |= removed_words(both.before, wide) - words_left
    named = gone & set(WORD.findall(folded_term(title, keep_case=False)))
    if named:
        return [Check("title", False, "A removed word stands in the title.")]
    if _found(both, marks, gone, words_left):
        standing = _standing(both.original, areas)
        gone = {word for word in gone if not any(word in other for other in standing)}
        if _found(both, marks, gone, words_left):
            return [Check("words", False, "A removed word is found in a stream, a string or an extracted text.")]
    return [Check("words", True, "No removed word is found in any stream, string or extracted text.")]


def _found(both: Both, marks: list[FinalMark], gone: set[str], words_left: set[str]) -> bool:
    return bool(gone) and (bool(gone & words_left) or _in_data(both.output, marks, gone) or _second_reader(both, gone))


def _standing(original: bytes, areas: Sequence[tuple[int, Polygon]]) -> set[str]:
    """Words that PDFium reads outside the areas once the original is rebuilt without marks: of some fonts it reads
    nothing in the original."""
    with open_source(original) as source, Reader(rebuild(source, []).output) as reader:
        return _sorted(reader, areas)[1]


def removed_words(before: Reader, areas: Sequence[tuple[int, Polygon]]) -> set[str]:
    """Folded words of the original of which every occurrence lies wholly in the areas (page, polygon)."""
    gone, kept = _sorted(before, areas)
    words = {word for word in gone - kept if len(word) >= SHORTEST}
    standing = "\n".join(sorted(kept))
    return {word for word in words if word not in standing}


def _pages(reader: Reader) -> range:
    return range(1, len(reader.pdf) + 1)


def _sorted(reader: Reader, areas: Sequence[tuple[int, Polygon]]) -> tuple[set[str], set[str]]:
    """The folded words of which some occurrence lies in the areas, and those of which some does not."""
    gone: set[str] = set()
    kept: set[str] = set()
    for page in _pages(reader):
        quads = [anticlockwise(quad) for number, quad in areas if number == page]
        if not quads:
            kept |= set(WORD.findall(reader.text(page)))
            continue
        sheet = reader.sheet(page)
        under, folded = _under(sheet.ink, quads), sheet.folded
        for match in WORD.finditer(folded.text):
            covered = all(place in under for place in folded.places[match.start() : match.end()])
            (gone if covered else kept).add(match.group())
    return gone, kept


def _telling(gone: set[str]) -> set[str]:
    """The words that raw data would not hold anyway."""
    return {word for word in gone if not word.isdigit() and word not in FORMAL}


def _under(ink: Boxes, quads: list[Polygon]) -> set[int]:
    """Which characters have their middle in one of the areas."""
    xs, ys = (ink[:, 0] + ink[:, 2]) / 2, (ink[:, 1] + ink[:, 3]) / 2
    found: set[int] = set()
    for quad in quads:
        x0, y0, x1, y1 = grown(bounds(quad), 0.001)
        near = np.flatnonzero((xs >= x0) & (xs <= x1) & (ys >= y0) & (ys <= y1))
        found |= {int(index) for index in near if holds(quad, (float(xs[index]), float(ys[index])))}
    return found


def _second_reader(both: Both, gone: set[str]) -> bool:
    """Whether pdfminer.six still reads a word on the marked pages as often as in the original (it may read other
    fonts as letters which PDFium does not, so that a word may stand elsewhere for it)."""
    after = sum(both.second.values(), Counter[str]())
    left = gone & set(after)
    if not left:
        return False
    read = second.characters(both.original, both.second)
    before = sum((second.words_of(chars) for _, chars in read), Counter[str]())
    return any(after[word] >= before[word] for word in left)


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
