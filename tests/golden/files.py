"""Compares what is computed with the file that was reviewed."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

FOLDER = Path(__file__).parent


def hold(name: str, lines: list[str]) -> None:
    """Fails with a diff when `lines` are not what the golden file `name` says; writes it when told to."""
    path, text = FOLDER / name, "".join(f"{line}\n" for line in lines)
    if os.environ.get("DATAROOM_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    reviewed = path.read_text(encoding="utf-8").splitlines()
    diff = list(difflib.unified_diff(reviewed, lines, f"reviewed/{name}", f"now/{name}", lineterm=""))
    assert not diff, "\n" + "\n".join(diff[:200])
