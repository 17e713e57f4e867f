"""The documents of the vector table: each hides one word in another way, by the id of its row."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from tests import pdfs
from tests.pdfs import AFTER, BEFORE, SECRET
from tests.unit import test_redaction_leaks as leaks

Builder = Callable[[], bytes]
shown = leaks.shown
LINE = "BT /F1 14 Tf 72 700 Td (Before {s} after) Tj ET"


def touched(data: bytes, change: Callable[[pikepdf.Pdf], None], **settings: object) -> bytes:
    """A document after a change to its objects."""
    with pikepdf.open(BytesIO(data)) as pdf:
        change(pdf)
        out = BytesIO()
        pdf.save(out, **settings)
        return out.getvalue()


def plain() -> bytes:
    """The line as page content."""
    return pdfs.content_pdf(pdfs.spoken())


def shared_form() -> bytes:
    """The form of the second row stands on two pages."""
    return touched(leaks.helvetica_form(SECRET), lambda pdf: pdf.pages.append(pdf.pages[0]))


def without_map() -> bytes:
    """A composite font without ToUnicode."""

    def change(pdf: pikepdf.Pdf) -> None:
        del pdf.pages[0].Resources.Font["/F1"]["/ToUnicode"]

    return touched(pdfs.composite_pdf(), change)


def ligature() -> bytes:
    """The word begins with a ligature glyph of a simple font."""
    with pikepdf.new() as pdf:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Times-Roman"))
        font.Encoding = Dictionary(Type=Name.Encoding, BaseEncoding=Name.WinAnsiEncoding)
        font.Encoding.Differences = Array([1, Name.fi])
        body = b"BT /F1 14 Tf 72 700 Td (Before \\001nquetzal after) Tj ET"
        return pdfs.content_pdf(body, fonts={"/F1": font}, pdf=pdf)


def hebrew() -> bytes:
    """Right-to-left words in visual order (letters drawn with a Latin font's outlines, mapped to Hebrew)."""

    def change(pdf: pikepdf.Pdf) -> None:
        font = pdf.pages[0].Resources.Font["/F1"]
        data = font.ToUnicode.read_bytes()
        for latin in sorted(set(SECRET)):
            data = data.replace(b"<%04x>\n" % ord(latin), b"<%04x>\n" % (0x05D0 + ord(latin) % 26))
        font.ToUnicode = pdf.make_stream(data)

    return touched(pdfs.composite_pdf(), change)


def unused_form() -> bytes:
    """A form that is listed and never drawn."""
    with pikepdf.new() as pdf:
        content = b"/Z Do " + pdfs.spoken("word")
        forms = {"/Z": pdfs.form(pdf, pdfs.spoken())}
        data = pdfs.content_pdf(content, xobjects=forms, pdf=pdf, compress=False)
    return data.replace(b"/Z Do", b"     ")


def split_at_operators() -> bytes:
    """The content is cut into streams between its operators."""

    def change(pdf: pikepdf.Pdf) -> None:
        cuts = [b"BT /F1 14 Tf", b"72 700 Td", f"({BEFORE} {SECRET} {AFTER}) Tj".encode(), b"ET"]
        pdf.pages[0].obj.Contents = Array([pdf.make_stream(cut) for cut in cuts])

    return touched(plain(), change)


def differences() -> bytes:
    """A standard font whose letters stand on other codes, without a map to Unicode."""
    with pikepdf.new() as pdf:
        letters = sorted(set(f"{BEFORE}{SECRET}{AFTER}"))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        names = [Name("/" + letter) for letter in letters]
        font.Encoding = Dictionary(Type=Name.Encoding, Differences=Array([128, *names, 32, Name.space]))
        codes = {letter: 128 + number for number, letter in enumerate(letters)} | {" ": 32}
        body = bytes(codes[char] for char in f"{BEFORE} {SECRET} {AFTER}").hex().encode()
        return pdfs.content_pdf(b"BT /F1 14 Tf 72 700 Td <%s> Tj ET" % body, fonts={"/F1": font}, pdf=pdf)


def inherited() -> bytes:
    """Resources come from the page tree; the content has no spaces."""

    def change(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0].obj
        pdf.Root.Pages.Resources = page.Resources
        del page["/Resources"]
        page.Contents = pdf.make_stream(f"BT/F1 14 Tf 72 700 Td[({BEFORE} {SECRET} {AFTER})]TJ ET".encode())

    return touched(plain(), change)


def unique_letters() -> bytes:
    """An embedded subset with letters that only the word uses."""
    out = BytesIO()
    if "Vera" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Vera", str(pdfs.VERA)))
    sheet = canvas.Canvas(out, pagesize=(595, 842), invariant=1)
    sheet.setFont("Vera", 14)
    sheet.drawString(72, 700, f"{BEFORE} {SECRET} {AFTER}")
    sheet.save()
    return out.getvalue()


def free_text() -> bytes:
    """A drawn annotation whose appearance is the line."""
    with pikepdf.new() as pdf:
        look = pdfs.form(pdf, pdfs.spoken())
        note = Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=Array([0, 0, 595, 842]), F=4)
        note.Contents, note.AP = String(SECRET), Dictionary(N=look)
        return pdfs.content_pdf(b"", page={"/Annots": Array([note])}, pdf=pdf)


