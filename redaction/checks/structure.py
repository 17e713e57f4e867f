"""Closed world: one revision, nothing unreachable, and no key or string that the rebuild does not write."""

import re
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from ..front import language_of
from ..report import Check

ALLOWED = frozenset(
    [
        "/Root",
        "/ID",
        "/Size",
        "/Type",
        "/Pages",
        "/Lang",
        "/Info",
        "/ViewerPreferences",
        "/DisplayDocTitle",
        "/Kids",
        "/Count",
        "/Parent",
        "/MediaBox",
        "/Contents",
        "/Resources",
        "/Rotate",
        "/UserUnit",
        "/Group",
        "/S",
        "/CS",
        "/I",
        "/K",
        "/Font",
        "/XObject",
        "/ExtGState",
        "/ColorSpace",
        "/Pattern",
        "/Shading",
        "/RedactionLabel",
        "/Subtype",
        "/BaseFont",
        "/Encoding",
        "/FirstChar",
        "/LastChar",
        "/Widths",
        "/FontDescriptor",
        "/ToUnicode",
        "/Differences",
        "/BaseEncoding",
        "/FontName",
        "/Flags",
        "/FontBBox",
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
        "/FontFile",
        "/FontFile2",
        "/FontFile3",
        "/Length",
        "/Length1",
        "/Length2",
        "/Length3",
        "/Filter",
        "/DecodeParms",
        "/DescendantFonts",
        "/DW",
        "/W",
        "/DW2",
        "/W2",
        "/CIDSystemInfo",
        "/Registry",
        "/Ordering",
        "/Supplement",
        "/CIDToGIDMap",
        "/CMapName",
        "/WMode",
        "/FontMatrix",
        "/CharProcs",
        "/BBox",
        "/Matrix",
        "/Width",
        "/Height",
        "/BitsPerComponent",
        "/ImageMask",
        "/Decode",
        "/Interpolate",
        "/Intent",
        "/SMask",
        "/Mask",
        "/SMaskInData",
        "/Matte",
        "/K",
        "/Columns",
        "/Rows",
        "/BlackIs1",
        "/EncodedByteAlign",
        "/EndOfLine",
        "/EndOfBlock",
        "/ColorTransform",
        "/N",
        "/Range",
        "/Alternate",
        "/WhitePoint",
        "/BlackPoint",
        "/Gamma",
        "/FunctionType",
        "/Domain",
        "/C0",
        "/C1",
        "/Bounds",
        "/Encode",
        "/Functions",
        "/BitsPerSample",
        "/Order",
        "/ShadingType",
        "/Background",
        "/AntiAlias",
        "/Coords",
        "/BitsPerCoordinate",
        "/BitsPerFlag",
        "/VerticesPerRow",
        "/Extend",
        "/Function",
        "/PatternType",
        "/PaintType",
        "/TilingType",
        "/XStep",
        "/YStep",
        "/LW",
        "/LC",
        "/LJ",
        "/ML",
        "/D",
        "/RI",
        "/OP",
        "/op",
        "/OPM",
        "/FL",
        "/SM",
        "/SA",
        "/BM",
        "/CA",
        "/ca",
        "/AIS",
        "/TK",
        "/G",
        "/BC",
        "/TR",
        "/Predictor",
        "/Colors",
        "/DefaultGray",
        "/DefaultRGB",
        "/DefaultCMYK",
    ]
)
GIVEN = re.compile(r"/(?:[FXGCPS][1-9][0-9]*|c[0-9]{1,3})")
STRING_KEYS = {"/Registry", "/Ordering", "/Lang", "/ID"}


def checks(output: bytes, title: str) -> list[Check]:
    """The checks of structure on the bytes of the result, which is to have this title or none."""
    one = output.count(b"%%EOF") == 1 and output.rstrip().endswith(b"%%EOF") and output.startswith(b"%PDF-")
    single = output.count(b"startxref") == 1
    found = [Check("one-revision", one and single, "The file has one revision and nothing around it.")]
    with pikepdf.open(BytesIO(output)) as pdf:
        reached, keys, strings = _reachable(pdf)
        front = _states(pdf, title)
        every = {item.objgen for item in pdf.objects if item is not None and item.is_indirect and not _formal(item)}
    lost = every - reached
    found.append(Check("reachable", not lost, "Every object of the file is in use."))
    strange = {key for key in keys - ALLOWED if not GIVEN.fullmatch(key)}
    found.append(Check("keys", not strange, "Every key of the file is one that the rebuild writes."))
    found.append(Check("strings", strings <= STRING_KEYS and front, "No text but the title stands outside the pages."))
    return found


def _states(pdf: pikepdf.Pdf, title: str) -> bool:
    """Whether the document states this title, a plain language or none, and nothing else of itself."""
    info, language = pdf.trailer.get("/Info"), pdf.Root.get("/Lang")
    told = {} if info is None else {key: str(value) for key, value in info.items() if isinstance(value, String)}
    if info is not None and len(told) != len(info):
        return False
    plain = language is None or str(language) == language_of(str(language))
    return plain and told == ({"/Title": title} if title else {}) and bool(title) == ("/ViewerPreferences" in pdf.Root)


def _formal(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Stream) and str(item.get("/Type", "")) in ("/ObjStm", "/XRef")


def _reachable(pdf: pikepdf.Pdf) -> tuple[set[tuple[int, int]], set[str], set[str]]:
    """Objects reached from the trailer, all dictionary keys met, and the keys whose values are strings; what the
    document says of itself is only counted as reached and judged by `_states`."""
    reached: set[tuple[int, int]] = set()
    keys: set[str] = set()
    strings: set[str] = set()
    trailer = {key: value for key, value in pdf.trailer.items() if key in ("/Root", "/Info", "/ID", "/Encrypt")}
    keys |= set(trailer)
    info = trailer.pop("/Info", None)
    if isinstance(info, pikepdf.Object):
        reached.add(info.objgen)
    waiting: list[tuple[str, object]] = list(trailer.items())
    while waiting:
        key, item = waiting.pop()
        if isinstance(item, pikepdf.Object) and item.is_indirect:
            if item.objgen in reached:
                continue
            reached.add(item.objgen)
        if isinstance(item, String):
            strings.add(key)
        elif isinstance(item, Name):
            continue
        elif isinstance(item, Array):
            waiting += [(key, part) for part in item]
        elif isinstance(item, Dictionary | pikepdf.Stream):
            keys |= set(item.keys())
            waiting += [(name, value) for name, value in item.items() if name != "/Parent" or key != "/Kids"]
    return reached, keys, strings
