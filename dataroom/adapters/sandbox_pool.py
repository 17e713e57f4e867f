"""A pool of limited PDF children: started ahead, reused, replaced in the background, ended on any doubt.

A pool belongs to the process that made it. Children are started by one long-lived thread because the kernel
ends a child when the thread that started it goes (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataroom.adapters.sandbox_wire import Channel, Closed, Malformed
from dataroom.errors import Unavailable

log = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[2]
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from dataroom.adapters.sandbox_child import main; main()"
)
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
_START_SECONDS = 30.0
_REMEMBERED = 2


@dataclass(frozen=True)
class Profile:
    """Bounds of one kind of work: children, address space in bytes, seconds a request, requests a child,
    bytes a reply may have, seconds and number of callers that may wait for a child."""

    size: int
    memory: int
    seconds: float
    requests: int
    reply: int
    patience: float = 30.0
    queue: int = 128


@dataclass(frozen=True)
class Source:
    """A sealed document for the child to read: `key` names its exact content (never reuse one for other
    bytes), `size` is its plaintext length, `fetch(start, stop)` opens that range; what `fetch` raises
    reaches the caller."""

    key: str
    size: int
    fetch: Callable[[int, int], bytes]


@dataclass(frozen=True)
class Reply:
    """A finished request: JSON facts and bytes, both from the child and to be distrusted."""

    facts: Any
    body: bytes


class Declined(Exception):
    """The child refused by name: `code` and `detail` as it sent them."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


class Died(Exception):
    """The child crashed, ran out of time or memory, or answered nonsense; `why` is for operators."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Worker:
    """One child process and the socket to it. Used by one thread at a time."""

    def __init__(self, memory: int) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-B", "-c", _BOOT, str(_PROJECT), str(memory)]
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT, cwd="/", close_fds=True, start_new_session=True,
            )  # fmt: skip
        self.channel = Channel(ours)
        self.keys: deque[str] = deque(maxlen=_REMEMBERED)
        self.served = 0
        self.limits: dict[str, bool] = {}

    def greet(self) -> None:
        """Wait until the child has given up its rights; raises Died when it does not."""
        self.channel.deadline = time.monotonic() + _START_SECONDS
        try:
            header, _ = self.channel.receive()
        except (Closed, Malformed, TimeoutError) as error:
            raise Died("did not start") from error
        self.limits = {str(name): bool(held) for name, held in dict(header.get("hello") or {}).items()}

    def call(self, operation: dict[str, Any], sources: tuple[Source, ...], profile: Profile) -> Reply:
        """Do one request; raises Declined, Died, or what a source's `fetch` raised."""
        exchange = _Exchange(self.channel, sources, profile)
        self.served += 1
        for source in sources:
            self.keys.append(source.key)
        try:
            return exchange.run(operation)
        except (Closed, Malformed, TimeoutError, KeyError, TypeError, ValueError) as error:
            if exchange.broken is not None:
                raise exchange.broken from error
            raise Died("time-out" if isinstance(error, TimeoutError) else self._end_reason()) from None

    def _end_reason(self) -> str:
        try:
            code = self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "nonsense"
        return "time-out" if code == -signal.SIGXCPU else f"signal {-code}" if code < 0 else f"exit {code}"

    def end(self) -> None:
        """Kill the child and forget it."""
        with contextlib.suppress(OSError):
            self.channel.close()
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)


class _Exchange:
    """One request's conversation: answers ranges, gathers pieces, holds the bounds."""

    def __init__(self, channel: Channel, sources: tuple[Source, ...], profile: Profile) -> None:
        self.channel, self.sources, self.profile = channel, sources, profile
        self.broken: Exception | None = None
        self.budget = 4 * sum(source.size for source in sources) + (64 << 20)

    def run(self, operation: dict[str, Any]) -> Reply:
        seconds = self.profile.seconds
        self.channel.deadline = time.monotonic() + seconds
        listed = [{"key": source.key, "size": source.size} for source in self.sources]
        self.channel.send({**operation, "sources": listed, "seconds": int(seconds) + 1})
        pieces, total = [], 0
        while True:
            header, body = self.channel.receive()
            if "fetch" in header:
                self._answer(header)
                continue
            total += len(body)
            if total > self.profile.reply:
                raise Malformed
            pieces.append(body)
            if not header.get("piece"):
                return self._outcome(header, pieces)

    def _outcome(self, header: dict[str, Any], pieces: list[bytearray]) -> Reply:
        if self.broken is not None:
            raise self.broken
        if "refused" in header:
            raise Declined(str(header["refused"]), str(header.get("detail", "")))
        if "done" not in header:
            raise Died(str(header.get("kind", "failed"))[:60])
        return Reply(header["done"], b"".join(pieces))

    def _answer(self, header: dict[str, Any]) -> None:
        source, start, stop = self.sources[int(header["fetch"])], int(header["start"]), int(header["stop"])
        self.budget -= stop - start
        if not 0 <= start < stop <= source.size or self.budget < 0 or self.broken is not None:
            raise Malformed
        began = time.monotonic()
        try:
            data = source.fetch(start, stop)
        except Exception as error:
            self.broken = error
        if self.channel.deadline is not None:
            self.channel.deadline += time.monotonic() - began
        if self.broken is not None:
            self.channel.send({"range": False})
        else:
            self.channel.send({"range": True}, data)


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

    def run(self, operation: dict[str, Any], sources: tuple[Source, ...]) -> Reply:
        """Do one request in a child that preferably has the document open; raises as `Worker.call`, or
        Unavailable."""
        worker = self._take(sources[0].key)
        fit = False
        try:
            reply = worker.call(operation, sources, self.profile)
            fit = True
        except Declined:
            fit = True
            raise
        finally:
            self._give_back(worker, fit and worker.served < self.profile.requests)
        return reply

    def children(self) -> tuple[Worker, ...]:
        """The children alive now, busy ones too."""
        with self._changed:
            return (*self._idle, *self._busy)

    def wait_ready(self, seconds: float) -> bool:
        """Wait until every child is started; false when the time runs out."""
        with self._changed:
            return self._changed.wait_for(
                lambda: len(self._idle) + len(self._busy) >= self.profile.size, seconds
            )

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

    def _take(self, key: str) -> Worker:
        ticket, until = object(), time.monotonic() + self.profile.patience
        with self._changed:
            if len(self._waiting) >= self.profile.queue:
                raise Unavailable("Too many documents are being opened at this moment; try again shortly.")
            self._waiting.append(ticket)
            try:
                while not self._closed:
                    self._bury()
                    if self._waiting[0] is ticket and self._idle:
                        return self._claim(key)
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

    def _claim(self, key: str) -> Worker:
        ranked: Iterable[tuple[int, Worker]] = (
            (2 if key in worker.keys else 1 if not worker.keys else 0, worker) for worker in self._idle
        )
        _, worker = max(ranked, key=lambda pair: pair[0])
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
