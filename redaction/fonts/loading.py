"""Reading a font resource into a `Font`."""

from collections.abc import Callable

import pikepdf

from ..errors import Refused
from ..geometry import Box, Matrix
from .cff import CffProgram
from .composite import composite_coder
from .encodings import character, glyph_names
from .model import Font
from .simple import Program, Type3Coder, number, simple_coder
from .tounicode import read_pairs
from .truetype import TrueTypeProgram
from .type1 import Type1Program

Measure = Callable[[pikepdf.Object, pikepdf.Object | None], Box | None]


def load_font(source: pikepdf.Object, target: pikepdf.Object, measure: Measure) -> Font:
    """Read a font dictionary of the source; `target` is the place of its copy in the output.

    `measure(stream, resources)` tells what a Type 3 glyph paints. Raises Refused: "font", "font-width", "cmap".
    """
    if not isinstance(source, pikepdf.Dictionary):
        raise Refused("font", "A font is not a dictionary.")
    kind = str(source.get("/Subtype", ""))
    if kind == "/Type0":
        listed = source.get("/DescendantFonts")
        descendant = listed[0] if isinstance(listed, pikepdf.Array) and len(listed) else None
        if not isinstance(descendant, pikepdf.Dictionary):
            raise Refused("font", "A composite font has no descendant.")
        program = load_program(descendant)
        coder = composite_coder(source, descendant, None if isinstance(program, Type1Program) else program)
        return Font(source, target, "composite", coder, vertical=coder.cmap.vertical)
    if kind == "/Type3":
        return _type3(source, target, measure)
    if kind in ("/Type1", "/MMType1", "/TrueType"):
        return Font(source, target, "simple", simple_coder(source, load_program(source)))
    raise Refused("font", "A font is of an unknown kind.")


def _type3(source: pikepdf.Object, target: pikepdf.Object, measure: Measure) -> Font:
    listed = source.get("/FontMatrix")
    values = [number(value) for value in listed] if isinstance(listed, pikepdf.Array) else []
    if len(values) != 6:
        raise Refused("font", "A drawn font has no matrix.")
    matrix: Matrix = (values[0], values[1], values[2], values[3], values[4], values[5])
    resources = source.get("/Resources")
    names = glyph_names(source.get("/Encoding"), None)
    coder = Type3Coder(source, matrix, names, lambda proc: measure(proc, resources))
    return Font(source, target, "type3", coder, matrix=matrix)


def texts_of(font: Font) -> dict[str, bytes]:
    """For every character the font says it can show, a code that shows it."""
    if font.texts is None:
        font.texts = {}
        stream = font.source.get("/ToUnicode")
        if isinstance(stream, pikepdf.Stream):
            for code, text in read_pairs(stream.read_bytes()).items():
                if len(text) == 2:
                    font.texts.setdefault(text.decode("utf-16-be", "replace"), code)
        names = getattr(font.coder, "names", [])
        for value, name in enumerate(names):
            text_of_name = character(name)
            if len(text_of_name) == 1 and value < 256:
                font.texts.setdefault(text_of_name, bytes((value,)))
    return font.texts


def program_stream(font: pikepdf.Object) -> pikepdf.Stream | None:
    """The embedded font file of a font dictionary, or None."""
    descriptor = font.get("/FontDescriptor")
    if isinstance(descriptor, pikepdf.Dictionary):
        for key in ("/FontFile", "/FontFile2", "/FontFile3"):
            stream = descriptor.get(key)
            if isinstance(stream, pikepdf.Stream):
                return stream
    return None


def load_program(font: pikepdf.Object) -> Program | None:
    """The parsed font file, None when there is none or it cannot be read."""
    stream = program_stream(font)
    if stream is None:
        return None
    try:
        data = stream.read_bytes()
        if data[:4] in (b"\0\1\0\0", b"true", b"ttcf") or (data[:4] == b"OTTO" and b"glyf" in data[:400]):
            return _outlines(data, str(font.get("/Subtype", "")))
        if data[:4] == b"OTTO" or data[:1] == b"\1":
            return CffProgram(data)
        return Type1Program(data)
    except (ValueError, IndexError, pikepdf.PdfError):
        return None


def _outlines(data: bytes, kind: str) -> TrueTypeProgram:
    """A TrueType file; that of a composite font is read by glyph index, that of a simple one by its characters."""
    program = TrueTypeProgram(data)
    if kind == "/CIDFontType2":
        program.index_by_gid()
    else:
        program.read_codes()
    return program
