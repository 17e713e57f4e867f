"""Each document hides one word in another place; it must be readable before and nowhere after."""

import re
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from pdfminer.high_level import extract_text
from pikepdf import Array, Dictionary, Name, Stream, String

from redaction import Plan, Refused, apply, search
from tests import pdfs
from tests.pdfs import AFTER, BEFORE, BOX, SECRET

Builder = Callable[[], bytes]


def plan(box: tuple[float, ...] = BOX, page: int = 1) -> Plan:
    """One black box."""
    return Plan.from_json({"marks": [{"page": page, "box": list(box), "code": "TS", "level": "exact"}]})


def fitted(name: str, data: bytes) -> Plan:
    """A box around the word: where it is found, or where the builder is known to put it."""
    if name == "type3":
        return plan((130.0, 694.0, 189.8, 714.0))
    if name == "actual-text":
        return plan()
    if name == "vertical":
        return plan((60.0, 700 - 14 * 14.0 + 1, 90.0, 700 - 7 * 14.0 - 1))
    if name == "each-glyph":
        return plan((121.0, 696.0, 184.0, 712.0))
    hits = search(data, SECRET)
    return plan(hits[0].boxes[0]) if hits else plan()


def everything(data: bytes) -> bytes:
    """The file, every decoded stream, every string and name, and both readers' text, upper-cased."""
    parts = [data]
    with pikepdf.open(BytesIO(data)) as pdf:
        for item in pdf.objects:
            parts += _pieces(item, 0)
        parts += _pieces(pdf.trailer, 0)
    parts.append(extract_text(BytesIO(data)).encode())
    parts.append(pdfium_text(data).encode())
    whole = b"\n".join(parts)
    shown = b"".join(bytes.fromhex(h.decode()) for h in re.findall(rb"<((?:[0-9a-f]{2})+)>", whole))
    return (whole + b"\n" + shown).upper()


def _pieces(item: object, depth: int) -> list[bytes]:
    if depth > 6:
        return []
    if isinstance(item, Stream):
        found = [item.read_bytes()] if _readable(item) else [item.read_raw_bytes()]
        return found + [piece for value in item.items() for piece in _pieces(value, depth + 1)]
    if isinstance(item, Dictionary):
        return [piece for pair in item.items() for piece in _pieces(pair, depth + 1)]
    if isinstance(item, Array | tuple):
        return [piece for value in item for piece in _pieces(value, depth + 1)]
    if isinstance(item, String):
        return [bytes(item), str(item).encode()]
    return [str(item).encode("utf-8", "surrogateescape")] if isinstance(item, Name | str) else []


def _readable(stream: Stream) -> bool:
    return str(stream.get("/Filter", "")) not in (
        "/DCTDecode",
        "/JPXDecode",
        "/CCITTFaxDecode",
        "/JBIG2Decode",
    )


def pdfium_text(data: bytes) -> str:
    """PDFium's text of all pages."""
    pdf = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf)
    finally:
        pdf.close()


def found(data: bytes, word: str = SECRET) -> bool:
    """Whether a word stands anywhere, in one byte or two bytes a character."""
    whole, upper = everything(data), word.upper()
    return any(upper.encode(code) in whole for code in ("latin-1", "utf-16-be", "utf-16-le"))


def helvetica_form(word: str, **inner: pikepdf.Object) -> bytes:
    """A page whose line stands in a form."""
    with pikepdf.new() as pdf:
        return pdfs.content_pdf(b"/A Do", xobjects={"/A": pdfs.form(pdf, pdfs.spoken(word), **inner)}, pdf=pdf)


def nested_form() -> bytes:
    with pikepdf.new() as pdf:
        inner = pdfs.form(pdf, pdfs.spoken())
        middle = pdfs.form(pdf, b"q /I Do Q", I=inner)
        return pdfs.content_pdf(b"/A Do", xobjects={"/A": middle}, pdf=pdf)


