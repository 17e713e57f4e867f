"""Redaction over a folder of real PDFs: a box on the first pages of each, at two levels, and what became of it.

`python -m tests.conformance.corpus [NAME ...]` judges every file of the folder `DATAROOM_CORPUS` names, or those named.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pikepdf

from redaction import Plan, Refused, VerificationFailed, apply
from redaction.inspection import page_box

LEVELS = ("exact", "canonical")
PAGES = 8


def files() -> list[Path]:
    """The PDFs of the folder, by name."""
    return sorted(Path(os.environ["DATAROOM_CORPUS"]).rglob("*.pdf"))


def plan(path: Path, level: str) -> Plan:
    """A box of a quarter of the page's width on each of the first pages."""
    marks: list[dict[str, object]] = []
    with pikepdf.open(path) as pdf:
        for number, page in enumerate(list(pdf.pages)[:PAGES], start=1):
            x0, y0, x1, y1 = page_box(page)
            wide, tall = x1 - x0, y1 - y0
            box = [x0 + 0.35 * wide, y0 + 0.55 * tall, x0 + 0.6 * wide, y0 + 0.62 * tall]
            marks.append({"page": number, "box": box, "level": level})
    return Plan.from_json({"marks": marks})


def outcome(path: Path, level: str) -> tuple[str, int]:
    """`ok`, `refused CODE` or `failed CHECKS`, and the number of marked pages. A result that `apply` gives has the
    text and, but for 0.4 % of a page's pixels, the looks of the original outside the boxes."""
    wanted = plan(path, level)
    try:
        apply(path.read_bytes(), wanted)
    except Refused as refused:
        return f"refused {refused.code}", len(wanted.marks)
    except VerificationFailed as failed:
        return "failed " + " ".join(name for name, _ in failed.failures), len(wanted.marks)
    return "ok", len(wanted.marks)


def judged(names: set[str]) -> Iterator[tuple[str, str, str, int]]:
    """File, level, outcome and pages of every file, or of those named."""
    for path in files():
        if not names or path.name in names:
            for level in LEVELS:
                yield (path.name, level, *outcome(path, level))


def main() -> int:
    """Print every outcome and the sums; 1 when a check failed."""
    pages: dict[str, int] = {}
    for name, level, told, count in judged(set(sys.argv[1:])):
        print(name, level, count, told, flush=True)
        pages[told.split()[0]] = pages.get(told.split()[0], 0) + count
    print(pages)
    return 1 if "failed" in pages else 0


if __name__ == "__main__":
    sys.exit(main())
