"""Verification of a result, by readers that share no code with the walk (and once more by the walk itself)."""

from collections.abc import Callable, Sequence

import pikepdf

from ..errors import Refused
from ..geometry import Box, Polygon
from ..report import Check, FinalMark
from ..telling import Told, followed, silent
from . import extraction, fixpoint, pixels, structure, words
from .bare import bare_output

__all__ = ["verify"]


def verify(
    output: bytes,
    marks: Sequence[FinalMark],
    *,
    original: bytes | None = None,
    affected: Sequence[tuple[int, Box]] = (),
    cleared: Sequence[tuple[int, Polygon]] | None = None,
    told: Told = silent,
) -> tuple[Check, ...]:
    """Check a redacted document against its marks; with the original, also that the rest is still there.

    `affected` lists (page, box) areas that may look different besides the marks; `cleared` the (page, polygon) areas
    whose content was removed where these are not those of the marks (lines laid out anew): without it, what was
    removed from such a line is learnt from the original by comparison. `told` hears of each of the long
    checks. Never raises for a bad document: what cannot be read is a failed check.
    """
    marks = list(marks)
    try:
        bare = bare_output(output, marks)
    except (Refused, pikepdf.PdfError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        return (Check("readable", False, f"The result cannot be read back ({type(error).__name__})."),)
    checks = [Check("readable", True, "The result opens.")]
    checks += structure.checks(output)
    checks.append(Check("overlay", bare.overlay_exact, "The drawn boxes are those of the marks and nothing else."))
    long: list[tuple[str, Callable[[], list[Check]]]] = [
        ("walk", lambda: fixpoint.checks(bare, marks)),
        ("extraction", lambda: extraction.checks(bare, marks, original, list(affected), cleared)),
        ("words", lambda: words.checks(output, bare, marks, original, list(affected), cleared)),
        ("pixels", lambda: pixels.checks(output, bare, marks, original, list(affected))),
    ]
    for name, run in followed(long, len(long), "check", told):
        checks += _guarded(name, run)
    return tuple(checks)


def _guarded(name: str, run: Callable[[], list[Check]]) -> list[Check]:
    try:
        return run()
    except Exception as error:
        return [Check(name, False, f"The check itself could not be completed ({type(error).__name__}).")]