def with_root(**entries: pikepdf.Object) -> bytes:
    with pikepdf.new() as pdf:
        root = {f"/{key}": value for key, value in entries.items()}
        return pdfs.content_pdf(pdfs.spoken(), root=root, pdf=pdf)


def with_page(**entries: pikepdf.Object) -> bytes:
    with pikepdf.new() as pdf:
        page = {f"/{key}": value for key, value in entries.items()}
        return pdfs.content_pdf(pdfs.spoken(), page=page, pdf=pdf)


def with_metadata() -> bytes:
    with pikepdf.new() as pdf:
        packet = pdf.make_stream(f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{SECRET}</x:xmpmeta>".encode())
        packet.Type, packet.Subtype = Name.Metadata, Name.XML
        pdf.trailer.Info = Dictionary(Title=String(SECRET))
        return pdfs.content_pdf(pdfs.spoken(), page={"/Metadata": packet}, pdf=pdf)


def annotated(subtype: str, **entries: pikepdf.Object) -> bytes:
    note = Dictionary(Type=Name.Annot, Subtype=Name("/" + subtype), Rect=Array([110, 690, 210, 720]), F=4)
    for key, value in entries.items():
        note["/" + key] = value
    return with_page(Annots=Array([note]))


def widget() -> bytes:
    with pikepdf.new() as pdf:
        look = pdfs.form(pdf, f"BT /F1 12 Tf 4 6 Td ({SECRET}) Tj ET".encode())
        look.BBox = Array([0, 0, 100, 30])
        field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=Array([110, 690, 210, 720]), F=4, FT=Name.Tx)
        field.T, field.V, field.DV, field.TU = String("name"), String(SECRET), String(SECRET), String(SECRET)
        field.AP = Dictionary(N=look)
        field = pdf.make_indirect(field)
        acro = Dictionary(Fields=Array([field]), XFA=String(f"<xfa>{SECRET}</xfa>"))
        line = b"BT /F1 14 Tf 72 650 Td (Before after) Tj ET"
        return pdfs.content_pdf(line, page={"/Annots": Array([field])}, root={"/AcroForm": acro}, pdf=pdf)


def hidden_layer() -> bytes:
    with pikepdf.new() as pdf:
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(f"Layer {SECRET}")))
        config = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer]), BaseState=Name.ON))
        body = b"/OC /L BDC BT /F1 14 Tf 72 300 Td (%s) Tj ET EMC " % SECRET.encode()
        content = body + b"BT /F1 14 Tf 72 700 Td (Before after) Tj ET"
        resources = {"/Properties": Dictionary(L=layer)}
        return pdfs.content_pdf(content, resources=resources, root={"/OCProperties": config}, pdf=pdf)


def type3() -> bytes:
    with pikepdf.new() as pdf:
        procs, items, widths = Dictionary(), [], []
        text = f"{BEFORE} {SECRET} {AFTER}"
        for code in sorted(set(text.encode())):
            body = b"%d 0 d0 BT /F1 1000 Tf (%c) Tj ET" % (600, code)
            procs[f"/n{code}"] = pdf.make_stream(body)
            items += [code, Name(f"/n{code}")]
        codes = sorted(set(text.encode()))
        widths = [600 if code in codes else 0 for code in range(codes[0], codes[-1] + 1)]
        inner = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Courier, Encoding=Name.WinAnsiEncoding)
        font = Dictionary(Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, -300, 600, 900]))
        font.FontMatrix = Array([0.001, 0, 0, 0.001, 0, 0])
        font.CharProcs, font.Encoding = procs, Dictionary(Type=Name.Encoding, Differences=Array(items))
        font.FirstChar, font.LastChar, font.Widths = codes[0], codes[-1], Array(widths)
        font.Resources = Dictionary(Font=Dictionary(F1=inner))
        content = b"BT /F1 14 Tf 72 700 Td (%s) Tj ET" % text.encode()
        return pdfs.content_pdf(content, fonts={"/F1": pdf.make_indirect(font)}, pdf=pdf)


