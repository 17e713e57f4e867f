"""Writing a font into the output with the codes still shown and nothing else of it."""

import pikepdf
from pikepdf import Array, Dictionary, Name

from ..arrays import array_of, rows_of
from ..errors import Refused
from .cff import CffProgram
from .cmaps import written
from .composite import CompositeCoder
from .encodings import differences
from .loading import load_program, program_stream
from .model import Font
from .names import safe_name
from .simple import SimpleCoder, flags_of, number
from .tounicode import read_pairs, write_pairs
from .truetype import TrueTypeProgram
from .type1 import Type1Program

METRICS = [
    "/Flags",
    "/ItalicAngle",
    "/Ascent",
    "/Descent",
    "/Leading",
    "/CapHeight",
    "/XHeight",
    "/StemV",
    "/StemH",
    "/AvgWidth",
    "/MaxWidth",
    "/MissingWidth",
    "/FontWeight",
]
COLLECTIONS = ("Japan1", "GB1", "CNS1", "Korea1", "KR", "Japan2")


def write_font(font: Font, out: pikepdf.Pdf, label: str) -> None:
    """Fill `font.target`. `label` names an embedded font. Raises Refused "font-subset"."""
    if isinstance(font.coder, CompositeCoder):
        _write_composite(font, font.coder, out, label)
    elif isinstance(font.coder, SimpleCoder):
        _write_simple(font, font.coder, out, label)


def tounicode(font: Font, out: pikepdf.Pdf, width: int) -> pikepdf.Object | None:
    """The rebuilt ToUnicode stream, or None."""
    stream = font.source.get("/ToUnicode")
    if not isinstance(stream, pikepdf.Stream):
        return None
    data = write_pairs(read_pairs(stream.read_bytes(), font.used), font.used, width)
    return None if data is None else out.make_stream(data)


def widths_array(font: Font, scale: float) -> tuple[int, int, Array]:
    """/FirstChar, /LastChar and /Widths with zero for every unused code."""
    codes = sorted(code[0] for code in font.used) or [0]
    known = {glyph.code[0]: glyph.advance for glyph in font.glyphs.values() if glyph.code in font.used}
    values = [tidy(known.get(code, 0.0) * scale) for code in range(codes[0], codes[-1] + 1)]
    return codes[0], codes[-1], array_of(values)


