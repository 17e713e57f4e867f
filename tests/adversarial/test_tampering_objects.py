"""Any byte of an object that is changed past the service is noticed by the check, and named; readers get none of it."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import update

from dataroom.actions.checks.findings import Finding
from dataroom.actions.checks.run import deep, shallow
from dataroom.actions.context import SERVICE
from dataroom.actions.sealing import open_version
from dataroom.errors import Tampered
from dataroom.model import Version
from dataroom.vault.store import Missing, Stored
from tests.cast import World, make_config, make_world, simple_pdf
from tests.parts import Seaweed, migrated_sqlite

CONTENT = simple_pdf(["x" * 60] * 60) + b"%" * 20_000


def flipped(data: bytes, at: int) -> bytes:
    """The data with one bit turned over."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGE: dict[str, tuple[set[str], Callable[[bytes, bytes], bytes]]] = {
    "salt": ({"header"}, lambda own, _: flipped(own, 0)),
    "commitment": ({"header"}, lambda own, _: flipped(own, 30)),
    "chunk": ({"ciphertext"}, lambda own, _: flipped(own, 56 + 100)),
    "tag of a chunk": ({"ciphertext"}, lambda own, _: flipped(own, 56 + 16_384 + 3)),
    "second chunk": ({"ciphertext"}, lambda own, _: flipped(own, 56 + 16_400 + 5)),
    "last byte": ({"ciphertext"}, lambda own, _: flipped(own, len(own) - 1)),
    "chunks swapped": ({"ciphertext"}, lambda own, _: own[:56] + own[16_456:32_856] + own[56:16_456] + own[32_856:]),
    "cut": ({"ciphertext", "object-length"}, lambda own, _: own[:-1]),
    "last chunk gone": ({"ciphertext", "object-length"}, lambda own, _: own[: 56 + 16_400]),
    "nothing left": ({"ciphertext", "object-length"}, lambda own, _: b""),
    "grown": ({"ciphertext", "object-length"}, lambda own, _: own + b"x"),
    "another object": ({"header"}, lambda _, other: other),
}
"""What is done to an object, given its bytes and another's, and what the deep check says then."""


@dataclass
class Attacked:
    """One object: its row, its bytes as sealed, the version made of the damage, and what was seen at each stage."""

    row: Version
    own: bytes
    damaged: str = ""
    seen: dict[str, Any] = field(default_factory=dict)


def stored(world: World, version: uuid.UUID) -> Attacked:
    """A version's row with the bytes of its object."""
    with world.services.database.reading() as session:
        row = session.get_one(Version, version)
        session.expunge_all()
    where = Stored(row.object_key, row.object_version, row.object_length)
    return Attacked(row, b"".join(world.services.store.read_stream(where)))


def repointed(world: World, version: uuid.UUID, **values: Any) -> None:
    """Lets a row name another stored version."""
    with world.services.database.writing() as session:
        session.execute(update(Version).where(Version.id == version).values(**values))


def read(world: World, version: uuid.UUID) -> bytes | type[Exception]:
    """What a reader gets, or how they are refused."""
    try:
        with world.services.database.reading() as session:
            opened = open_version(world.services, session, session.get_one(Version, version))
        return b"".join(opened.stream(world.services))
    except (Tampered, Missing) as error:
        return type(error)


def look(world: World) -> list[Finding]:
    """What the shallow check tells."""
    return shallow(world.services, None, lambda _text: None).findings


def look_inside(world: World) -> list[Finding]:
    """What the deep check tells."""
    return deep(world.services, None, lambda _text: None).findings


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[World]:
    """A house with one matter."""
    folder = tmp_path_factory.mktemp("objects")
    made = make_world(make_config(folder, migrated_sqlite(folder), seaweed))
    yield made
    made.close()


@pytest.fixture(scope="module")
def attacked(world: World) -> Iterator[dict[str, Attacked]]:
    """One object for each kind of damage, attacked at once, with what the checks and readers saw at each stage."""
    store = world.services.store
    lines = {name: world.upload(data=CONTENT, path=f"{name}.pdf") for name in DAMAGE}
    found = {name: stored(world, line.version) for name, line in lines.items()}
    other = stored(world, world.upload(data=CONTENT, path="other.pdf").version)

    def note(stage: str, findings: list[Finding], reading: bool) -> None:
        for one in found.values():
            one.seen[stage] = {f.kind for f in findings if f.id == f"version {one.row.id}"}
            if reading:
                one.seen[f"{stage}, read"] = read(world, one.row.id)
        strange = {f.id for f in findings} - {f"version {one.row.id}" for one in found.values()}
        assert not strange, stage

    for name, one in found.items():
        one.damaged = store.put_stream(one.row.object_key, iter([DAMAGE[name][1](one.own, other.own)])).version_id
    note("laid over", look(world), True)
    for one in found.values():
        repointed(world, one.row.id, object_version=one.damaged)
    note("named by the row", look_inside(world), True)
    for one in found.values():
        repointed(world, one.row.id, object_version=one.row.object_version)
        store.put_stream(one.row.object_key, iter([one.own]))
    note("old version put back on top", look(world), True)
    for one in found.values():
        store.erase(one.row.object_key)
    note("erased", look(world), True)
    for one in found.values():
        one.damaged = store.put_stream(one.row.object_key, iter([one.own])).version_id
    note("same bytes in another version", look(world), True)
    for one in found.values():
        repointed(world, one.row.id, object_version=one.damaged)
    note("mended", look_inside(world), True)
    yield found
    for one in found.values():
        repointed(world, one.row.id, object_version=one.damaged)