def old_revision() -> bytes:
    first = pdfs.content_pdf(b"BT /F1 14 Tf 72 300 Td (%s) Tj ET" % SECRET.encode(), compress=False)
    with pikepdf.open(BytesIO(first)) as pdf:
        number = pdf.pages[0].obj.Contents.objgen[0]
        root = pdf.Root.objgen[0]
    start = int(re.findall(rb"startxref\s+(\d+)", first)[-1])
    offset = len(first)
    body = b"BT /F1 14 Tf 72 700 Td (Before after) Tj ET"
    update = b"%d 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n" % (number, len(body), body)
    place = offset + len(update)
    update += b"xref\n%d 1\n%010d 00000 n \n" % (number, offset)
    update += b"trailer\n<</Size 20/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (root, start, place)
    return first + update


def tiling() -> bytes:
    with pikepdf.new() as pdf:
        cell = pdf.make_stream(b"BT /F1 14 Tf 72 700 Td (Before %s after) Tj ET" % SECRET.encode())
        cell.Type, cell.PatternType, cell.PaintType, cell.TilingType = Name.Pattern, 1, 1, 1
        cell.BBox, cell.XStep, cell.YStep = Array([0, 0, 595, 842]), 595, 842
        cell.Resources = Dictionary(
            Font=Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        )
        content = b"/Pattern cs /P scn 0 0 595 842 re f"
        return pdfs.content_pdf(content, resources={"/Pattern": Dictionary(P=cell)}, pdf=pdf)


def soft_mask() -> bytes:
    with pikepdf.new() as pdf:
        group = pdfs.form(pdf, b"1 g " + pdfs.spoken())
        group.Group = Dictionary(Type=Name.Group, S=Name.Transparency, CS=Name.DeviceGray)
        state = Dictionary(SMask=Dictionary(Type=Name.Mask, S=Name.Luminosity, G=group))
        content = b"/G gs 0 0 1 rg 0 0 595 842 re f"
        return pdfs.content_pdf(content, resources={"/ExtGState": Dictionary(G=state)}, pdf=pdf)


def shown(body: str) -> Builder:
    """A page with this content; {s} is the secret."""
    return lambda: pdfs.content_pdf(body.replace("{s}", SECRET).encode("latin-1"))


SPLIT = f"BT /F1 14 Tf 72 700 Td [(Before ) -20 ({SECRET[:3]}) 30 ({SECRET[3:]}) -10 ( after)] TJ ET"
EACH = "BT /F1 14 Tf 72 700 Td (Before) Tj 50 0 Td " + " ".join(f"({c}) Tj 9 0 Td" for c in SECRET) + " ( after) Tj ET"

TEXT: dict[str, Builder] = {
    "type1": pdfs.line_pdf,
    "times": lambda: pdfs.line_pdf("Times-Roman"),
    "truetype": pdfs.truetype_pdf,
    "composite": pdfs.composite_pdf,
    "vertical": lambda: pdfs.composite_pdf("Identity-V"),
    "cff": pdfs.cff_pdf,
    "predefined-cmap": pdfs.cjk_pdf,
    "type3": type3,
    "kerned": shown(SPLIT),
    "each-glyph": shown(EACH),
    "quotes": shown("BT /F1 14 Tf 14 TL 72 714 Td (Before {s} after) ' ET"),
    "double-quote": shown('BT /F1 14 Tf 14 TL 72 714 Td 1 0.2 (Before {s} after) " ET'),
    "spacing": shown("BT /F1 12 Tf 1 Tc 2 Tw 96 Tz 1 Ts 72 700 Td (Before {s} after) Tj ET"),
    "invisible": shown("BT 3 Tr /F1 14 Tf 72 700 Td (Before {s} after) Tj ET"),
    "text-clip": shown("q BT 7 Tr /F1 14 Tf 72 700 Td (Before {s} after) Tj ET 0 0 595 842 re f Q"),
    "doubled": shown("BT /F1 14 Tf 72 700 Td (Before {s} after) Tj 0.3 0 Td (Before {s} after) Tj ET"),
    "white": shown("BT 1 g /F1 14 Tf 72 700 Td (Before {s} after) Tj ET 0 g 110 690 100 30 re f"),
    "actual-text": shown("/Span <</ActualText (Before {s})>> BDC BT /F1 14 Tf 72 700 Td (Before {s} after) Tj ET EMC"),
    "comment": shown("% {s}\nBT /F1 14 Tf 72 700 Td (Before {s} after) Tj ET"),
    "unknown-operator": shown("BX ({s}) foo EX BT /F1 14 Tf 72 700 Td (Before {s} after) Tj ET"),
    "no-spaces": shown("BT/F1 14 Tf 72 700 Td[(Before {s} after)]TJ ET"),
    "scaled": shown("q .5 0 0 .5 0 0 cm BT /F1 28 Tf 1 0 0 1 144 1400 Tm (Before {s} after) Tj ET Q"),
    "form": lambda: helvetica_form(SECRET),
    "nested-form": nested_form,
    "pattern": tiling,
    "soft-mask": soft_mask,
}


