"""The walk over one content stream: every operator is known, interpreted, and written again or left out."""

from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Dictionary

from ..errors import Refused
from ..fonts import Font
from ..geometry import IDENTITY, Box, Matrix, times
from ..graphics.colours import copy_colours
from ..limits import MAX_DEPTH, hold
from . import placing, styles
from .absolute import AbsoluteText
from .area import Area
from .job import Job
from .paths import CLOSES, FILLS, PATHS, STROKES, PathPart
from .resources import Names
from .state import State
from .survey import Run
from .text import TextPart
from .tokens import INLINE, PATH, key_of
from .writing import num

PLAIN_STATE = (b"J", b"j", b"M", b"i")
COLOURS = {b"g": 1, b"rg": 3, b"k": 4, b"G": 1, b"RG": 3, b"K": 4}
PAINTS = {*FILLS, *STROKES, *CLOSES, "n"}
LIMITS = (b"\0", b"\t", b"\n", b"\f", b"\r", b" ", b"/", b"<")
INTENTS = {"/Perceptual", "/RelativeColorimetric", "/Saturation", "/AbsoluteColorimetric"}


class Walker:
    """Walks one stream. After `run`, `written()` is the new content and `names` its resources.

    `ctm` takes the stream's space to page space, where `area` lies. `runs` and `paths` are what a survey of the same
    stream learnt.
    """

    def __init__(
        self,
        job: Job,
        resources: pikepdf.Object | None,
        ctm: Matrix = IDENTITY,
        area: Area | None = None,
        depth: int = 0,
    ) -> None:
        hold("deep", depth, MAX_DEPTH)
        self.job = job
        self.resources = resources if isinstance(resources, Dictionary) else Dictionary()
        self.base = ctm
        self.area = area or Area()
        self.depth = depth
        self.state = State(ctm=ctm)
        self.stack: list[State] = []
        self.names = Names()
        self.output: list[bytes] = []
        self.text = AbsoluteText(self) if self.area.targets else TextPart(self)
        self.path = PathPart(self)
        self.marked: list[bool] = []
        self.lenient = 0
        self.measuring = False
        self.extent: Box | None = None
        self.busy = False
        self.paints = 0
        self.saved: list[tuple[int, int]] = []
        self.plain_states: dict[str, styles.Plain] = {}
        self.found: dict[tuple[str, str], pikepdf.Object | None] = {}
        self.runs: dict[int, Run] = {}
        self.paths: dict[int, tuple[Box, Box]] = {}
        self.fonts: dict[str, Font | None] = {}

    @property
    def hidden(self) -> bool:
        """Whether the walk is in content of a layer that is not seen."""
        return any(self.marked)

    def emit(self, line: bytes) -> None:
        """Write one or more operators."""
        self.output.append(line)

    def painted(self, box: Box | None) -> None:
        """Remember that something is painted in a box (page space)."""
        if box is not None:
            self.busy = True
            old = self.extent or box
            self.extent = (min(old[0], box[0]), min(old[1], box[1]), max(old[2], box[2]), max(old[3], box[3]))

    def written(self) -> bytes:
        """The new content stream."""
        return b"\n".join(self.output) + b"\n"

    def run(self, stream: pikepdf.Object) -> None:
        """Walk a stream or a page. Raises Refused for everything that is not understood."""
        try:
            found = self.job.instructions(stream)
        except (pikepdf.PdfError, ValueError) as error:
            raise Refused("content", "A page's content cannot be read.") from error
        self.job.spend(len(found), 0)
        self._defaults()
        handlers = HANDLERS if self.job.survey is None or self.measuring else SURVEYED
        for operator, operands in found:
            handler = handlers.get(operator)
            if handler is not None:
                handler(self, operator, operands)
            elif not self.lenient:
                raise Refused("operator", "A page's content uses an operator that is not known.")
        while self.stack:
            self._restore()

    def read(self, operands: bytes, count: int) -> tuple[list[float], list[bytes]]:
        """The last `count` operands as floats and as they stand. Raises Refused "operand"."""
        words = operands.split()
        if len(words) > count:
            words = words[-count:]
        try:
            values = list(map(float, words))
        except ValueError as error:
            raise Refused("operand", "An operator has operands of the wrong kind.") from error
        if len(values) < count:
            raise Refused("operand", "An operator has operands of the wrong kind.")
        return values, words

    def numbers(self, operands: bytes, count: int) -> list[float]:
        """The last `count` operands as floats. Raises Refused "operand"."""
        return self.read(operands, count)[0]

    def name(self, operands: bytes) -> str:
        """The last operand as a name. Raises Refused "operand"."""
        words = operands.split()
        if words and words[-1][:1] == b"/":
            return key_of(words[-1])
        raise Refused("operand", "An operator has operands of the wrong kind.")

    def resource(self, category: str, name: str) -> pikepdf.Object | None:
        """An entry of the stream's resources, or None."""
        key = (category, name)
        if key not in self.found:
            listed = self.resources.get(category)
            self.found[key] = listed.get(name) if isinstance(listed, Dictionary) else None
        return self.found[key]

    def _defaults(self) -> None:
        for key in ("/DefaultGray", "/DefaultRGB", "/DefaultCMYK"):
            space = self.resource("/ColorSpace", key)
            if space is not None:
                self.names.fixed(key, copy_colours(space, self.job.copier, self.resources))

    def _restore(self) -> None:
        """Q; what stands between q and Q and paints nothing is not written at all."""
        if not self.stack:
            return
        self.state = self.stack.pop()
        place, paints = self.saved.pop()
        if paints == self.paints and self.area.targets:
            del self.output[place:]
        else:
            self.output.append(b"Q")