@pytest.mark.parametrize("region", list(DAMAGE))
def test_each_region_of_an_object_is_vouched_for(attacked: dict[str, Attacked], region: str) -> None:
    seen = attacked[region].seen
    assert seen["laid over"] == {"object-touched"}
    assert seen["laid over, read"] == CONTENT, "the recorded version is what readers get"
    assert seen["named by the row"] == DAMAGE[region][0] | {"row-changed", "object-touched"}
    assert seen["named by the row, read"] is Tampered
    assert seen["old version put back on top"] == {"object-touched"}
    assert seen["old version put back on top, read"] == CONTENT
    assert seen["erased"] == {"object-missing"}
    assert seen["erased, read"] is Missing
    assert seen["same bytes in another version"] == {"object-version"}
    assert seen["same bytes in another version, read"] is Missing
    assert seen["mended"] == {"row-changed"}
    assert seen["mended, read"] == CONTENT


def test_two_objects_swapped_are_both_named(world: World) -> None:
    pair = [stored(world, world.upload(data=CONTENT, path=f"swapped-{n}.pdf").version) for n in "ab"]
    before = {one.id for one in look(world)}
    for one, other in (pair, pair[::-1]):
        fresh = world.services.store.put_stream(one.row.object_key, iter([other.own]))
        repointed(world, one.row.id, object_version=fresh.version_id)
    told = {(one.kind, one.id) for one in look_inside(world)}
    assert {(kind, f"version {one.row.id}") for kind in ("header", "row-changed") for one in pair} <= told
    assert [read(world, one.row.id) for one in pair] == [Tampered, Tampered]
    for one, other in (pair, pair[::-1]):
        repointed(world, one.row.id, header=other.row.header)
    told = {(one.kind, one.id) for one in look_inside(world)}
    assert {(kind, f"version {one.row.id}") for kind in ("ciphertext", "row-changed") for one in pair} <= told
    assert [read(world, one.row.id) for one in pair] == [Tampered, Tampered]
    for one, other in (pair, pair[::-1]):
        repointed(world, one.row.id, wrapped_dek=other.row.wrapped_dek)
    told = {(one.kind, one.id) for one in look(world)}
    assert {(kind, f"version {one.row.id}") for kind in ("content-key", "row-changed") for one in pair} <= told
    names = ("object_version", "header", "wrapped_dek")
    for one in pair:
        repointed(world, one.row.id, **{name: getattr(one.row, name) for name in names})
        for item in list(world.services.store.listing(one.row.object_key)):
            assert (item.version_id == one.row.object_version) != item.latest
    assert {one.id for one in look(world)} - before == {f"version {one.row.id}" for one in pair}


def test_an_older_version_of_the_same_document_in_the_place_of_the_newer(world: World) -> None:
    """Rolled back as a whole, object and all the row says of it: the key is bound to the version's number."""
    line = world.upload(data=CONTENT, path="versions.pdf")
    newer = simple_pdf(["Royalty 0.25 EUR per unit."])
    given = {"path": "versions-2.pdf", "length": len(newer)}
    made = world.do("ada", "document.replace", line.document, stream=io.BytesIO(newer), **given)
    assert made.document == line.document
    old, new = stored(world, line.version), stored(world, made.version)
    names = ("header", "object_key", "object_version", "object_length", "size", "sha256", "wrapped_dek", "scope_epoch")
    repointed(world, line.version, object_key="objects/elsewhere")
    repointed(world, new.row.id, **{name: getattr(old.row, name) for name in names})
    told = {(one.kind, one.id) for one in look(world)}
    assert {(kind, f"version {new.row.id}") for kind in ("content-key", "row-changed")} <= told
    assert read(world, new.row.id) is Tampered
    repointed(world, new.row.id, **{name: getattr(new.row, name) for name in names})
    repointed(world, line.version, object_key=old.row.object_key)
    assert read(world, new.row.id) == newer


def test_a_cut_with_the_rows_length_to_match(world: World) -> None:
    one = stored(world, world.upload(data=CONTENT, path="cut.pdf").version)
    short = one.own[: 56 + 16_400 + 100]
    fresh = world.services.store.put_stream(one.row.object_key, iter([short]))
    repointed(world, one.row.id, object_version=fresh.version_id, object_length=len(short))
    thing = f"version {one.row.id}"
    assert {(f.kind, f.id) for f in look(world)} >= {("row-changed", thing), ("size", thing)}
    assert ("ciphertext", thing) in {(f.kind, f.id) for f in look_inside(world)}
    assert read(world, one.row.id) is Tampered
    repointed(world, one.row.id, object_version=one.row.object_version, object_length=len(one.own))
    assert read(world, one.row.id) == CONTENT


def test_rows_mended_by_hand_are_adopted_and_every_later_check_says_so(
    world: World, attacked: dict[str, Attacked]
) -> None:
    """After `attacked`: the objects were restored from a second copy and the rows name the restored versions."""
    mended = {f"version {one.row.id}" for one in attacked.values()}
    assert mended <= {one.id for one in look(world) if one.kind == "row-changed"}
    reason = "Restored from the second copy."
    world.gate.perform(SERVICE, "rows.adopt", None, {"matter": world.matter, "reason": reason})
    found = look(world)
    assert {one.kind for one in found if one.kind.startswith("row-")} == set()
    assert "adopted-again" in {one.kind for one in found}
