"""Outside judges on our results: pdfredeval's cases with its score, and pdf-redaction-check over the vector table.

    python -m tests.bench.bench_rivals BIN [--ocr] [--seeds 1-2]

BIN is the folder of the programs `pdfredeval` and `pdf-redaction-check` in an environment of their own, made anywhere by
`python -m venv judges && judges/bin/pip install 'pdfredeval[score]' pdf-redaction-check`. pdfredeval is under the AGPL: it
is run as a program beside, never imported, installed with the service or kept in this repository. Its cases are made
afresh in a temporary folder, the marks are the boxes of its ground truth. With --ocr it also reads renders by Tesseract,
minutes a page. Without BIN nothing is done.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redaction import Plan, RedactionError, apply
from tests.pdfs import SECRET
from tests.unit.test_redaction_vectors import marks_for
from tests.unit.vector_documents import ROWS

LEVELS = ("exact", "canonical")
WHEN = "2026-01-01T00:00:00Z"


def redacted(case: Path, level: str, made: Path) -> str:
    """Redact a case of pdfredeval by its ground truth into `made`; what went wrong, or nothing."""
    truth = json.loads((case / "ground_truth.json").read_text())
    boxes = [probe["bbox"] for probe in truth["probes"] if probe["must_redact"] and probe["bbox"]]
    marks = [
        {
            "page": box["page"] + 1,
            "box": [box[side] for side in ("x0", "y0", "x1", "y1")],
            "level": level,
            "otherwise": "exact",
        }
        for box in boxes
    ]
    try:
        made.write_bytes(apply((case / truth["pdf"]).read_bytes(), Plan.from_json({"marks": marks})).output)
    except RedactionError as error:
        return str(error)
    return ""


def score(program: Path, case: Path, made: Path, ocr: Sequence[str]) -> dict[str, Any]:
    """pdfredeval's summary of one result."""
    command: list[str | Path] = [program / "pdfredeval", "score", made, "--case-dir", case, "--json", *ocr]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return told["summary"]  # type: ignore[no-any-return]


def cases(program: Path, folder: Path, seeds: str, ocr: Sequence[str]) -> int:
    """Make, redact and score the cases of every family; the number of leaks and failures."""
    made_in = folder / "cases"
    command: list[str | Path] = [program / "pdfredeval", "generate", "all", "-s", seeds, "-o", made_in]
    command += ["--generated-at", WHEN]
    subprocess.run(command, check=True, capture_output=True)
    bad = 0
    for case in sorted(made_in.iterdir()):
        for level in LEVELS:
            made = folder / f"{case.name}-{level}.pdf"
            problem = redacted(case, level, made)
            if problem:
                print(f"{case.name} {level}: {problem}")
                bad += 1
                continue
            told = score(program, case, made, ocr)
            leaks, kept = told["leak_rate"], told["text_retention"]
            print(f"{case.name} {level}: leaks {leaks['count']} of {leaks['n']}, text kept {kept:.3f}", flush=True)
            bad += leaks["count"]
    return bad


def vectors(program: Path, folder: Path) -> int:
    """pdf-redaction-check with the secret on every result of the vector table; the number of complaints."""
    bad = count = 0
    for row, build in ROWS.items():
        data = build()
        for level in LEVELS:
            made = folder / f"{row}-{level}.pdf"
            made.write_bytes(apply(data, Plan.from_json({"marks": marks_for(row, data, level)})).output)
            secret = "quetzal" if row == "t15" else SECRET
            ran = subprocess.run(
                [program / "pdf-redaction-check", "-s", secret, made], check=False, capture_output=True
            )
            count += 1
            if ran.returncode:
                bad += 1
                print(f"{row} {level}: exit code {ran.returncode}")
    print(f"pdf-redaction-check: {count - bad} of {count} results pass")
    return bad


def main(arguments: Sequence[str] = ()) -> int:
    """Run both judges; 0 when neither finds anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", type=Path, nargs="?")
    parser.add_argument("--ocr", action="store_true")
    parser.add_argument("--seeds", default="1-2")
    options = parser.parse_args(arguments)
    if options.programs is None:
        print("the judges are in no environment that was named; nothing was measured")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bad = vectors(options.programs, folder)
        bad += cases(options.programs, folder, options.seeds, () if options.ocr else ("--no-ocr",))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
