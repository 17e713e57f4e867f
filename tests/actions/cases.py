"""Every case, by the name of its action: the `CASES` of each module `cases_<noun>` beside this one."""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.actions.case import Case

NOUNS = sorted(path.stem for path in Path(__file__).parent.glob("cases_*.py"))
EVERY: tuple[Case, ...] = tuple(
    case for noun in NOUNS for case in importlib.import_module(f"tests.actions.{noun}").CASES
)
CASES: dict[str, Case] = {case.action: case for case in EVERY}
