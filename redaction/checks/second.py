"""The second reader, pdfminer.six: where it places characters, and the words it reads.

Most of what it takes for a page goes into cutting the content into words, and most of that into drawings. So qpdf's
parser cuts the content and hands on the operators that have to do with text; fonts, maps, states and places stay
pdfminer's own. Content qpdf cannot cut is cut by pdfminer.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import pikepdf
from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTContainer
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import stream_value
from pdfminer.psparser import LIT

WORD = re.compile(r"\w+")
APART, ASIDE = 0.25, 0.35
"""How far, in heights of a character, the next one stands off where a word or a line ends."""
METHODS = {"'": "_q", '"': "_w", "T*": "T_a"}
"""What pdfminer calls the methods of operators that are no words."""
TEXT = "BT ET Tc Tw Tz TL Tf Tr Ts Td TD Tm T* Tj TJ ' \" q Q cm Do"


def characters(data: bytes, pages: Iterable[int]) -> Iterator[tuple[int, list[LTChar]]]:
    """The characters of each of the pages (from 1, in rising order), placed as pdfminer.six places them."""
    manager = PDFResourceManager(caching=True)
    device = PDFPageAggregator(manager, laparams=None)
    with pikepdf.new() as scratch:
        interpreter = _Interpreter(manager, device)
        interpreter.scratch = scratch
        wanted = sorted(pages)
        found = PDFPage.get_pages(BytesIO(data), {page - 1 for page in wanted}) if wanted else iter(())
        for number, page in zip(wanted, found, strict=True):
            interpreter.process_page(page)
            yield number, _inside(device.get_result())


def words_of(chars: Sequence[LTChar]) -> Counter[str]:
    """The words of a page without case: as they are drawn, and as the characters stand on their lines."""
    lines = sorted(chars, key=lambda char: (-round(char.bbox[1]), char.bbox[0]))
    return Counter(WORD.findall(_joined(chars))) | Counter(WORD.findall(_joined(lines)))


def _joined(chars: Sequence[LTChar]) -> str:
    """The text, with a space wherever the next character does not follow closely."""
    parts: list[str] = []
    end = low = height = 0.0
    for char in chars:
        x0, y0, x1, y1 = char.bbox
        room = max(height, 0.1)
        if abs(y0 - low) > ASIDE * room or not -2 * APART * room <= x0 - end <= APART * room:
            parts.append(" ")
        parts.append(char.get_text())
        end, low, height = x1, y0, y1 - y0
    return "".join(parts).casefold()


def _inside(item: Iterable[object]) -> list[LTChar]:
    found: list[LTChar] = []
    for part in item:
        if isinstance(part, LTChar):
            found.append(part)
        elif isinstance(part, LTContainer):
            found += _inside(part)
    return found


class _Interpreter(PDFPageInterpreter):
    """pdfminer's interpreter, given only the operators that place and show text, as qpdf's parser cuts them."""

    scratch: pikepdf.Pdf

    def dup(self) -> "_Interpreter":
        """Another one, for a form."""
        other = type(self)(self.rsrcmgr, self.device)
        other.scratch = self.scratch
        return other

    def execute(self, streams: Sequence[object]) -> None:
        """Run the content of a page or of a form."""
        found = [stream_value(stream) for stream in streams]
        found = [stream for stream in found if stream.objid not in self.parent_stream_ids]
        self.stream_ids = {stream.objid for stream in found if stream.objid is not None}
        data = b"\n".join([stream.get_data() for stream in found])
        try:
            lines = pikepdf.parse_content_stream(pikepdf.Stream(self.scratch, data), TEXT)
        except pikepdf.PdfError:
            super().execute(streams)
            return
        for line in lines:
            name = str(line.operator)
            run = getattr(self, "do_" + METHODS.get(name, name))
            count = run.__code__.co_argcount - 1
            operands = [_plain(operand) for operand in line.operands][-count:] if count else []
            if len(operands) == count:
                run(*operands)


def _plain(value: Any) -> Any:
    """An operand as pdfminer has it."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, pikepdf.String):
        return bytes(value)
    if isinstance(value, pikepdf.Name):
        return LIT(str(value)[1:])
    return [_plain(part) for part in value] if isinstance(value, pikepdf.Array) else None
