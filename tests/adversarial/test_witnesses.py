"""Two installations witness each other over real HTTP; the attacks on a log that only a witness notices."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from dataroom.actions.checkpoints import LOG_KEY, latest
from dataroom.actions.cosigning import ASK
from dataroom.actions.personal import openings
from dataroom.actions.proofs import consistency
from dataroom.audit import verifier
from dataroom.audit.bundle import write_bundle
from dataroom.audit.entry import open_fields, read_entry
from dataroom.audit.notes import Checkpoint, sign_checkpoint
from dataroom.audit.tree import hashes_of, leaf_hash, range_root
from dataroom.audit.witness import SIZE_MEDIA, Submission, write_submission
from dataroom.model import AuditCosignature, AuditEntry, AuditLog, Errand, WitnessedLog
from tests.installations import Installation, introduce, served
from tests.parts import Database, Seaweed


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed, postgres: Database
) -> Iterator[tuple[Installation, Installation]]:
    """North on SQLite and south on PostgreSQL, each the other's witness; their clocks agree between tests."""
    folder = tmp_path_factory.mktemp("mutual")
    with (
        served(folder / "north", f"sqlite:///{folder}/north/room.db", seaweed, "north") as north,
        served(folder / "south", postgres.migrated(), seaweed, "south") as south,
    ):
        introduce(north, south)
        introduce(south, north)
        yield north, south


def post(where: Installation, body: bytes) -> tuple[int, str, bytes]:
    """Status, media type and body of the answer to an add-checkpoint request."""
    connection = http.client.HTTPConnection("localhost", where.server.server_port, timeout=30)
    connection.request("POST", "/witness/add-checkpoint", body, {"Content-Type": "text/plain"})
    reply = connection.getresponse()
    data = reply.read()
    connection.close()
    return reply.status, reply.headers["Content-Type"], data


def submission(of: Installation, old: int) -> bytes:
    """A request for the matter's newest checkpoint from the size `old`."""
    with of.world.services.database.reading() as session:
        log, checkpoint = latest(session, of.world.matter)
        proof = consistency(session, log.id, old, checkpoint.size)
        return write_submission(Submission(old, proof, checkpoint.note.encode()))


def known(by: Installation, of: Installation) -> WitnessedLog:
    """What a witness has stored of the other's matter."""
    with by.world.services.database.reading() as session:
        origin = of.log_key().partition("+")[0]
        return session.scalars(select(WitnessedLog).where(WitnessedLog.origin == origin)).one()


def verified(where: Path, of: Installation, keys: list[str], **more: Any) -> verifier.Report:
    """The verifier's report on a fresh export."""
    file = where / "bundle.zip"
    file.write_bytes(of.bundle())
    return verifier.verify_bundle(file, keys, [], **more)


def entries(of: Installation, act: str) -> list[dict[str, Any]]:
    """The opened fields of the entries of an act in the deployment's log, oldest first."""
    with of.world.services.database.reading() as session:
        log = session.scalars(select(AuditLog).where(AuditLog.matter_id.is_(None))).one()
        query = select(AuditEntry).where(AuditEntry.log_id == log.id, AuditEntry.act == act).order_by(AuditEntry.seq)
        found = []
        for row in session.scalars(query):
            opened = openings(of.world.services, session, log.id, [row.seq]).get(row.seq, [])
            found.append(open_fields(read_entry(row.entry), opened))
        return found


def rewritten(of: Installation, size: int, *, change: int) -> bytes:
    """A note by the log's own key over a history of `size` entries in which entry `change` is another."""
    services = of.world.services
    with services.database.reading() as session:
        log = session.scalars(select(AuditLog).where(AuditLog.matter_id == of.world.matter)).one()
        query = select(AuditEntry.leaf).where(AuditEntry.log_id == log.id).order_by(AuditEntry.seq)
        leaves = list(session.scalars(query))
    leaves += [leaf_hash(b"later %d" % number) for number in range(len(leaves), size)]
    leaves[change] = leaf_hash(b"another history")
    root = range_root((0, size), hashes_of(leaves[:size]))
    checkpoint = Checkpoint(log.origin, size, root)
    return sign_checkpoint(checkpoint, services.kms.public_key(LOG_KEY), lambda m: services.kms.sign(LOG_KEY, m))


def lines(of: Installation) -> int:
    """How many cosignatures an installation has stored."""
    with of.world.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditCosignature)) or 0


def newest(of: Installation) -> int:
    """The time in the oldest of the newest cosignatures of each log, in seconds since 1970."""
    with of.world.services.database.reading() as session:
        query = select(func.max(AuditCosignature.time)).group_by(AuditCosignature.log_id)
        return min(session.scalars(query))


