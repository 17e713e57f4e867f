"""What was appended to a proven file: an incremental update that adds to the pages and changes nothing beneath."""

from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary

from ..report import Check


def check(proven: bytes, whole: bytes) -> Check:
    """Whether `whole`, which begins with `proven`, shows the same pages with something drawn on top of them."""
    try:
        with pikepdf.open(BytesIO(proven)) as before, pikepdf.open(BytesIO(whole)) as after:
            only = _only_adds(before, after)
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        only = False
    return Check(
        "added", only, "What follows the proven bytes is drawn on top of the pages and changes nothing beneath."
    )


def _only_adds(before: pikepdf.Pdf, after: pikepdf.Pdf) -> bool:
    if len(before.pages) != len(after.pages) or before.Root.objgen != after.Root.objgen:
        return False
    numbers: set[tuple[int, int]] = set()
    for old, new in zip(before.pages, after.pages, strict=True):
        numbers.add(old.obj.objgen)
        if old.obj.objgen != new.obj.objgen or not _page_grows(old.obj, new.obj):
            return False
    kept = [item.objgen for item in before.objects if isinstance(item, pikepdf.Object) and item.is_indirect]
    return all(
        _same(before.get_object(n), after.get_object(n)) for n in kept if n not in numbers and not _is_formal(before, n)
    )


def _is_formal(pdf: pikepdf.Pdf, number: tuple[int, int]) -> bool:
    item = pdf.get_object(number)
    return isinstance(item, pikepdf.Stream) and str(item.get("/Type", "")) in ("/ObjStm", "/XRef")


def _same(one: pikepdf.Object, two: pikepdf.Object) -> bool:
    if isinstance(one, pikepdf.Stream) != isinstance(two, pikepdf.Stream):
        return False
    if isinstance(one, pikepdf.Stream) and one.read_raw_bytes() != two.read_raw_bytes():
        return False
    return bool(_spelled(one) == _spelled(two))


def _spelled(item: pikepdf.Object) -> bytes:
    if isinstance(item, pikepdf.Stream):
        return Dictionary({key: value for key, value in item.items() if key != "/Length"}).unparse()
    return item.unparse(resolved=True)


def _page_grows(old: pikepdf.Object, new: pikepdf.Object) -> bool:
    """Contents are only wrapped and followed, resources only joined by forms, and every other entry is the same."""
    loose = {"/Contents", "/Resources"}
    if {k: _plain(v) for k, v in old.items() if k not in loose} != {
        k: _plain(v) for k, v in new.items() if k not in loose
    }:
        return False
    first, second = _listed(old.Contents), _listed(new.Contents)
    inner = second[1 : 1 + len(first)]
    if len(second) <= len(first) + 1 or second[0].strip() != b"q" or inner != first:
        return False
    return _joined(old.get("/Resources", Dictionary()), new.get("/Resources", Dictionary()))


def _listed(contents: pikepdf.Object) -> list[bytes]:
    parts = list(contents) if isinstance(contents, Array) else [contents]
    return [part.read_bytes() for part in parts if isinstance(part, pikepdf.Stream)]


def _joined(old: pikepdf.Object, new: pikepdf.Object) -> bool:
    for key in set(old.keys()) | set(new.keys()):
        one, two = old.get(key), new.get(key)
        if key == "/XObject":
            mine = {} if one is None else {name: _plain(value) for name, value in one.items()}
            theirs = {} if two is None else {name: _plain(value) for name, value in two.items()}
            if not mine.items() <= theirs.items():
                return False
        elif _plain(one) != _plain(two):
            return False
    return True


def _plain(item: object) -> bytes:
    return item.unparse() if isinstance(item, pikepdf.Object) else repr(item).encode()
