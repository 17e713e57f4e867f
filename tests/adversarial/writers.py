"""Processes that perform real actions until they are killed: `python -m tests.adversarial.writers FOLDER`.

Reads the service's own settings, `WRITERS_TOKEN` and `WRITERS_VERSION` from the environment. Four children read a
version through the gate as fast as they can and write one byte to a file of theirs for each answer they got; every
half second one of them, picked at random, is killed with SIGKILL and replaced, until standard input ends. Prints
how many were killed.
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path

from dataroom.actions import identity
from dataroom.actions.context import Services
from dataroom.actions.gate import Gate
from dataroom.app import build
from dataroom.cli.operate import ROOT
from dataroom.config import Config
from dataroom.errors import Unavailable

WRITERS = 4
LEAST = 21
KILLED = 4
EVERY = 0.5


def besieging(environment: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """Starts the writers; close its standard input (`communicate` does) to end them and learn how many were killed."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.adversarial.writers", str(folder)]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)


def answered(folder: Path) -> int:
    """How many answers the writers have had."""
    return sum(path.stat().st_size for path in folder.iterdir())


def enough(folder: Path) -> bool:
    """Whether the writers have had enough answers, and so many of them were killed that what they left can tell.

    Each has a file of its own, also whoever replaced one that was killed.
    """
    return answered(folder) >= LEAST and len(list(folder.iterdir())) >= WRITERS + KILLED


def write(services: Services, folder: Path) -> None:
    """Reads the version until killed; a busy database is tried again."""
    gate, version = Gate(services), uuid.UUID(os.environ["WRITERS_VERSION"])
    person = identity.by_token(services, os.environ["WRITERS_TOKEN"], "192.0.2.9")
    answers = os.open(folder / str(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while True:
        with suppress(Unavailable):
            gate.perform(person, "version.read", version)
            os.write(answers, b".")


def fork(services: Services, folder: Path) -> int:
    """A further writer; returns its process id."""
    child = os.fork()
    if child == 0:
        write(services, folder)
    return child


def main() -> None:
    """Keeps four writers under fire until nobody wants more."""
    folder, dice = Path(sys.argv[1]), random.Random(11)
    services = build(Config.from_env())
    running, kills = [fork(services, folder) for _ in range(WRITERS)], 0
    while not select.select([sys.stdin], [], [], EVERY + dice.random() * EVERY / 2)[0]:
        victim = dice.randrange(WRITERS)
        os.kill(running[victim], signal.SIGKILL)
        _, status = os.waitpid(running[victim], 0)
        if not os.WIFSIGNALED(status):
            raise SystemExit("a writer ended by itself")
        kills += 1
        running[victim] = fork(services, folder)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    print(kills)


if __name__ == "__main__":
    main()
