"""The worker: performs the errands that actions owe, at least once each, and what the clock asks for.

An errand is taken by lease: a worker that dies gives it back when the lease ends. Several workers, on several
machines, share one database (`SKIP LOCKED` on PostgreSQL; SQLite has one writer anyway).
"""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from dataroom.actions.checkpoints import sign_heads
from dataroom.actions.context import SERVICE, Services
from dataroom.actions.gate import Gate
from dataroom.errors import Conflict, DataroomError, KeyDestroyed, NotFound
from dataroom.model import Errand

log = logging.getLogger("dataroom.worker")
LEASE = timedelta(minutes=15)
IDLE_SECONDS = 0.5
SWEEP_EVERY = timedelta(hours=1)
_BACKOFF = (2, 10, 60, 300, 1800)


class Worker:
    """Takes errands until told to stop."""

    def __init__(self, services: Services, gate: Gate):
        self.services = services
        self.gate = gate
        self._stop = threading.Event()
        self._signed: datetime | None = None
        self._swept: datetime | None = None

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
            if not busy:
                self._stop.wait(IDLE_SECONDS)

    def once(self) -> bool:
        """One round: what the clock asks for, then one errand; returns whether there was one."""
        self._by_the_clock()
        taken = self._take()
        if taken is None:
            return False
        self._perform(*taken)
        return True

    def drain(self) -> int:
        """Performs every errand that is due now; returns how many (for tests and for the operator)."""
        done = 0
        while (taken := self._take()) is not None:
            self._perform(*taken)
            done += 1
        return done

    def _by_the_clock(self) -> None:
        now = self.services.clock.now()
        every = timedelta(seconds=self.services.config.checkpoint_seconds)
        if self._signed is None or now - self._signed >= every:
            sign_heads(self.services)
            self._signed = now
        if self._swept is None or now - self._swept >= SWEEP_EVERY:
            self.gate.perform(SERVICE, "upload.sweep")
            self._swept = now

    def _take(self) -> tuple[uuid.UUID, str, uuid.UUID | None] | None:
        now = self.services.clock.now()
        with self.services.database.writing() as session:
            errand = session.scalars(
                select(Errand)
                .where(
                    Errand.done_at.is_(None),
                    Errand.due_at <= now,
                    or_(Errand.taken_until.is_(None), Errand.taken_until < now),
                )
                .order_by(Errand.due_at, Errand.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if errand is None:
                return None
            errand.taken_until, errand.attempts = now + LEASE, errand.attempts + 1
            target = errand.payload.get("target")
            return errand.id, errand.kind, uuid.UUID(target) if target else None

    def _perform(self, errand: uuid.UUID, kind: str, target: uuid.UUID | None) -> None:
        try:
            self.gate.perform(SERVICE, kind, target)
        except (NotFound, Conflict, KeyDestroyed) as settled:
            self._finish(errand, settled.code)
        except DataroomError as error:
            self._postpone(errand, error.code)
        except Exception as error:
            log.exception("errand failed", extra={"kind": kind})
            self._postpone(errand, type(error).__name__)
        else:
            self._finish(errand, None)

    def _finish(self, errand: uuid.UUID, code: str | None) -> None:
        with self.services.database.writing() as session:
            row = session.get_one(Errand, errand)
            row.done_at, row.taken_until, row.error = self.services.clock.now(), None, code

    def _postpone(self, errand: uuid.UUID, code: str) -> None:
        with self.services.database.writing() as session:
            row = session.get_one(Errand, errand)
            wait = _BACKOFF[min(row.attempts, len(_BACKOFF)) - 1]
            row.due_at, row.taken_until = self.services.clock.now() + timedelta(seconds=wait), None
            row.error = code