def test_two_installations_witness_each_other(pair: tuple[Installation, Installation], tmp_path: Path) -> None:
    north, south = pair
    for log, witness in ((north, south), (south, north)):
        log.act()
        log.round()
        report = verified(
            tmp_path, log, [log.log_key(), witness.witness_key()], max_age=3600, now=log.world.clock.now().timestamp()
        )
        assert report.faults == []
        assert any("(witness, at " in one for one in report.signed_by)
        assert known(witness, log).size == report.size
        accepted = entries(witness, "witness.cosign")
        assert {one["facts"]["verdict"] for one in accepted} == {"cosigned"}
        assert accepted[-1]["ip"] == "127.0.0.1"
        assert accepted[-1]["policies"] == ["service-witnesses"]
        assert entries(log, ASK)[-1]["outcome"] == "done"


def test_a_log_rewritten_and_signed_again_by_its_key_is_refused_and_caught(
    pair: tuple[Installation, Installation], tmp_path: Path
) -> None:
    north, south = pair
    north.act()
    north.round()
    size, _ = north.note()
    note = rewritten(north, size + 2, change=1)
    status, _, body = post(south, write_submission(Submission(size, (b"\x01" * 32,), note)))
    assert (status, body) == (422, b"inconsistent\n")
    row = known(south, north)
    assert row.size == size
    assert row.conflict.startswith(row.origin)
    assert entries(south, "witness.cosign")[-1]["facts"]["verdict"] == "inconsistent"

    forged = tmp_path / "forged.zip"
    _rewrite_and_export(north, forged)
    assert verifier.verify_bundle(forged, [north.log_key()], []).faults == []
    (fault,) = verifier.verify_bundle(forged, [north.log_key(), south.witness_key()], []).faults
    assert "has not cosigned" in fault


def _rewrite_and_export(of: Installation, file: Path) -> None:
    """What the holder of key and database can do: change an entry, sign the new tree, and hand it out."""
    file.write_bytes(of.bundle())
    report = verifier.Report()
    files = verifier.members(file, report)
    data = [bytes(one) for one in verifier.frames(files["entries"])]
    data[0] = data[0].replace(b'"t":1', b'"t":2', 1)
    leaves = [leaf_hash(one) for one in data]
    services = of.world.services
    checkpoint = Checkpoint(of.log_key().partition("+")[0], len(data), range_root((0, len(data)), hashes_of(leaves)))
    note = sign_checkpoint(checkpoint, services.kms.public_key(LOG_KEY), lambda m: services.kms.sign(LOG_KEY, m))
    with file.open("wb") as out:
        write_bundle(out, note, data, [])


def test_fork_at_the_same_size(pair: tuple[Installation, Installation]) -> None:
    north, south = pair
    north.act()
    north.round()
    size, _ = north.note()
    note = rewritten(north, size, change=size - 1)
    status, media, body = post(south, write_submission(Submission(size, (), note)))
    assert (status, media, body) == (409, SIZE_MEDIA, f"{size}\n".encode())
    assert entries(south, "witness.cosign")[-1]["facts"]["verdict"] == "forked"


def test_a_smaller_log_than_seen(pair: tuple[Installation, Installation]) -> None:
    north, south = pair
    north.act()
    north.round()
    size, _ = north.note()
    note = rewritten(north, size - 1, change=0)
    status, media, body = post(south, write_submission(Submission(size - 1, (), note)))
    assert (status, media, body) == (409, SIZE_MEDIA, f"{size}\n".encode())
    assert post(south, write_submission(Submission(size, (), note)))[0] == 400
    assert known(south, north).size == size


def test_a_database_rolled_back_then_grown(pair: tuple[Installation, Installation]) -> None:
    north, south = pair
    for _ in range(3):
        north.act()
    north.round()
    size, _ = north.note()
    note = rewritten(north, size + 5, change=size - 2)
    status, _, _ = post(south, write_submission(Submission(size - 3, (), note)))
    assert status == 409
    assert post(south, write_submission(Submission(size, (b"\x02" * 32,) * 4, note)))[0] == 422
    assert known(south, north).size == size


