"""From a click to the page's image, over HTTP through the whole service: `python -m tests.bench.bench_clicks`.

A filing of 300 pages. Cold: the first page of a document no process has opened. Warm: the next page, by one person
and by ten at once. Pages are 1000 pixels wide, watermarked, each recorded. Aim on two cores: 300 ms and 80 ms.
"""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from dataroom.cli.seed_documents import long_filing
from tests.adversarial.house import API, House, closing, house_on, read
from tests.bench.figures import line, machine, parts

PAGES = 300
COLD = 8
WARM = 30


def turn(house: House, who: str, version: str, pages: range) -> list[float]:
    """Milliseconds of each page one person turns to, on one connection kept open."""
    values = []
    with closing(house.connection()) as connection:
        for page in pages:
            began = time.perf_counter()
            headers = {"Authorization": f"Bearer {house.token(who)}"}
            connection.request("GET", f"{API}/versions/{version}/pages/{page}?width=1000", headers=headers)
            reply = read(connection.getresponse())
            assert reply.status == 200, reply.body
            values.append((time.perf_counter() - began) * 1000)
    return values


def main() -> None:
    """Measures and prints."""
    data = long_filing(PAGES)
    with parts() as made, house_on(made.database("sqlite", "clicks"), made.seaweed, made.folder) as house:
        house.start_web(workers=2)
        lines = [house.upload("ada", data, f"filings/{number}.pdf", tier=1) for number in range(COLD)]
        house.world.do("ada", "document.publish", uuid.UUID(lines[0]["document"]))
        line("cold, first page", [turn(house, "ada", one["version"], range(7, 8))[0] for one in lines[1:]])
        turn(house, "ada", lines[0]["version"], range(1, 6))
        line("warm, one person", turn(house, "ada", lines[0]["version"], range(10, 10 + WARM)))
        people = ["ada", "bram", "petra", "bodil", "pia", "cass", "paolo", "ada", "petra", "pia"]
        for who in people:
            house.token(who)
        with ThreadPoolExecutor(len(people)) as pool:
            began = time.perf_counter()
            work = [pool.submit(turn, house, who, lines[0]["version"], range(n * 20 + 40, n * 20 + 48))
                    for n, who in enumerate(people)]  # fmt: skip
            turned = [one.result() for one in work]
        values = [value for one in turned for value in one]
        line(f"warm, {len(people)} people at once", values)
        line("  of these, the first page of each", [one[0] for one in turned])
        line("  of these, the pages after it", [value for one in turned for value in one[1:]])
        print(f"{len(values) / (time.perf_counter() - began):.1f} pages a second")


if __name__ == "__main__":
    machine()
    main()
