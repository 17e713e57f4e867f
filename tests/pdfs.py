"""PDF documents for tests, built in memory: by reportlab where it can, by pikepdf and raw bytes elsewhere.

Every builder takes the words it is to show, so that a test knows what must be gone and what must stay.
"""

import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import reportlab
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont as Program
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

SECRET = "Quetzal"
BEFORE, AFTER = "Before", "after"
LINE_Y, LINE_X, SIZE = 700.0, 72.0, 14.0
BOX = (116.8, 696.0, 165.8, 712.0)
VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def simple_pdf(pages: list[str]) -> bytes:
    """A document with one text a page; lines are split at newlines."""
    out = BytesIO()
    sheet = canvas.Canvas(out, pagesize=(595, 842), invariant=1)
    for text in pages:
        sheet.setFont("Helvetica", 12)
        for number, line in enumerate(text.split("\n")):
            sheet.drawString(72, 770 - 16 * number, line)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def rich_pdf() -> bytes:
    """Two pages with text, a table of lines, a JPEG, a form field, a note, metadata, an outline and a file."""
    out = BytesIO()
    sheet = canvas.Canvas(out, pagesize=(595, 842), invariant=1)
    sheet.setTitle(f"Title {SECRET}")
    sheet.setFont("Times-Roman", 12)
    sheet.drawString(72, 770, f"The licensee {SECRET} pays 4.5 percent.")
    sheet.drawString(72, 754, "The neighbouring line stays readable.")
    sheet.line(72, 740, 520, 740)
    sheet.rect(72, 600, 200, 100)
    sheet.drawInlineImage(picture("RGB", (64, 48)), 300, 600, 128, 96)
    sheet.bookmarkPage("first")
    sheet.addOutlineEntry(f"Chapter {SECRET}", "first")
    sheet.acroForm.textfield(name="field", value=f"{SECRET} value", x=72, y=500, width=200, height=20)
    sheet.showPage()
    sheet.setFont("Courier", 11)
    sheet.drawString(72, 770, f"Second page names {SECRET} again.")
    sheet.showPage()
    sheet.save()
    with pikepdf.open(BytesIO(out.getvalue())) as pdf:
        pdf.attachments["notes.txt"] = f"attached {SECRET}".encode()
        note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([400, 700, 420, 720]))
        note.Contents = String(f"Note on {SECRET}")
        pdf.pages[1].Annots = Array([pdf.make_indirect(note)])
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = f"About {SECRET}"
        return _saved(pdf)


def _saved(pdf: pikepdf.Pdf, *, compress: bool = True) -> bytes:
    out = BytesIO()
    pdf.save(out, deterministic_id=True, compress_streams=compress)
    return out.getvalue()


def line_pdf(font: str = "Helvetica") -> bytes:
    """One line "Before SECRET after" with lines close above and below, in a standard font."""
    out = BytesIO()
    sheet = canvas.Canvas(out, pagesize=(595, 842), invariant=1)
    sheet.setFont(font, SIZE)
    sheet.drawString(LINE_X, LINE_Y + 15, "Line above: gypsy jumps.")
    sheet.drawString(LINE_X, LINE_Y, f"{BEFORE} {SECRET} {AFTER}")
    sheet.drawString(LINE_X, LINE_Y - 15, "Line below: blithe TALL text.")
    sheet.save()
    return out.getvalue()


def truetype_pdf() -> bytes:
    """The line in an embedded TrueType subset (simple fonts)."""
    if "Vera" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Vera", str(VERA)))
    return line_pdf("Vera")


