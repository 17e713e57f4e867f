"""The sealed tier: what only the holder of the original can check, before a copy is released and at any time after.

The strongest check is the twin: the original with other letters under the marks has to give the same bytes. It covers
every way in which the result could depend on what was removed, known or not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

import pikepdf
from pikepdf import Array, ContentStreamInstruction, Operator, String

from .content.area import WHOLE, takes, target_of
from .content.job import Job
from .content.survey import Placed, Survey
from .document import rebuild, surveyed
from .engine import DAMAGED, final_marks
from .errors import Refused
from .fonts import Font
from .geometry import Polygon, meet, overlap
from .graphics.copier import Copier
from .inspection import open_source
from .layers import read_layers
from .plan import Plan
from .report import Check
from .telling import Told, silent

SHOWS = {"Tj", "TJ", "'", '"'}
LIKE = 0.05
"""How much wider or narrower, in em, the letter put in place of another one may be."""
Places = dict[tuple[int, int], Placed]


def verify_sealed(output: bytes, original: bytes, plan: Plan, told: Told = silent) -> tuple[Check, ...]:
    """The checks that need the original and the plan: the removal again, and the removal from a twin.

    Both have to give the bytes of `output`; `told` hears of each page. Never raises for a bad document: what
    cannot be done is a failed check.
    """
    try:
        with open_source(original) as source:
            marks = final_marks(source, original, plan)
            again = rebuild(source, marks, told, "repeat", plan.front)
        found = [Check("repeat", again.output == output, "The plan gives the same bytes again.")]
        other = twin(original, again.cleared)
        if other is None:
            return (*found, Check("twin", True, "Not judged: no letter under a mark could be exchanged for another."))
        with open_source(other) as source:
            same = rebuild(source, marks, told, "twin", plan.front).output == output
    except (Refused, *DAMAGED) as error:
        return (Check("repeat", False, f"The removal could not be repeated ({type(error).__name__})."),)
    return (*found, Check("twin", same, "With other letters under the marks the result is the same to the byte."))


def twin(original: bytes, cleared: Sequence[tuple[int, Polygon]]) -> bytes | None:
    """The document with other letters of about the same width in the areas (page, polygon); None where there is
    nothing in the pages' own content that can be exchanged so that it stays under the marks."""
    changes = _changes(original, cleared)
    if not changes:
        return None
    made = _written(original, changes)
    with open_source(made) as source:
        for number, swaps in changes.items():
            quads = [quad for page, quad in cleared if page == number]
            now = _under(_survey(source, number), quads)
            for place in [place for place in swaps if place not in now]:
                del swaps[place]
    return _written(original, changes) if any(changes.values()) else None


@dataclass(frozen=True)
class _Swap:
    """One letter for another; `back` takes off, in thousandths of an em, by how much the new one is wider."""

    old: bytes
    new: bytes
    back: float


def _changes(original: bytes, cleared: Sequence[tuple[int, Polygon]]) -> dict[int, dict[tuple[int, int], _Swap]]:
    changes: dict[int, dict[tuple[int, int], _Swap]] = {}
    with open_source(original) as source:
        surveys = {number: _survey(source, number) for number in sorted({page for page, _ in cleared})}
        shown = _shown(surveys.values())
        for number, survey in surveys.items():
            found = _under(survey, [quad for page, quad in cleared if page == number])
            swaps = {place: swap for place, glyph in found.items() if (swap := _swap(glyph, shown)) is not None}
            if swaps:
                changes[number] = swaps
    return changes


def _shown(surveys: Iterable[Survey]) -> list[tuple[pikepdf.Object, set[bytes]]]:
    """The codes shown in each font, each page having read the fonts anew."""
    fonts: dict[int, tuple[Font, set[bytes]]] = {}
    for survey in surveys:
        for glyph in survey.glyphs:
            if glyph.font is not None and not glyph.blank:
                fonts.setdefault(id(glyph.font), (glyph.font, set()))[1].add(glyph.code)
    joined: list[tuple[pikepdf.Object, set[bytes]]] = []
    for font, codes in fonts.values():
        same = next((known for source, known in joined if source == font.source), None)
        if same is None:
            joined.append((font.source, codes))
        else:
            same |= codes
    return joined


