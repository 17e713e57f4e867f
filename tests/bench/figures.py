"""What the measurements share: parts to measure on, tables of figures, percentiles, memory of processes."""

from __future__ import annotations

import os
import platform
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dataroom.adapters.parts import Postgres, SeaweedFS
from tests.adversarial.house import House, remove, short_folder
from tests.parts import Seaweed


@dataclass
class Parts:
    """An object store, and a durable PostgreSQL when asked for, in a folder of their own."""

    folder: Path
    seaweed: Seaweed
    postgres: Postgres | None = None

    def database(self, kind: str, name: str) -> str:
        """The address of an empty database, `sqlite` or `postgresql`, both with full synchronisation."""
        if kind == "sqlite":
            return f"sqlite:///{self.folder}/{name}.db"
        if self.postgres is None:
            self.postgres = Postgres(self.folder / "postgres")
            self.postgres.start()
        return self.postgres.create_database(name)


@contextmanager
def parts() -> Iterator[Parts]:
    """Parts for one measurement."""
    folder = short_folder()
    store = SeaweedFS(folder / "objects")
    store.start()
    made = Parts(folder, Seaweed(store.endpoint, store.access_key, store.secret_key))
    try:
        yield made
    finally:
        if made.postgres is not None:
            made.postgres.stop()
        store.stop()
        remove(folder)


def milliseconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def line(name: str, values: list[float], unit: str = "ms") -> None:
    """One line of a table: number of samples, median and 95th percentile."""
    ranked = sorted(values)
    high = ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))]
    print(f"{name:<44} n={len(ranked):<4} p50={statistics.median(ranked):8.1f} {unit}  p95={high:8.1f} {unit}")


def machine() -> None:
    """What the figures were measured on."""
    model = "unknown processor"
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(one.split(":", 1)[1].strip() for one in lines if one.startswith("model name"))
    load = os.getloadavg()[0]
    print(f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, load before: {load:.1f}")


@dataclass
class Memory:
    """The highest resident size each process of a house has reached, by its kind, in MiB."""

    house: House
    peaks: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Looks five times a second until the end of the block."""
        done = threading.Event()
        thread = threading.Thread(target=self._watch, args=(done,))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(0.2):
            for pid in self.house.pids():
                with suppress(OSError, StopIteration):
                    command = Path(f"/proc/{pid}/cmdline").read_bytes()
                    status = Path(f"/proc/{pid}/status").read_text().splitlines()
                    peak = int(next(one for one in status if one.startswith("VmHWM")).split()[1]) / 1024
                    kind = (
                        "PDF child"
                        if b"sandbox_child" in command
                        else "gunicorn"
                        if b"gunicorn" in command
                        else "worker"
                    )
                    self.peaks[kind] = max(self.peaks.get(kind, 0.0), peak)

    def report(self, what: str) -> None:
        """One line."""
        shown = ", ".join(f"{kind} {peak:.0f} MiB" for kind, peak in sorted(self.peaks.items()))
        print(f"{what:<44} peak resident size: {shown}")
