"""Redaction over a folder of real PDFs: a box on the first pages of each, at two levels, and what became of it.

`python -m tests.conformance.corpus [NAME ...]` judges every file of the folder `DATAROOM_CORPUS` names, or those named;
`python -m tests.conformance.corpus --looks [NAME ...]` draws every page of them before and after, the pages without a
mark too, and lists those that look different beside the boxes.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pikepdf

from redaction import Plan, Refused, VerificationFailed, apply
from redaction.checks.pixels import NEAR, SHARE, difference, mask, render
from redaction.checks.reader import Reader
from redaction.document import rebuild
from redaction.engine import final_marks
from redaction.geometry import corners, grown
from redaction.inspection import open_source, page_box

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


def chosen(names: set[str]) -> list[Path]:
    """Every file, or those named."""
    return [path for path in files() if not names or path.name in names]


def judged(names: set[str]) -> Iterator[tuple[str, str, str, int]]:
    """File, level, outcome and pages of every file, or of those named."""
    for path in chosen(names):
        for level in LEVELS:
            yield (path.name, level, *outcome(path, level))


def looks(path: Path) -> list[float]:
    """For each page of a file with its marks at `exact`, the share of the pixels outside the boxes and what changed
    along with them that differs clearly. Raises Refused."""
    data = path.read_bytes()
    with open_source(data) as source:
        made = rebuild(source, final_marks(source, data, plan(path, "exact")))
    shares: list[float] = []
    with Reader(data) as before, Reader(made.output) as after:
        for page in range(1, len(after.pdf) + 1):
            image = render(after.pdf, page)
            boxes = [mark.quad for mark in made.marks if mark.page == page]
            boxes += [corners(grown(box, 1.0)) for number, box in made.affected if number == page]
            outside = ~mask(after.pdf, page, boxes, image.shape, NEAR)
            shares.append(difference(render(before.pdf, page), image, outside))
    return shares


def compared(names: set[str]) -> int:
    """Print how the pages of every file look, and the sums; the number of pages that differ."""
    pages = same = identical = 0
    for path in chosen(names):
        try:
            shares = looks(path)
        except Refused as refused:
            print(path.name, f"refused {refused.code}", flush=True)
            continue
        other = [f"{number}: {share:.3%}" for number, share in enumerate(shares, start=1) if share > SHARE]
        print(path.name, len(shares), f"at most {max(shares):.3%}", *other, flush=True)
        pages += len(shares)
        same += len(shares) - len(other)
        identical += shares.count(0.0)
    print(f"{same} of {pages} pages look the same outside the boxes; on {identical} no pixel differs clearly")
    return pages - same


def main() -> int:
    """Print every outcome and the sums; 1 when a check failed or a page looks different."""
    names = set(sys.argv[1:])
    if "--looks" in names:
        return 1 if compared(names - {"--looks"}) else 0
    pages: dict[str, int] = {}
    for name, level, told, count in judged(names):
        print(name, level, count, told, flush=True)
        pages[told.split()[0]] = pages.get(told.split()[0], 0) + count
    print(pages)
    return 1 if "failed" in pages else 0


if __name__ == "__main__":
    sys.exit(main())