@pytest.mark.parametrize("name", TEXT)
def test_shown_text_goes_and_neighbours_stay(name: str) -> None:
    data = TEXT[name]()
    assert found(data) or name in ("kerned", "each-glyph", "composite", "vertical", "predefined-cmap", "type3")
    result = apply(data, fitted(name, data))
    assert not found(result.output)
    text = pdfium_text(result.output)
    assert SECRET not in text
    if name not in ("soft-mask", "pattern"):
        assert BEFORE in text
        assert AFTER in text


ELSEWHERE: dict[str, Builder] = {
    "metadata": with_metadata,
    "script": lambda: with_root(OpenAction=Dictionary(S=Name.JavaScript, JS=String(SECRET))),
    "page-actions": lambda: with_page(AA=Dictionary(O=Dictionary(S=Name.JavaScript, JS=String(SECRET)))),
    "piece-info": lambda: with_page(PieceInfo=Dictionary(App=Dictionary(Private=String(SECRET)))),
    "custom-key": lambda: with_page(Custom=String(SECRET)),
    "structure": lambda: with_root(StructTreeRoot=Dictionary(K=Dictionary(S=Name.Figure, Alt=String(SECRET)))),
    "page-labels": lambda: with_root(PageLabels=Dictionary(Nums=Array([0, Dictionary(P=String(SECRET))]))),
    "destinations": lambda: with_root(Dests=Dictionary({f"/{SECRET}": Array([0])})),
    "uri-base": lambda: with_root(URI=Dictionary(Base=String(f"http://{SECRET}/"))),
    "collection": lambda: with_root(Collection=Dictionary(Schema=Dictionary({f"/{SECRET}": Dictionary()}))),
    "language": lambda: with_root(Lang=String(f"en {SECRET}")),
    "note": lambda: annotated("Text", Contents=String(SECRET), RC=String(SECRET)),
    "link": lambda: annotated("Link", A=Dictionary(S=Name.URI, URI=String(f"http://{SECRET}/"))),
    "highlight": lambda: annotated("Highlight", Contents=String(SECRET)),
    "redact": lambda: annotated("Redact", OverlayText=String(SECRET)),
    "file": lambda: annotated("FileAttachment", FS=Dictionary(F=String(SECRET))),
    "widget": widget,
    "hidden-layer": hidden_layer,
    "old-revision": old_revision,
    "rich": pdfs.rich_pdf,
    "unused-form": lambda: pdfs.content_pdf(
        pdfs.spoken("word"), resources={"/Properties": Dictionary(X=Dictionary(Note=String(SECRET)))}
    ),
    "off-page": shown("BT /F1 14 Tf 72 900 Td ({s}) Tj ET BT /F1 14 Tf 72 700 Td (Before word after) Tj ET"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_copies_of_the_word_elsewhere_go(name: str) -> None:
    data = ELSEWHERE[name]()
    assert found(data)
    marks = Plan.from_json({"marks": [{"term": SECRET, "code": "TS"}]}) if name == "rich" else plan()
    output = apply(data, marks).output
    assert not found(output)
    assert output.count(b"%%EOF") == 1


def test_shared_form_is_cleared_on_the_marked_page_alone() -> None:
    with pikepdf.new() as pdf:
        shared = pdfs.form(pdf, pdfs.spoken())
        data = pdfs.content_pdf(b"/A Do", xobjects={"/A": shared}, pdf=pdf)
    with pikepdf.open(BytesIO(data)) as pdf:
        pdf.pages.append(pdf.pages[0])
        out = BytesIO()
        pdf.save(out)
    result = apply(out.getvalue(), plan(page=2)).output
    first, second = (page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(result))
    assert SECRET in first
    assert SECRET not in second
    assert BEFORE in second


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_boxes_are_in_user_space_on_a_turned_page(turn: int) -> None:
    data = pdfs.content_pdf(pdfs.spoken(), page={"/Rotate": turn})
    text = pdfium_text(apply(data, plan()).output)
    assert SECRET not in text
    assert BEFORE in text
    assert AFTER in text


def test_a_quad_takes_a_slanted_word_only() -> None:
    content = f"BT /F1 14 Tf 0.866 0.5 -0.5 0.866 100 300 Tm ({BEFORE} {SECRET} {AFTER}) Tj ET".encode()
    data = pdfs.content_pdf(content)
    hit = [(44.5, -3), (94, -3), (94, 12), (44.5, 12)]
    quad = [v for x, y in hit for v in (100 + 0.866 * x - 0.5 * y, 300 + 0.5 * x + 0.866 * y)]
    text = pdfium_text(apply(data, Plan.from_json({"marks": [{"page": 1, "quad": quad, "level": "exact"}]})).output)
    assert SECRET not in text
    assert BEFORE in text
    assert AFTER in text


def test_unique_letters_leave_the_embedded_font() -> None:
    output = apply(pdfs.truetype_pdf(), plan()).output
    with pikepdf.open(BytesIO(output)) as pdf:
        font = next(f for f in pdf.pages[0].Resources.Font.values() if "/FontDescriptor" in f)
        mapping = font.ToUnicode.read_bytes()
    assert f"<{ord('Q'):04x}>".encode() not in mapping
    assert f"<{ord('B'):04x}>".encode() in mapping


def test_the_result_is_the_same_every_time() -> None:
    data = pdfs.rich_pdf()
    marks = Plan.from_json({"marks": [{"term": SECRET}]})
    assert apply(data, marks).output == apply(data, marks).output


def test_a_page_whose_corner_is_not_zero() -> None:
    data = pdfs.content_pdf(pdfs.spoken(), page={"/MediaBox": Array([50, 600, 400, 800])})
    text = pdfium_text(apply(data, plan()).output)
    assert SECRET not in text
    assert BEFORE in text
    assert AFTER in text


def test_text_outside_the_bounds_of_a_form_goes() -> None:
    with pikepdf.new() as pdf:
        hidden = b" BT /F1 14 Tf 72 100 Td (%s) Tj ET" % SECRET.encode()
        shape = pdfs.form(pdf, pdfs.spoken("word") + hidden)
        shape.BBox = Array([0, 600, 595, 842])
        data = pdfs.content_pdf(b"/A Do", xobjects={"/A": shape}, pdf=pdf)
    assert found(data)
    assert not found(apply(data, plan()).output)


def test_a_form_that_draws_itself_is_refused() -> None:
    with pikepdf.new() as pdf:
        shape = pdfs.form(pdf, b"/A Do")
        shape.Resources.XObject = Dictionary(A=shape)
        data = pdfs.content_pdf(b"/A Do", xobjects={"/A": shape}, pdf=pdf)
    with pytest.raises(Refused) as caught:
        apply(data, plan())
    assert caught.value.code == "too-deep"


def test_a_term_in_a_drawn_annotation_is_removed() -> None:
    data = widget()
    output = apply(data, Plan.from_json({"marks": [{"term": SECRET}]})).output
    assert not found(output)
    assert BEFORE in pdfium_text(output)