def composite_pdf(encoding: str = "Identity-H") -> bytes:
    """The line in a composite font: two-byte codes, embedded TrueType outlines, a ToUnicode map."""
    with pikepdf.new() as pdf:
        codes = {char: number for number, char in enumerate(sorted(set(f"{BEFORE} {SECRET} {AFTER}")), start=40)}
        data = VERA.read_bytes()
        program = Program(BytesIO(data))
        cmap, order, metrics = program.getBestCmap(), program.getGlyphOrder(), program["hmtx"].metrics
        gids = bytearray(2 * 128)
        widths: list[object] = []
        pairs = b""
        for char, code in codes.items():
            name = cmap[ord(char)]
            gids[2 * code : 2 * code + 2] = order.index(name).to_bytes(2, "big")
            widths += [code, Array([round(metrics[name][0] * 1000 / 2048)])]
            pairs += b"<%04x> <%04x>\n" % (code, ord(char))
        tounicode = b"1 begincodespacerange <0000> <ffff> endcodespacerange\n%d beginbfchar\n" % len(codes)
        tounicode += pairs + b"endbfchar\n"
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name("/ABCDEF+Vera"),
            Flags=4,
            FontBBox=Array([-180, -235, 1290, 928]),
            ItalicAngle=0,
            Ascent=928,
            Descent=-235,
            CapHeight=730,
            StemV=80,
        )
        descriptor.FontFile2 = pdf.make_stream(data)
        descendant = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name("/ABCDEF+Vera"))
        descendant.CIDSystemInfo = Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0)
        descendant.W = Array(widths)
        descendant.FontDescriptor = pdf.make_indirect(descriptor)
        descendant.CIDToGIDMap = pdf.make_stream(bytes(gids))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/ABCDEF+Vera"))
        font.Encoding = Name("/" + encoding)
        font.DescendantFonts = Array([pdf.make_indirect(descendant)])
        font.ToUnicode = pdf.make_stream(tounicode)
        shown = b"".join(b"%04x" % codes[char] for char in f"{BEFORE} {SECRET} {AFTER}")
        content = b"BT /F1 14 Tf 72 700 Td <" + shown + b"> Tj ET"
        return content_pdf(content, fonts={"/F1": pdf.make_indirect(font)}, pdf=pdf)


def cff_pdf() -> bytes:
    """The line in a simple font with embedded CFF outlines."""
    program = Program(VERA)
    cmap, glyphs = program.getBestCmap(), program.getGlyphSet()
    names = [cmap[ord(char)] for char in sorted(set(f"{BEFORE} {SECRET} {AFTER}"))]
    builder = FontBuilder(2048, isTTF=False)
    builder.setupGlyphOrder([".notdef", *names])
    strings = {}
    for name in [".notdef", *names]:
        pen = T2CharStringPen(glyphs[name].width, glyphs)
        glyphs[name].draw(pen)
        strings[name] = pen.getCharString()
    matrix = {"FontMatrix": [1 / 2048, 0, 0, 1 / 2048, 0, 0]}
    builder.setupCFF("Vera", {"FullName": f"Made for {SECRET}", **matrix}, strings, {})
    out = BytesIO()
    builder.font["CFF "].cff.compile(out, builder.font)
    with pikepdf.new() as pdf:
        descriptor = Dictionary(Type=Name.FontDescriptor, FontName=Name("/ABCDEF+Vera"), Flags=32, ItalicAngle=0)
        descriptor.FontBBox, descriptor.Ascent, descriptor.Descent = Array([-180, -235, 1290, 928]), 928, -235
        descriptor.CapHeight, descriptor.StemV, descriptor.CharSet = 730, 80, String("/" + "/".join(names))
        descriptor.FontFile3 = pdf.make_stream(out.getvalue(), Subtype=Name.Type1C)
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/ABCDEF+Vera"), FirstChar=32, LastChar=126)
        font.Widths = Array([round(glyphs[cmap[code]].width / 2.048) for code in range(32, 127)])
        font.Encoding, font.FontDescriptor = Name.WinAnsiEncoding, pdf.make_indirect(descriptor)
        return content_pdf(spoken(), fonts={"/F1": pdf.make_indirect(font)}, pdf=pdf)


