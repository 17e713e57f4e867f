"""One limited PDF child as the parent sees it: how it is started, asked, watched and ended."""

from __future__ import annotations

import builtins
import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataroom.adapters.sandbox_wire import Channel, Closed, Malformed

_PROJECT = Path(__file__).resolve().parents[2]
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from dataroom.adapters.sandbox_child import main; main()"
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
}
_START_SECONDS = 30.0
NEEDED = ("files", "calls")
"""Restrictions without which no document is opened: what may be read (Landlock) and which system calls (seccomp)."""
_REMEMBERED = 2
Told = Callable[[str, int, int], None]
"""Called with the stage a child is in, how much of it is done, and how much there is: its word, to be distrusted."""
STAGES = ("remove", "check", "repeat", "twin")
_MOST_PAGES = 100_000


def silent(stage: str, done: int, of: int) -> None:
    """Tells nobody."""


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
    reaches the caller. A child that has read a document of one `wall` (a matter) is ended before one of
    another wall is read, so that what a hostile file may have done to it reaches no further."""

    key: str
    size: int
    fetch: Callable[[int, int], bytes]
    wall: str = ""


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
        self.wall: str | None = None
        self.limits: dict[str, bool] = {}

    def greet(self) -> None:
        """Wait until the child has given up its rights; raises Died when it does not."""
        self.channel.deadline = time.monotonic() + _START_SECONDS
        try:
            header, _ = self.channel.receive()
        except (Closed, Malformed, TimeoutError) as error:
            raise Died("did not start") from error
        self.limits = {str(name): bool(held) for name, held in dict(header.get("hello") or {}).items()}
        missing = [name for name in NEEDED if not self.limits.get(name)]
        if missing:
            raise Died(f"this system cannot restrict {' and '.join(missing)}")

    def call(
        self, operation: dict[str, Any], sources: tuple[Source, ...], profile: Profile, told: Told = silent
    ) -> Reply:
        """Do one request, telling how far it has come; raises Declined, Died, or what a source's `fetch` raised."""
        exchange = self._exchange(sources, profile, told)
        with self._judged(exchange):
            return exchange.run(operation)

    def stream(self, operation: dict[str, Any], sources: tuple[Source, ...], profile: Profile) -> Iterator[bytes]:
        """As `call`, for a reply handed on piece by piece while it comes; only its end makes it complete."""
        exchange = self._exchange(sources, profile)
        with self._judged(exchange):
            yield from exchange.stream(operation)

    def _exchange(self, sources: tuple[Source, ...], profile: Profile, told: Told = silent) -> _Exchange:
        self.served += 1
        self.wall = sources[0].wall
        for source in sources:
            self.keys.append(source.key)
        return _Exchange(self.channel, sources, profile, told)

    @contextlib.contextmanager
    def _judged(self, exchange: _Exchange) -> Iterator[None]:
        try:
            yield
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

    def __init__(self, channel: Channel, sources: tuple[Source, ...], profile: Profile, told: Told) -> None:
        self.channel, self.sources, self.profile, self.told = channel, sources, profile, told
        self.broken: Exception | None = None
        self.budget = 4 * sum(source.size for source in sources) + (64 << 20)

    def run(self, operation: dict[str, Any]) -> Reply:
        """Gather the whole reply."""
        self._ask(operation)
        pieces, total = [], 0
        while True:
            header, body = self._next()
            total += len(body)
            if total > self.profile.reply:
                raise Malformed
            pieces.append(body)
            if not header.get("piece"):
                return self._outcome(header, pieces)

    def stream(self, operation: dict[str, Any]) -> Iterator[bytes]:
        """Hand on each piece; the time in which the caller works on one does not count."""
        self._ask(operation)
        bound = 2 * sum(source.size for source in self.sources) + self.profile.reply
        while True:
            header, body = self._next()
            bound -= len(body)
            if bound < 0:
                raise Malformed
            if not header.get("piece"):
                self._outcome(header, [])
            began = time.monotonic()
            if body:
                yield bytes(body)
            if not header.get("piece"):
                return
            if self.channel.deadline is not None:
                self.channel.deadline += time.monotonic() - began

    def _ask(self, operation: dict[str, Any]) -> None:
        seconds = self.profile.seconds
        self.channel.deadline = time.monotonic() + seconds
        listed = [{"key": source.key, "size": source.size} for source in self.sources]
        self.channel.send({**operation, "sources": listed, "seconds": int(seconds) + 1})

    def _next(self) -> tuple[dict[str, Any], bytearray]:
        """The next message that is neither a request for a range nor a word on how far the work has come."""
        while True:
            header, body = self.channel.receive()
            if "fetch" in header:
                self._answer(header)
            elif "progress" in header:
                self._hear(header)
            else:
                return header, body

    def _hear(self, header: dict[str, Any]) -> None:
        stage, (done, of) = str(header["progress"]), (int(number) for number in header["of"])
        if stage not in STAGES or not 0 <= done <= of <= _MOST_PAGES:
            raise Malformed
        self._untimed(lambda: self.told(stage, done, of))

    def _untimed(self, run: Callable[[], None]) -> None:
        """What this side does itself does not count as the child's time."""
        began = time.monotonic()
        run()
        if self.channel.deadline is not None:
            self.channel.deadline += time.monotonic() - began

    def _outcome(self, header: dict[str, Any], pieces: list[bytearray]) -> Reply:
        if self.broken is not None:
            raise self.broken
        if "refused" in header:
            raise Declined(str(header["refused"]), str(header.get("detail", "")))
        if "done" not in header:
            raise Died("range" if header.get("failed") == "range" else _known(str(header.get("kind"))))
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


def _known(kind: str) -> str:
    """The name of a built-in exception, or nothing the child could have chosen: this goes to the operators'
    log."""
    return kind if isinstance(getattr(builtins, kind, None), type) else "failed"
