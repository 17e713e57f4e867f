"""Measurements: `python -m tests.bench` runs all, `python -m tests.bench NAME [ARGUMENTS]` one, with its arguments."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from tests.bench.figures import machine

NAMES = [path.stem.removeprefix("bench_") for path in sorted(Path(__file__).parent.glob("bench_*.py"))]


def main(given: list[str]) -> None:
    """Runs what was asked for, one after the other."""
    if given:
        if given[0] not in NAMES:
            sys.exit(f"There is no measurement {given[0]}; there are {', '.join(NAMES)}.")
        command = [sys.executable, "-m", f"tests.bench.bench_{given[0]}", *given[1:]]
        sys.stdout.flush()
        os.execv(sys.executable, command)
    machine()
    for name in NAMES:
        print(f"\n== {name}")
        importlib.import_module(f"tests.bench.bench_{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
