"""What all walks of one document share: the two files, fonts, copies made, budgets, and what was removed."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Dictionary

from ..fonts import Font, load_font
from ..fonts.loading import Measure
from ..geometry import Box, Polygon
from ..graphics.copier import Copier
from ..images import wiped_copy
from ..layers import Layers
from ..limits import MAX_OPERATORS, MAX_TOTAL_BYTES, hold
from .survey import Survey
from .tokens import Instruction, instructions

Wipe = Callable[[pikepdf.Stream, list[Polygon], Copier, pikepdf.Object | None], tuple[pikepdf.Object, Box | None]]
SharedState = tuple[pikepdf.Object, float | None, int | None, tuple[tuple[float, ...], float] | None]
"""The copy of a graphics state, and the line width, cap and dash it sets, None where it sets none."""


@dataclass
class Job:
    """One run over one document. `ahead` holds what the survey of the current page has read.

    `clipped` counts the letters that stay and are shown without the part that lies under a box. A walk that verifies is
    told in `veils` the boxes of the page and learns in `unveiled` whether such a letter is shown with that part.
    """

    source: pikepdf.Pdf
    out: pikepdf.Pdf
    layers: Layers
    copier: Copier
    fonts: dict[object, Font] = field(default_factory=dict)
    forms: dict[object, pikepdf.Object | None] = field(default_factory=dict)
    states: dict[tuple[int, int], SharedState] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    touched: list[Box] = field(default_factory=list)
    survey: Survey | None = None
    ahead: dict[tuple[int, int], list[Instruction]] = field(default_factory=dict)
    operators: int = 0
    read: int = 0
    wipe: Wipe = wiped_copy
    clipped: int = 0
    veils: tuple[Polygon, ...] = ()
    unveiled: bool = False

    def spend(self, operators: int, read: int) -> None:
        """Count work done; Refused when it is past the bounds."""
        self.operators += operators
        self.read += read
        hold("many-operators", self.operators, MAX_OPERATORS)
        hold("many-bytes", self.read, MAX_TOTAL_BYTES)

    def instructions(self, stream: pikepdf.Object) -> list[Instruction]:
        """The instructions of a stream or a page; what a survey has read is kept for the walk after it."""
        key = stream.objgen
        found = self.ahead.get(key) if key[0] else None
        if found is None:
            found = instructions(stream)
            if self.survey is not None and key[0]:
                self.ahead[key] = found
        return found

    def font(self, source: pikepdf.Object, measure: Measure) -> Font:
        """The font of a resource entry, read once."""
        key: object = source.objgen if source.is_indirect else id(source)
        font = self.fonts.get(key)
        if font is None:
            target = self.out.make_indirect(Dictionary())
            font = self.fonts[key] = load_font(source, target, measure)
        return font

    def note(self, sentence: str) -> None:
        """Say something in the report, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)