def test_witness_race_two_requests_in_flight_exactly_one_wins(pair: tuple[Installation, Installation]) -> None:
    north, south = pair
    north.round()
    for witness, log in ((south, north), (north, south)):
        log.round()
        old = known(witness, log).size
        bodies = []
        for _ in range(2):
            log.act()
            log.world.worker._done.pop("checkpoints", None)
            log.world.worker._by_the_clock()
            bodies.append(submission(log, old))
        start, answers = threading.Barrier(2), dict[int, int]()

        def send(
            number: int, start: Any = start, to: Installation = witness, all_: Any = bodies, into: Any = answers
        ) -> None:
            start.wait()
            into[number] = post(to, all_[number])[0]

        threads = [threading.Thread(target=send, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers.values()) == [200, 409]


def test_replay_of_an_old_request(pair: tuple[Installation, Installation]) -> None:
    north, south = pair
    north.round()
    body = submission(north, known(south, north).size)
    north.act()
    north.round()
    size, _ = north.note()
    assert post(south, body)[::2] == (409, f"{size}\n".encode())


def test_replay_of_an_old_cosignature(pair: tuple[Installation, Installation], tmp_path: Path) -> None:
    north, south = pair
    north.act()
    north.round()
    keys = [north.log_key(), south.witness_key()]
    file = tmp_path / "old.zip"
    file.write_bytes(north.bundle())
    now = int(north.world.clock.now().timestamp())
    assert verifier.verify_bundle(file, keys, [], max_age=3600, now=now).faults == []
    (fault,) = verifier.verify_bundle(file, keys, [], max_age=3600, now=now + 8000).faults
    assert "older than" in fault


def test_clock_of_the_witness_set_back(pair: tuple[Installation, Installation]) -> None:
    north, south = pair
    north.act()
    north.round()
    before = known(south, north)
    north.act()
    north.world.worker._done.pop("checkpoints", None)
    north.world.worker._by_the_clock()
    south.world.clock.forward(hours=-2)
    assert post(south, submission(north, before.size))[0] == 503
    assert known(south, north).size == before.size
    south.world.clock.forward(hours=2, seconds=5)
    assert post(south, submission(north, before.size))[0] == 200


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (lambda body: b"old 01" + body[5:], 400),
        (lambda body: body.replace(b"\n\n", b"\n", 1), 400),
        (lambda body: b"", 400),
        (lambda body: b"old 0\n" + b"A" * 44 + b"\n" * 2 + body.partition(b"\n\n")[2], 400),
        (lambda body: body.replace(b"north.test/log/", b"nowhere.test/log/"), 404),
        (lambda body: body[:-9] + b"AAAAAAA=\n", 403),
        (lambda body: body + b"\xe2\x80\x94 x " + b"A" * 70_000 + b"\n", 413),
    ],
)
def test_a_request_that_is_none(
    request: pytest.FixtureRequest, house: tuple[Installation, Installation], spoil: Any, status: int
) -> None:
    north, south = house
    assert post(south, spoil(submission(north, 0)))[0] == status


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[tuple[Installation, Installation]]:
    """A pair that the refusals share; nothing of north is ever cosigned by south."""
    folder = tmp_path_factory.mktemp("pair")
    with (
        served(folder / "north", f"sqlite:///{folder}/north/room.db", seaweed, "north") as north,
        served(folder / "south", f"sqlite:///{folder}/south/room.db", seaweed, "south") as south,
    ):
        south.service("witness.trust", key=north.log_key(), covers="log")
        north.round()
        yield north, south


def test_refused_requests_are_recorded(house: tuple[Installation, Installation]) -> None:
    north, south = house
    post(south, submission(north, 0).replace(b"north.test/log/", b"nowhere.test/log/"))
    last = entries(south, "witness.cosign")[-1]
    assert (last["outcome"], last["code"]) == ("refused", "not-found")


def test_one_address_cannot_flood_the_log(house: tuple[Installation, Installation]) -> None:
    _, south = house
    connection = http.client.HTTPConnection("localhost", south.server.server_port, timeout=30)
    seen = set()
    for _ in range(400):
        connection.request("POST", "/witness/add-checkpoint", b"old 0\n\nx")
        reply = connection.getresponse()
        reply.read()
        seen.add(reply.status)
    assert seen == {400, 429}


def test_witnessing_alone_keeps_nobody_busy(pair: tuple[Installation, Installation]) -> None:
    north, south = pair
    for _ in range(3):
        north.round()
        south.round()
    before = (lines(north), lines(south), newest(north))
    for _ in range(3):
        north.round()
        south.round()
    assert (lines(north), lines(south), newest(north)) == before
    for one in pair:
        one.world.clock.forward(hours=25)
    north.round()
    assert newest(north) > before[2] + 24 * 3600


def test_a_witness_whose_clock_is_wrong_is_not_believed(pair: tuple[Installation, Installation]) -> None:
    north, south = pair
    before = newest(north)
    south.world.clock.forward(days=4)
    north.world.clock.forward(hours=25)
    north.round()
    assert newest(north) == before
    with north.world.services.database.reading() as session:
        errors = set(session.scalars(select(Errand.error).where(Errand.kind == ASK, Errand.done_at.is_(None))))
    assert errors == {"witness-answer-wrong"}