def tidy(value: float) -> float | int:
    """A number short enough for a PDF."""
    rounded = round(value, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def _write_simple(font: Font, coder: SimpleCoder, out: pikepdf.Pdf, label: str) -> None:
    font.read(b"".join(sorted(font.used)))
    target, source = font.target, font.source
    target.Type, target.Subtype = Name.Font, source.Subtype
    name = safe_name(str(source.get("/BaseFont", "")), flags_of(source))
    if program_stream(source) is not None:
        name = f"{label}+Font"
    target.BaseFont = Name("/" + name)
    used = {code[0] for code in font.used}
    if "/Widths" in source or isinstance(coder.program, TrueTypeProgram):
        target.FirstChar, target.LastChar, target.Widths = widths_array(font, 1000)
    encoding = _encoding(source.get("/Encoding"), used)
    if encoding is not None:
        target.Encoding = encoding
    if "/FontDescriptor" in source:
        target.FontDescriptor = out.make_indirect(_descriptor(font, source, out, name, _simple_file(font, coder)))
    mapping = tounicode(font, out, 1)
    if mapping is not None:
        target.ToUnicode = mapping


def _encoding(encoding: pikepdf.Object | None, used: set[int]) -> pikepdf.Object | None:
    known = ("/WinAnsiEncoding", "/MacRomanEncoding", "/StandardEncoding", "/MacExpertEncoding")
    if isinstance(encoding, Name):
        return Name(str(encoding)) if str(encoding) in known else None
    if not isinstance(encoding, Dictionary):
        return None
    result = Dictionary(Type=Name.Encoding)
    base = encoding.get("/BaseEncoding")
    if base is not None and str(base) in known:
        result.BaseEncoding = Name(str(base))
    items: list[object] = []
    expected = -1
    for code, glyph in sorted(differences(encoding).items()):
        if code in used:
            if code != expected:
                items.append(code)
            items.append(Name("/" + glyph))
            expected = code + 1
    if items:
        result.Differences = Array(items)
    return result


def _descriptor(
    font: Font, source: pikepdf.Object, out: pikepdf.Pdf, name: str, file: "FontFile | None"
) -> pikepdf.Object:
    old = source.FontDescriptor
    new = Dictionary(Type=Name.FontDescriptor, FontName=Name("/" + name))
    for key in METRICS:
        value = old.get(key)
        if isinstance(value, int | float) or type(value).__name__ == "Decimal":
            new[key] = value
    box = old.get("/FontBBox")
    if isinstance(box, Array) and len(box) == 4:
        new.FontBBox = Array([tidy(number(value)) for value in box])
    if file is None:
        stream = program_stream(source)
        if stream is None:
            return new
        file = _unreadable(font, source, stream)
    key, data, extra = file
    new[key] = out.make_stream(data, Dictionary(extra))
    return new


FontFile = tuple[str, bytes, dict[str, object]]


def _unreadable(font: Font, source: pikepdf.Object, stream: pikepdf.Stream) -> FontFile:
    if font.lost:
        raise Refused("font-subset", "An embedded font cannot be cut down to the characters that remain.")
    data = stream.read_bytes()
    extra: dict[str, object] = {}
    for key in ("/Length1", "/Length2", "/Length3"):
        if isinstance(stream.get(key), int):
            extra[key] = stream[key]
    descriptor = source.FontDescriptor
    place = next(k for k in ("/FontFile", "/FontFile2", "/FontFile3") if k in descriptor)
    if place == "/FontFile3" and str(stream.get("/Subtype")) in ("/Type1C", "/CIDFontType0C", "/OpenType"):
        extra["/Subtype"] = Name(str(stream.Subtype))
    return place, data, extra


def _simple_file(font: Font, coder: SimpleCoder) -> FontFile | None:
    program = coder.program
    used = {code[0] for code in font.used}
    try:
        if isinstance(program, TrueTypeProgram):
            gids = [gid for value in sorted(used) for gid in coder.reach(value)]
            data = program.subset(gids)[0] if program.tables else program.emptied(set(gids))
            return "/FontFile2", data, {"/Length1": len(data)}
        if isinstance(program, CffProgram):
            names = {coder.names[value] for value in used}
            return "/FontFile3", program.subset(names), {"/Subtype": Name.Type1C}
        if isinstance(program, Type1Program):
            names = {coder.names[value] for value in used}
            codes = {code: name for code, name in enumerate(program.encoding()) if name in names and name != ".notdef"}
            data, head, secret = program.subset(names, codes)
            lengths: dict[str, object] = {"/Length1": head, "/Length2": secret}
            return "/FontFile", data, {**lengths, "/Length3": len(data) - head - secret}
    except Refused:
        raise
    except Exception as error:
        if font.lost:
            raise Refused(
                "font-subset", "An embedded font cannot be cut down to the characters that remain."
            ) from error
    return None


def _write_composite(font: Font, coder: CompositeCoder, out: pikepdf.Pdf, label: str) -> None:
    old = coder.descendant
    cids = {coder.cmap.cid(code): code for code in sorted(font.used)}
    font.read(b"".join(sorted(font.used)))
    embedded = program_stream(old) is not None
    name = f"{label}+Font" if embedded else safe_name(str(old.get("/BaseFont", "")), flags_of(old))
    new = Dictionary(Type=Name.Font, Subtype=old.Subtype, BaseFont=Name("/" + name), DW=tidy(coder.default * 1000))
    new.CIDSystemInfo = _system(old.get("/CIDSystemInfo"), embedded)
    widths = [(cid, [tidy(coder.widths[cid] * 1000)]) for cid in sorted(cids) if cid in coder.widths]
    if widths:
        new.W = rows_of(widths)
    if coder.cmap.vertical:
        new.DW2 = Array([tidy(value * 1000) for value in coder.upright])
        columns = [
            (cid, [tidy(value * 1000) for value in coder.columns[cid]])
            for cid in sorted(set(cids) & set(coder.columns))
        ]
        if columns:
            new.W2 = rows_of(columns)
    places: dict[int, int] = {}
    file = _composite_file(font, coder, set(cids), places) if "/FontDescriptor" in old else None
    if str(old.Subtype) == "/CIDFontType2":
        new.CIDToGIDMap = _gid_map(coder, set(cids), places, out)
    if "/FontDescriptor" in old:
        new.FontDescriptor = out.make_indirect(_descriptor(font, old, out, name, file))
    target = font.target
    target.Type, target.Subtype, target.BaseFont = Name.Font, Name.Type0, Name("/" + name)
    target.DescendantFonts = Array([out.make_indirect(new)])
    if coder.cmap.name is not None:
        target.Encoding = Name("/" + coder.cmap.name)
    else:
        data = written(coder.cmap, font.used)
        extra = Dictionary(Type=Name.CMap, CMapName=Name.Codes, WMode=int(coder.cmap.vertical))
        extra.CIDSystemInfo = _system(None, True)
        target.Encoding = out.make_stream(data, extra)
    mapping = tounicode(font, out, max((len(code) for code in font.used), default=2))
    if mapping is not None:
        target.ToUnicode = mapping


def _system(old: pikepdf.Object | None, embedded: bool) -> Dictionary:
    ordering = str(old.get("/Ordering", "")) if isinstance(old, Dictionary) else ""
    if ordering not in COLLECTIONS:
        ordering = "Identity"
    supplement = int(number(old.get("/Supplement", 0))) if isinstance(old, Dictionary) else 0
    return Dictionary(
        Registry=pikepdf.String("Adobe"),
        Ordering=pikepdf.String(ordering),
        Supplement=min(max(supplement, 0), 9),
    )


def _gid_map(coder: CompositeCoder, cids: set[int], places: dict[int, int], out: pikepdf.Pdf) -> pikepdf.Object:
    """The map from CIDs to glyphs; `places` holds the new index of each old one, or nothing where none changed."""
    if coder.gids is None and not places:
        return Name.Identity
    data = bytearray(2 * (max(cids, default=0) + 1))
    for cid in cids:
        old = coder.gid(cid)
        data[2 * cid : 2 * cid + 2] = (places.get(old, 0) if places else old).to_bytes(2, "big")
    return out.make_stream(bytes(data))


def _composite_file(font: Font, coder: CompositeCoder, cids: set[int], places: dict[int, int]) -> FontFile | None:
    """The font cut down to the CIDs; `places` is filled when its glyphs were numbered anew, by CID."""
    program = coder.program
    try:
        if isinstance(program, TrueTypeProgram):
            data, moved = program.subset([coder.gid(cid) for cid in sorted(cids)])
            places.update(moved)
            return "/FontFile2", data, {"/Length1": len(data)}
        if isinstance(program, CffProgram):
            program.index_by_gid()
            names = {name for cid in cids if (name := program.name_of_cid(cid))}
            return "/FontFile3", program.subset(names), {"/Subtype": Name.CIDFontType0C}
    except Exception as error:
        if font.lost:
            raise Refused(
                "font-subset", "An embedded font cannot be cut down to the characters that remain."
            ) from error
    return None


def subset_works(font: pikepdf.Object) -> bool:
    """Whether the embedded file of a font dictionary can be parsed at all."""
    return program_stream(font) is None or load_program(font) is not None
