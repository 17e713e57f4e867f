"""The closed-world rebuild: a new document that holds only what the walks wrote and an allow-list of keys."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name

from .annotations import Appearance, appearances
from .content import streams
from .content.absolute import AbsoluteText
from .content.area import PEEKING, WHOLE, Area, target_of
from .content.drawn import write_drawn
from .content.job import Job
from .content.layout import Settled, settle
from .content.survey import Survey
from .content.walker import Walker
from .content.writing import nums
from .fonts.writing import write_font
from .front import NO_FRONT, Front, language_of
from .garbage import gathered
from .geometry import Box, Polygon, grown
from .graphics.copier import Copier, is_number
from .inspection import page_box, page_turn
from .layers import read_layers
from .overlay import FONT_NAME, overlay
from .report import FinalMark
from .telling import Told, followed, silent

CATALOG = {
    "attachments": ("/AF", "/Collection"),
    "scripts": ("/OpenAction", "/AA"),
    "metadata": ("/Metadata", "/PieceInfo", "/Legal", "/DSS", "/Perms"),
    "structure": ("/StructTreeRoot",),
    "navigation": ("/Outlines", "/Dests", "/PageLabels", "/Threads", "/URI"),
    "form_fields": ("/AcroForm",),
}

EFFORT: Final = 3
"""Of zlib: half the time of its default, for streams about a twentieth longer."""


@dataclass
class Rebuilt:
    """The new file and what was learnt while making it: the marks as drawn, all areas that were cleared, and how many
    letters of neighbouring lines are shown without the part that lies under a box."""

    output: bytes
    kinds: set[str]
    notes: list[str]
    affected: list[tuple[int, Box]] = field(default_factory=list)
    marks: list[FinalMark] = field(default_factory=list)
    cleared: list[tuple[int, Polygon]] = field(default_factory=list)
    clipped: int = 0


def rebuild(
    source: pikepdf.Pdf,
    marks: list[FinalMark],
    told: Told = silent,
    stage: str = "remove",
    front: Front = NO_FRONT,
) -> Rebuilt:
    """Write `source` anew without what lies under the marks, with a title and a language of the caller's; `told` hears
    of each page. Raises Refused."""
    out = pikepdf.new()
    job = Job(source, out, read_layers(source.Root), Copier(out))
    _note_catalog(source, job)
    done = Rebuilt(b"", job.kinds, job.notes)
    final: dict[int, FinalMark] = {}
    with gathered() as gather:
        for number, page in enumerate(followed(source.pages, len(source.pages), stage, told), start=1):
            here = [index for index, mark in enumerate(marks) if mark.page == number]
            settled = _rebuilt(job, page, number, [marks[index] for index in here], done)
            final.update(zip(here, settled, strict=True))
            gather()
        done.marks = [final.get(index, mark) for index, mark in enumerate(marks)]
        write_fonts(job)
        _catalog(source, out, front)
        done.output, done.clipped = saved(out), job.clipped
    return done


def _rebuilt(job: Job, page: pikepdf.Page, number: int, marks: list[FinalMark], done: Rebuilt) -> list[FinalMark]:
    """Write one page, note what was learnt, and return its marks as drawn; nothing else of the page is kept."""
    survey, settled = _settled(job, page, marks)
    job.touched.clear()
    gone = _page(job, page, settled, survey)
    boxes = [*job.touched, *gone]
    done.affected += [(number, box) for box in (*boxes, *settled.strips)]
    done.cleared += [(number, quad) for quad in settled.cleared]
    job.ahead.clear()
    return settled.marks


def _settled(job: Job, page: pikepdf.Page, marks: list[FinalMark]) -> tuple[Survey, Settled]:
    """The levels of a page's marks and the lines laid out anew, and what was learnt for it."""
    if all(mark.asked_level == "exact" for mark in marks):
        return Survey(), Settled(marks, [mark.quad for mark in marks])
    survey = surveyed(job, page)
    settled = settle(survey, marks, page_box(page))
    for note in sorted(settled.notes):
        job.note(note)
    return survey, settled


def surveyed(job: Job, page: pikepdf.Page) -> Survey:
    """A first walk over a page that removes nothing and leaves no trace in the job. Raises Refused."""
    fonts = {key: (set(font.used), font.lost) for key, font in job.fonts.items()}
    forms, kinds, notes = dict(job.forms), set(job.kinds), list(job.notes)
    job.ahead.clear()
    survey = job.survey = Survey()
    walker = Walker(job, page.resources, area=areas_of([], page_box(page), []))
    walker.run(page.obj)
    for appearance in appearances(page)[0]:
        _draw(walker, appearance)
    job.survey, job.forms = None, forms
    job.kinds.clear()
    job.kinds |= kinds
    job.notes[:] = notes
    for key, font in job.fonts.items():
        font.used, font.lost = fonts.get(key, (set(), False))
    return survey