def with_file() -> bytes:
    """An attachment in the name tree and in /AF."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.attachments[f"{SECRET}.txt"] = SECRET.encode()
        pdf.Root.AF = Array([pdf.attachments[f"{SECRET}.txt"].obj])

    return touched(plain(), change)


def with_script() -> bytes:
    """A script in the name tree."""
    script = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{SECRET}')"))
    return leaks.with_root(Names=Dictionary(JavaScript=Dictionary(Names=Array([String(SECRET), script]))))


def outlined() -> bytes:
    """A bookmark."""

    def change(pdf: pikepdf.Pdf) -> None:
        with pdf.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem(f"About {SECRET}", 0))

    return touched(plain(), change)


def signed() -> bytes:
    """A signature field with a name and a reason."""
    value = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Name=String(SECRET), Reason=String(SECRET))
    value.Contents = String("00" * 20)
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("s"), V=value, Rect=Array([0] * 4))

    def change(pdf: pikepdf.Pdf) -> None:
        made = pdf.make_indirect(field)
        pdf.pages[0].obj.Annots = Array([made])
        pdf.Root.AcroForm = Dictionary(Fields=Array([made]), SigFlags=3)

    return touched(plain(), change)


def unreferenced() -> bytes:
    """An object that nothing refers to, put into the bytes by hand."""
    data = pdfs.content_pdf(pdfs.spoken(), compress=False)
    place = data.index(b"\n", data.index(b"%PDF-")) + 1
    return data[:place] + b"%% 99 0 obj (%s) endobj\n" % SECRET.encode() + data[place:]


def around_objects() -> bytes:
    """Bytes after the end of the file."""
    return plain() + f"\n% {SECRET}\n".encode()


def encrypted() -> bytes:
    """A document that opens without a password and is encrypted all the same."""
    return touched(plain(), lambda pdf: None, encryption=pikepdf.Encryption(user="", owner="owner"))


def thumbnail() -> bytes:
    """A small picture of the page, with the word as its samples."""

    def change(pdf: pikepdf.Pdf) -> None:
        thumb = pdf.make_stream(SECRET.encode() * 3, Width=7, Height=1, BitsPerComponent=8)
        thumb.ColorSpace = Name.DeviceRGB
        pdf.pages[0].obj.Thumb = thumb

    return touched(plain(), change)


def layer_name() -> bytes:
    """A visible layer named after the word."""

    def change(pdf: pikepdf.Pdf) -> None:
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(SECRET)))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(ON=Array([layer])))

    return touched(plain(), change)


def outlined_text() -> bytes:
    """The word drawn as paths of letters' outlines (rectangles stand for strokes)."""
    body = b" ".join(b"%d 698 3 10 re f" % x for x in range(120, 160, 6))
    return pdfs.content_pdf(body + b" BT /F1 14 Tf 72 700 Td (Before) Tj 100 0 Td (after) Tj ET")


def shaded(body: str) -> bytes:
    """A page with an axial shading /S."""
    function = Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([1, 0, 0]), C1=Array([0, 0, 1]), N=1)
    shading = Dictionary(ShadingType=2, ColorSpace=Name.DeviceRGB, Coords=Array([72, 0, 300, 0]), Function=function)
    content = body.replace("{s}", SECRET).encode()
    return pdfs.content_pdf(content, resources={"/Shading": Dictionary(S=shading)})


