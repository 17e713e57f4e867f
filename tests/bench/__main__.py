"""Every measurement, one after the other: `python -m tests.bench`."""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.bench.figures import machine


def main() -> None:
    """Runs `main` of each `bench_*.py`."""
    machine()
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"\n== {path.stem}")
        importlib.import_module(f"tests.bench.{path.stem}").main()


if __name__ == "__main__":
    main()
