"""Closed world: one revision, nothing unreachable, and no key or string that the rebuild does not write."""

from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from ..report import Check

FORBIDDEN = set(
    "/Annots /AcroForm /Names /Outlines /Dests /PageLabels /Threads /OpenAction /AA /A /JS /JavaScript /URI /AF /EF "
    "/EmbeddedFiles /Metadata /PieceInfo /StructTreeRoot /MarkInfo /StructParents /StructParent /OCProperties /OC "
    "/OCGs /Info /Thumb /B /Collection /Perms /Legal /DSS /SpiderInfo /LastModified /ID2 /XFA /V /DV /TU /T /Contents2 "
    "/Alternates /OPI /Ref /PS /Measure /PtData /VP /ActualText /Alt /E /Title /Author /Subject /Keywords /Creator "
    "/Producer /Notice /FullName /CharSet /FontFamily /Requirements /Extensions /OutputIntents /Alt /Properties".split()
) - {"/E", "/T", "/B"}
STRING_KEYS = {"/Registry", "/Ordering", "/Lang", "/ID"}


def checks(output: bytes) -> list[Check]:
    """The checks of structure on the bytes of the result."""
    one = output.count(b"%%EOF") == 1 and output.rstrip().endswith(b"%%EOF") and output.startswith(b"%PDF-")
    single = output.count(b"startxref") == 1
    found = [Check("one-revision", one and single, "The file has one revision and nothing around it.")]
    with pikepdf.open(BytesIO(output)) as pdf:
        reached, keys, strings = _reachable(pdf)
        every = {item.objgen for item in pdf.objects if item is not None and item.is_indirect and not _formal(item)}
    lost = every - reached
    found.append(Check("reachable", not lost, "Every object of the file is in use."))
    found.append(Check("keys", not keys & FORBIDDEN, "No key of the file leads to content besides the pages."))
    found.append(Check("strings", strings <= STRING_KEYS, "No text stands outside the pages."))
    return found


def _formal(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Stream) and str(item.get("/Type", "")) in ("/ObjStm", "/XRef")


def _reachable(pdf: pikepdf.Pdf) -> tuple[set[tuple[int, int]], set[str], set[str]]:
    """Objects reached from the trailer, all dictionary keys met, and the keys whose values are strings."""
    reached: set[tuple[int, int]] = set()
    keys: set[str] = set()
    strings: set[str] = set()
    trailer = {key: value for key, value in pdf.trailer.items() if key in ("/Root", "/Info", "/ID", "/Encrypt")}
    waiting: list[tuple[str, object]] = list(trailer.items())
    keys |= set(trailer)
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
