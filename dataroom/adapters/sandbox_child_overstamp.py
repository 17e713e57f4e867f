"""The stamp on a proven copy: an incremental update, so that the file begins with the proven bytes as they are.

A reader shows the stamp on every page; whoever checks the proof takes the bytes the proof speaks of (their number
stands in it) and sees that the rest only draws on top (`redaction.checks.added`). The stamp, whose names may be written
in any letters, is drawn as outlines; a page's number, which is plain, is text that can be searched for.
"""

from __future__ import annotations

import io
import zlib

import pikepdf
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from dataroom.adapters import watermark
from dataroom.adapters.sandbox_child_pdf import NUMBER_POINTS, STAMP_POINTS, Refusal, expect, number_place, places

_INK = b"0.588 0.078 0.118 rg\n"
_FORM, _NUMBER = "/Stamp", "/Number"
_FACE = b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold /Encoding /WinAnsiEncoding >>"
"""The font of the numbers on other copies too; one of the standard fonts, so no file of it is added."""


def overstamp(proven: bytes, lines: tuple[str, ...], numbers: tuple[str, ...] = ()) -> bytes:
    """What has to follow `proven`, a file of the redaction engine, so that every page shows `lines` at its foot and up
    its left edge, and its own of `numbers` (none, or one for each page). Refused: "could-not-stamp"."""
    text = "  ·  ".join(line for line in lines if line.strip())
    drawn, width = _outlines(text, STAMP_POINTS)
    with pikepdf.open(io.BytesIO(proven)) as pdf:
        if pdf.trailer.get("/Type") != pikepdf.Name.XRef or any(_uses(page) for page in pdf.pages):
            raise Refusal("could-not-stamp", "The copy could not be stamped.")
        expect(numbers, len(pdf.pages))
        free = int(pdf.trailer.Size)
        box = b"[0 %d %.3f %d]" % (-STAMP_POINTS, width, 2 * STAMP_POINTS)
        objects = {
            free: _stream(b"/Type /XObject /Subtype /Form /BBox " + box + b" /Resources << >>", _INK + drawn),
            free + 1: _stream(b"", b"q"),
        }
        for index, page in enumerate(pdf.pages):
            number = max(objects) + 1
            shown, forms = _placed(page, width), {_FORM: free}
            if numbers:
                place, objects[number + 1] = _numbered(page, numbers[index])
                shown, forms[_NUMBER] = shown + place, number + 1
            objects[number] = _stream(b"", shown)
            objects[page.obj.objgen[0]] = _page(page, forms, free + 1, number)
        return _update(proven, pdf, objects)


def _uses(page: pikepdf.Page) -> bool:
    """Whether a page has forms of the names of ours."""
    listed = page.obj.get("/Resources", pikepdf.Dictionary()).get("/XObject", pikepdf.Dictionary())
    return _FORM in listed or _NUMBER in listed


class _Pen(BasePen):  # type: ignore[misc]
    """Writes outlines as path operators; `x` and `scale` place the glyph."""

    def __init__(self, glyphs: object, scale: float) -> None:
        super().__init__(glyphs)
        self.scale, self.x, self.parts = scale, 0.0, list[bytes]()

    def _write(self, operator: bytes, *points: tuple[float, float]) -> None:
        numbers = b" ".join(b"%.3f %.3f" % (x * self.scale + self.x, y * self.scale) for x, y in points)
        self.parts.append(numbers + b" " + operator)

    def _moveTo(self, pt: tuple[float, float]) -> None:
        self._write(b"m", pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:
        self._write(b"l", pt)

    def _curveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]) -> None:
        self._write(b"c", pt1, pt2, pt3)

    def _closePath(self) -> None:
        self.parts.append(b"h")


def _outlines(text: str, size: float) -> tuple[bytes, float]:
    """The text as filled paths from the origin, with letters of `size` points, and its width in points."""
    data, points = watermark.face_for(text)
    font = TTFont(io.BytesIO(data), lazy=True)
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    pen = _Pen(glyphs, size / font["head"].unitsPerEm)
    for letter in watermark.drawable(text, points):
        name = names.get(ord(letter))
        if name is None:
            continue
        glyphs[name].draw(pen)
        pen.x += glyphs[name].width * pen.scale
    if not pen.parts:
        raise ValueError("a stamp needs text")
    return b"\n".join(pen.parts) + b"\nf", pen.x