def _words(operands: bytes, count: int) -> bytes:
    """The last `count` operands, one space between."""
    return b" ".join(operands.split()[-count:])


def _q(walker: Walker, operator: bytes, operands: bytes) -> None:
    hold("deep", len(walker.stack), 500)
    walker.stack.append(walker.state.copy())
    walker.saved.append((len(walker.output), walker.paints))
    walker.output.append(b"q")


def _restore(walker: Walker, operator: bytes, operands: bytes) -> None:
    walker._restore()


def _cm(walker: Walker, operator: bytes, operands: bytes) -> None:
    (a, b, c, d, e, f), words = walker.read(operands, 6)
    walker.state.ctm = times((a, b, c, d, e, f), walker.state.ctm)
    walker.output.append(b" ".join(words) + b" cm")


def _plain(walker: Walker, operator: bytes, operands: bytes) -> None:
    (value,), (word,) = walker.read(operands, 1)
    if operator == b"J":
        walker.state.cap = int(value)
    walker.output.append(word + b" " + operator)


def _line_width(walker: Walker, operator: bytes, operands: bytes) -> None:
    (value,), (word,) = walker.read(operands, 1)
    walker.state.line = abs(value)
    walker.output.append(word + b" w")


def _dash(walker: Walker, operator: bytes, operands: bytes) -> None:
    front, bracket, phase = operands.rpartition(b"]")
    _, opened, inner = front.rpartition(b"[")
    if not bracket or not opened:
        raise Refused("operand", "An operator has operands of the wrong kind.")
    values = walker.numbers(inner, len(inner.split())) if inner.strip() else []
    walker.state.dash = (tuple(values) if any(values) else (), walker.numbers(phase, 1)[0])
    walker.emit(b"[" + b" ".join(inner.split()) + b"] " + _words(phase, 1) + b" d")


def _intent(walker: Walker, operator: bytes, operands: bytes) -> None:
    name = walker.name(operands)
    if name in INTENTS:
        walker.emit(name.encode() + b" ri")


def _build(walker: Walker, operator: bytes, operands: bytes) -> None:
    values, words = walker.read(operands, PATHS[operator]) if operator != b"h" else ([], [])
    walker.path.add(operator.decode(), values, b" ".join([*words, operator]))


def _paint(walker: Walker, operator: bytes, operands: bytes) -> None:
    walker.path.paint(operator.decode())


def _whole_path(walker: Walker, operator: bytes, operands: Any) -> None:
    walker.path.whole(*operands)


def _clip(walker: Walker, operator: bytes, operands: bytes) -> None:
    walker.path.clip = operator.decode()


def _inline(walker: Walker, operator: bytes, operands: Any) -> None:
    placing.inline_image(walker, operands)


def _begin_text(walker: Walker, operator: bytes, operands: bytes) -> None:
    walker.text.begin()


def _end_text(walker: Walker, operator: bytes, operands: bytes) -> None:
    walker.text.end()


TEXT_STATE = {b"Tc": "spacing", b"Tw": "word", b"TL": "leading", b"Ts": "rise"}


def _text_state(walker: Walker, operator: bytes, operands: bytes) -> None:
    (value,), (word,) = walker.read(operands, 1)
    if operator == b"Tz":
        walker.state.stretch = value / 100
    elif operator == b"Tr":
        walker.state.mode = int(value)
    else:
        setattr(walker.state, TEXT_STATE[operator], value)
    walker.text.operator(word + b" " + operator)


def _font(walker: Walker, operator: bytes, operands: bytes) -> None:
    words = operands.split()
    size = walker.numbers(operands, 1)[0]
    name = walker.name(words[-2]) if len(words) > 1 else walker.name(b"")
    if name in walker.fonts:
        walker.state.size, walker.state.font = size, walker.fonts[name]
    else:
        styles.set_font(walker, walker.resource("/Font", name), size)
        walker.fonts[name] = walker.state.font
    font = walker.state.font
    if font is not None and walker.text.keeps_font_in_state:
        label = walker.names.name("/Font", id(font), font.target)
        walker.emit(label + b" " + words[-1] + b" Tf")


