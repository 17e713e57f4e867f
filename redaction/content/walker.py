"""The walk over one content stream: every operator is known, interpreted, and written again or left out."""

from collections.abc import Callable
from decimal import Decimal

import pikepdf
from pikepdf import Array, Dictionary, Name

from ..errors import Refused
from ..geometry import IDENTITY, Box, Matrix, times
from ..graphics.colours import copy_colours
from ..limits import MAX_DEPTH, hold
from . import placing, styles
from .absolute import AbsoluteText
from .area import Area
from .job import Job
from .paths import CLOSES, FILLS, STROKES, PathPart
from .resources import Names
from .state import State
from .text import TextPart, shown
from .writing import num, nums

Operands = list[object]
PLAIN_STATE = {"J": 1, "j": 1, "M": 1, "i": 1}
COLOURS = {"g": 1, "rg": 3, "k": 4, "G": 1, "RG": 3, "K": 4}
PATHS = {"m": 2, "l": 2, "c": 6, "v": 4, "y": 4, "h": 0, "re": 4}
PAINTS = {*FILLS, *STROKES, *CLOSES, "n"}
INTENTS = {"/Perceptual", "/RelativeColorimetric", "/Saturation", "/AbsoluteColorimetric"}


class Walker:
    """Walks one stream. After `run`, `written()` is the new content and `names` its resources.

    `ctm` takes the stream's space to page space, where `area` lies. `fonts_measured` walks only measure.
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
            instructions = pikepdf.parse_content_stream(stream)
        except (pikepdf.PdfError, ValueError) as error:
            raise Refused("content", "A page's content cannot be read.") from error
        self.job.spend(len(instructions), 0)
        self._defaults()
        for instruction in instructions:
            self._one(str(instruction.operator), instruction)
        while self.stack:
            self._restore()

    def _one(self, operator: str, instruction: object) -> None:
        if operator == "INLINE IMAGE":
            placing.inline_image(self, instruction)
            return
        operands = list(instruction.operands)  # type: ignore[attr-defined]
        handler = HANDLERS.get(operator)
        if handler is not None:
            handler(self, operator, operands)
        elif not self.lenient:
            raise Refused("operator", "A page's content uses an operator that is not known.")

    def numbers(self, operands: Operands, count: int) -> list[float]:
        """The last `count` operands as floats. Raises Refused "operand"."""
        values = operands[-count:] if count else []
        if len(values) < count or not all(isinstance(v, int | float | Decimal) for v in values):
            raise Refused("operand", "An operator has operands of the wrong kind.")
        return [float(v) for v in values]  # type: ignore[arg-type]

    def name(self, operands: Operands) -> str:
        """The last operand as a name. Raises Refused "operand"."""
        if operands and isinstance(operands[-1], Name):
            return str(operands[-1])
        raise Refused("operand", "An operator has operands of the wrong kind.")

    def resource(self, category: str, name: str) -> pikepdf.Object | None:
        """An entry of the stream's resources, or None."""
        listed = self.resources.get(category)
        return listed.get(name) if isinstance(listed, Dictionary) else None

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
            self.emit(b"Q")


def _q(walker: Walker, operator: str, operands: Operands) -> None:
    hold("deep", len(walker.stack), 500)
    walker.stack.append(walker.state.copy())
    walker.saved.append((len(walker.output), walker.paints))
    walker.emit(b"q")


def _restore(walker: Walker, operator: str, operands: Operands) -> None:
    walker._restore()


def _cm(walker: Walker, operator: str, operands: Operands) -> None:
    a, b, c, d, e, f = walker.numbers(operands, 6)
    walker.state.ctm = times((a, b, c, d, e, f), walker.state.ctm)
    walker.emit(nums(operands[-6:]) + b" cm")


def _plain(walker: Walker, operator: str, operands: Operands) -> None:
    walker.numbers(operands, 1)
    if operator == "J":
        walker.state.cap = int(walker.numbers(operands, 1)[0])
    walker.emit(num(operands[-1]) + b" " + operator.encode())


def _line_width(walker: Walker, operator: str, operands: Operands) -> None:
    walker.state.line = abs(walker.numbers(operands, 1)[0])
    walker.emit(num(operands[-1]) + b" w")


def _dash(walker: Walker, operator: str, operands: Operands) -> None:
    if len(operands) < 2 or not isinstance(operands[-2], Array):
        raise Refused("operand", "An operator has operands of the wrong kind.")
    listed: Operands = list(operands[-2])
    values = walker.numbers(listed, len(listed))
    phase = walker.numbers(operands, 1)[0]
    walker.state.dash = (tuple(values) if any(values) else (), phase)
    walker.emit(b"[" + nums(listed) + b"] " + num(operands[-1]) + b" d")


def _intent(walker: Walker, operator: str, operands: Operands) -> None:
    name = walker.name(operands)
    if name in INTENTS:
        walker.emit(name.encode() + b" ri")


def _build(walker: Walker, operator: str, operands: Operands) -> None:
    values = walker.numbers(operands, PATHS[operator])
    raw = (nums(operands[-len(values) :]) + b" " if values else b"") + operator.encode()
    walker.path.add(operator, values, raw)


def _paint(walker: Walker, operator: str, operands: Operands) -> None:
    walker.path.paint(operator)


