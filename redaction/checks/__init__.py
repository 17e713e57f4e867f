"""Verification of a result, by readers that share no code with the walk (and once more by the walk itself)."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pikepdf

from ..errors import Refused
from ..geometry import Box, Polygon
from ..report import Check, FinalMark
from ..telling import Told, followed, silent
from . import extraction, fixpoint, pixels, structure, words
from .bare import Bare, bare_output
from .reader import Reader

__all__ = ["verify"]


def verify(
    output: bytes,
    marks: Sequence[FinalMark],
    *,
    original: bytes | None = None,
    affected: Sequence[tuple[int, Box]] = (),
    cleared: Sequence[tuple[int, Polygon]] | None = None,
    title: str = "",
    told: Told = silent,
) -> tuple[Check, ...]:
    """Check a redacted document against its marks; with the original, also that the rest is still there.

    `affected` lists (page, box) areas that may look different besides the marks; `cleared` the (page, polygon) areas
    whose content was removed where these are not those of the marks (lines laid out anew): without it, what was
    removed from such a line is learnt from the original by comparison. `title` is the one the result has to state.
    `told` hears of each of the long checks. Never raises for a bad document: what cannot be read is a failed check.
    """
    marks = list(marks)
    try:
        bare = bare_output(output, marks)
    except (Refused, pikepdf.PdfError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        return (Check("readable", False, f"The result cannot be read back ({type(error).__name__})."),)
    checks = [Check("readable", True, "The result opens.")]
    checks += structure.checks(output, title)
    checks.append(Check("overlay", bare.overlay_exact, "The drawn boxes are those of the marks and nothing else."))
    try:
        with ExitStack() as stack:
            after = stack.enter_context(Reader(bare.data))
            before = stack.enter_context(Reader(original)) if original is not None else None
            run = _Run(output, marks, bare, after, original, before, list(affected), cleared, title)
            long = (run.walk, run.extraction, run.words, run.pixels)
            for step in followed(long, len(long), "check", told):
                checks += _guarded(step)
    except Refused:
        checks.append(Check("readable", False, "PDFium cannot open the result or the original."))
    return tuple(checks)


@dataclass
class _Run:
    """The long checks of one result; what one of them read serves the others."""

    output: bytes
    marks: list[FinalMark]
    bare: Bare
    after: Reader
    original: bytes | None
    before: Reader | None
    affected: list[tuple[int, Box]]
    cleared: Sequence[tuple[int, Polygon]] | None
    title: str
    second: dict[int, Counter[str]] | None = None

    def walk(self) -> list[Check]:
        """The walk once more."""
        return fixpoint.checks(self.bare, self.marks)

    def extraction(self) -> list[Check]:
        """Both readers under the marks and beside them."""
        found, self.second = extraction.checks(
            self.bare, self.after, self.marks, self.before, self.original, self.affected, self.cleared
        )
        return found

    def words(self) -> list[Check]:
        """Removed words anywhere, which takes the original to know."""
        if self.before is None or self.original is None:
            return []
        if self.second is None:
            raise ValueError("the second reader could not read the result")
        both = words.Both(self.output, self.original, self.after, self.before, self.second)
        return words.checks(both, self.marks, self.affected, self.cleared, self.title)

    def pixels(self) -> list[Check]:
        """The boxes and what surrounds them, drawn."""
        return pixels.checks(self.output, self.bare, self.marks, self.before, self.affected)


def _guarded(run: Callable[[], list[Check]]) -> list[Check]:
    try:
        return run()
    except Exception as error:
        return [Check(run.__name__, False, f"The check itself could not be completed ({type(error).__name__}).")]
