"""Renewing keys: nothing that must survive is lost, nothing that was destroyed comes back, whatever is restored."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dataroom.actions import renewing
from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.actions.sealing import open_version
from dataroom.app import build
from dataroom.errors import Conflict, KeyDestroyed, NotFound, Tampered, Unavailable
from dataroom.jobs.worker import Worker
from dataroom.model import AuditEntry, Document, Errand, KeyScope, Version
from tests.cast import World, make_config, make_world, simple_pdf
from tests.openbao import Bao, openbao
from tests.parts import Seaweed

__all__ = ["openbao"]

REASON = "The retention period of these charts has ended."
LEAVING = "Borealis leaves the joint enforcement."
GONE = (KeyDestroyed, Tampered)


def scopes(world: World) -> dict[tuple[uuid.UUID, int], KeyScope]:
    """The scopes as the database has them, by owner and tier."""
    with world.services.database.reading() as session:
        return {(row.organisation_id, row.tier): row for row in session.scalars(select(KeyScope))}


def scope_of(world: World, version: uuid.UUID) -> KeyScope:
    """The scope of a version."""
    with world.services.database.reading() as session:
        return session.get_one(KeyScope, session.get_one(Version, version).scope_id)


def content(world: World, version: uuid.UUID) -> bytes:
    """The plain bytes of a version, opened with what database, store and key service hold now."""
    with world.services.database.reading() as session:
        opened = open_version(world.services, session, session.get_one(Version, version))
    return b"".join(opened.stream(world.services))


def order(world: World, name: str, **params: Any) -> int:
    """Orders a renewal and has the worker do it; returns how many errands that took."""
    world.gate.perform(SERVICE, name, None, params)
    return world.worker.drain()


def disposed(world: World) -> Any:
    """A document that was disposed of, its bytes still in the store."""
    line = world.due()
    made = world.do("ada", "disposal.propose", line.document, reason=REASON).id
    world.do("bram", "disposal.approve", made)
    world.do("cleo", "disposal.approve", made)
    world.do("carl", "disposal.execute", made)
    return line


def acts(world: World, name: str) -> list[str]:
    """The outcomes of an action in the logs."""
    with world.services.database.reading() as session:
        return list(session.scalars(select(AuditEntry.outcome).where(AuditEntry.act == name)))


def test_rotating_the_key_service_keeps_every_content(world: World) -> None:
    lines = [world.ready(data=simple_pdf([f"Chart {n}"])) for n in range(3)]
    before, contents = scope_of(world, lines[0].version), [content(world, line.version) for line in lines]
    assert order(world, "key.rotate", keys="kms") == len(scopes(world)) + 1, "one errand a scope, one for people's keys"
    after = scope_of(world, lines[0].version)
    assert (after.epoch, after.kek_blob == before.kek_blob) == (before.epoch, False)
    assert [content(world, line.version) for line in lines] == contents


def test_rotating_scope_keys_keeps_every_content(world: World) -> None:
    lines = [world.ready(data=simple_pdf([f"Chart {n}"])) for n in range(3)]
    before, contents = scope_of(world, lines[0].version), [content(world, line.version) for line in lines]
    objects = {item.key: item.version_id for item in world.services.store.listing("objects/")}
    order(world, "key.rotate", keys="keks", scope=before.id)
    after = scope_of(world, lines[0].version)
    assert after.epoch == before.epoch + 1
    assert [content(world, line.version) for line in lines] == contents
    assert {item.key: item.version_id for item in world.services.store.listing("objects/")} == objects
    with world.services.database.reading() as session:
        epochs = set(session.scalars(select(Version.scope_epoch).where(Version.scope_id == before.id)))
    assert epochs == {after.epoch}


def test_an_order_is_not_owed_twice(world: World) -> None:
    world.ready()
    world.worker.drain()
    for _ in range(3):
        world.gate.perform(SERVICE, "key.rotate", None, {"keys": "keks"})
    assert world.worker.drain() == len(scopes(world))


def test_an_unknown_scope_is_not_rotated(world: World) -> None:
    with pytest.raises(KeyDestroyed):
        world.gate.perform(SERVICE, "key.rotate", None, {"keys": "kms", "scope": uuid.uuid4()})


def test_only_the_service_renews(world: World) -> None:
    scope = scope_of(world, world.ready().version)
    for who in ("ada", "cleo", "pia"):
        for name in ("scope.rewrap", "scope.shred", "scope.trim", "scope.retire", "scope.destroy", "scope.forget"):
            with pytest.raises(NotFound):
                world.gate.perform(world.people[who], name, scope.id, {"reason": LEAVING} if "retire" in name else {})
        with pytest.raises(NotFound):
            world.gate.perform(world.people[who], "key.shred", None, {})


def test_an_upload_under_way_while_its_key_is_renewed_can_be_opened(world: World) -> None:
    """The key an upload began with may be shredded before its row is written."""
    first = world.ready(data=simple_pdf(["First."]))
    data, world_ = simple_pdf(["Under way."]), world

    class Slow:
        """A stream that has the scope shredded before its last bytes."""

        def __init__(self) -> None:
            self.left = [data[:-10], data[-10:]]

        def read(self, size: int = -1) -> bytes:
            if len(self.left) == 1:
                scope = scope_of(world_, first.version)
                world_.gate.perform(SERVICE, "scope.shred", scope.id, {})
                world_.worker.drain("scope.trim")
            if not self.left:
                return b""
            head, rest = self.left[0][:size], self.left[0][size:]
            self.left = ([rest] if rest else []) + self.left[1:]
            return head

    params = {"path": "slow.pdf", "length": len(data), "tier": 2, "category": "claim-chart", "schedule": "work-product"}
    line = world.gate.perform(world.people["ada"], "document.upload", world.matter, params, Slow())
    assert content(world, line.version) == data
    assert content(world, first.version)


def test_two_renewals_at_once_leave_one_that_opens(world: World) -> None:
    line = world.ready()
    scope, before = scope_of(world, line.version), content(world, line.version)
    met, failed = threading.Barrier(4), []

    def renew(name: str) -> None:
        met.wait()
        try:
            world.gate.perform(SERVICE, name, scope.id, {})
        except Unavailable:
            failed.append(name)

    threads = [threading.Thread(target=renew, args=(f"scope.{n}",)) for n in ("shred", "rekey", "shred", "rewrap")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.worker.drain()
    assert len(failed) < 4
    assert content(world, line.version) == before
    order(world, "key.shred")
    assert content(world, line.version) == before


def test_shredding_is_owed_after_a_disposal_and_only_then(world: World) -> None:
    kept, line = world.ready(), disposed(world)
    world.worker.drain()
    order(world, "key.shred")
    assert scope_of(world, line.version).stale_at is None
    scope = scope_of(world, kept.version)
    order(world, "key.shred")
    assert scope_of(world, kept.version).epoch == scope.epoch
    again = disposed(world)
    assert scope_of(world, again.version).stale_at is not None
    order(world, "key.shred")
    assert content(world, kept.version)
    assert "done" in acts(world, "scope.trim")


def test_a_lowered_document_is_shredded_where_it_was(world: World) -> None:
    """A backup holds its key under the scope it left, so that one goes stale too."""
    line = world.ready(tier=3)
    left = scope_of(world, line.version)
    world.do("ada", "document.classify", line.document, tier=2, category="claim-chart", schedule="work-product")
    assert scope_of(world, line.version).id != left.id
    (row,) = [scope for scope in scopes(world).values() if scope.id == left.id]
    assert row.stale_at is not None
    order(world, "key.shred")
    assert content(world, line.version)


def test_the_worker_shreds_in_the_night_and_not_before(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    line = disposed(world)
    kept = world.ready()
    epoch = scope_of(world, kept.version).epoch
    worker = Worker(
        replace(world.services, config=replace(world.config, shred_hour=world.clock.now().hour)), world.gate
    )
    while worker.once():
        pass
    assert scope_of(world, kept.version).epoch == epoch
    world.clock.forward(hours=24)
    while worker.once():
        pass
    assert scope_of(world, kept.version).epoch == epoch + 1
    assert acts(world, "scope.trim") == ["done"]
    world.clock.forward(hours=24)
    while worker.once():
        pass
    assert scope_of(world, kept.version).epoch == epoch + 1
    assert content(world, kept.version)
    with pytest.raises(KeyDestroyed):
        content(world, line.version)


def test_nothing_is_trimmed_while_a_survivor_does_not_open(world: World) -> None:
    line = world.ready()
    scope = scope_of(world, line.version)
    old = scope.kek_blob or b""
    world.gate.perform(SERVICE, "scope.shred", scope.id, {})
    with world.services.database.writing() as session:
        row = session.get_one(Version, line.version)
        good, row.wrapped_dek = row.wrapped_dek, bytes(104)
    with pytest.raises(Tampered):
        world.gate.perform(SERVICE, "scope.trim", scope.id, {})
    assert len(world.services.kms.unwrap(scope.kms_key, old)) == 32
    with world.services.database.writing() as session:
        session.get_one(Version, line.version).wrapped_dek = good
    world.clock.forward(hours=1)
    world.worker.drain()
    with pytest.raises(GONE):
        world.services.kms.unwrap(scope.kms_key, old)
    assert content(world, line.version)


def test_a_damaged_row_stops_its_scope_alone(world: World) -> None:
    """Nothing is renewed over a key that does not open: somebody has to look."""
    line = world.ready()
    scope = scope_of(world, line.version)
    with world.services.database.writing() as session:
        row = session.get_one(Version, line.version)
        good, row.wrapped_dek = row.wrapped_dek, bytes(104)
    with pytest.raises(Tampered):
        world.gate.perform(SERVICE, "scope.rekey", scope.id, {})
    assert scope_of(world, line.version).epoch == scope.epoch
    with world.services.database.writing() as session:
        session.get_one(Version, line.version).wrapped_dek = good
    assert content(world, line.version)


@pytest.fixture(params=["keyring", "openbao"])
def house(request: pytest.FixtureRequest, tmp_path: Path, seaweed: Seaweed) -> Iterator[World]:
    """A house on SQLite whose keys lie in a keyring or in a real OpenBao."""
    config = make_config(tmp_path, f"sqlite:///{tmp_path}/room.db", seaweed)
    if request.param == "openbao":
        bao: Bao = request.getfixturevalue("openbao")
        given = {"kms": "openbao", "kms_address": bao.address, "kms_token": bao.token, "kms_mount": bao.mount()}
        config = replace(config, **given)
    made = make_world(config)
    yield made
    made.close()


def copied(world: World, name: str) -> Path:
    """A consistent copy of the house's SQLite database."""
    target = Path(world.config.keyring_file).with_name(name)
    place = world.config.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(place) as source, sqlite3.connect(target) as out:
        source.backup(out)
    return target