def _survey(source: pikepdf.Pdf, number: int) -> Survey:
    with pikepdf.new() as scratch:
        job = Job(source, scratch, read_layers(source.Root), Copier(scratch))
        return surveyed(job, source.pages[number - 1])


def _under(survey: Survey, quads: Sequence[Polygon]) -> Places:
    """The painting glyphs of the page's own content that lie under the areas, whatever is drawn there."""
    targets = [target_of(quad, WHOLE) for quad in quads]
    return {
        glyph.place: glyph
        for glyph in survey.glyphs
        if glyph.place[0] > 0
        and not glyph.blank
        and any(
            overlap(glyph.box, t.box) and meet(t.box, glyph.box) and takes(t, glyph.quad, glyph.core) for t in targets
        )
    }


def _swap(glyph: Placed, shown: list[tuple[pikepdf.Object, set[bytes]]]) -> _Swap | None:
    """Another code of the same font, the nearest in width; `shown` has the codes by font."""
    if glyph.font is None:
        return None
    width = _width(glyph.font, glyph.code)
    codes = next((codes for source, codes in shown if source == glyph.font.source), set[bytes]())
    known = {code: _width(glyph.font, code) for code in codes - {glyph.code} if len(code) == len(glyph.code)}
    near = sorted((abs(value - width), code) for code, value in known.items() if abs(value - width) <= LIKE)
    return _Swap(glyph.code, near[0][1], (known[near[0][1]] - width) * 1000) if near else None


def _width(font: Font, code: bytes) -> float:
    return font.read(code)[0].advance


def _written(original: bytes, changes: dict[int, dict[tuple[int, int], _Swap]]) -> bytes:
    with open_source(original) as pdf:
        for number, swaps in changes.items():
            page = pdf.pages[number - 1]
            shows = 0
            lines: list[object] = []
            for line in pikepdf.parse_content_stream(page):
                if str(line.operator) not in SHOWS or not isinstance(line, ContentStreamInstruction):
                    lines.append(line)
                    continue
                shows += 1
                here = {place[1]: swap for place, swap in swaps.items() if place[0] == shows}
                lines += _exchanged(line, here) if here else [line]
            page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(lines))  # type: ignore[arg-type]
        stream = BytesIO()
        pdf.save(stream)
        return stream.getvalue()


def _exchanged(line: ContentStreamInstruction, swaps: dict[int, _Swap]) -> list[ContentStreamInstruction]:
    """The show operator with its letters exchanged; each is followed by what keeps the next one in its place."""
    operands = list(line.operands)
    size = len(next(iter(swaps.values())).old)
    shown = operands[-1]
    parts: list[object] = []
    place = 0
    for item in list(shown) if isinstance(shown, Array) else [shown]:
        if not isinstance(item, String):
            parts.append(item)
            place += 1
            continue
        data = bytes(item)
        for start in range(0, len(data), size):
            code = data[start : start + size]
            swap = swaps.get(place)
            if swap is not None and swap.old == code:
                parts += [String(swap.new), Decimal(f"{swap.back:.9f}")]
            else:
                parts.append(String(code))
            place += 1
    before = _before(str(line.operator), operands)
    return [*before, ContentStreamInstruction([Array(parts)], Operator("TJ"))]


def _before(operator: str, operands: Sequence[object]) -> list[ContentStreamInstruction]:
    """What ' and " do before they show."""
    if operator not in ("'", '"'):
        return []
    spacing = [([operands[0]], "Tw"), ([operands[1]], "Tc")] if operator == '"' else []
    return [ContentStreamInstruction(given, Operator(name)) for given, name in [*spacing, ([], "T*")]]  # type: ignore[arg-type]
