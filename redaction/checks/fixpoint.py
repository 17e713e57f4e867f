"""The walk once more over the result: it must find nothing left to remove."""

from io import BytesIO

import pikepdf

from ..content.area import Area, target_of
from ..content.job import Job
from ..content.walker import Walker
from ..errors import Refused
from ..geometry import Polygon, anticlockwise, grown, pushed
from ..graphics.copier import Copier
from ..images import wiped_copy
from ..images.copying import is_flat
from ..inspection import page_box
from ..layers import Layers
from ..report import Check, FinalMark
from .bare import Bare

SHRINK = 0.08
WATCHED = {"text", "images", "drawings", "outside_crop"}


def checks(bare: Bare, marks: list[FinalMark]) -> list[Check]:
    """Walk every page of the bare result with the marks drawn in by a hair."""
    with pikepdf.open(BytesIO(bare.data)) as pdf, pikepdf.new() as scratch:
        job = Job(pdf, scratch, Layers(), Copier(scratch), wipe=_unflat)
        try:
            for number, page in enumerate(pdf.pages, start=1):
                drawn = [mark.quad for mark in marks if mark.page == number]
                quads = [pushed(quad, -SHRINK) for quad in drawn]
                job.veils = tuple(anticlockwise(quad) for quad in drawn)
                area = Area(tuple(target_of(quad) for quad in quads if len(quad) >= 3), grown(page_box(page), 2.0))
                Walker(job, page.resources, area=area).run(page.obj)
        except Refused as refused:
            return [Check("walk", False, f"The result is not understood by the engine ({refused.code}).")]
    left = job.kinds & WATCHED
    if job.unveiled:
        left.add("text")
    detail = "A second walk finds nothing to remove." if not left else f"A second walk finds {', '.join(sorted(left))}."
    return [Check("walk", not left, detail)]


def _unflat(
    image: pikepdf.Stream, holes: list[Polygon], copier: Copier, resources: pikepdf.Object | None
) -> tuple[pikepdf.Object, tuple[float, float, float, float] | None]:
    """Like a wipe, but reports an area only when the samples there are not flat yet."""
    if is_flat(image, holes, resources):
        return copier.out.make_stream(b""), None
    return wiped_copy(image, holes, copier, resources)
