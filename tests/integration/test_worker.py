"""The worker: leases are renewed while it works, taken over when it is gone, and what was raced is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from dataroom.actions.gate import Gate
from dataroom.errors import Unavailable
from dataroom.jobs.worker import Worker
from dataroom.model import Errand, Redaction, Version
from tests.cast import World

MARK = {"page": 1, "box": (60, 600, 540, 800), "kind": "box", "code": "TS", "rationale": "Names the licensed line."}


class SlowGate:
    """The gate, with a pause before it that a test ends."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.begun, self.go_on = gate, threading.Event(), threading.Event()

    def perform(self, *given: Any) -> Any:
        """Waits, then performs."""
        self.begun.set()
        self.go_on.wait(30)
        return self.gate.perform(*given)


class BusyGate:
    """A gate whose parts do not answer."""

    def perform(self, *_given: Any) -> Any:
        """Refuses for now."""
        raise Unavailable()


def worker_of(world: World, gate: Any, lease: int) -> Worker:
    """A further worker of the world with a lease of its own."""
    return Worker(replace(world.services, config=replace(world.config, errand_lease=lease)), gate)


def submitted(world: World, line: Any) -> Any:
    """A redaction that awaits the service; returns its id."""
    redaction = world.do("ada", "redaction.start", line.version, title="Copy", tier=1, category="claim-chart").id
    world.do("ada", "redaction.mark", redaction, marks=[MARK])
    world.do("ada", "redaction.submit", redaction)
    return redaction


def errands(world: World) -> list[Errand]:
    """All errands, oldest first."""
    with world.services.database.reading() as session:
        return list(session.scalars(select(Errand).order_by(Errand.due_at, Errand.id)))


def test_a_lease_is_renewed_while_the_work_lasts(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    submitted(world, world.ready())
    slow = SlowGate(world.gate)
    worker = worker_of(world, slow, lease=1)
    thread = threading.Thread(target=worker.drain)
    thread.start()
    assert slow.begun.wait(10)
    time.sleep(2.5)
    assert worker_of(world, world.gate, lease=1).drain() == 0
    slow.go_on.set()
    thread.join(30)
    (errand,) = errands(world)
    assert (errand.attempts, errand.error, errand.taken_until) == (1, None, None)
    assert errand.done_at is not None


def test_what_a_dead_worker_had_in_hand_is_taken_up_by_the_next(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    redaction = submitted(world, world.ready())
    assert worker_of(world, world.gate, lease=20)._take() is not None
    assert world.worker.drain() == 0
    world.clock.forward(seconds=21)
    assert world.worker.drain() == 1
    assert errands(world)[0].attempts == 2
    with world.services.database.reading() as session:
        assert session.get_one(Redaction, redaction).state == "in_review"


def test_a_worker_that_lost_its_lease_changes_nothing(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    submitted(world, world.ready())
    late = worker_of(world, world.gate, lease=5)
    taken = late._take()
    assert taken is not None
    world.clock.forward(seconds=6)
    assert world.worker.drain() == 1
    before = errands(world)[0]
    late._perform(taken)
    after = errands(world)[0]
    assert (after.done_at, after.error, after.attempts) == (before.done_at, before.error, before.attempts)
    with world.services.database.reading() as session:
        assert len(list(session.scalars(select(Version).where(Version.redaction_id.is_not(None))))) == 1


def test_failing_errands_wait_longer_each_time(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    submitted(world, world.ready())
    worker = worker_of(world, BusyGate(), lease=5)
    waits = []
    for _ in range(6):
        assert worker.drain() == 1
        errand = errands(world)[0]
        waits.append(round((errand.due_at - world.clock.now()).total_seconds()))
        world.clock.forward(seconds=waits[-1] + 1)
    assert waits == [2, 10, 60, 300, 1800, 1800]
    assert errands(world)[0].error == "unavailable"
    assert world.worker.drain() == 1
    assert errands(world)[0].error is None


def test_two_copies_of_one_document_made_at_once_are_both_made(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    line = world.ready()
    redactions = [submitted(world, line) for _ in range(2)]
    workers = [worker_of(world, world.gate, lease=30) for _ in redactions]
    threads = [threading.Thread(target=worker.drain) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    world.clock.forward(seconds=3)
    world.worker.drain()
    with world.services.database.reading() as session:
        states = [session.get_one(Redaction, redaction).state for redaction in redactions]
        copies = session.scalars(select(Version.ordinal).where(Version.redaction_id.is_not(None)))
        assert sorted(copies) == [1, 2]
    assert states == ["in_review", "in_review"]
