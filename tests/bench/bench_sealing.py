"""What sealing costs: `python -m tests.bench sealing [PARTS] [MIB]`. Ratios to plain boto3 in the same run.

Parts by name: `transfer`, `middle`, `small`, `memory`; a number is the size in MiB of the largest object (1024), for a
quick look at smaller ones.

Sealed is the product's own way, `seal_stream` into the store and `Opened` out of it, without HTTP. Every candidate
takes its turn in each round, every other round in the opposite order, on the same store, so that ratios hold on a noisy
machine where rates do not; CPU time is that of the measuring process alone. A sealed upload is hashed too, which no
other is, so plain boto3 that hashes takes part. Peak memory is that of one child process for each candidate.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataroom.actions.context import Services
from dataroom.actions.intake import PIECE
from dataroom.actions.sealing import Opened, SealedObject, seal_stream
from dataroom.app import build
from dataroom.config import Config
from dataroom.ids import new_id
from dataroom.vault.keys import new_key, unwrap_dek, wrap_dek
from dataroom.vault.sealed import Kind, Place
from tests.bench.figures import machine, parts
from tests.bench.rivals import Rival, rivals
from tests.cast import make_config, make_world

MIB = 1024 * 1024
READ = 256 * 1024
RANGE = 64 * 1024
SMALL = 20 * 1000
PLAIN = "plain boto3"
HASHED = "plain boto3, hashed"
SEALED = "sealed"
PARTS = ("transfer", "middle", "small", "memory")


@dataclass
class Times:
    """Seconds of wall clock and of this process's CPU, by candidate."""

    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def take(self, name: str, work: Callable[[], object]) -> None:
        """One turn."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.cpu.setdefault(name, []).append(time.process_time() - cpu)
        self.wall.setdefault(name, []).append(time.perf_counter() - wall)

    def round(self, turns: dict[str, Callable[[], object]]) -> None:
        """A turn of each candidate, in the opposite order every other time."""
        order = list(turns)
        for name in order if len(self.wall.get(order[0], ())) % 2 == 0 else reversed(order):
            self.take(name, turns[name])

    def report(self, what: str, size: int = 0, times: bool = False) -> None:
        """A line for each candidate: medians, and the medians of its ratios to plain, round by round.

        Ratios are of rates (more is better), or of times when `times` (less is better).
        """
        for name in sorted(self.wall, key=lambda one: (one != PLAIN, one != SEALED)):
            middle = statistics.median(self.wall[name])
            rate = f"{size / MIB / middle:7.0f} MiB/s" if size else f"{middle * 1000:9.2f} ms  "
            cpu = statistics.median(self.cpu[name]) * 1000
            ratios = f"ratio {_ratio(self.wall, name, times):6.2f}  CPU {cpu:8.1f} ms, ratio {_ratio(self.cpu, name, times):6.2f}"
            print(f"{what:<24} {name:<44} {rate}  {ratios}", flush=True)


def _ratio(seconds: dict[str, list[float]], name: str, times: bool) -> float:
    pairs = zip(seconds[name], seconds[PLAIN], strict=False)
    return statistics.median(a / b if times else b / a for a, b in pairs if a and b)


class _Hashing(io.BytesIO):
    """A file that is hashed while it is read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._hash = hashlib.sha256()

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes."""
        piece = super().read(size)
        self._hash.update(piece)
        return piece


class Bench:
    """One store with what is measured against it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.s3: Any = services.store._s3  # type: ignore[attr-defined]
        self.bucket = services.config.s3_bucket
        self.place = Place(uuid.uuid4(), uuid.uuid4(), uuid.uuid4(), 1, Kind.ORIGINAL)

    def put_plain(self, data: io.IOBase, key: str = "plain") -> str:
        """As anybody uploads with boto3."""
        self.s3.upload_fileobj(data, self.bucket, key)
        return key

    def put_sealed(self, data: io.IOBase) -> SealedObject:
        """As `document.upload` does."""
        return seal_stream(self.services, self.place, iter(lambda: data.read(PIECE), b""))  # type: ignore[attr-defined]

    def forget(self, *keys: str) -> None:
        """Removes objects with all their versions."""
        for key in keys:
            self.services.store.erase(key)

    def get_plain(self, key: str) -> None:
        """The whole object, piece by piece."""
        for _ in self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].iter_chunks(READ):
            pass

    def opened(self, made: SealedObject) -> Opened:
        """A sealed object as an action opens it."""
        return Opened(new_id(), made.place, made.header, made.stored, made.size, made.dek)

    def get_sealed(self, made: SealedObject) -> None:
        """The whole content, piece by piece."""
        for _ in self.opened(made).stream(self.services):
            pass

    def get_rival(self, rival: Rival, key: str, most: int = sys.maxsize) -> None:
        """The content from its start until `most` bytes were opened."""
        body, seen = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"], 0
        for piece in rival.open(body):
            seen += len(piece)
            if seen >= most:
                break
        body.close()