def restored(world: World, copy: Path) -> World:
    """A second house on a copy of the database, with the bucket and the key service of today and no keys in memory."""
    place = copy.with_suffix(".restored.db")
    shutil.copy(copy, place)
    services = build(replace(world.config, database_url=f"sqlite:///{place}"), world.clock)
    gate = Gate(services)
    return replace(world, services=services, gate=gate, worker=Worker(services, gate))


def test_an_older_database_does_not_bring_back_what_was_disposed_of(house: World) -> None:
    kept, other = house.ready(data=simple_pdf(["Kept."])), house.ready(tier=3, data=simple_pdf(["Another scope."]))
    before = {line.version: content(house, line.version) for line in (kept, other)}
    line = house.due(data=simple_pdf(["The secret."]))
    secret = content(house, line.version)
    assert secret
    old = copied(house, "old.db")
    made = house.do("ada", "disposal.propose", line.document, reason=REASON).id
    house.do("bram", "disposal.approve", made)
    house.do("cleo", "disposal.approve", made)
    house.do("carl", "disposal.execute", made)
    asked = restored(house, old)
    assert content(asked, line.version) == secret, "before the shredding an old database and a kept object do open"
    asked.close()
    order(house, "key.shred")
    new = copied(house, "new.db")
    for copy, survives in ((new, True), (old, False)):
        there = restored(house, copy)
        with pytest.raises(GONE):
            content(there, line.version)
        assert content(there, other.version) == before[other.version]
        if survives:
            assert content(there, kept.version) == before[kept.version]
        else:
            with pytest.raises(GONE):
                content(there, kept.version)
        there.close()