def cjk_pdf() -> bytes:
    """The line in a font with a predefined CMap (reportlab's HeiseiMin-W3, UniJIS)."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    return line_pdf("HeiseiMin-W3")


def content_pdf(
    content: bytes,
    *,
    fonts: dict[str, pikepdf.Object] | None = None,
    xobjects: dict[str, pikepdf.Object] | None = None,
    resources: dict[str, pikepdf.Object] | None = None,
    page: dict[str, pikepdf.Object] | None = None,
    root: dict[str, pikepdf.Object] | None = None,
    pdf: pikepdf.Pdf | None = None,
    compress: bool = True,
) -> bytes:
    """One page with this content; /F1 is Helvetica unless fonts are given."""
    document = pdf or pikepdf.new()
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    listed = Dictionary(fonts or {"/F1": helvetica})
    sheet = Dictionary(Type=Name.Page, MediaBox=Array([0, 0, 595, 842]))
    sheet.Resources = Dictionary(Font=listed, XObject=Dictionary(xobjects or {}))
    for key, value in (resources or {}).items():
        sheet.Resources[key] = value
    sheet.Contents = document.make_stream(content)
    for key, value in (page or {}).items():
        sheet[key] = value
    document.pages.append(pikepdf.Page(document.make_indirect(sheet)))
    for key, value in (root or {}).items():
        document.Root[key] = value
    return _saved(document, compress=compress)


def spoken(word: str = SECRET) -> bytes:
    """A content stream that shows the line with /F1."""
    return f"BT /F1 14 Tf 72 700 Td ({BEFORE} {word} {AFTER}) Tj ET".encode()


def form(pdf: pikepdf.Pdf, content: bytes, **inner: pikepdf.Object) -> pikepdf.Object:
    """A Form XObject over the page with Helvetica as /F1 and further XObjects."""
    new = pdf.make_stream(content)
    new.Type, new.Subtype, new.BBox = Name.XObject, Name.Form, Array([0, 0, 595, 842])
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    new.Resources = Dictionary(
        Font=Dictionary(F1=helvetica), XObject=Dictionary({f"/{k}": v for k, v in inner.items()})
    )
    return pdf.make_indirect(new)


def picture(mode: str, size: tuple[int, int] = (240, 120)) -> Image.Image:
    """A light picture with a dark textured patch in its middle."""
    width, height = size
    image = Image.new("RGB", size, (235, 235, 235))
    pen = ImageDraw.Draw(image)
    for x in range(width // 3, 2 * width // 3, 4):
        pen.line([(x, height // 3), (x + 3, 2 * height // 3)], fill=(x % 200, 30, 90), width=2)
    pen.rectangle([2, 2, width // 6, height // 6], fill=(20, 160, 40))
    return image.convert(mode)


def image_pdf(kind: str) -> bytes:
    """A page with one picture of 240 by 120 points at (100, 500). Kinds: flate, grey16, indexed, one-bit, stencil,
    dct, dct-grey, dct-cmyk, jpx, ccitt, smask, inline."""
    with pikepdf.new() as pdf:
        if kind == "inline":
            small = picture("L", (60, 30))
            data = small.tobytes().hex().encode() + b">"
            head = b"BI /W 60 /H 30 /BPC 8 /CS /G /F /AHx ID "
            return content_pdf(b"q 240 0 0 120 100 500 cm " + head + data + b" EI Q " + spoken("x"), pdf=pdf)
        image = pdf.make_indirect(_image(pdf, kind))
        content = b"q 0.2 0.3 0.8 rg 240 0 0 120 100 500 cm /I Do Q " + spoken("x")
        return content_pdf(content, xobjects={"/I": image}, pdf=pdf)


def drawn_pdf(kind: str, drawn: Image.Image) -> bytes:
    """A page with a picture of one's own (240 by 120 samples, grey), coded as `image_pdf` codes its own."""
    with pikepdf.new() as pdf:
        image = pdf.make_indirect(_image(pdf, kind, drawn))
        return content_pdf(b"q 240 0 0 120 100 500 cm /I Do Q " + spoken("x"), xobjects={"/I": image}, pdf=pdf)