def two_pages_image() -> bytes:
    """One picture on two pages."""
    return touched(pdfs.image_pdf("flate"), lambda pdf: pdf.pages.append(pdf.pages[0]))


def nested_image() -> bytes:
    """A picture in a form in a form."""

    def change(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        inner = pdfs.form(pdf, b"q 240 0 0 120 100 500 cm /I Do Q", I=page.Resources.XObject["/I"])
        page.Resources.XObject["/M"] = pdfs.form(pdf, b"q /N Do Q", N=inner)
        page.obj.Contents = pdf.make_stream(b"/M Do " + pdfs.spoken("x"))

    return touched(pdfs.image_pdf("flate"), change)


def turned_image() -> bytes:
    """A picture turned by 45 degrees about its corner at (220, 480)."""

    def change(pdf: pikepdf.Pdf) -> None:
        body = b"q 169.7 169.7 -84.85 84.85 220 480 cm /I Do Q "
        pdf.pages[0].obj.Contents = pdf.make_stream(body + pdfs.spoken("x"))

    return touched(pdfs.image_pdf("flate"), change)


def rgb16() -> bytes:
    """Sixteen bits a sample, three samples."""

    def change(pdf: pikepdf.Pdf) -> None:
        wide = b"".join(bytes((value, value)) for value in pdfs.picture("RGB").tobytes())
        image = pdf.pages[0].Resources.XObject["/I"]
        image.write(wide)
        image.BitsPerComponent = 16

    return touched(pdfs.image_pdf("flate"), change)


def font_in_state() -> bytes:
    """The font is set by a graphics state, not by Tf."""
    with pikepdf.new() as pdf:
        face = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        state = Dictionary(Type=Name.ExtGState, Font=Array([pdf.make_indirect(face), 14]))
        content = f"/S gs BT 72 700 Td ({BEFORE} {SECRET} {AFTER}) Tj ET".encode()
        return pdfs.content_pdf(content, resources={"/ExtGState": Dictionary(S=state)}, pdf=pdf)


def pattern_in_form() -> bytes:
    """The line stands in the cell of a pattern that a form paints with."""
    with pikepdf.new() as pdf:
        face = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        cell = pdf.make_stream(pdfs.spoken(), Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1)
        cell.BBox, cell.XStep, cell.YStep = Array([0, 0, 595, 842]), 595, 842
        cell.Resources = Dictionary(Font=Dictionary(F1=face))
        outer = pdfs.form(pdf, b"/Pattern cs /P scn 0 0 595 842 re f")
        outer.Resources.Pattern = Dictionary(P=pdf.make_indirect(cell))
        return pdfs.content_pdf(b"/A Do", xobjects={"/A": outer}, pdf=pdf)


def glyph_of_forms() -> bytes:
    """A drawn font whose procedures show a form that holds the line."""
    with pikepdf.new() as pdf:
        inner = pdfs.form(pdf, pdfs.spoken())
        face = Dictionary(Type=Name.Font, Subtype=Name.Type3, FirstChar=65, LastChar=65, Widths=Array([595]))
        face.FontMatrix, face.FontBBox = Array([0.01, 0, 0, 0.01, 0, 0]), Array([0, 0, 595, 842])
        face.CharProcs = Dictionary(A=pdf.make_stream(b"595 0 d0 /X Do"))
        face.Encoding = Dictionary(Type=Name.Encoding, Differences=Array([65, Name.A]))
        face.Resources = Dictionary(XObject=Dictionary(X=inner))
        return pdfs.content_pdf(b"BT /F1 100 Tf 0 0 Td (A) Tj ET", fonts={"/F1": pdf.make_indirect(face)}, pdf=pdf)


ROWS: dict[str, Builder] = {
    "t01": shown(LINE),
    "t02": shown(leaks.SPLIT),
    "t03": leaks.TEXT["spacing"],
    "t04": shown("BT /F1 14 Tf 14 TL 72 714 Td 1 0.2 (Before {s} after) \" (next line) ' ET"),
    "t05": shown("q .866 .5 -.5 .866 100 300 cm BT /F1 14 Tf (Before {s} after) Tj ET Q"),
    "t06": lambda: pdfs.content_pdf(pdfs.spoken(), page={"/Rotate": 90}),
    "t07": leaks.nested_form,
    "t08": shared_form,
    "t09": leaks.type3,
    "t10": pdfs.composite_pdf,
    "t11": without_map,
    "t12": leaks.TEXT["invisible"],
    "t13": leaks.TEXT["text-clip"],
    "t14": leaks.TEXT["doubled"],
    "t15": ligature,
    "t16": lambda: pdfs.composite_pdf("Identity-V"),
    "t17": hebrew,
    "t18": leaks.TEXT["actual-text"],
    "t19": leaks.ELSEWHERE["structure"],
    "t20": leaks.tiling,
    "t21": leaks.soft_mask,
    "t22": pdfs.cff_pdf,
    "t23": pdfs.truetype_pdf,
    "t24": leaks.hidden_layer,
    "t25": unused_form,
    "t26": split_at_operators,
    "t27": leaks.TEXT["comment"],
    "t28": leaks.TEXT["unknown-operator"],
    "t29": shown(LINE),
    "t30": leaks.TEXT["white"],
    "t31": shown("BT /F1 14 Tf -1 0 0 1 240 700 Tm (Before {s} after) Tj ET"),
    "t32": differences,
    "t33": shown("BT /F1 14 Tf 1 0 0.3 1 72 700 Tm (Before {s} after) Tj ET"),
    "t34": shown(leaks.EACH),
    "t35": leaks.ELSEWHERE["off-page"],
    "t36": font_in_state,
    "t37": inherited,
    "t38": pattern_in_form,
    "t39": shown("BT /F1 14 Tf 72 700 Td [(Before {s} after {s} end)] TJ ET"),
    "t40": unique_letters,
    "t41": glyph_of_forms,
    "t42": lambda: shaded("q BT 7 Tr /F1 14 Tf 72 700 Td (Before {s} after) Tj ET /S sh Q"),
    "a01": leaks.ELSEWHERE["note"],
    "a02": free_text,
    "a03": leaks.widget,
    "a05": lambda: leaks.with_root(AcroForm=Dictionary(Fields=Array([]), XFA=String(f"<xfa>{SECRET}</xfa>"))),
    "a06": leaks.ELSEWHERE["link"],
    "a07": leaks.ELSEWHERE["file"],
    "a08": leaks.ELSEWHERE["redact"],
    "a10": leaks.ELSEWHERE["highlight"],
    "d01": leaks.with_metadata,
    "d02": thumbnail,
    "d03": with_file,
    "d04": with_script,
    "d05": outlined,
    "d06": leaks.ELSEWHERE["destinations"],
    "d07": leaks.ELSEWHERE["page-labels"],
    "d08": lambda: leaks.with_root(Threads=Array([Dictionary(I=Dictionary(Title=String(SECRET)))])),
    "d09": leaks.ELSEWHERE["piece-info"],
    "d11": layer_name,
    "d12": signed,
    "d13": leaks.ELSEWHERE["custom-key"],
    "d14": unreferenced,
    "d15": leaks.old_revision,
    "d16": around_objects,
    "d18": encrypted,
    "d20": leaks.ELSEWHERE["collection"],
    "d21": leaks.ELSEWHERE["uri-base"],
    "d22": leaks.ELSEWHERE["page-actions"],
}

PICTURES: dict[str, Builder] = {
    "i01": lambda: pdfs.image_pdf("flate"),
    "i02": lambda: pdfs.image_pdf("dct"),
    "i03": lambda: pdfs.image_pdf("dct-grey"),
    "i04": lambda: pdfs.image_pdf("ccitt"),
    "i05": lambda: pdfs.image_pdf("jpx"),
    "i06": lambda: pdfs.image_pdf("indexed"),
    "i07": lambda: pdfs.image_pdf("grey16"),
    "i08": lambda: pdfs.image_pdf("stencil"),
    "i09": two_pages_image,
    "i10": nested_image,
    "i11": lambda: pdfs.image_pdf("inline"),
    "i12": turned_image,
    "i13": lambda: pdfs.image_pdf("smask"),
    "i14": lambda: pdfs.image_pdf("dct-cmyk"),
    "i15": rgb16,
    "v01": outlined_text,
    "v03": lambda: shaded("q 72 690 228 30 re W n /S sh Q BT /F1 14 Tf 72 740 Td (Before after) Tj ET"),
}
