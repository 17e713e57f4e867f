"""How fast pages come: `python -m tests.bench.bench_pages`. Prints milliseconds, p50 and p95.

A generated filing of 300 pages behind a store that takes 9 ms a call. Cold: a child that has never seen the
document. Warm: the document is open, the page is not drawn yet. Ten: ten threads turn pages of it at once
(time a page). Aim on two cores at 1000 pixels: 300 ms cold, 80 ms warm.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from dataroom.adapters.sandbox import Sandbox, Source
from dataroom.cli.seed_documents import long_filing

LATENCY = 0.009
PAGES = 300
WIDTH = 1000
LINES = (
    "Ada Vance <ada@borealis.example>",
    "Borealis Photonics",
    "2026-11-21 22:10:05 UTC",
    "Filing, version 1",
)


def stored(data: bytes, key: str) -> Source:
    """The document as a store with latency serves it."""

    def fetch(start: int, stop: int) -> bytes:
        time.sleep(LATENCY)
        return data[start:stop]

    return Source(key, len(data), fetch)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds `work` takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def report(name: str, values: list[float]) -> None:
    """Print one line of figures."""
    ranked = sorted(values)
    p95 = ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))]
    print(f"{name:<28} n={len(ranked):<4} p50={statistics.median(ranked):7.1f} ms  p95={p95:7.1f} ms")


def main() -> None:
    """Measure and print."""
    data = long_filing(PAGES)
    print(f"{PAGES} pages, {len(data) / 1e6:.1f} MB")
    sandbox = Sandbox(size=2)
    sandbox.start()
    cold = []
    for round_ in range(12):
        fresh, page = stored(data, f"cold-{round_}"), 1 + round_ * 24
        cold.append(timed(lambda fresh=fresh, page=page: sandbox.render(fresh, page, WIDTH, LINES)))
    report("cold, first page", cold)
    opened = stored(data, "warm")
    sandbox.render(opened, 1, WIDTH, LINES)
    pages = [1 + number * 7 % PAGES for number in range(60)]
    report(
        "warm, next page",
        [timed(lambda page=page: sandbox.render(opened, page, WIDTH, LINES)) for page in pages],
    )
    report(
        "warm, thumbnail 180 px",
        [timed(lambda page=page: sandbox.render(opened, page, 180, LINES)) for page in pages],
    )
    began = time.perf_counter()
    with ThreadPoolExecutor(10) as pool:
        ten = list(pool.map(lambda page: timed(lambda: sandbox.render(opened, page, WIDTH, LINES)), pages * 3))
    report("ten threads, a page", ten)
    print(f"ten threads: {len(ten) / (time.perf_counter() - began):.1f} pages a second")
    report("stamp a copy, 300 pages", [timed(lambda: sandbox.stamp(opened, LINES)) for _ in range(2)])
    sandbox.close()


if __name__ == "__main__":
    main()