def _move(walker: Walker, operator: bytes, operands: bytes) -> None:
    (x, y), words = walker.read(operands, 2)
    if operator == b"TD":
        walker.state.leading = -y
        walker.text.operator(num(-y) + b" TL")
    walker.text.move(x, y, b" ".join(words) + b" Td")


def _matrix(walker: Walker, operator: bytes, operands: bytes) -> None:
    (a, b, c, d, e, f), words = walker.read(operands, 6)
    walker.text.place((a, b, c, d, e, f), b" ".join(words) + b" Tm")


def _next_line(walker: Walker, operator: bytes, operands: bytes) -> None:
    walker.text.next_line()


def _show(walker: Walker, operator: bytes, operands: bytes) -> None:
    walker.text.show(operands.strip())


def _show_line(walker: Walker, operator: bytes, operands: bytes) -> None:
    operands = operands.strip()
    if operator == b'"':
        start = min((at for at in (operands.find(b"("), operands.find(b"<")) if at >= 0), default=0)
        word, spacing = walker.numbers(operands[:start], 2)
        walker.state.word, walker.state.spacing = word, spacing
        walker.text.operator(num(word) + b" Tw " + num(spacing) + b" Tc")
        operands = operands[start:]
    walker.text.next_line()
    walker.text.show(operands)


def _colour(walker: Walker, operator: bytes, operands: bytes) -> None:
    _, words = walker.read(operands, COLOURS[operator])
    if operator.islower():
        walker.state.fill_pattern = False
    else:
        walker.state.stroke_pattern = False
    walker.output.append(b" ".join(words) + b" " + operator)


def _begin_marked(walker: Walker, operator: bytes, operands: bytes) -> None:
    hold("deep", len(walker.marked), 10_000)
    hides = False
    if operator == b"BDC":
        tag, _, rest = operands.partition(b"/OC")
        rest = rest.strip() if not tag.strip() and rest[:1] in LIMITS else b""
        if rest[:1] == b"/":
            hides = not walker.job.layers.visible(walker.resource("/Properties", walker.name(rest)))
        elif rest[:2] == b"<<":
            hides = not walker.job.layers.visible(pikepdf.Object.parse(rest))
        walker.job.kinds.add("structure")
    walker.marked.append(hides)


def _end_marked(walker: Walker, operator: bytes, operands: bytes) -> None:
    if walker.marked:
        walker.marked.pop()


def _ignore(walker: Walker, operator: bytes, operands: bytes) -> None:
    """MP and DP carry notes only; what a survey needs not know."""


def _lenient(walker: Walker, operator: bytes, operands: bytes) -> None:
    walker.lenient = max(0, walker.lenient + (1 if operator == b"BX" else -1))


def _glyph_head(walker: Walker, operator: bytes, operands: bytes) -> None:
    _, words = walker.read(operands, 2 if operator == b"d0" else 6)
    walker.emit(b" ".join(words) + b" " + operator)


Handler = Callable[[Walker, bytes, Any], None]
HANDLERS: dict[bytes, Handler] = {
    PATH: _whole_path,
    INLINE: _inline,
    b"q": _q,
    b"Q": _restore,
    b"cm": _cm,
    b"w": _line_width,
    b"d": _dash,
    b"ri": _intent,
    b"gs": styles.graphics_state,
    b"W": _clip,
    b"W*": _clip,
    b"BT": _begin_text,
    b"ET": _end_text,
    b"Tf": _font,
    b"Td": _move,
    b"TD": _move,
    b"Tm": _matrix,
    b"T*": _next_line,
    b"sh": placing.shading,
    b"Do": placing.xobject,
    b"BMC": _begin_marked,
    b"BDC": _begin_marked,
    b"EMC": _end_marked,
    b"MP": _ignore,
    b"DP": _ignore,
    b"BX": _lenient,
    b"EX": _lenient,
    b"d0": _glyph_head,
    b"d1": _glyph_head,
    **dict.fromkeys(PLAIN_STATE, _plain),
    **dict.fromkeys(PATHS, _build),
    **dict.fromkeys((paint.encode() for paint in PAINTS), _paint),
    **dict.fromkeys((*TEXT_STATE, b"Tz", b"Tr"), _text_state),
    **dict.fromkeys((b"Tj", b"TJ"), _show),
    **dict.fromkeys((b"'", b'"'), _show_line),
    **dict.fromkeys(COLOURS, _colour),
    **dict.fromkeys((b"cs", b"CS"), styles.colour_space),
    **dict.fromkeys((b"sc", b"scn", b"SC", b"SCN"), styles.colour),
}
SURVEYED: dict[bytes, Handler] = {
    **HANDLERS,
    **dict.fromkeys((*COLOURS, b"ri", b"j", b"M", b"i"), _ignore),
}
"""What a survey looks at: a plain colour tells it of no place."""
