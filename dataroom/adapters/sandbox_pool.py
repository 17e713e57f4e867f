"""A pool of limited PDF children: started ahead, reused, replaced in the background, ended on any doubt.

A pool belongs to the process that made it. Children are started by one long-lived thread because the kernel
ends a child when the thread that started it goes (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from dataroom.adapters.sandbox_worker import Declined, Died, Profile, Reply, Source, Told, Worker, silent
from dataroom.errors import Unavailable

log = logging.getLogger(__name__)


class Pool:
    """Children of one profile. `run` is for any number of threads; callers are served in the order they
    came."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._waiting: deque[object] = deque()
        self._starting: Worker | None = None
        self._closed = False
        self._keeper = threading.Thread(target=self._keep, name="sandbox-keeper", daemon=True)
        self._keeper.start()

    def run(self, operation: dict[str, Any], sources: tuple[Source, ...], told: Told = silent) -> Reply:
        """Do one request in a child that preferably has the document open; raises as `Worker.call`, or
        Unavailable."""
        if len({source.wall for source in sources}) != 1:
            raise ValueError("documents of different walls must not meet")
        worker = self._take(sources[0])
        try:
            return self._do(worker, operation, sources, told)
        except Died as death:
            if death.why == "time-out" or worker.served == 1:
                raise
        return self._do(self._take(sources[0]), operation, sources, told)  # it was not its first: perhaps worn out

    def _do(self, worker: Worker, operation: dict[str, Any], sources: tuple[Source, ...], told: Told) -> Reply:
        fit = False
        try:
            reply = worker.call(operation, sources, self.profile, told)
            fit = True
        except Declined:
            fit = True
            raise
        finally:
            self._give_back(worker, fit and worker.served < self.profile.requests)
        return reply

    def stream(self, operation: dict[str, Any], sources: tuple[Source, ...]) -> Iterator[bytes]:
        """As `run`, for a long reply taken piece by piece; the child is busy until the last one is taken."""
        worker = self._take(sources[0])
        fit = False
        try:
            yield from worker.stream(operation, sources, self.profile)
            fit = True
        except Declined:
            fit = True
            raise
        finally:
            self._give_back(worker, fit and worker.served < self.profile.requests)

    def children(self) -> tuple[Worker, ...]:
        """The children alive now, busy ones too."""
        with self._changed:
            return (*self._idle, *self._busy)

    def wait_ready(self, seconds: float) -> bool:
        """Wait until every child is started; false when the time runs out."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._idle) + len(self._busy) >= self.profile.size, seconds)

    def close(self) -> None:
        """End every child and take no more requests."""
        with self._changed:
            self._closed = True
            gone = [*self._idle, *self._busy, *([self._starting] if self._starting else [])]
            self._idle.clear()
            self._changed.notify_all()
        for worker in gone:
            worker.end()
        self._keeper.join(5)

    def abandon(self) -> None:
        """After a fork, in the new process: let go of the other process's children without touching them."""
        for worker in (*self._idle, *self._busy, *([self._starting] if self._starting else [])):
            with contextlib.suppress(OSError):
                os.close(worker.channel.sock.detach())
            worker.process.returncode = 0

    def _take(self, source: Source) -> Worker:
        ticket, until = object(), time.monotonic() + self.profile.patience
        with self._changed:
            if len(self._waiting) >= self.profile.queue:
                raise Unavailable("Too many documents are being opened at this moment; try again shortly.")
            self._waiting.append(ticket)
            try:
                while not self._closed:
                    self._bury()
                    worker = self._claim(source) if self._waiting[0] is ticket else None
                    if worker is not None:
                        return worker
                    left = until - time.monotonic()
                    if left <= 0:
                        break
                    self._changed.wait(left)
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        raise Unavailable("The reader for documents is busy; try again shortly.")

    def _bury(self) -> None:
        """Let go of children that died idle; the lock is held."""
        dead = [worker for worker in self._idle if worker.process.poll() is not None]
        for worker in dead:
            self._idle.remove(worker)
            worker.channel.close()
        if dead:
            self._changed.notify_all()

    def _claim(self, source: Source) -> Worker | None:
        """Take the idle child that suits best; when all have read behind another wall, end one for a fresh
        one."""
        suited = [worker for worker in self._idle if worker.wall in {None, source.wall}]
        if not suited:
            if self._idle:
                self._idle.pop(0).end()
                self._changed.notify_all()
            return None
        worker = max(suited, key=lambda one: 2 if source.key in one.keys else 1 if not one.keys else 0)
        self._idle.remove(worker)
        self._busy.add(worker)
        return worker

    def _give_back(self, worker: Worker, fit: bool) -> None:
        if not fit:
            worker.end()
        with self._changed:
            self._busy.discard(worker)
            if fit and not self._closed:
                self._idle.append(worker)
            self._changed.notify_all()
        if fit and self._closed:
            worker.end()

    def _keep(self) -> None:
        """Keep the pool full; wait a little longer after each start that failed."""
        pause = 0.0
        while self._vacancy(pause):
            try:
                pause = 0.0 if self._start() else min(10.0, pause * 2 + 0.5)
            except OSError as error:
                log.warning("sandbox child cannot be started: %s", type(error).__name__)
                pause = min(10.0, pause * 2 + 0.5)

    def _vacancy(self, pause: float) -> bool:
        """Wait for room in the pool and sweep out children that died idle; false once the pool is closed."""
        time.sleep(pause)
        with self._changed:
            while not self._closed:
                self._bury()
                if len(self._idle) + len(self._busy) < self.profile.size:
                    return True
                self._changed.wait(5.0)
            return False

    def _start(self) -> bool:
        worker = Worker(self.profile.memory)
        self._starting = worker
        try:
            worker.greet()
        except Died as error:
            if not self._closed:
                log.warning("sandbox child %s", error.why)
            worker.end()
            return False
        finally:
            self._starting = None
        with self._changed:
            kept = not self._closed
            if kept:
                self._idle.append(worker)
            self._changed.notify_all()
        if not kept:
            worker.end()
        return kept
