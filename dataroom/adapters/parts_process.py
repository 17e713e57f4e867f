"""Processes that end with their parent, and free ports for them: the ground of the embedded parts."""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from dataroom.errors import Unavailable

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_GRPC_OFFSET = 10_000


class PartFailed(Unavailable):
    """An embedded part did not start; `detail` names its log."""

    code = "part-failed"


class TiedProcess:
    """A process that dies with its parent and writes to one log file."""

    def __init__(self, command: Sequence[str], log: Path, on_parent_death: signal.Signals) -> None:
        self.command = list(command)
        self.log = log
        self._signal = on_parent_death
        self._process: subprocess.Popen[bytes] | None = None
        self.patience = 15.0

    def start(self, account: str | None, environment: Mapping[str, str]) -> None:
        """Run the command, as `account` if given, with exactly this environment."""
        parent, wanted = os.getpid(), int(self._signal)

        def tie() -> None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, wanted)
            if os.getppid() != parent:
                os._exit(1)

        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd="/",
                start_new_session=True,
                preexec_fn=tie,
                user=account,
                group=account,
                extra_groups=None if account is None else [],
            )

    def runs(self) -> bool:
        """Whether the process is there and has not ended."""
        return self._process is not None and self._process.poll() is None

    def stop(self, how: signal.Signals) -> None:
        """Ask the process to end, insist after `patience` seconds, and wait for it."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(self.patience)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process = None


def program(name: str) -> str:
    """Where the program `name` lies: beside this Python, or on the path; `PartFailed` if nowhere."""
    found = shutil.which(
        name,
        path=sysconfig.get_path("scripts") + os.pathsep + os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
    )
    if found is None:
        raise PartFailed(f"The program {name} is not installed.")
    return found


def hold_ports(held: ExitStack, names: Sequence[str], wanted: Mapping[str, int]) -> dict[str, int]:
    """A free port for each of `names`, `admin` and `admin.grpc`, kept bound until `held` closes.

    Held ports are seen as taken by other starters. Those of `wanted` are taken again if they can be. All lie
    below the range from which the system picks ports for outgoing connections. The admin server's grpc port
    must lie `_GRPC_OFFSET` above its http port.
    """
    with suppress(OSError, KeyError), ExitStack() as attempt:
        for name in (*names, "admin", "admin.grpc"):
            _hold(attempt, wanted[name])
        held.push(attempt.pop_all())
        return dict(wanted)
    ports = {name: _hold_any(held, 0)[0] for name in names}
    ports["admin"], ports["admin.grpc"] = _hold_any(held, _GRPC_OFFSET)
    return ports


def _hold_any(held: ExitStack, offset: int) -> tuple[int, int]:
    dice = random.SystemRandom()
    for _ in range(1000):
        low = dice.randrange(12_000, 22_000)
        with suppress(OSError), ExitStack() as attempt:
            for port in sorted({low, low + offset}):
                _hold(attempt, port)
            held.push(attempt.pop_all())
            return low, low + offset
    raise PartFailed("No free port was found.")


def _hold(held: ExitStack, port: int) -> None:
    holder = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just let go may be taken again
    holder.bind(("127.0.0.1", port))
    holder.listen(1)  # and one that is held may not


def until(answers: Callable[[], bool], runs: Callable[[], bool], seconds: float) -> bool:
    """Whether `answers` became true within `seconds`, while the process still `runs`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and runs():
        if answers():
            return runs()
        time.sleep(0.1)
    return False
