"""A sample of real PDFs is redacted, or refused by name; `python -m tests.conformance.corpus` judges all of them."""

import os
from pathlib import Path

import pytest

from tests.conformance.corpus import LEVELS, files, outcome

SLOW = {"bug1978317", "freeculture", "issue12963", "no_bad_redactions.5.5", "pdkids", "tracemonkey", "prefilled_f1040"}
SAMPLE = [path for path in files() if path.stem not in SLOW][::2] if "DATAROOM_CORPUS" in os.environ else []


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_a_real_file_is_redacted_or_refused_by_name(path: Path) -> None:
    told, _ = outcome(path, LEVELS[SAMPLE.index(path) % len(LEVELS)])
    assert told == "ok" or told.startswith("refused ")


def test_the_folder_holds_files() -> None:
    assert len(SAMPLE) >= 20
