"""The worker: performs the errands that actions owe, at least once each, and what the clock asks for.

An errand is taken by a short lease that the worker renews while it works, so that whatever a killed worker was
doing is taken up again within `errand_lease` seconds. Several workers, on several machines, share one database
(`SKIP LOCKED` on PostgreSQL; SQLite has one writer anyway).
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from dataroom.actions.anchoring import owe_anchors
from dataroom.actions.checking import CHECK, is_check_due
from dataroom.actions.checkpoints import sign_heads_and_tell
from dataroom.actions.context import SERVICE, Services
from dataroom.actions.cosigning import is_halted, owe_cosignatures
from dataroom.actions.gate import Gate
from dataroom.actions.renewing import is_due
from dataroom.errors import Conflict, DataroomError, KeyDestroyed, NotFound
from dataroom.model import Errand

log = logging.getLogger("dataroom.worker")
BY_HAND = frozenset(
    {
        "backup.pin",
        "checkpoint.resume",
        "key.rotate",
        "partner.register",
        "policy.reset",
        "rows.adopt",
        "scope.restore",
        "scope.retire",
        "witness.add",
        "witness.remove",
        "witness.trust",
    }
)
"""Acts of the operator: never errands, so a row in the outbox does not have them done."""
IDLE_SECONDS = 0.5
SWEEP_EVERY = timedelta(hours=1)
LOOK_EVERY = timedelta(minutes=5)
_BACKOFF = (2, 10, 60, 300, 1800)


@dataclass(frozen=True)
class _Taken:
    """An errand in hand; `attempts` tells this taking from a later one of the same errand."""

    errand: uuid.UUID
    kind: str
    target: uuid.UUID | None
    attempts: int
    params: dict[str, object]


class Worker:
    """Takes errands until told to stop."""

    def __init__(self, services: Services, gate: Gate):
        self.services = services
        self.gate = gate
        self._stop = threading.Event()
        self._lease = timedelta(seconds=services.config.errand_lease)
        self._done: dict[str, datetime] = {}
        self._duties: tuple[tuple[str, timedelta, Callable[[datetime], None]], ...] = (
            ("checkpoints", timedelta(seconds=services.config.checkpoint_seconds), self._sign),
            ("sweep", SWEEP_EVERY, self._sweep),
            ("keys", LOOK_EVERY, self._shred),
            ("integrity", LOOK_EVERY, self._check),
        )

    def stop(self) -> None:
        """Ends `run` after the errand under way."""
        self._stop.set()

    def run(self) -> None:
        """Works until `stop`; a part that does not answer is waited for, never fatal."""
        while not self._stop.is_set():
            try:
                busy = self.once()
            except DataroomError as error:
                log.warning("waiting", extra={"code": error.code})
                busy = False
            except Exception:
                log.exception("waiting")
                busy = False
            if not busy:
                self._stop.wait(IDLE_SECONDS)

    def once(self) -> bool:
        """One round: what the clock asks for, then one errand; returns whether there was one."""
        self._by_the_clock()
        taken = self._take()
        if taken is None:
            return False
        self._perform(taken)
        return True

    def drain(self, *kinds: str) -> int:
        """Performs every errand that is due now, of any kind or of `kinds` alone; returns how many."""
        done = 0
        while (taken := self._take(*kinds)) is not None:
            self._perform(taken)
            done += 1
        return done

    def _by_the_clock(self) -> None:
        """Performs what has fallen due; a duty that fails is tried at its next turn and keeps nothing else waiting."""
        now = self.services.clock.now()
        for name, every, perform in self._duties:
            last = self._done.get(name)
            if last is not None and now - last < every:
                continue
            self._done[name] = now
            try:
                perform(now)
            except DataroomError as error:
                log.warning("duty failed", extra={"duty": name, "code": error.code})
            except Exception:
                log.exception("duty failed", extra={"duty": name})

    def _sweep(self, now: datetime) -> None:
        self.gate.perform(SERVICE, "upload.sweep")

    def _shred(self, now: datetime) -> None:
        """After each night's hour, has the keys renewed under which something was destroyed before it."""
        night = self._night(now)
        if is_due(self.services, night):
            self.gate.perform(SERVICE, "key.shred", None, {"before": night})

    def _night(self, now: datetime) -> datetime:
        """When the hour of nightly work last struck."""
        night = now.replace(hour=self.services.config.shred_hour, minute=0, second=0, microsecond=0)
        return night - timedelta(days=1 if night > now else 0)

    def _check(self, now: datetime) -> None:
        if is_check_due(self.services, self._night(now)):
            self.gate.perform(SERVICE, CHECK)

    def _sign(self, now: datetime) -> None:
        """Signs what has grown, tells once of what was rolled back, and owes the asking of witnesses and anchors."""
        for halted in sign_heads_and_tell(self.services):
            if not is_halted(self.services, str(halted.facts["log"])):
                self.gate.perform(SERVICE, "checkpoint.halt", None, halted.facts)
        owe_cosignatures(self.services)
        owe_anchors(self.services)

    def one(self, *kinds: str) -> bool:
        """Performs one errand of `kinds` if one is due; returns whether there was one."""
        taken = self._take(*kinds)
        if taken is not None:
            self._perform(taken)
        return taken is not None

    def _take(self, *kinds: str) -> _Taken | None:
        now = self.services.clock.now()
        with self.services.database.writing() as session:
            errand = session.scalars(
                select(Errand)
                .where(
                    Errand.done_at.is_(None),
                    Errand.due_at <= now,
                    or_(Errand.taken_until.is_(None), Errand.taken_until < now),
                    *([Errand.kind.in_(kinds)] if kinds else []),
                )
                .order_by(Errand.due_at, Errand.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if errand is None:
                return None
            errand.taken_until, errand.attempts = now + self._lease, errand.attempts + 1
            target = errand.payload.get("target")
            of = uuid.UUID(target) if target else None
            return _Taken(errand.id, errand.kind, of, errand.attempts, errand.payload.get("params", {}))

    def _perform(self, taken: _Taken) -> None:
        try:
            if taken.kind in BY_HAND:
                raise Conflict("No action owes this; somebody wrote it into the database.", code="never-owed")
            with self._kept(taken):
                self.gate.perform(SERVICE, taken.kind, taken.target, taken.params)
        except (NotFound, Conflict, KeyDestroyed) as settled:
            self._finish(taken, settled.code)
        except DataroomError as error:
            self._postpone(taken, error.code)
        except Exception as error:
            log.exception("errand failed", extra={"kind": taken.kind})
            self._postpone(taken, type(error).__name__)
        else:
            self._finish(taken, None)

    @contextmanager
    def _kept(self, taken: _Taken) -> Iterator[None]:
        """Renews the lease from a thread of its own for as long as the work lasts."""
        done = threading.Event()
        beat = threading.Thread(target=self._beat, args=(taken, done), name="errand-lease", daemon=True)
        beat.start()
        try:
            yield
        finally:
            done.set()
            beat.join()

    def _beat(self, taken: _Taken, done: threading.Event) -> None:
        while not done.wait(self._lease.total_seconds() / 3):
            try:
                self._change(taken, taken_until=self.services.clock.now() + self._lease)
            except DataroomError as error:
                log.warning("lease not renewed", extra={"code": error.code, "errand": str(taken.errand)})

    def _finish(self, taken: _Taken, code: str | None) -> None:
        self._change(taken, done_at=self.services.clock.now(), taken_until=None, error=code)

    def _postpone(self, taken: _Taken, code: str) -> None:
        wait = timedelta(seconds=_BACKOFF[min(taken.attempts, len(_BACKOFF)) - 1])
        self._change(taken, due_at=self.services.clock.now() + wait, taken_until=None, error=code)

    def _change(self, taken: _Taken, **values: object) -> None:
        """Writes to the errand unless another worker has taken it up since."""
        with self.services.database.writing() as session:
            session.execute(
                update(Errand)
                .where(Errand.id == taken.errand, Errand.attempts == taken.attempts, Errand.done_at.is_(None))
                .values(**values)
            )
