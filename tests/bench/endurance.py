"""The siege for minutes, on a durable database: `python -m tests.bench.endurance [MINUTES] [sqlite|postgresql]`.

Ten minutes on each database unless told otherwise. Prints how many processes were killed, how many actions were
answered and recorded, and that every log was then found whole and the matter's bundle verified by the offline verifier.
"""

from __future__ import annotations

import sys

from tests.adversarial.house import house_on
from tests.adversarial.siege import besiege
from tests.bench.figures import machine, parts


def main(minutes: float = 10, kinds: tuple[str, ...] = ("sqlite", "postgresql")) -> None:
    """Besieges and prints."""
    for kind in kinds:
        with parts() as made, house_on(made.database(kind, "siege"), made.seaweed, made.folder, sweep_age=0) as house:
            print(f"{kind}: {besiege(house, minutes * 60)}; whole, verified offline", flush=True)


if __name__ == "__main__":
    machine()
    main(float(sys.argv[1]) if sys.argv[1:] else 10, tuple(sys.argv[2:]) or ("sqlite", "postgresql"))
