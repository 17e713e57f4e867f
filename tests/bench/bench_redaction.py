"""CPU time of redacting, document by document: one word a page, up to five pages a document.

    python -m tests.bench.bench_redaction FOLDER [--level canonical]

Prints one line a document (milliseconds a page of process time, best of two) and the medians: `rebuild` is the removal
with the new file saved, `all` the whole of `apply` with its verification. Where PyMuPDF can be imported, which the
product never does, its removal and save (garbage=3, deflate) of the same boxes stand beside.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from statistics import median
from time import process_time
from types import ModuleType

import pikepdf

from dataroom.cli.seed_documents import documents
from redaction import Plan, RedactionError, apply, words
from redaction.document import rebuild
from redaction.engine import final_marks
from redaction.inspection import open_source

PAGES = 5


def clipped(data: bytes) -> bytes:
    """The first pages of a document."""
    with pikepdf.open(BytesIO(data)) as pdf:
        for number in reversed(range(PAGES, len(pdf.pages))):
            del pdf.pages[number]
        out = BytesIO()
        pdf.save(out)
        return out.getvalue()


def planned(data: bytes, level: str) -> tuple[list[dict[str, object]], int]:
    """One mark in the middle of each page that has words, and the number of pages."""
    marks: list[dict[str, object]] = []
    with pikepdf.open(BytesIO(data)) as pdf:
        pages = len(pdf.pages)
    for page in range(1, pages + 1):
        listed = [word for word in words(data, page) if len(word.text) > 2 and word.box[2] - word.box[0] > 1]
        if listed:
            x0, y0, x1, y1 = listed[len(listed) // 2].box
            trim = (y1 - y0) * 0.1
            marks.append({"page": page, "box": [x0 - 0.2, y0 + trim, x1 + 0.2, y1 - trim], "level": level})
    return marks, pages


def ours(data: bytes, plan: Plan) -> None:
    """Removal and save, without verification."""
    with open_source(data) as source:
        rebuild(source, final_marks(source, data, plan))


def theirs(mupdf: ModuleType, data: bytes, marks: list[dict[str, object]]) -> None:
    """PyMuPDF's removal and save of the same boxes."""
    document = mupdf.open("pdf", data)
    for page in document:
        mine = [mark["box"] for mark in marks if mark["page"] == page.number + 1]
        for box in mine:
            page.add_redact_annot(mupdf.Rect(*box) * page.transformation_matrix, fill=(0, 0, 0))
        if mine:
            page.apply_redactions()
    document.tobytes(garbage=3, deflate=True)


def best(run: Callable[[], object]) -> float:
    """The quicker of two runs, in seconds of CPU."""
    times: list[float] = []
    for _ in range(2):
        begun = process_time()
        run()
        times.append(process_time() - begun)
    return min(times)


def files(folder: Path | None) -> list[tuple[str, bytes]]:
    """The PDFs of a folder; without one, those of the demonstration."""
    if folder is None:
        return [(document.file_name, document.data) for document in documents()]
    return [(path.name, path.read_bytes()) for path in sorted(folder.rglob("*.pdf"))]


def main(arguments: Sequence[str] = ()) -> int:
    """Measure every PDF of a folder, or of the demonstration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--level", default="exact")
    options = parser.parse_args(arguments)
    try:
        mupdf = importlib.import_module("pymupdf")
    except ImportError:
        mupdf = None
    rows: list[tuple[float, float, float]] = []
    for name, content in files(options.folder):
        try:
            data = clipped(content)
            marks, pages = planned(data, options.level)
            if not marks:
                continue
            plan = Plan.from_json({"marks": marks})
            removal = best(lambda: ours(data, plan)) * 1000 / pages  # noqa: B023
            whole = best(lambda: apply(data, plan)) * 1000 / pages  # noqa: B023
            other = best(lambda: theirs(mupdf, data, marks)) * 1000 / pages if mupdf else 0.0  # noqa: B023
        except (RedactionError, pikepdf.PdfError, RuntimeError, ValueError) as error:
            print(f"{name}: {type(error).__name__} {getattr(error, 'code', '')}")
            continue
        rows.append((removal, whole, other))
        beside = f" PyMuPDF {other:.1f}" if mupdf else ""
        print(f"{name}: rebuild {removal:.1f} all {whole:.1f}{beside} ms/page", flush=True)
    titles = ("rebuild", "all", "PyMuPDF") if mupdf else ("rebuild", "all")
    for title, column in zip(titles, zip(*rows, strict=True), strict=False):
        print(f"{title}: median {median(column):.1f} ms/page, sum {sum(column):.0f}")
    if mupdf and rows:
        print(f"rebuild / PyMuPDF: median {median(a / c for a, _, c in rows if c):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