def _image(pdf: pikepdf.Pdf, kind: str, drawn: Image.Image | None = None) -> pikepdf.Object:
    data, extra = _samples(kind, drawn)
    image = pdf.make_stream(data)
    image.Type, image.Subtype, image.Width, image.Height = Name.XObject, Name.Image, 240, 120
    for key, value in extra.items():
        image[key] = value
    if kind == "smask":
        mask = pdf.make_stream(zlib.compress(picture("L").tobytes()), Type=Name.XObject, Subtype=Name.Image)
        mask.Width, mask.Height, mask.BitsPerComponent, mask.ColorSpace = 240, 120, 8, Name.DeviceGray
        mask.Filter = Name.FlateDecode
        image.SMask = mask
    return image


def _samples(kind: str, drawn: Image.Image | None = None) -> tuple[bytes, dict[str, object]]:
    base = drawn if drawn is not None else picture("RGB")
    rgb, grey = base.convert("RGB"), base.convert("L")
    bits = grey.point(lambda v: 255 if v > 128 else 0).convert("1")
    if kind in ("flate", "smask"):
        return zlib.compress(rgb.tobytes()), _keys("DeviceRGB", 8, "FlateDecode")
    if kind == "grey16":
        wide = (np.array(grey, dtype=np.uint16) * 257).astype(">u2").tobytes()
        return zlib.compress(wide), _keys("DeviceGray", 16, "FlateDecode")
    if kind == "indexed":
        levels = (np.array(grey) // 16).astype(np.uint8)
        packed = (levels[:, ::2] << 4 | levels[:, 1::2]).tobytes()
        table = b"".join(bytes((value * 17, value * 17, value * 17)) for value in range(16))
        space = Array([Name.Indexed, Name.DeviceRGB, 15, String(table)])
        return zlib.compress(packed), {**_keys("DeviceRGB", 4, "FlateDecode"), "/ColorSpace": space}
    if kind == "one-bit":
        return zlib.compress(bits.tobytes()), _keys("DeviceGray", 1, "FlateDecode")
    if kind == "stencil":
        return zlib.compress(bits.tobytes()), {
            "/ImageMask": True,
            "/BitsPerComponent": 1,
            "/Filter": Name.FlateDecode,
        }
    if kind.startswith("dct"):
        mode = {"dct": "RGB", "dct-grey": "L", "dct-cmyk": "CMYK"}[kind]
        space = {"RGB": "DeviceRGB", "L": "DeviceGray", "CMYK": "DeviceCMYK"}[mode]
        extra = {"/Decode": Array([1, 0] * 4)} if mode == "CMYK" else {}
        exif = Image.Exif()
        exif[270] = f"Taken by {SECRET}"
        return _coded(base.convert(mode), "JPEG", quality=80, exif=exif), {**_keys(space, 8, "DCTDecode"), **extra}
    if kind == "jpx":
        return _coded(rgb, "JPEG2000", irreversible=False), _keys("DeviceRGB", 8, "JPXDecode")
    parms = Dictionary(K=-1, Columns=240, Rows=120, BlackIs1=False)
    return fax(bits), {**_keys("DeviceGray", 1, "CCITTFaxDecode"), "/DecodeParms": parms}


def _keys(space: str, bits: int, name: str) -> dict[str, object]:
    return {"/ColorSpace": Name("/" + space), "/BitsPerComponent": bits, "/Filter": Name("/" + name)}


def _coded(image: Image.Image, form_name: str, **settings: object) -> bytes:
    out = BytesIO()
    image.save(out, form_name, **settings)
    return out.getvalue()


def fax(bits: Image.Image) -> bytes:
    """A one-bit picture as CCITT group 4 data in which black is 0."""
    out = BytesIO()
    bits.save(out, "TIFF", compression="group4", tiffinfo={278: bits.height})
    with Image.open(BytesIO(out.getvalue())) as tiff:
        (start,), (size,) = tiff.tag_v2[273], tiff.tag_v2[279]
    return out.getvalue()[start : start + size]
