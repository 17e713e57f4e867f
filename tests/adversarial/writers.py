"""Processes that perform real actions until they are killed: `python -m tests.adversarial.writers SECONDS FOLDER`.

Reads the service's own settings, `WRITERS_TOKEN` and `WRITERS_VERSION` from the environment. Four children read a
version through the gate as fast as they can and write one byte to a file of theirs for each answer they got; every
half second one of them, picked at random, is killed with SIGKILL and replaced. At the end all are killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

from dataroom.actions import identity
from dataroom.actions.context import Services
from dataroom.actions.gate import Gate
from dataroom.app import build
from dataroom.config import Config
from dataroom.errors import Unavailable

WRITERS = 4
EVERY = 0.5


def write(services: Services, folder: Path) -> None:
    """Reads the version until killed; a busy database is tried again."""
    gate, version = Gate(services), uuid.UUID(os.environ["WRITERS_VERSION"])
    person = identity.by_token(services, os.environ["WRITERS_TOKEN"], "192.0.2.9")
    answered = os.open(folder / str(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while True:
        with suppress(Unavailable):
            gate.perform(person, "version.read", version)
            os.write(answered, b".")


def fork(services: Services, folder: Path) -> int:
    """A further writer; returns its process id."""
    child = os.fork()
    if child == 0:
        write(services, folder)
    return child


def main() -> None:
    """Keeps four writers under fire for some seconds."""
    seconds, folder, dice = float(sys.argv[1]), Path(sys.argv[2]), random.Random(11)
    services = build(Config.from_env())
    running, end, kills = [fork(services, folder) for _ in range(WRITERS)], time.monotonic() + seconds, 0
    while time.monotonic() < end:
        time.sleep(EVERY + dice.random() * EVERY / 2)
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
