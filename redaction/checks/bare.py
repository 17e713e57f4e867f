"""The result without its drawn boxes, so that readers see what lies beneath them."""

from dataclasses import dataclass
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary

from ..document import label_font, saved
from ..inspection import open_source
from ..overlay import FONT_NAME, overlay
from ..report import FinalMark


@dataclass(frozen=True)
class Bare:
    """`data` is the result without overlays; `boxes_only` has nothing but them; pages are as in the result."""

    data: bytes
    boxes_only: bytes
    pages: int
    overlay_exact: bool


def bare_output(output: bytes, marks: list[FinalMark]) -> Bare:
    """Take the overlays off. Raises what pikepdf raises, or Refused, for an unreadable document."""
    with open_source(output) as pdf, pikepdf.new() as boxes:
        exact = True
        for number, page in enumerate(pdf.pages, start=1):
            here = [(mark.quad, mark.code) for mark in marks if mark.page == number]
            contents = page.obj.get("/Contents")
            listed = list(contents) if isinstance(contents, Array) else [contents]
            expected = overlay(here) if here else None
            empty = boxes.make_stream(b"" if expected is None else expected)
            blank = Dictionary(Type=pikepdf.Name.Page, MediaBox=Array([float(v) for v in page.mediabox]))
            blank.Contents = empty
            blank.Resources = Dictionary(Font=Dictionary({FONT_NAME: label_font(boxes)}))
            for key in ("/Rotate", "/UserUnit"):
                if key in page.obj:
                    blank[key] = page.obj[key]
            boxes.pages.append(pikepdf.Page(boxes.make_indirect(blank)))
            if expected is None:
                exact = exact and len(listed) == 1
                continue
            exact = exact and len(listed) == 2 and _same(listed[1], expected)
            page.obj.Contents = Array(listed[:1])
        stream = BytesIO()
        pdf.save(stream)
        return Bare(stream.getvalue(), saved(boxes), len(pdf.pages), exact)


def _same(stream: object, expected: bytes) -> bool:
    return isinstance(stream, pikepdf.Stream) and stream.read_bytes() == expected