def _placed(page: pikepdf.Page, width: float) -> bytes:
    box = tuple(float(edge) for edge in page.mediabox)
    lines = [b"Q"]
    for (a, b, c, d, e, f), room in places(box, int(page.rotation) % 360):
        scale = min(1.0, room / max(width, 1.0))
        numbers = b" ".join(b"%.4f" % value for value in (a * scale, b * scale, c * scale, d * scale, e, f))
        lines.append(b"q " + numbers + b" cm " + _FORM.encode() + b" Do Q")
    return b"\n".join(lines)


def _numbered(page: pikepdf.Page, number: str) -> tuple[bytes, bytes]:
    """What places the page's number at the lower right as shown, and the form that shows it as text, in black."""
    if not number.isascii() or not number.isprintable():
        raise Refusal("could-not-stamp", "The copy could not be stamped.")
    width = 0.6 * NUMBER_POINTS * len(number)  # every letter of Courier is 0.6 of its size wide
    box = tuple(float(edge) for edge in page.mediabox)
    (a, b, c, d, e, f), room = number_place(box, int(page.rotation) % 360, width)
    scale = min(1.0, room / max(width, 1.0))
    numbers = b" ".join(b"%.4f" % value for value in (a * scale, b * scale, c * scale, d * scale, e, f))
    reach = b"[0 %d %.3f %d]" % (-NUMBER_POINTS, width, 2 * NUMBER_POINTS)
    entries = b"/Type /XObject /Subtype /Form /BBox %s /Resources << /Font << /F %s >> >>" % (reach, _FACE)
    shown = b"BT 0 g /F %g Tf <%s> Tj ET" % (NUMBER_POINTS, number.encode().hex().encode())
    return b"\nq " + numbers + b" cm " + _NUMBER.encode() + b" Do Q", _stream(entries, shown)


def _stream(entries: bytes, data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    return b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (entries, len(packed), packed)


def _page(page: pikepdf.Page, forms: dict[str, int], first: int, last: int) -> bytes:
    """The page's dictionary with the stamp around its contents; `forms` are the objects the stamp uses."""
    contents = page.obj.Contents
    parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    entries = []
    for key, value in page.obj.items():
        if key == "/Contents":
            inner = b" ".join(b"%d %d R" % part.objgen for part in parts)
            entries.append(b"/Contents [%d 0 R %s %d 0 R]" % (first, inner, last))
        elif key == "/Resources":
            entries.append(b"/Resources " + _resources(value, forms))
        else:
            entries.append(key.encode() + b" " + _written(value))
    return b"<< " + b" ".join(entries) + b" >>"


def _resources(resources: pikepdf.Object, forms: dict[str, int]) -> bytes:
    mine = b" ".join(b"%s %d 0 R" % (name.encode(), form) for name, form in forms.items())
    entries = []
    for key, value in resources.items():
        if key == "/XObject":
            inner = b" ".join(name.encode() + b" " + _written(item) for name, item in value.items())
            entries.append(b"/XObject << " + inner + b" " + mine + b" >>")
        else:
            entries.append(key.encode() + b" " + _written(value))
    if "/XObject" not in resources:
        entries.append(b"/XObject << " + mine + b" >>")
    return b"<< " + b" ".join(entries) + b" >>"


def _written(value: object) -> bytes:
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return value.unparse() if isinstance(value, pikepdf.Object) else str(value).encode()


def _update(proven: bytes, pdf: pikepdf.Pdf, objects: dict[int, bytes]) -> bytes:
    """The objects and the cross-reference stream of an incremental update."""
    place = len(proven)
    previous = int(proven[proven.rindex(b"startxref") + 9 :].split()[0])
    out, offsets = bytearray(b"\n"), dict[int, int]()
    for number in sorted(objects):
        offsets[number] = place + len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    own = max(objects) + 1
    offsets[own] = place + len(out)
    rows = b"".join(b"\1" + offsets[number].to_bytes(8, "big") + b"\0\0" for number in sorted(offsets))
    index = b" ".join(b"%d 1" % number for number in sorted(offsets))
    root, identity = pdf.trailer.Root.objgen, pdf.trailer.ID.unparse()
    entries = b"/Type /XRef /Size %d /W [1 8 2] /Index [%s] /Prev %d" % (own + 1, index, previous)
    entries += b" /Root %d %d R /ID %s" % (*root, identity)
    out += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (own, _stream(entries, rows), offsets[own])
    return bytes(out)