def transfer(bench: Bench, others: list[Rival], mebibytes: int, rounds: int) -> None:
    """Whole objects up and down."""
    data, up, down = os.urandom(mebibytes * MIB), Times(), Times()
    bench.put_plain(io.BytesIO(data))
    for _ in range(rounds):
        kept: list[SealedObject] = []
        up.round(
            {
                PLAIN: lambda: bench.put_plain(io.BytesIO(data)),
                SEALED: lambda to=kept: to.append(bench.put_sealed(io.BytesIO(data))),  # type: ignore[misc]
                HASHED: lambda: bench.put_plain(_Hashing(data)),
                **{r.name: lambda r=r: bench.put_plain(r.seal(io.BytesIO(data)), r.name) for r in others},  # type: ignore[misc]
            }
        )
        down.round(
            {
                PLAIN: lambda: bench.get_plain("plain"),
                SEALED: lambda of=kept: bench.get_sealed(of[0]),  # type: ignore[misc]
                **{r.name: lambda r=r: bench.get_rival(r, r.name) for r in others},  # type: ignore[misc]
            }
        )
        bench.services.store.erase(kept[0].stored.key)
        bench.services.store.erase("plain")
        bench.put_plain(io.BytesIO(data))
    up.report(f"upload, {mebibytes} MiB", len(data))
    down.report(f"download, {mebibytes} MiB", len(data))
    bench.forget("plain", *(rival.name for rival in others))