def write_fonts(job: Job) -> None:
    """Write every font that is still used; drawn fonts first, as their procedures may use others."""
    done: set[int] = set()
    while waiting := [font for font in job.fonts.values() if id(font) not in done]:
        waiting.sort(key=lambda font: font.kind != "type3")
        font = waiting[0]
        done.add(id(font))
        font.settle()
        if font.kind == "type3":
            write_drawn(font, job)
        else:
            write_font(font, job.out, _label(len(done)))


def _label(number: int) -> str:
    letters = ""
    for _ in range(6):
        number, digit = divmod(number, 26)
        letters = chr(65 + digit) + letters
    return letters


def saved(out: pikepdf.Pdf) -> bytes:
    """The bytes of the new document; equal documents give equal bytes."""
    pikepdf.settings.set_flate_compression_level(EFFORT)
    stream = BytesIO()
    out.save(
        stream,
        deterministic_id=True,
        compress_streams=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        force_version="1.7",
    )
    return stream.getvalue()


def areas_of(quads: list[Polygon], frame: Box, drawn: list[Polygon]) -> Area:
    """What a page's walk must clear, and the boxes that will be drawn."""
    cleared = tuple(target_of(quad, PEEKING if quad in drawn else WHOLE) for quad in quads)
    return Area(cleared, grown(frame, 0.05), tuple(target_of(quad) for quad in drawn))


def _page(job: Job, page: pikepdf.Page, settled: Settled, survey: Survey) -> list[Box]:
    box = page_box(page)
    shown, gone, kinds = appearances(page)
    job.kinds |= kinds
    walker = Walker(job, page.resources, area=areas_of(settled.cleared, box, [mark.quad for mark in settled.marks]))
    if isinstance(walker.text, AbsoluteText):
        walker.text.lay(settled.layout)
    walker.runs, walker.paths = survey.numbered, survey.paths
    walker.emit(b"q")
    walker.run(page.obj)
    walker.emit(b"Q")
    for appearance in shown:
        _draw(walker, appearance)
    content = walker.written()
    resources = walker.names.dictionary(content)
    contents = Array([job.out.make_stream(content)])
    if settled.marks:
        quads: list[tuple[Polygon, str]] = [(mark.quad, mark.code) for mark in settled.marks]
        contents.append(job.out.make_stream(overlay(quads)))
        fonts = resources.get("/Font", Dictionary())
        fonts[FONT_NAME] = label_font(job.out)
        resources.Font = fonts
    new = Dictionary(Type=Name.Page, MediaBox=Array(list(box)), Contents=contents, Resources=resources)
    turn = page_turn(page)
    if turn:
        new.Rotate = turn
    unit = page.obj.get("/UserUnit")
    if is_number(unit):
        new.UserUnit = unit
    group = page.obj.get("/Group")
    if isinstance(group, Dictionary):
        new.Group = streams.group_copy(walker, group)
    job.out.pages.append(pikepdf.Page(job.out.make_indirect(new)))
    return gone


def label_font(out: pikepdf.Pdf) -> pikepdf.Object:
    """The standard font of the labels."""
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)


def _draw(walker: Walker, appearance: Appearance) -> None:
    if not walker.job.layers.visible(appearance.layer):
        walker.job.kinds.add("hidden_layers")
        return
    form = streams.form_copy(walker, appearance.form, appearance.matrix)
    if form is not None:
        label = walker.names.name("/XObject", form.objgen, form)
        walker.emit(b"q " + nums(appearance.matrix) + b" cm " + label + b" Do Q")


def _note_catalog(source: pikepdf.Pdf, job: Job) -> None:
    for kind, keys in CATALOG.items():
        if any(key in source.Root for key in keys):
            job.kinds.add(kind)
    names = source.Root.get("/Names")
    if isinstance(names, Dictionary):
        if "/EmbeddedFiles" in names:
            job.kinds.add("attachments")
        if "/JavaScript" in names:
            job.kinds.add("scripts")
    if "/Info" in source.trailer:
        job.kinds.add("metadata")


def _catalog(source: pikepdf.Pdf, out: pikepdf.Pdf, front: Front) -> None:
    """The title a window shows, and the language: the caller's, else the source's where it is a plain one."""
    stated = source.Root.get("/Lang")
    language = front.language or language_of(str(stated) if isinstance(stated, pikepdf.String) else "")
    if language:
        out.Root.Lang = pikepdf.String(language)
    if front.title:
        out.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        out.trailer.Info = out.make_indirect(Dictionary(Title=pikepdf.String(front.title)))
