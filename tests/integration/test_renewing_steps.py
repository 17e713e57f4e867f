"""Renewing a scope with many contents takes many transactions; at every step between, everything opens."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from dataroom.actions import renewing, retiring
from dataroom.actions.context import SERVICE
from dataroom.errors import NotFound
from dataroom.model import Disclosure, Document, KeyScope, Version
from dataroom.vault.keys import renewal_in
from tests.cast import World, simple_pdf
from tests.integration.test_renewing import GONE, acts, content, disposed, scope_of

LINES = 5


@pytest.fixture
def lines(world: World, monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Versions in one scope that takes three steps to renew."""
    monkeypatch.setattr(renewing, "BATCH", 2)
    return [world.ready(data=simple_pdf([f"Chart {n}"])).version for n in range(LINES)]


def step(world: World, name: str, version: uuid.UUID) -> KeyScope:
    """One step of a renewal; the scope after it."""
    world.gate.perform(SERVICE, name, scope_of(world, version).id, {})
    return scope_of(world, version)


def under_way(world: World, scope: KeyScope) -> bool:
    """Whether the scope's blob tells of a renewal."""
    return renewal_in(world.services.kms.unwrap(scope.kms_key, scope.kek_blob or b"")) is not None


def test_everything_opens_at_every_step(world: World, lines: list[uuid.UUID]) -> None:
    before, contents = scope_of(world, lines[0]), [content(world, version) for version in lines]
    amidst = step(world, "scope.rekey", lines[0])
    assert (amidst.epoch, under_way(world, amidst)) == (before.epoch, True)
    assert [content(world, version) for version in lines] == contents
    late = world.ready(data=simple_pdf(["Late."])).version
    assert content(world, late) == simple_pdf(["Late."])
    world.worker.drain()
    after = scope_of(world, lines[0])
    assert (after.epoch, under_way(world, after)) == (before.epoch + 1, False)
    assert [content(world, version) for version in lines] == contents
    assert content(world, late) == simple_pdf(["Late."])
    assert len(acts(world, "scope.rekey")) >= LINES // renewing.BATCH


def test_what_a_backup_from_amidst_holds_is_closed_too(world: World, lines: list[uuid.UUID]) -> None:
    disposed(world)
    before = scope_of(world, lines[0])
    amidst = step(world, "scope.shred", lines[0])
    assert under_way(world, amidst)
    world.worker.drain()
    after = scope_of(world, lines[0])
    assert (after.epoch, after.stale_at, under_way(world, after)) == (before.epoch + 1, None, False)
    for blob in (before.kek_blob, amidst.kek_blob):
        with pytest.raises(GONE):
            world.services.kms.unwrap(before.kms_key, blob or b"")
    assert all(content(world, version) for version in lines)


def test_what_is_destroyed_amidst_waits_for_the_next_shredding(world: World, lines: list[uuid.UUID]) -> None:
    disposed(world)
    assert step(world, "scope.shred", lines[0]).stale_at is None
    disposed(world)
    world.worker.drain()
    assert scope_of(world, lines[0]).stale_at is not None


def test_shredding_waits_until_a_renewal_under_way_is_over(world: World, lines: list[uuid.UUID]) -> None:
    before = step(world, "scope.rekey", lines[0])
    disposed(world)
    step(world, "scope.shred", lines[0])
    world.worker.drain()
    after = scope_of(world, lines[0])
    assert (after.epoch, after.stale_at, under_way(world, after)) == (before.epoch + 2, None, False)
    assert all(content(world, version) for version in lines)
    with pytest.raises(GONE):
        world.services.kms.unwrap(before.kms_key, before.kek_blob or b"")


def test_the_key_service_may_get_a_new_version_amidst(world: World, lines: list[uuid.UUID]) -> None:
    step(world, "scope.rekey", lines[0])
    assert under_way(world, step(world, "scope.rewrap", lines[0]))
    assert all(content(world, version) for version in lines)
    world.worker.drain()
    assert not under_way(world, scope_of(world, lines[0]))
    assert all(content(world, version) for version in lines)


def test_a_retired_scope_ends_in_steps_and_a_hold_keeps_the_rest(
    fresh_world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retiring, "BATCH", 2)
    world = fresh_world()
    lines = [world.ready(data=simple_pdf([f"Chart {n}"])).version for n in range(LINES)]
    with world.services.database.reading() as session:
        documents = {one: session.get_one(Version, one).document_id for one in lines}
    scope = scope_of(world, lines[0])
    world.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": "The company leaves the matter.", "days": 0})
    world.gate.perform(SERVICE, "scope.destroy", scope.id, {})
    with world.services.database.reading() as session:
        left = [one for one in lines if session.get_one(Version, one).wrapped_dek is not None]
    assert (len(left), scope_of(world, left[0]).state) == (LINES - 2, "shredding")
    hold = world.do("cleo", "hold.place", documents[left[0]], kind="litigation", reason="An action is expected.").id
    with pytest.raises(NotFound):
        world.gate.perform(SERVICE, "scope.destroy", scope.id, {})
    world.do("cleo", "hold.release", hold, reason="The action was settled.")
    world.worker.drain()
    assert scope_of(world, left[0]).state == "tombstone"
    with world.services.database.reading() as session:
        states = {session.get_one(Document, one).state for one in documents.values()}
        keys = {session.get_one(Version, one).wrapped_dek for one in lines}
    assert (states, keys, len(acts(world, "scope.destroy"))) == ({"disposed"}, {None}, 4)
    assert not world.services.kms.exists(scope.kms_key)


def test_a_destroyed_scope_takes_what_was_disclosed_of_it_along(fresh_world: Callable[[], World]) -> None:
    """The service destroys a document that is still disclosed; the disclosure ends, and nobody ended it by hand."""
    world = fresh_world()
    line = world.published()
    given = world.disclosed(line.version)
    scope = scope_of(world, line.version)
    world.gate.perform(SERVICE, "scope.retire", scope.id, {"reason": "They leave the joint enforcement.", "days": 0})
    world.gate.perform(SERVICE, "scope.destroy", scope.id, {})
    with world.services.database.reading() as session:
        assert session.get_one(KeyScope, scope.id).state == "tombstone"
        assert session.get_one(Document, line.document).state == "disposed"
        ended = session.get_one(Disclosure, given)
        assert (ended.withdrawn_at is not None, ended.withdrawn_by) == (True, None)