def test_a_retired_organisation_can_be_restored_until_it_is_destroyed(house: World) -> None:
    mine, theirs = house.ready(), house.ready("bodil", data=simple_pdf(["Borealis's own."]))
    plain = content(house, theirs.version)
    scope = scope_of(house, theirs.version)
    old = copied(house, "old.db")
    house.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": LEAVING, "days": 14})
    for _ in range(2):
        with pytest.raises(KeyDestroyed):
            content(house, theirs.version)
        house.worker.drain()
    assert not house.services.kms.exists(scope.kms_key)
    house.gate.perform(SERVICE, "scope.restore", scope.id, {})
    assert content(house, theirs.version) == plain
    house.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": LEAVING, "days": 14})
    house.clock.forward(days=13)
    order(house, "key.shred")
    with pytest.raises(NotFound):
        house.gate.perform(SERVICE, "scope.destroy", scope.id, {})
    house.clock.forward(days=2)
    order(house, "key.shred")
    row = scope_of(house, theirs.version)
    assert (row.state, row.kek_blob) == ("tombstone", None)
    with house.services.database.reading() as session:
        assert session.get_one(Document, theirs.document).state == "disposed"
        assert session.get_one(Version, theirs.version).wrapped_dek is None
    with pytest.raises(NotFound):
        house.gate.perform(SERVICE, "scope.restore", scope.id, {})
    there = restored(house, old)
    with pytest.raises(KeyDestroyed):
        content(there, theirs.version)
    assert content(there, mine.version) == content(house, mine.version)
    there.close()


