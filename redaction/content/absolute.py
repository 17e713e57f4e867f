"""Text on marked pages: every run is written from the state as interpreted, at its own absolute place, so that no
operator of the source that stood beside removed text stays. Lines laid out anew take their places from a layout."""

from typing import TYPE_CHECKING

from ..fonts import Glyph
from ..geometry import Matrix, inverse, times
from .area import Target
from .runs import Item, Split, step_of
from .text import TextPart
from .writing import num, nums, text

if TYPE_CHECKING:
    from .walker import Walker

Layout = dict[tuple[int, int], float | None]
"""For glyphs of lines laid out anew, by show operator and place: the new x on the page, None for those left out."""


class AbsoluteText(TextPart):
    """Writes BT and ET only around text that stays, and states only when a run needs them."""

    keeps_font_in_state = False

    def __init__(self, walker: "Walker") -> None:
        super().__init__(walker)
        self.layout: Layout = {}
        self.is_open = False
        self.synced, self.adrift = True, False
        self.step: bytes | None = None

    def lay(self, layout: Layout) -> None:
        """Take the places of the lines laid out anew."""
        self.layout = layout
        self.moved = {number for number, _ in layout}

    def open(self) -> None:
        """BT is written with the first run."""
        self.is_open = False
        self.synced, self.step, self.adrift = True, None, False

    def close(self) -> None:
        """ET, when there was a run."""
        if self.is_open:
            self.walker.emit(b"ET")
        self.is_open = False

    def rest(self) -> None:
        """Take back the spacing, stretch, rise and mode that the output has."""
        state = self.walker.state
        if state.written is not None and state.written[2:] != PLAIN[2:]:
            for value, old, name in zip((0, 0, 100, 0, 0), state.written[2:], OPERATORS, strict=True):
                if old != (1.0 if value else 0.0):
                    self.walker.emit(num(value) + b" " + name)
            state.written = (*state.written[:2], *PLAIN[2:])

    def operator(self, line: bytes) -> None:
        """Nothing: the runs say it."""

    def move(self, x: float, y: float, raw: bytes) -> None:
        """Td; written again only where the output stands where the source stood."""
        a, b, c, d, e, f = self.start
        self.start = self.matrix = (a, b, c, d, x * a + y * c + e, x * b + y * d + f)
        self.synced, self.step = self.synced and self.step is None, raw

    def next_line(self) -> None:
        """T*."""
        down = -self.walker.state.leading
        self.move(0.0, down, b"0 " + num(down) + b" Td")

    def place(self, matrix: Matrix, raw: bytes) -> None:
        """Tm."""
        self.start = self.matrix = matrix
        self.synced, self.step = True, raw

    def keep(self, raw: bytes, split: Split) -> None:
        """A run as it stood but for numbers behind it, at its place: told by the one operator that moved to it, or else
        anew."""
        walker = self.walker
        state = walker.state
        self._state(state.spacing, state.word)
        if not self.synced or (self.adrift and self.step is None):
            walker.output.append(_matrix(self.matrix) + b" Tm")
            self.synced = self.matrix == self.start
        elif self.step is not None:
            walker.output.append(self.step)
        self.step, self.adrift = None, split.trails
        walker.output.append(split.kept + (b" TJ" if raw[:1] == b"[" else b" Tj"))

    def write(self, parts: list[bytes | float], items: list[Item], lost: set[int]) -> set[int]:
        """The kept glyphs as runs."""
        self.synced, self.step = False, None
        gone = set(lost)
        run: list[bytes | float] = []
        veils: tuple[Target, ...] = ()
        begin = along = 0.0
        fresh: list[bytes] = []
        at = expected = 0.0
        for place, item in enumerate(items):
            step = step_of(self.walker.state, item)
            key = (self.number, place)
            if isinstance(item, Glyph) and place not in lost and key in self.layout:
                self._flush(run, begin, veils)
                run = []
                x = self.layout[key]
                if x is None:
                    gone.add(place)
                else:
                    if fresh and abs(x - expected) > 1e-6:
                        self._placed(fresh, at)
                        fresh = []
                    at = at if fresh else x
                    fresh.append(item.code)
                    expected = x + self._width(item)
            elif isinstance(item, Glyph) and place not in lost:
                self._placed(fresh, at)
                fresh = []
                if run and self.veils.get(place, ()) != veils:
                    self._flush(run, begin, veils)
                    run = []
                if not run:
                    begin, veils = along, self.veils.get(place, ())
                run.append(item.code)
            elif run:
                run.append(float(item) if not isinstance(item, Glyph) else self._hole(step))
            along += step
        self._flush(run, begin, veils)
        self._placed(fresh, at)
        return gone

    def _width(self, glyph: Glyph) -> float:
        """How far a glyph moves on the page without any spacing; upright text only."""
        state = self.walker.state
        a = times(self.matrix, state.ctm)[0]
        return glyph.advance * state.size * state.stretch * a

    def _hole(self, step: float) -> float:
        """A removed glyph as a number of TJ."""
        state = self.walker.state
        vertical = state.font is not None and state.font.vertical
        scale = state.size * (1.0 if vertical else state.stretch)
        return -step * 1000 / scale if scale else 0.0

    def _flush(self, run: list[bytes | float], begin: float, veils: tuple[Target, ...]) -> None:
        """Write a run of strings and numbers that begins `begin` along the line, under a clip without the `veils`."""
        while run and not isinstance(run[-1], bytes):
            run.pop()
        if not run:
            return
        state = self.walker.state
        vertical = state.font is not None and state.font.vertical
        shift: Matrix = (1, 0, 0, 1, 0, begin) if vertical else (1, 0, 0, 1, begin, 0)
        written = state.written
        if veils and not self._veiled(veils, sum(isinstance(part, bytes) for part in run)):
            return
        self._state(state.spacing, state.word)
        self.walker.emit(_matrix(times(shift, self.matrix)) + b" Tm")
        self.walker.emit(_shown(run))
        if veils:
            self.close()
            self.walker.emit(b"Q")
            state.written = written

    def _veiled(self, veils: tuple[Target, ...], count: int) -> bool:
        """Begin a part of the content whose clip leaves boxes out, for so many letters; False where nothing is seen."""
        back = inverse(self.walker.state.ctm)
        if back is None:
            return False
        self.close()
        self.walker.emit(b"q\n" + self.walker.path.outside_clip(veils, back))
        self.walker.job.clipped += count
        return True

    def _placed(self, codes: list[bytes], x: float) -> None:
        """Write codes that stand at `x` on the page."""
        back = inverse(self.walker.state.ctm)
        if not codes or back is None:
            return
        a, b, c, d, _, f = times(self.matrix, self.walker.state.ctm)
        self._state(0.0, 0.0)
        self.walker.emit(_matrix(times((a, b, c, d, x, f), back)) + b" Tm")
        self.walker.emit(_shown([b"".join(codes)]))

    def _state(self, spacing: float, word: float) -> None:
        """Write BT and what of the text state differs from what the output has."""
        walker, state = self.walker, self.walker.state
        font = state.font
        walker.paints += 1
        if not self.is_open:
            walker.emit(b"BT")
            self.is_open = True
        if font is None:
            return
        known = state.written or PLAIN
        wanted = (id(font), state.size, spacing, word, state.stretch, state.rise, state.mode)
        if wanted == known:
            return
        if wanted[:2] != known[:2]:
            walker.emit(walker.names.name("/Font", id(font), font.target) + b" " + num(state.size) + b" Tf")
        for value, old, scale, name in zip(wanted[2:], known[2:], (1, 1, 100, 1, 1), OPERATORS, strict=True):
            if value != old:
                walker.emit(num(round(float(str(value)) * scale, 5)) + b" " + name)
        state.written = wanted


PLAIN = (None, 0.0, 0.0, 0.0, 1.0, 0.0, 0)
OPERATORS = (b"Tc", b"Tw", b"Tz", b"Ts", b"Tr")


def _matrix(matrix: Matrix) -> bytes:
    a, b, c, d, e, f = matrix
    return nums([*(round(value, 6) for value in (a, b, c, d)), round(e, 3), round(f, 3)])


def _shown(run: list[bytes | float]) -> bytes:
    """Tj, or TJ with strings and numbers joined."""
    pieces: list[bytes | float] = []
    for part in run:
        if pieces and isinstance(part, bytes) == isinstance(pieces[-1], bytes):
            pieces[-1] += part  # type: ignore[operator]
        else:
            pieces.append(part)
    if len(pieces) == 1 and isinstance(pieces[0], bytes):
        return text(pieces[0]) + b" Tj"
    inner = b" ".join(text(part) if isinstance(part, bytes) else num(round(part, 3)) for part in pieces)
    return b"[" + inner + b"] TJ"
