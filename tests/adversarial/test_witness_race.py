"""Two processes of one witness are asked at the same moment: one of them cosigns, whatever the database."""

from __future__ import annotations

import base64
import multiprocessing
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.app import build
from dataroom.audit.notes import LOG, Checkpoint, VerifierKey, sign_checkpoint
from dataroom.audit.tree import hashes_of, leaf_hash, range_root
from dataroom.audit.witness import Submission, write_submission
from dataroom.config import Config
from dataroom.errors import DataroomError
from dataroom.model import WitnessedLog
from tests.cast import World

SECRET = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
PUBLIC = SECRET.public_key().public_bytes_raw()


def request(origin: str, size: int, mark: bytes) -> str:
    """A first submission of a log of `size` entries that begin with `mark`: two of them fork."""
    leaves = [leaf_hash(mark + bytes([number])) for number in range(size)]
    checkpoint = Checkpoint(origin, size, range_root((0, size), hashes_of(leaves)))
    note = sign_checkpoint(checkpoint, PUBLIC, SECRET.sign)
    return base64.b64encode(write_submission(Submission(0, (), note))).decode()


def _ask(config: Config, body: str, start: Any, answers: Any) -> None:
    services = build(config)
    gate = Gate(services)
    start.wait(60)
    try:
        verdict = gate.perform(SERVICE, "witness.cosign", None, {"request": body})
        answers.put("cosigned" if verdict.line else verdict.code)
    except DataroomError as error:
        answers.put(error.code)


def test_witness_race_across_processes(world: World) -> None:
    context = multiprocessing.get_context("fork")
    for turn in range(3):
        key = VerifierKey(f"race{turn}.test/log/deployment", LOG, PUBLIC)
        world.gate.perform(SERVICE, "witness.trust", None, {"key": str(key)})
        start, answers = context.Barrier(2), context.Queue()
        bodies = [request(key.name, 2 + number, bytes([number])) for number in (0, 1)]
        children = [context.Process(target=_ask, args=(world.config, body, start, answers)) for body in bodies]
        for child in children:
            child.start()
        said = sorted(answers.get(timeout=120) for _ in children)
        for child in children:
            child.join(60)
        assert said.count("cosigned") == 1
        with world.services.database.reading() as session:
            row = session.scalars(select(WitnessedLog).where(WitnessedLog.origin == key.name)).one()
        assert row.size in (2, 3)
