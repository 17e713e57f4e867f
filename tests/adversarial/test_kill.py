"""SIGKILL at the worst moments: after a restart nothing is half done, and the audit log is whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest
from sqlalchemy import select

from dataroom.actions.personal import openings
from dataroom.actions.sealing import PREFIX
from dataroom.audit.entry import name_of, value_of
from dataroom.model import AuditEntry, Certificate, Disposal, Document, Errand, Redaction, Version
from tests.adversarial.house import House, check_sound, closing, entries_of, house_on, remove, short_folder
from tests.cast import simple_pdf
from tests.parts import Database, Seaweed

MARK = {"page": 1, "box": (60, 600, 540, 800), "kind": "box", "code": "TS", "rationale": "Names the licensed line."}
REASON = "The retention period of these charts has ended."
LOST = 60
TOUR = "A long tour through the claims, paragraph {} of many, with the Lumen panel in it."


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, seaweed: Seaweed) -> Iterator[House]:
    """A house on each database; sweeps take everything that no row names, however fresh."""
    folder = short_folder()
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/room.db"
    else:
        postgres: Database = request.getfixturevalue("postgres")
        url = postgres.migrated()
    with house_on(url, seaweed, folder, sweep_age=0) as made:
        yield made
    remove(folder)


@pytest.fixture
def serving(house: House) -> Iterator[House]:
    """The house with its web service up and no worker."""
    if house.web is None:
        house.start_web()
    yield house
    house.kill_worker()
    house.worker = None


def restarted(house: House) -> None:
    """Both processes are up again and have nothing left to do; then the worker rests."""
    if house.web is None:
        house.start_web()
    house.start_worker()
    house.wait(house.idle, "errands are left")
    house.kill_worker()


def test_web_dies_in_the_middle_of_uploads(serving: House) -> None:
    house, size = serving, 40 * 1024 * 1024
    before = house.ask("ada", "GET", f"/matters/{house.world.matter}/documents", limit="100").json["total"]
    data = simple_pdf(["An upload that breaks off."])
    connections = [house.begin_upload("ada", size, f"broken/{number}.pdf") for number in range(2)]
    for connection in connections:
        connection.send(data)
        for _ in range(24):
            connection.send(random.randbytes(1024 * 1024))
    house.wait(lambda: unfinished(house) > 0, "no upload reached the store")
    house.kill_web()
    for connection in connections:
        connection.close()
    restarted(house)
    check_sound(house)
    assert unfinished(house) == 0
    after = house.ask("ada", "GET", f"/matters/{house.world.matter}/documents", limit="100").json["total"]
    assert after == before
    line = house.upload("ada", data, "after/whole.pdf")
    assert line["outcome"] == "stored"
    check_sound(house)


def test_web_dies_between_the_bytes_and_the_row(serving: House) -> None:
    house, data = serving, simple_pdf(["Stored, but never named by a row."])
    with closing(house.begin_upload("ada", len(data), "broken/late.pdf")) as connection:
        stored = len(objects(house))
        with house.frozen():
            connection.send(data)
            house.wait(lambda: len(objects(house)) > stored, "the object did not arrive")
            house.kill_web()
    restarted(house)
    assert len(objects(house)) == stored + 1
    check_sound(house)
    assert len(objects(house)) == stored


def test_the_worker_dies_while_it_applies_a_redaction(serving: House) -> None:
    house = serving
    line = house.upload("ada", simple_pdf([TOUR.format(number) for number in range(60)]), "charts/long.pdf")
    started = house.ask(
        "ada",
        "POST",
        f"/versions/{line['version']}/redactions",
        {"title": "For partners", "tier": 1, "category": "claim-chart"},
    ).json["id"]
    house.ask("ada", "POST", f"/redactions/{started}/marks", {"marks": [MARK]})
    assert house.ask("ada", "POST", f"/redactions/{started}/submission").status == 200
    for _ in range(2):
        house.start_worker()
        house.wait(lambda: in_hand(house) == 1, "the worker did not begin")
        time.sleep(0.4)
        house.kill_worker()
        assert house.row(Redaction, started).state == "applying"
    restarted(house)
    assert house.row(Redaction, started).state == "in_review"
    assert entries_of(house.world, "redaction.apply", started) == ["done"]
    with house.world.services.database.reading() as session:
        copies = select(Version).where(Version.redaction_id == uuid.UUID(started))
        assert [copy.state for copy in session.scalars(copies)] == ["candidate"]
    check_sound(house)


def approved_disposal(house: House, documents: int) -> tuple[str, list[Any]]:
    """A disposal of some documents that awaits execution; returns its id and the manifest lines."""
    world = house.world
    lines = [world.due(path=f"old/{number}.pdf") for number in range(documents)]
    also = [line.document for line in lines[1:]]
    made = world.do("ada", "disposal.propose", lines[0].document, reason=REASON, also=also).id
    world.do("bram", "disposal.approve", made)
    world.do("cleo", "disposal.approve", made)
    return str(made), lines


def execute_and_forget(house: House, disposal: str) -> HTTPConnection:
    """Sends the execution without waiting for its answer."""
    connection = house.connection()
    headers = {"Authorization": f"Bearer {house.token('carl')}"}
    connection.request("POST", f"/api/v1/disposals/{disposal}/execution", headers=headers)
    return connection


def check_all_or_nothing(house: House, disposal: str, lines: list[Any]) -> bool:
    """The disposal is wholly done, or nothing of it is; returns which."""
    done = house.row(Disposal, disposal).state == "done"
    with house.world.services.database.reading() as session:
        certificates = list(
            session.scalars(select(Certificate.id).where(Certificate.disposal_id == uuid.UUID(disposal)))
        )
        versions = [session.get_one(Version, line.version) for line in lines]
        documents = [session.get_one(Document, line.document) for line in lines]
    assert len(certificates) == int(done)
    assert {version.wrapped_dek is None for version in versions} == {done}
    assert {document.state == "disposed" for document in documents} == {done}
    assert entries_of(house.world, "disposal.execute", disposal).count("done") == int(done)
    return done


def test_web_dies_while_a_disposal_waits_for_its_turn(serving: House) -> None:
    house = serving
    disposal, lines = approved_disposal(house, 2)
    house.token("carl")
    with house.frozen():
        connection = execute_and_forget(house, disposal)
        time.sleep(0.5)
        house.kill_web()
        connection.close()
    assert not check_all_or_nothing(house, disposal, lines)
    restarted(house)
    assert house.ask("carl", "POST", f"/disposals/{disposal}/execution").status == 200
    assert check_all_or_nothing(house, disposal, lines)


def test_web_dies_at_any_moment_of_a_disposal(serving: House) -> None:
    house, dice, outcomes = serving, random.Random(7), []
    for _ in range(3):
        disposal, lines = approved_disposal(house, 3)
        house.ask("carl", "GET", f"/disposals/{disposal}")
        connection = execute_and_forget(house, disposal)
        time.sleep(dice.uniform(0.0, 0.15))
        house.kill_web()
        connection.close()
        outcomes.append(check_all_or_nothing(house, disposal, lines))
        house.start_web()
        if not outcomes[-1]:
            assert house.ask("carl", "POST", f"/disposals/{disposal}/execution").status == 200
            assert check_all_or_nothing(house, disposal, lines)
    restarted(house)
    check_sound(house)


def test_the_worker_dies_between_the_keys_and_the_bytes(serving: House) -> None:
    house = serving
    disposal, lines = approved_disposal(house, 4)
    assert house.ask("carl", "POST", f"/disposals/{disposal}/execution").status == 200
    keys = {house.row(Version, line.version).object_key for line in lines}
    assert keys <= set(objects(house))
    house.start_worker()
    house.wait(lambda: not keys <= set(objects(house)), "nothing was erased")
    with house.frozen():
        house.kill_worker()
    for line in lines:
        assert house.ask("ada", "GET", f"/versions/{line.version}/file").status in {403, 404, 410}
    restarted(house)
    assert not keys & set(objects(house))
    for line in lines:
        assert "done" in entries_of(house.world, "version.erase", line.version)
    check_sound(house)


def test_a_sweep_killed_midway_loses_nothing_and_is_run_again(house: House) -> None:
    world, kills = house.world, 0
    for number in range(2):
        world.ready(path=f"kept/{number}.pdf")
    kept = sorted(objects(house))
    for number in range(LOST):
        world.services.store.put_stream(f"{PREFIX}lost-{number:03d}", iter([b"left by a broken upload"]))
    while kills < 2:
        before = len(objects(house))
        with sweeping(house) as child:
            while len(objects(house)) == before:
                assert child.poll() is None, "nothing is swept"
            child.send_signal(signal.SIGKILL)
        kills += 1
        assert set(kept) < set(objects(house)), "something is left of the orphans, and everything else"
    with sweeping(house) as child:
        assert child.wait() == 0
    assert sorted(objects(house)) == kept
    assert entries_of(world, "upload.sweep").count("done") >= kills + 1
    named = swept(house)
    assert {f"{PREFIX}lost-{number:03d}" for number in range(LOST)} <= named
    assert not named & set(kept)
    check_sound(house)


@contextmanager
def sweeping(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """A process that removes orphans; it is gone at the end."""
    words = [sys.executable, "-m", "dataroom", "sweep", "--remove", "--share", "100", "--at-most", "1000"]
    with (
        open(house.folder / "sweep.log", "ab") as out,
        subprocess.Popen(words, cwd=house.folder, env=house.environment, stdout=out, stderr=out) as child,
    ):
        yield child


def swept(house: House) -> set[str]:
    """The objects that entries of sweeps name as removed."""
    found: set[str] = set()
    with house.world.services.database.reading() as session:
        query = select(AuditEntry.log_id, AuditEntry.seq).where(AuditEntry.act == "upload.sweep")
        for log, seq in session.execute(query):
            for text in openings(house.world.services, session, log, [seq]).get(seq, []):
                if name_of(text) == "facts":
                    facts: Any = value_of(text)
                    found |= {one["object"] for one in facts.get("removed", [])}
    return found


def objects(house: House) -> list[str]:
    """The keys in the store."""
    return [item.key for item in house.world.services.store.listing("objects/")]


def unfinished(house: House) -> int:
    """How many uploads the store holds parts of."""
    store: Any = house.world.services.store
    reply = store._s3.list_multipart_uploads(Bucket=house.world.config.s3_bucket)
    return len(reply.get("Uploads", []))


def in_hand(house: House) -> int:
    """How many errands a worker has taken."""
    now = house.world.clock.now()
    with house.world.services.database.reading() as session:
        query = select(Errand.id).where(Errand.done_at.is_(None), Errand.taken_until > now)
        return len(list(session.scalars(query)))