def middle(bench: Bench, others: list[Rival], mebibytes: int, rounds: int) -> None:
    """64 KiB from the middle of a large object; the others, which have no ranges, read up to there, once."""
    block = os.urandom(16 * MIB)
    data, times = block * (mebibytes // 16), Times()
    bench.put_plain(io.BytesIO(data), "large")
    opened = bench.opened(bench.put_sealed(io.BytesIO(data)))
    start = len(data) // 2 + 7
    span = f"bytes={start}-{start + RANGE - 1}"
    assert opened.source(bench.services).fetch(start, start + RANGE) == data[start : start + RANGE]
    for _ in range(rounds):
        times.round(
            {
                PLAIN: lambda: bench.s3.get_object(Bucket=bench.bucket, Key="large", Range=span)["Body"].read(),
                SEALED: lambda: opened.source(bench.services).fetch(start, start + RANGE),
            }
        )
    bench.forget("large", opened.stored.key)
    for rival in others:
        bench.put_plain(rival.seal(io.BytesIO(data)), "large")
        times.take(rival.name, lambda r=rival: bench.get_rival(r, "large", start + RANGE))  # type: ignore[misc]
        bench.forget("large")
    times.report(f"64 KiB of {mebibytes} MiB", times=True)


def small(bench: Bench, others: list[Rival], rounds: int) -> None:
    """Documents of 20 kB: sealed, their keys wrapped and unwrapped, one after the other."""
    data, put, get, kek, scope = os.urandom(SMALL), Times(), Times(), new_key(), new_id()

    def sealed(kept: list[tuple[SealedObject, bytes]]) -> None:
        made = bench.put_sealed(io.BytesIO(data))
        kept.append((made, wrap_dek(kek, scope, 1, made.place, made.dek)))

    def read(kept: list[tuple[SealedObject, bytes]]) -> None:
        made, wrapped = kept[0]
        unwrap_dek(kek, scope, 1, made.place, wrapped)
        bench.get_sealed(made)

    for _ in range(rounds):
        kept: list[tuple[SealedObject, bytes]] = []
        put.round(
            {
                PLAIN: lambda: bench.s3.put_object(Bucket=bench.bucket, Key="small", Body=data),
                SEALED: lambda to=kept: sealed(to),  # type: ignore[misc]
                **{r.name: lambda r=r: bench.put_plain(r.seal(io.BytesIO(data)), "small-" + r.name) for r in others},  # type: ignore[misc]
            }
        )
        get.round(
            {
                PLAIN: lambda: bench.get_plain("small"),
                SEALED: lambda of=kept: read(of),  # type: ignore[misc]
                **{r.name: lambda r=r: bench.get_rival(r, "small-" + r.name) for r in others},  # type: ignore[misc]
            }
        )
    put.report("store 20 kB", times=True)
    get.report("read 20 kB", times=True)
    for what, times in (("stored", put), ("read", get)):
        rates = {name: len(values) / sum(values) for name, values in times.wall.items() if name in {PLAIN, SEALED}}
        print(f"documents of 20 kB {what} a second: {', '.join(f'{n} {r:.0f}' for n, r in rates.items())}", flush=True)


class _Made(io.RawIOBase):
    """A file of so many bytes that lies nowhere."""

    def __init__(self, size: int) -> None:
        self._left, self._block = size, os.urandom(MIB)

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        wanted = min(self._left, size if size >= 0 else self._left)
        self._left -= wanted
        return (self._block * (wanted // MIB + 1))[:wanted]


def memory(bench: Bench, mebibytes: int) -> None:
    """Peak resident size of a process that does one thing once, beside one that only starts."""
    source = bytes(mebibytes * MIB)
    bench.put_plain(io.BytesIO(source), "memory")
    kept = bench.put_sealed(io.BytesIO(source))
    context = multiprocessing.get_context("spawn")
    bench.forget("again")
    others = [f"upload {rival.name}" for rival in rivals()]
    for what in ("nothing", "upload plain", "upload sealed", *others, "download plain", "download sealed"):
        with context.Pool(1) as pool:
            peak = pool.apply(_peak, (bench.services.config, what, mebibytes * MIB, kept))
        print(f"{f'peak memory, {mebibytes} MiB':<26} {what:<44} {peak:7.0f} MiB", flush=True)


def _peak(config: Config, what: str, size: int, kept: SealedObject) -> float:
    bench, source = Bench(build(config)), _Made(size)
    work: dict[str, Callable[[], object]] = {
        "upload plain": lambda: bench.put_plain(source, "again"),
        "upload sealed": lambda: bench.put_sealed(source),
        "download plain": lambda: bench.get_plain("memory"),
        "download sealed": lambda: bench.get_sealed(kept),
    }
    for rival in rivals():
        work[f"upload {rival.name}"] = lambda r=rival: bench.put_plain(r.seal(source), "again")  # type: ignore[misc]
    if what in work:
        work[what]()
    status = Path("/proc/self/status").read_text().splitlines()  # ru_maxrss would count what the parent held
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


def main(only: Collection[str] = PARTS, largest: int = 1024) -> None:
    """Measures and prints the parts named."""
    with parts() as made:
        config = make_config(made.folder, made.database("sqlite", "sealing"), made.seaweed)
        world = make_world(config)
        bench, others = Bench(world.services), rivals()
        if "transfer" in only:
            for size, rounds in ((64, 7), (256, 5)):
                if size <= largest:
                    transfer(bench, others, size, rounds)
        if "middle" in only:
            middle(bench, others, largest, 25)
        if "small" in only:
            small(bench, others, 150)
        if "memory" in only:
            memory(bench, min(256, largest))
        world.close()


if __name__ == "__main__":
    machine()
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main([word for word in sys.argv[1:] if word in PARTS] or PARTS, *sizes)