def _clip(walker: Walker, operator: str, operands: Operands) -> None:
    walker.path.clip = operator


def _begin_text(walker: Walker, operator: str, operands: Operands) -> None:
    walker.text.begin()


def _end_text(walker: Walker, operator: str, operands: Operands) -> None:
    walker.text.end()


TEXT_STATE = {"Tc": "spacing", "Tw": "word", "TL": "leading", "Ts": "rise"}


def _text_state(walker: Walker, operator: str, operands: Operands) -> None:
    value = walker.numbers(operands, 1)[0]
    if operator == "Tz":
        walker.state.stretch = value / 100
    elif operator == "Tr":
        walker.state.mode = int(value)
    else:
        setattr(walker.state, TEXT_STATE[operator], value)
    walker.text.operator(num(operands[-1]) + b" " + operator.encode())


def _font(walker: Walker, operator: str, operands: Operands) -> None:
    size = walker.numbers(operands, 1)[0]
    name = walker.name(operands[:-1])
    styles.set_font(walker, walker.resource("/Font", name), size)
    font = walker.state.font
    if font is not None and walker.text.keeps_font_in_state:
        label = walker.names.name("/Font", id(font), font.target)
        walker.emit(label + b" " + num(operands[-1]) + b" Tf")


def _move(walker: Walker, operator: str, operands: Operands) -> None:
    x, y = walker.numbers(operands, 2)
    if operator == "TD":
        walker.state.leading = -y
        walker.text.operator(num(-y) + b" TL")
    walker.text.move(x, y)


def _matrix(walker: Walker, operator: str, operands: Operands) -> None:
    a, b, c, d, e, f = walker.numbers(operands, 6)
    walker.text.place((a, b, c, d, e, f), nums(operands[-6:]) + b" Tm")


def _next_line(walker: Walker, operator: str, operands: Operands) -> None:
    walker.text.next_line()


def _show(walker: Walker, operator: str, operands: Operands) -> None:
    if not operands:
        raise Refused("operand", "An operator has operands of the wrong kind.")
    if operator in ("'", '"'):
        if operator == '"':
            word, spacing = walker.numbers(operands[:-1], 2)
            walker.state.word, walker.state.spacing = word, spacing
            walker.text.operator(num(word) + b" Tw " + num(spacing) + b" Tc")
        walker.text.next_line()
    walker.text.show(shown(operands[-1]))


def _colour(walker: Walker, operator: str, operands: Operands) -> None:
    walker.numbers(operands, COLOURS[operator])
    if operator.islower():
        walker.state.fill_pattern = False
    else:
        walker.state.stroke_pattern = False
    walker.emit(nums(operands[-COLOURS[operator] :]) + b" " + operator.encode())


def _begin_marked(walker: Walker, operator: str, operands: Operands) -> None:
    hold("deep", len(walker.marked), 10_000)
    hides = False
    if operator == "BDC" and len(operands) >= 2 and str(operands[-2]) == "/OC":
        layer = operands[-1]
        if isinstance(layer, Name):
            layer = walker.resource("/Properties", str(layer))
        hides = not walker.job.layers.visible(layer)
    walker.marked.append(hides)
    walker.job.kinds.add("structure") if operator == "BDC" else None


def _end_marked(walker: Walker, operator: str, operands: Operands) -> None:
    if walker.marked:
        walker.marked.pop()


def _ignore(walker: Walker, operator: str, operands: Operands) -> None:
    """MP and DP carry notes only."""


def _lenient(walker: Walker, operator: str, operands: Operands) -> None:
    walker.lenient = max(0, walker.lenient + (1 if operator == "BX" else -1))


def _glyph_head(walker: Walker, operator: str, operands: Operands) -> None:
    count = 2 if operator == "d0" else 6
    walker.numbers(operands, count)
    walker.emit(nums(operands[-count:]) + b" " + operator.encode())


Handler = Callable[[Walker, str, Operands], None]
HANDLERS: dict[str, Handler] = {
    "q": _q,
    "Q": _restore,
    "cm": _cm,
    "w": _line_width,
    "d": _dash,
    "ri": _intent,
    "gs": styles.graphics_state,
    "W": _clip,
    "W*": _clip,
    "BT": _begin_text,
    "ET": _end_text,
    "Tf": _font,
    "Td": _move,
    "TD": _move,
    "Tm": _matrix,
    "T*": _next_line,
    "sh": placing.shading,
    "Do": placing.xobject,
    "BMC": _begin_marked,
    "BDC": _begin_marked,
    "EMC": _end_marked,
    "MP": _ignore,
    "DP": _ignore,
    "BX": _lenient,
    "EX": _lenient,
    "d0": _glyph_head,
    "d1": _glyph_head,
    **dict.fromkeys(PLAIN_STATE, _plain),
    **dict.fromkeys(PATHS, _build),
    **dict.fromkeys(PAINTS, _paint),
    **dict.fromkeys((*TEXT_STATE, "Tz", "Tr"), _text_state),
    **dict.fromkeys(("Tj", "TJ", "'", '"'), _show),
    **dict.fromkeys(COLOURS, _colour),
    **dict.fromkeys(("cs", "CS"), styles.colour_space),
    **dict.fromkeys(("sc", "scn", "SC", "SCN"), styles.colour),
}
