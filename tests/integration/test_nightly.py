"""What the worker does each night is done once, survives a kill, and stands in the log; what `init` adopts, it adopts once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dataroom.actions import pins
from dataroom.actions.checking import CHECK
from dataroom.actions.checks.run import shallow
from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.actions.renewing_persons import REWRAP
from dataroom.app import build
from dataroom.cli.operate import Operator, initialise
from dataroom.jobs.worker import Worker
from dataroom.model import AuditEntry, AuditLog, AuditPerson, Errand, KeyScope
from dataroom.vault.keys import scope_key
from tests.backups import content, dispose
from tests.cast import World, sign_everybody_in, simple_pdf

NIGHTLY = (CHECK, "key.shred", "scope.shred", "scope.trim")


class Killed(BaseException):
    """The worker's process is gone."""


class MortalGate:
    """The gate of a worker that is killed at one act: before it was done, or just after."""

    def __init__(self, gate: Gate, act: str, *, before: bool) -> None:
        self.gate, self.act, self.before = gate, act, before

    def perform(self, who: Any, name: str, *given: Any) -> Any:
        """Performs until the act comes."""
        if name != self.act:
            return self.gate.perform(who, name, *given)
        if not self.before:
            self.gate.perform(who, name, *given)
        raise Killed


def done(world: World) -> Counter[str]:
    """How often each nightly act stands in the logs."""
    with world.services.database.reading() as session:
        query = select(AuditEntry.act).where(AuditEntry.act.in_(NIGHTLY), AuditEntry.outcome == "done")
        return Counter(session.scalars(query))


def to_the_next_night(world: World) -> None:
    """An hour past the next time at which nightly work is due."""
    now = world.clock.now()
    strikes = now.replace(hour=world.config.shred_hour, minute=0, second=0, microsecond=0)
    strikes += timedelta(days=1 if strikes <= now else 0)
    world.clock.forward(seconds=(strikes - now).total_seconds() + 3600)


def rounds(*workers: Worker) -> None:
    """Some rounds of each, an hour of the clock apart, until nothing is due."""
    for _ in range(2):
        for worker in workers:
            while worker.once():
                pass
        workers[0].services.clock.forward(hours=1)  # type: ignore[attr-defined]


def disposed(world: World) -> Any:
    """A document disposed of, another kept in the same scope."""
    sign_everybody_in(world)
    kept = world.ready(data=simple_pdf([f"Kept, {uuid.uuid4()}."]))
    dispose(world, world.due())
    return kept


def test_each_nightly_duty_is_done_once_a_night_and_recorded(fresh_world: Callable[[], World]) -> None:
    """Two workers share the nights; what nothing is due for is not done."""
    world = fresh_world()
    kept = disposed(world)
    workers = (world.worker, Worker(world.services, world.gate))
    rounds(*workers)
    assert done(world) == Counter(), "the installation is younger than its first night"
    to_the_next_night(world)
    rounds(*workers)
    assert done(world) == Counter(dict.fromkeys(NIGHTLY, 1))
    to_the_next_night(world)
    rounds(*workers)
    assert done(world) == Counter({**dict.fromkeys(NIGHTLY, 1), CHECK: 2})
    assert content(world, kept.version)
    assert shallow(world.services, None, lambda _line: None).findings == []


def test_a_worker_killed_at_any_nightly_act_is_followed_by_one_that_ends_the_night(
    fresh_world: Callable[[], World],
) -> None:
    """Before the act or just after it: the next worker does what is left; an order may stand twice."""
    world = fresh_world()
    lease = replace(world.services, config=replace(world.config, errand_lease=5))
    for night, (act, before) in enumerate((act, before) for act in NIGHTLY for before in (True, False)):
        kept = disposed(world)
        to_the_next_night(world)
        dying: Any = MortalGate(world.gate, act, before=before)
        with pytest.raises(Killed):
            rounds(Worker(lease, dying))
        world.clock.forward(minutes=6)
        rounds(Worker(lease, world.gate))
        counted = done(world)
        assert counted[CHECK] == night + 1, (act, before)
        for again in ("key.shred", "scope.shred", "scope.trim"):
            assert night + 1 <= counted[again] <= 2 * night + 2, (act, before, again)
        with world.services.database.reading() as session:
            assert session.scalars(select(KeyScope.id).where(KeyScope.stale_at.is_not(None))).all() == []
            assert session.scalars(select(Errand.kind).where(Errand.done_at.is_(None))).all() == []
        assert content(world, kept.version)


def test_a_renewal_of_peoples_keys_that_was_killed_is_taken_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody's KEK stays and is wrapped anew; what the log tells of them opens as before; once is enough."""
    monkeypatch.setattr("dataroom.actions.renewing_persons.AT_ONCE", 2)
    before = blobs(world)
    assert len(before) > 4
    world.gate.perform(SERVICE, "key.rotate", None, {"keys": "kms"})
    world.gate.perform(SERVICE, "key.rotate", None, {"keys": "kms"})
    dying: Any = MortalGate(world.gate, REWRAP, before=False)
    with pytest.raises(Killed):
        Worker(world.services, dying).drain(REWRAP)
    assert 0 < sum(blobs(world)[one] != blob for one, blob in before.items()) <= 2
    world.clock.forward(seconds=world.config.errand_lease + 1)
    assert world.worker.drain(REWRAP) == (len(before) + 1) // 2
    after = blobs(world)
    assert all(after[one] != blob for one, blob in before.items())
    kms = world.services.kms
    assert all(kms.unwrap(name(one), after[one]) == kms.unwrap(name(one), blob) for one, blob in before.items())
    assert not [one for one in shallow(world.services, None, lambda _line: None).findings if "person" in one.kind]


def blobs(world: World) -> dict[uuid.UUID, bytes]:
    """Everybody's wrapped KEK."""
    with world.services.database.reading() as session:
        rows = session.scalars(select(AuditPerson).where(AuditPerson.state == "active"))
        return {row.id: row.kek_blob for row in rows if row.kek_blob}


def name(person: uuid.UUID) -> str:
    """The name of a person's key in the key service."""
    return scope_key(person)


def test_init_adopts_the_rows_of_an_older_release_once(
    fresh_world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries of a release without pins: the check knows none of the rows until `operate init` was run."""
    with monkeypatch.context() as older:
        older.setattr(pins, "watch", lambda session: None)
        world = fresh_world()
        world.published()
    assert {one.kind for one in shallow(world.services, None, lambda _line: None).findings} >= {"row-added"}
    operator = Operator(build=lambda config: build(config, world.clock), gate=Gate)
    initialise(world.config, operator)
    assert shallow(world.services, None, lambda _line: None).findings == []
    sizes = log_sizes(world)
    initialise(world.config, operator)
    assert log_sizes(world) == sizes


def log_sizes(world: World) -> dict[str, int]:
    """How many entries each log has."""
    with world.services.database.reading() as session:
        return {log.origin: log.size for log in session.scalars(select(AuditLog))}
