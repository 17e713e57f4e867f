"""The graphics state that decides where things land and whether they are painted."""

from dataclasses import dataclass

from ..fonts import Font
from ..geometry import IDENTITY, Box, Matrix, Polygon, holds
from .area import Target


@dataclass
class State:
    """What q saves and Q restores. `clip` is the box around the clip in page space, None when unlimited;
    `written` the text state that the output has, where text is written from the state; `veils` are the drawn boxes
    that the clip leaves out, where the walk was told to look for them."""

    ctm: Matrix = IDENTITY
    clip: Box | None = None
    font: Font | None = None
    size: float = 0.0
    spacing: float = 0.0
    word: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    mode: int = 0
    line: float = 1.0
    cap: int = 0
    dash: tuple[tuple[float, ...], float] = ((), 0.0)
    fill_pattern: bool = False
    stroke_pattern: bool = False
    written: tuple[object, ...] | None = None
    veils: tuple[Polygon, ...] = ()

    def veiled(self, target: Target) -> bool:
        """Whether the clip leaves out one drawn box that holds the whole target."""
        return any(all(holds(veil, point) for point in target.polygon) for veil in self.veils)

    def copy(self) -> "State":
        """An independent copy."""
        fresh = State.__new__(State)
        fresh.__dict__.update(self.__dict__)
        return fresh
