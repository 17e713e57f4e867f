"""A cheap look at a document: pages, sizes, encryption; nothing is interpreted and nothing changed."""

from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pikepdf

from .arrays import floats
from .errors import Refused
from .limits import MAX_OBJECTS, MAX_PAGES, hold

HEADER_SEARCH = 1024
TEXT_PAGES = 20


@dataclass(frozen=True)
class Inspection:
    """Facts about a document. Sizes are (width, height) in points as the page is seen, after rotation."""

    pages: int
    page_sizes: tuple[tuple[float, float], ...]
    encrypted: bool
    has_text: bool
    version: str
    has_forms: bool
    has_annotations: bool
    has_attachments: bool
    has_scripts: bool
    has_layers: bool
    is_signed: bool


def open_source(source: bytes | BinaryIO) -> pikepdf.Pdf:
    """Open a document read-only. Raises Refused "not-a-pdf", "encrypted", "broken" or "too-..."."""
    stream: BinaryIO = BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
    stream.seek(0)
    if b"%PDF-" not in stream.read(HEADER_SEARCH):
        raise Refused("not-a-pdf", "The file is not a PDF document.")
    stream.seek(0)
    try:
        pdf = pikepdf.open(stream, suppress_warnings=True, attempt_recovery=True)
        pages = len(pdf.pages)
    except pikepdf.PasswordError as error:
        raise Refused("encrypted", "The document needs a password to be opened.") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError) as error:
        raise Refused("broken", "The document is damaged and cannot be read.") from error
    if pages == 0:
        raise Refused("broken", "The document has no pages.")
    hold("many-pages", pages, MAX_PAGES)
    hold("many-objects", len(pdf.objects), MAX_OBJECTS)
    return pdf


def inspect(source: bytes | BinaryIO) -> Inspection:
    """Look at a document given as bytes or as a binary file with seek and read.

    Raises Refused: "not-a-pdf", "encrypted" (a password is needed), "broken", "too-many-pages".
    """
    with open_source(source) as pdf:
        try:
            return _facts(pdf)
        except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Refused("broken", "The document is damaged and cannot be read.") from error


def _facts(pdf: pikepdf.Pdf) -> Inspection:
    root = pdf.Root
    form = root.get("/AcroForm")
    names = root.get("/Names")
    named = names if isinstance(names, pikepdf.Dictionary) else pikepdf.Dictionary()
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    return Inspection(
        pages=len(pdf.pages),
        page_sizes=tuple(page_size(page) for page in pdf.pages),
        encrypted=pdf.is_encrypted,
        has_text=any(_shows_text(page) for page, _ in zip(pdf.pages, range(TEXT_PAGES), strict=False)),
        version=str(pdf.pdf_version),
        has_forms=fields is not None and len(fields) > 0,
        has_annotations=any("/Annots" in page for page in pdf.pages),
        has_attachments="/EmbeddedFiles" in named or "/AF" in root,
        has_scripts="/JavaScript" in named or "/OpenAction" in root or "/AA" in root,
        has_layers="/OCProperties" in root,
        is_signed="/Perms" in root or (isinstance(form, pikepdf.Dictionary) and int(form.get("/SigFlags", 0)) > 0),
    )


def page_box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    """What a reader sees of the page before rotation: CropBox within MediaBox, in default user space."""
    media = _box(page.mediabox)
    crop = _box(page.cropbox)
    box = (max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3]))
    return box if box[2] - box[0] > 0 and box[3] - box[1] > 0 else media


def page_turn(page: pikepdf.Page) -> int:
    """The inherited /Rotate as 0, 90, 180 or 270."""
    turn = int(page.rotation) % 360
    return turn if turn in (0, 90, 180, 270) else 0


def page_size(page: pikepdf.Page) -> tuple[float, float]:
    """Width and height in points as seen, after rotation and /UserUnit."""
    x0, y0, x1, y1 = page_box(page)
    unit = float(page.obj.get("/UserUnit", 1))
    width, height = round((x1 - x0) * unit, 3), round((y1 - y0) * unit, 3)
    return (height, width) if page_turn(page) in (90, 270) else (width, height)


def _box(array: pikepdf.Array) -> tuple[float, float, float, float]:
    numbers = floats(array)
    if numbers is None or len(numbers) < 4:
        numbers = [float(array[index]) for index in range(4)]
    xs, ys = sorted((numbers[0], numbers[2])), sorted((numbers[1], numbers[3]))
    return (xs[0], ys[0], xs[1], ys[1])


def _shows_text(page: pikepdf.Page) -> bool:
    resources = page.obj.get("/Resources")
    if not isinstance(resources, pikepdf.Dictionary):
        return False
    if resources.get("/Font"):
        return True
    forms = resources.get("/XObject")
    return isinstance(forms, pikepdf.Dictionary) and any(
        isinstance(form, pikepdf.Stream) and "/Font" in form.get("/Resources", {}) for form in forms.values()
    )
