"""What real files taught: each case is a small document with the trait that once kept a result back or lost a glyph."""

import re
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
import reportlab
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

from redaction import Plan, apply, words
from redaction.fonts.type1 import Type1Program
from redaction.images.jpeg import stripped
from redaction.reading import fold, opened, page_chars, page_text
from tests import pdfs

TYPE1 = Path(reportlab.__file__).parent / "fonts" / "cob_____.pfb"
MARK = {"page": 1, "box": list(pdfs.BOX)}


def kept_words(data: bytes, mark: dict[str, object]) -> list[str]:
    """The words of a redacted document."""
    return [word.text for word in words(apply(data, Plan.from_json({"marks": [mark]})).output, 1)]


def test_every_glyph_of_a_type_1_font_is_read_and_kept() -> None:
    program = Type1Program(TYPE1.read_bytes())
    told = re.search(rb"/CharStrings (\d+) dict", program.private)
    assert told is not None
    assert len(program.glyphs) == int(told.group(1))
    first = re.search(rb"/CharStrings \d+ dict dup begin\s*/(\S+)", program.private)
    assert first is not None
    assert first.group(1).decode() in program.glyphs
    letters = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    again = Type1Program(program.subset(letters, {ord(name): name for name in letters})[0])
    assert letters <= set(again.glyphs)
    assert {name: again.ink(name) for name in letters} == {name: program.ink(name) for name in letters}


@pytest.mark.parametrize("paint", [b"f", b"S"])
def test_a_piece_of_a_drawing_beyond_the_frame_of_its_form_is_left_out(paint: bytes) -> None:
    with pikepdf.new() as pdf:
        drawn = pdfs.form(pdf, b"100 100 400 600 re 100 300 m 500 340 l " + paint)
        drawn.BBox = Array([0, 0, 166, 842])
        data = pdfs.content_pdf(pdfs.spoken() + b" /X1 Do", xobjects={"/X1": drawn}, pdf=pdf)
    output = apply(data, Plan.from_json({"marks": [{"page": 1, "box": [90, 90, 170, 750], "level": "exact"}]})).output
    assert pdfs.SECRET.encode() not in output


def test_a_font_with_an_unreadable_table_of_characters_is_cut_down() -> None:
    font = TTFont(pdfs.VERA)
    font["cmap"].compile(font)
    whole = BytesIO()
    font.save(whole)
    broken = bytearray(whole.getvalue())
    tables = TTFont(BytesIO(bytes(broken)), lazy=True)
    start = tables.reader.tables["cmap"].offset
    for index in range(int.from_bytes(broken[start + 2 : start + 4], "big")):
        at = start + int.from_bytes(broken[start + 8 + 8 * index : start + 12 + 8 * index], "big")
        broken[at + 2 : at + 4] = (17).to_bytes(2, "big")
    with pikepdf.open(BytesIO(pdfs.composite_pdf())) as pdf:
        for item in pdf.objects:
            if isinstance(item, Dictionary) and "/FontFile2" in item:
                item.FontFile2 = pdf.make_stream(bytes(broken))
        changed = BytesIO()
        pdf.save(changed)
    assert kept_words(changed.getvalue(), {"term": pdfs.SECRET, "level": "exact"}) == [pdfs.BEFORE, pdfs.AFTER]


def test_the_spacings_of_a_quoted_string_may_touch_it() -> None:
    data = pdfs.content_pdf(pdfs.spoken() + b' BT /F1 12 Tf 14 TL 72 650 Td 2 1(next line) " 0 0<6d6f7265> " ET')
    assert kept_words(data, MARK) == [pdfs.BEFORE, pdfs.AFTER, "next", "line", "more"]


def test_a_glyph_without_ink_goes_with_its_foot() -> None:
    with pikepdf.open(BytesIO(pdfs.cff_pdf())) as pdf:
        font = pdf.pages[0].Resources.Font["/F1"]
        font.Encoding = Dictionary(BaseEncoding=Name.WinAnsiEncoding, Differences=Array([35, Name("/unpainted")]))
        pdf.pages[0].Contents = pdf.make_stream(
            b"BT /F1 14 Tf 72 702 Td (Before) Tj ET BT /F1 14 Tf 130 709 Td (###) Tj ET"
        )
        changed = BytesIO()
        pdf.save(changed)
    mark = {"page": 1, "box": [120, 690, 180, 710], "level": "exact"}
    assert kept_words(changed.getvalue(), mark) == ["Before"]


def test_a_removed_word_that_an_annotation_shows_elsewhere_does_not_keep_the_result_back() -> None:
    with pikepdf.new() as pdf:
        drawn = pdfs.form(pdf, f"BT /F1 12 Tf 72 100 Td (www{pdfs.SECRET}.example) Tj ET".encode())
        note = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([0, 0, 595, 842]), F=4)
        note.AP = Dictionary(N=drawn)
        data = pdfs.content_pdf(pdfs.spoken(), page={"/Annots": Array([pdf.make_indirect(note)])}, pdf=pdf)
    shown = kept_words(data, MARK)
    assert pdfs.SECRET not in shown
    assert any(pdfs.SECRET in word for word in shown)


@pytest.mark.parametrize("kind", ["dct", "dct-grey"])
def test_a_jpeg_scan_grows_by_a_twentieth_at_most(kind: str) -> None:
    data = pdfs.drawn_pdf(kind, pdfs.picture("RGB", (1200, 1600)))
    with pikepdf.open(BytesIO(data)) as pdf:
        scan = pdf.pages[0].Resources.XObject["/I"]
        scan.Width, scan.Height = 1200, 1600
        changed = BytesIO()
        pdf.save(changed)
    mark = {"page": 1, "box": [120, 540, 200, 560], "level": "exact"}
    output = apply(changed.getvalue(), Plan.from_json({"marks": [mark]})).output
    before, after = (scan_size(document) for document in (data, output))
    assert after[0] <= 1.05 * before[0]
    assert after[1] != before[1]


def scan_size(document: bytes) -> tuple[int, bytes]:
    """The size of the only JPEG of a document without comments and the like, and its bytes."""
    with pikepdf.open(BytesIO(document)) as pdf:
        (found,) = [
            stripped(item.read_raw_bytes())
            for item in pdf.objects
            if isinstance(item, pikepdf.Stream) and item.get("/Filter") == Name.DCTDecode
        ]
    return len(found), found


def test_the_text_of_a_page_is_the_folded_text_of_its_characters() -> None:
    lines = "(A hyphen- ) Tj T* (ated wo\\255rd, se\\255) Tj T* (cond; 7-) Tj T* (bit and well-) Tj T* (known   END) Tj"
    with opened(pdfs.content_pdf(f"BT /F1 12 Tf 14 TL 72 700 Td {lines} ET".encode())) as pdf:
        told = page_text(pdf, 1)
        assert told == fold(page_chars(pdf, 1), keep_case=False).text
    assert "wellknown end" in told
