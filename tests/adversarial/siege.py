"""A house under siege: writers, the worker and the web service are killed with SIGKILL again and again.

Used for some seconds by the tests and for minutes by `python -m tests.bench.endurance`.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from sqlalchemy import func, select

from dataroom.model import AuditEntry, Errand
from tests.adversarial.house import House, check_sound, entries_of
from tests.adversarial.writers import WRITERS, answered, besieging, enough
from tests.cast import simple_pdf

MARK = {"page": 1, "box": (60, 600, 540, 800), "kind": "box", "code": "TS", "rationale": "Names the licensed line."}
SENTENCE = "The panel of claim {}, held against the accused product, in words that take some time to remove."
BLOCK = 1024 * 1024
CLAIM_SECONDS = 8
PATIENCE = 300.0


@dataclass
class Toll:
    """What a siege did: processes killed by kind, actions the writers were told were done, entries in all logs."""

    writers: int = 0
    workers: int = 0
    webs: int = 0
    answered: int = 0
    recorded: int = 0
    entries: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        kills = f"{self.writers} writers, {self.workers} workers, {self.webs} web services killed"
        acts = f"{self.answered} actions answered, {self.recorded} of them recorded as done"
        return f"{self.seconds:.0f} s: {kills}; {acts}; {self.entries} entries"


def besiege(house: House, seconds: float) -> Toll:
    """Kills for that long, or longer where the machine is slow, lets all come to rest and checks that it is whole."""
    toll, began, dice = Toll(), time.monotonic(), random.Random(23)
    target = house.world.published().version
    settled = entries_of(house.world, "version.read", target).count("done")
    long = house.world.upload(
        data=simple_pdf([SENTENCE.format(number) for number in range(40)]), path="charts/long.pdf"
    )
    answers = house.folder / "answers"
    answers.mkdir()
    house.start_web()
    house.start_worker()
    settings = {"WRITERS_TOKEN": house.token("ada"), "WRITERS_VERSION": str(target)}
    writers = besieging(house.environment | settings, answers)
    while time.monotonic() < began + seconds or not toll.webs or not enough(answers):
        assert time.monotonic() < began + seconds + PATIENCE, toll
        _kill_the_worker(house, toll, dice, str(long.version))
        _kill_the_web(house, toll, dice)
    printed, complaints = writers.communicate(timeout=120)
    assert writers.returncode == 0, complaints.decode()[-2000:]
    toll.seconds = time.monotonic() - began
    toll.writers = int(printed) + WRITERS
    toll.answered = answered(answers)
    _rest(house)
    outcomes = entries_of(house.world, "version.read", target)
    toll.recorded = outcomes.count("done") - settled
    assert set(outcomes) <= {"done", "failed"}
    assert toll.answered <= toll.recorded <= toll.answered + toll.writers
    with house.world.services.database.reading() as session:
        toll.entries = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    check_sound(house)
    return toll


def _kill_the_worker(house: House, toll: Toll, dice: random.Random, version: str) -> None:
    """Owes a redaction, waits until the worker holds its lease, and kills it somewhere in the work."""
    with suppress(OSError, HTTPException):
        order = {"title": "For partners", "tier": 1, "category": "claim-chart"}
        started = house.ask("ada", "POST", f"/versions/{version}/redactions", order)
        if started.status == 201:
            house.ask("ada", "POST", f"/redactions/{started.json['id']}/marks", {"marks": [MARK]})
            house.ask("ada", "POST", f"/redactions/{started.json['id']}/submission")
    end = time.monotonic() + CLAIM_SECONDS
    while not _in_hand(house) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(dice.uniform(0, 0.5))
    house.kill_worker()
    house.start_worker()
    toll.workers += 1


def _kill_the_web(house: House, toll: Toll, dice: random.Random) -> None:
    """Kills the web service in the middle of an upload."""
    with suppress(OSError, HTTPException):
        connection = house.begin_upload("ada", 16 * BLOCK, f"broken/{toll.webs}.pdf")
        for _ in range(dice.randrange(1, 16)):
            connection.send(os.urandom(BLOCK))
        house.kill_web()
        connection.close()
    house.kill_web()
    house.start_web()
    toll.webs += 1


def _rest(house: House) -> None:
    """No process is left; then everything owed is done, also what was put off for half an hour."""
    house.kill_worker()
    house.kill_web()
    house.web = house.worker = None
    for _ in range(3):
        house.world.clock.forward(minutes=40)
        house.world.worker.drain()
    assert _owed(house) == 0


def _in_hand(house: House) -> bool:
    now = house.world.clock.now()
    return _count(house, Errand.done_at.is_(None), Errand.taken_until > now) > 0


def _owed(house: House) -> int:
    return _count(house, Errand.done_at.is_(None))


def _count(house: House, *criteria: Any) -> int:
    with house.world.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Errand).where(*criteria)) or 0
