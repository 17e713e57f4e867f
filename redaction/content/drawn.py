"""Writing Type 3 fonts: the procedures of the codes still shown, walked like any other content."""

import pikepdf
from pikepdf import Array, Dictionary, Name

from ..fonts import Font
from ..fonts.simple import Type3Coder
from ..fonts.writing import tidy, tounicode, widths_array
from .area import Area
from .job import Job
from .walker import Walker


def write_drawn(font: Font, job: Job) -> None:
    """Fill the output copy of a Type 3 font."""
    coder = font.coder
    if not isinstance(coder, Type3Coder) or font.matrix is None:
        return
    font.read(b"".join(sorted(font.used)))
    target = font.target
    target.Type, target.Subtype = Name.Font, Name.Type3
    target.FontMatrix = Array([tidy_fine(value) for value in font.matrix])
    scale = 1 / font.matrix[0] if font.matrix[0] else 1000.0
    target.FirstChar, target.LastChar, target.Widths = widths_array(font, scale)
    procs, items = Dictionary(), []
    walker = Walker(job, font.source.get("/Resources"), area=Area())
    for code in sorted(font.used):
        proc = coder.procedure(code[0])
        if proc is None:
            continue
        walker.output.clear()
        walker.run(proc)
        name = Name(f"/c{code[0]}")
        procs[str(name)] = job.out.make_stream(walker.written())
        items += [code[0], name]
    target.CharProcs = procs
    target.Encoding = Dictionary(Type=Name.Encoding, Differences=Array(items))
    target.FontBBox = _box(font.source)
    target.Resources = walker.names.dictionary()
    mapping = tounicode(font, job.out, 1)
    if mapping is not None:
        target.ToUnicode = mapping


def tidy_fine(value: float) -> float | int:
    """A matrix entry with enough decimals for a small scale."""
    return tidy(value) if abs(value) > 1 or value == 0 else round(value, 8)


def _box(source: pikepdf.Object) -> Array:
    listed = source.get("/FontBBox")
    if isinstance(listed, Array) and len(listed) == 4:
        return Array([tidy(float(value)) for value in listed])
    return Array([0, 0, 0, 0])
