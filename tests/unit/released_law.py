"""The law of the last release, frozen as a ZIP file: `python -m tests.unit.released_law` freezes the present one."""

from __future__ import annotations

import zipfile
from pathlib import Path

from policies.engine.digest import law_contents
from policies.engine.law import PACKAGED

FROZEN = Path(__file__).with_name("released_law.zip")
MEANT = Path(__file__).with_name("released_law.md")
_MOMENT = (1980, 1, 1, 0, 0, 0)
_HEAD = """# What the law permits since the last release and did not before

Each block is a rule that describes what is meant to be new: the tests prove that nothing else is. `make law` empties this.
"""


def main() -> None:
    """Freezes the present law and forgets what was named."""
    with zipfile.ZipFile(FROZEN, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(law_contents(PACKAGED).items()):
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), data, zipfile.ZIP_DEFLATED)
    MEANT.write_text(_HEAD, encoding="utf-8")


if __name__ == "__main__":
    main()
