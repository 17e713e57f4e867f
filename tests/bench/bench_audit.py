"""What the audit log costs: `python -m tests.bench audit [ROUNDS] [SECONDS]`, on PostgreSQL with four writer processes.

One row is inserted in a durable transaction of its own: alone; with a plain row of a journal beside it, as other
services audit; with its entry of the log (head locked, tree grown, fields salted, personal ones sealed); and as the whole
action `club.create` through the gate, authorised and pinned too. All four take their turn in each round. Once all
writers write in one matter and so wait for one head, once each in its own. CPU is that of the writers, not of the
database. Afterwards the logs must be gapless and hold exactly what was written.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select, text

from dataroom.actions.context import Services
from dataroom.actions.evidence import Record, append
from dataroom.actions.gate import Gate
from dataroom.app import build
from dataroom.ids import new_id
from dataroom.model import AuditEntry, AuditLog, Club
from tests.bench.figures import machine, parts
from tests.cast import World, make_config, make_world

WRITERS = 4
PLAIN = "insert alone"
JOURNAL = "insert and a plain audit row"
ENTRY = "insert and its entry"
ACTION = "club.create through the gate"
CANDIDATES = (PLAIN, JOURNAL, ENTRY, ACTION)
_TABLE = "CREATE TABLE plain_journal (id uuid PRIMARY KEY, at timestamptz, who uuid, act text, target uuid, told text)"
_ROW = "INSERT INTO plain_journal VALUES (:id, :at, :who, 'club.create', :target, :told)"


def _club(world: World, matter: uuid.UUID) -> Club:
    ada = world.people["ada"]
    return Club(
        id=new_id(),
        matter_id=matter,
        organisation_id=ada.organisation,
        name="Rates",
        kind="confidentiality_club",
        created_by=ada.user,
        created_at=world.clock.now(),
    )


def _work(world: World, services: Services, matter: uuid.UUID, what: str) -> Callable[[], object]:
    ada, gate = world.people["ada"], Gate(services)

    def insert() -> None:
        with services.database.writing() as session:
            row = _club(world, matter)
            session.add(row)
            session.flush()
            if what == JOURNAL:
                told = {"id": new_id(), "at": world.clock.now(), "who": ada.user, "target": row.id, "told": "x" * 300}
                session.execute(text(_ROW), told)
            if what == ENTRY:
                record = Record("club.create", ada, "Club", row.id, matter, ada.organisation)
                append(services, session, record, world.clock.now())

    def act() -> None:
        gate.perform(ada, "club.create", matter, {"name": "Rates", "kind": "confidentiality_club"})

    return act if what == ACTION else insert


def _write(world: World, matter: uuid.UUID, what: str, seconds: float, start: Any, told: Any) -> None:
    services = build(world.config, world.clock)
    work, done = _work(world, services, matter, what), 0
    work()
    start.wait()
    end, cpu = time.perf_counter() + seconds, time.process_time()
    while time.perf_counter() < end:
        work()
        done += 1
    told.put((done, time.process_time() - cpu))
    services.workshop.close()  # type: ignore[attr-defined]


def turn(world: World, matters: list[uuid.UUID], what: str, seconds: float) -> tuple[int, float, float]:
    """How much four writers wrote in that time, how many a second, and their CPU milliseconds for each."""
    context: Any = multiprocessing.get_context("fork")
    start, told = context.Barrier(len(matters)), context.Queue()
    children = [context.Process(target=_write, args=(world, m, what, seconds, start, told)) for m in matters]
    for child in children:
        child.start()
    found = [told.get() for _ in children]
    for child in children:
        child.join()
    done = sum(one for one, _ in found)
    return done, done / seconds, sum(cpu for _, cpu in found) * 1000 / max(done, 1)


def measure(world: World, matters: list[uuid.UUID], name: str, rounds: int, seconds: float) -> None:
    """Every candidate in each round; rates, and the median of their ratios to the insert alone."""
    world.services.database.engine.dispose()  # type: ignore[attr-defined]
    rates: dict[str, list[float]] = {what: [] for what in CANDIDATES}
    cpu: dict[str, list[float]] = {what: [] for what in CANDIDATES}
    before, entries = sizes(world), 0
    for number in range(rounds):
        for what in CANDIDATES if number % 2 == 0 else CANDIDATES[::-1]:
            done, rate, spent = turn(world, matters, what, seconds)
            rates[what].append(rate)
            cpu[what].append(spent)
            entries += done + len(matters) if what in {ENTRY, ACTION} else 0
    for what in CANDIDATES:
        ratio = statistics.median(a / b for a, b in zip(rates[what], rates[PLAIN], strict=True))
        middle, spent = statistics.median(rates[what]), statistics.median(cpu[what])
        print(f"{name:<14} {what:<32} {middle:8.0f} a second  ratio {ratio:5.2f}  CPU {spent:6.2f} ms each", flush=True)
    assert sizes(world) - before == entries, "the logs do not hold what was written"


def sizes(world: World) -> int:
    """How many entries all logs have; every one is gapless."""
    with world.services.database.reading() as session:
        total = 0
        for log in session.scalars(select(AuditLog)):
            query = select(func.count(), func.max(AuditEntry.seq)).where(AuditEntry.log_id == log.id)
            count, last = session.execute(query).one()
            assert (count, last) == (log.size, log.size - 1)
            total += log.size
    return total


def main(rounds: int = 5, seconds: int = 4) -> None:
    """Measures and prints."""
    with parts() as made:
        world = make_world(make_config(made.folder, made.database("postgresql", "audit"), made.seaweed))
        with world.services.database.writing() as session:
            session.execute(text(_TABLE))
        given = {"participants": ["borealis"], "invite": ["bodil@borealis.example"]}
        own = [
            world.do("ada", "matter.create", name=f"Matter {number}", reference=f"M-{number}", **given).id
            for number in range(WRITERS)
        ]
        measure(world, [world.matter] * WRITERS, "one matter", rounds, seconds)
        measure(world, own, "four matters", rounds, seconds)
        world.close()


if __name__ == "__main__":
    machine()
    main(*(int(word) for word in sys.argv[1:3]))