def test_a_tombstone_is_never_made_anew(house: World) -> None:
    line = house.ready("bodil")
    scope = scope_of(house, line.version)
    house.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": LEAVING, "days": 0})
    order(house, "key.shred")
    house.worker.drain()
    with pytest.raises(KeyDestroyed):
        house.ready("bodil", data=simple_pdf(["More of the same tier."]))
    with pytest.raises(KeyDestroyed):
        house.services.kms.create(scope.kms_key)
    assert house.ready("bodil", tier=3, data=simple_pdf(["Another tier."]))


def test_a_hold_keeps_its_scope(house: World) -> None:
    line = house.ready("bodil")
    scope = scope_of(house, line.version)
    house.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": LEAVING, "days": 0})
    hold = house.do("corin", "hold.place", line.document, kind="litigation", reason="Action before the court.").id
    order(house, "key.shred")
    assert scope_of(house, line.version).state == "shredding"
    house.gate.perform(SERVICE, "scope.restore", scope.id, {})
    assert content(house, line.version)
    with pytest.raises(NotFound):
        house.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": LEAVING, "days": 0})
    house.do("corin", "hold.release", hold, reason="The action was settled out of court.")
    house.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": LEAVING, "days": 0})
    order(house, "key.shred")
    assert scope_of(house, line.version).state == "tombstone"


def test_a_key_service_that_is_away_changes_nothing(house: World, monkeypatch: pytest.MonkeyPatch) -> None:
    line = house.ready()
    scope = scope_of(house, line.version)

    def away(*_given: object) -> bytes:
        raise Unavailable("away")

    for method in ("rotate", "wrap", "unwrap", "trim"):
        monkeypatch.setattr(type(house.services.kms), method, away)
        with pytest.raises(Unavailable):
            house.gate.perform(SERVICE, "scope.trim" if method == "trim" else "scope.shred", scope.id, {})
        monkeypatch.undo()
        assert content(house, line.version)
    order(house, "key.shred")
    assert content(house, line.version)


def test_is_due_asks_for_what_is_older(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    start = world.clock.now()
    disposed(world)
    assert not renewing.is_due(world.services, start)
    assert renewing.is_due(world.services, world.clock.now())


def test_an_errand_that_lost_its_scope_is_over(house: World) -> None:
    line = house.ready()
    scope = scope_of(house, line.version)
    house.gate.perform(SERVICE, "scope.shred", scope.id, {})
    house.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": LEAVING, "days": 0})
    house.worker.drain()
    with house.services.database.reading() as session:
        left = session.scalars(select(Errand.kind).where(Errand.done_at.is_(None))).all()
    assert left == []


def test_conflict_is_not_raised_for_a_missing_blob() -> None:
    assert not issubclass(Conflict, KeyDestroyed)
