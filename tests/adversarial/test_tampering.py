"""Any byte of the database or of an object that is changed past the service is noticed by the check, and named."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Uuid

from dataroom.actions.checks.findings import Finding
from dataroom.actions.checks.rows import tables_of
from dataroom.actions.checks.run import deep, shallow
from dataroom.actions.context import SERVICE
from dataroom.actions.pins import UNPINNED_TABLES
from dataroom.audit.notes import LOG, WITNESS, VerifierKey
from dataroom.model import Base, Version
from dataroom.vault.store import Stored
from tests.cast import World, make_config, make_world, simple_pdf
from tests.integration.test_check import lived_in
from tests.parts import Seaweed

UNSEEN = {
    "session.seen_at": "moved at every request; it can only end a session earlier or later within its absolute limit",
    "audit_checkpoint.log_id": "a checkpoint kept for no log is shown to nobody; the newest is kept outside as well",
    "audit_checkpoint.created_at": "only chooses which of the signed checkpoints of one hour is handed out",
    "audit_node.log_id": "a stored subtree root that is not found is computed from the entries",
    "audit_node.level": "likewise",
    "audit_node.index": "likewise",
    "errand.*": "the outbox: a worker does only what policies let the service do, and records it; operator's acts never",
    "pending_login.*": "a sign-in under way, for ten minutes; the provider's signed answer decides",
    "witness_standing.*": "how far a witness followed; a wrong size is refused by the witness itself",
    "audit_person.created_at": "decides nothing",
    "audit_person.destroy_at": "of a person under erasure alone, and there is none here; destroying is an action again",
    "claw_back.*": "pinned like any row, but nobody claws anything back here",
    "claw_back_party.*": "likewise",
    "club.*": "likewise",
    "club_member.*": "likewise",
    "limitation.*": "likewise",
    "redaction_audience.*": "likewise",
    "term.*": "pinned like any row, but nobody keeps terms here",
    "search.*": "pinned like any row, but nobody searches here",
    "search_part.*": "likewise",
    "transcript.*": "pinned like any row, but no scanned page is read here",
    "transcript_page.*": "likewise",
    "audit_anchor.*": "pinned like any row, and a time stamp or locked note proves itself, but nobody anchors here",
    "audit_cosignature.*": "pinned like any row and checked against the witness's key, but nobody witnesses here",
}
"""Columns whose change this test does not see found, each with the reason why."""


@dataclass
class Insider:
    """Somebody with the database file: changes values past the service, its constraints and its triggers."""

    world: World

    def connect(self) -> sqlite3.Connection:
        """A connection that refuses nothing."""
        found = sqlite3.connect(self.world.config.database_url.removeprefix("sqlite:///"), isolation_level=None)
        found.execute("PRAGMA foreign_keys=OFF")
        found.execute("PRAGMA ignore_check_constraints=ON")
        for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            found.execute(f'DROP TRIGGER "{name}"')
        return found

    def findings(self) -> list[Finding]:
        """What the shallow check tells."""
        return shallow(self.world.services, None, lambda _text: None).findings


def other(column: Column[Any], value: Any) -> Any:
    """Another value that the column's type can hold; no number collides with a neighbour's."""
    if isinstance(column.type, JSON):
        return '["tampered"]'
    if isinstance(column.type, Uuid):
        return uuid.uuid4().hex if value is None else value[:-1] + ("0" if value[-1] != "0" else "1")
    if isinstance(column.type, Boolean):
        return 1 - value
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, int | float):
        return value + 1_000_003
    if isinstance(value, str) and column.type.python_type is not str:
        return value[:-1] + ("1" if value[-1] != "1" else "2")
    return "x" if value is None and column.type.python_type is str else 1 if value is None else value + "x"


@pytest.fixture(scope="module")
def insider(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[Insider]:
    """A house on SQLite in which everything has happened, enough of it for a stored subtree root."""
    folder = tmp_path_factory.mktemp("tampering")
    world = make_world(make_config(folder, f"sqlite:///{folder}/room.db", seaweed))
    house = lived_in(world)
    public = bytes(range(32))
    house.do("service", "witness.trust", key=str(VerifierKey("partner.test/log/deployment", LOG, public)))
    key = str(VerifierKey("partner.test/witness", WITNESS, public))
    house.do("service", "witness.add", key=key, url="http://127.0.0.1:1")
    log = {"log": f"{world.config.log_origin}/{world.matter}", "signed": 9, "size": 3}
    house.do("service", "checkpoint.halt", **log)
    for _ in range(256):
        world.do("ada", "token.list")
    yield Insider(world)
    world.close()


CHILDREN = ("mark", "hold_document", "disposal_document", "disposal_approval", "certificate")
"""Tables whose rows are found through another: they have rounds of their own, so that no parent's change hides them."""


def rounds() -> Iterator[list[tuple[str, Column[Any]]]]:
    """Every column the list above does not except: one of each table at a time, those of the log alone."""
    found: dict[str, list[Column[Any]]] = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not {f"{table.name}.{column.name}", f"{table.name}.*"} & set(UNSEEN):
                found.setdefault(table.name, []).append(column)
    log = {name for name in found if name.startswith("audit_")}
    for name in sorted(log):
        yield from ([(name, column)] for column in found[name])
    for group in (set(CHILDREN), set(found) - set(CHILDREN) - log):
        for step in range(max(len(found[name]) for name in group)):
            yield [(name, found[name][step]) for name in sorted(group) if step < len(found[name])]


def test_every_column_of_every_table_is_vouched_for(insider: Insider) -> None:
    assert insider.findings() == []
    unnoticed = []
    origin = insider.world.config.log_origin
    with closing(insider.connect()) as database:
        for changes in rounds():
            kept = []
            for table, column in changes:
                query = f'SELECT rowid, "{column.name}" FROM "{table}" ORDER BY "{column.name}" IS NULL, rowid LIMIT 1'
                row = database.execute(query).fetchone()
                assert row, f"nothing to tamper with in {table}"
                change = f'UPDATE "{table}" SET "{column.name}" = ? WHERE rowid = ?'
                database.execute(change, (other(column, row[1]), row[0]))
                kept.append((change, (row[1], row[0])))
            found = insider.findings()
            for change, values in kept:
                database.execute(change, values)
            unnoticed += [f"{t}.{c.name}" for t, c in changes if not any(_names(one, t, origin) for one in found)]
    assert not unnoticed, ", ".join(unnoticed)
    assert insider.findings() == []


def _names(finding: Finding, table: str, origin: str) -> bool:
    """Whether a finding says in which table or log the damage is."""
    places = (f"{table} ", origin) if table.startswith("audit_") else (f"{table} ",)
    return finding.id.startswith(places) or finding.id == table


def test_the_list_of_exceptions_names_only_what_there_is() -> None:
    tables = Base.metadata.tables
    for name in UNSEEN:
        table, _, column = name.partition(".")
        assert column == "*" or column in tables[table].c
    assert {name.partition(".")[0] for name in UNSEEN if name.endswith("*")} - UNPINNED_TABLES == {
        "audit_anchor",
        "audit_cosignature",
        "claw_back",
        "claw_back_party",
        "club",
        "club_member",
        "limitation",
        "redaction_audience",
        "search",
        "search_part",
        "term",
        "transcript",
        "transcript_page",
    }


def test_each_table_is_looked_for_in_the_log_that_pins_it() -> None:
    of_deployment = {table.name for table, _ in tables_of(None)}
    of_matters = {table.name for table, _ in tables_of(uuid.uuid4())}
    assert not of_deployment & of_matters
    assert of_deployment | of_matters | UNPINNED_TABLES == set(Base.metadata.tables)
    people = {"organisation", "issuer", "user_account", "session", "token"}
    assert of_deployment == people | {"witness", "witnessed_log", "audit_cosignature", "audit_anchor", "audit_halt"}


@pytest.mark.parametrize("table", ["membership", "disclosure", "hold_document", "audit_entry", "audit_disclosure"])
def test_rows_removed_or_added_are_named(insider: Insider, table: str) -> None:
    with closing(insider.connect()) as database:
        cells = list(database.execute(f'SELECT * FROM "{table}" ORDER BY rowid LIMIT 1').fetchone())
        marks = ",".join("?" * len(cells))
        (rowid,) = database.execute(f'SELECT rowid FROM "{table}" ORDER BY rowid LIMIT 1').fetchone()
        database.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))
        missing = insider.findings()
        database.execute(f'INSERT INTO "{table}" (rowid, {_names_of(table)}) VALUES (?, {marks})', (rowid, *cells))
        assert missing
        assert insider.findings() == []
        if not table.startswith("audit_"):
            assert [one.kind for one in missing] == ["row-missing"]


def test_a_forged_disclosure_is_named(insider: Insider) -> None:
    with closing(insider.connect()) as database:
        cells = database.execute("SELECT * FROM disclosure LIMIT 1").fetchone()
        forged = uuid.uuid4()
        database.execute(f"INSERT INTO disclosure VALUES ({','.join('?' * len(cells))})", (forged.hex, *cells[1:]))
        found = [(one.kind, one.id) for one in insider.findings()]
        database.execute("DELETE FROM disclosure WHERE id = ?", (forged.hex,))
    assert found == [("row-added", f"disclosure {forged}")]


def _names_of(table: str) -> str:
    return ", ".join(f'"{column.name}"' for column in Base.metadata.tables[table].columns)


def test_a_row_rolled_back_with_its_object_contradicts_the_log(insider: Insider) -> None:
    world = insider.world
    line = world.upload(tier=2)
    with closing(insider.connect()) as database:
        before = database.execute(
            "SELECT state, tier, schedule FROM document WHERE id = ?", (line.document.hex,)
        ).fetchone()
        world.do("ada", "document.classify", line.document, tier=2, category="target", schedule="court-record")
        after = database.execute(
            "SELECT state, tier, schedule FROM document WHERE id = ?", (line.document.hex,)
        ).fetchone()
        change = "UPDATE document SET state = ?, tier = ?, schedule = ? WHERE id = ?"
        database.execute(change, (*before, line.document.hex))
        (found,) = insider.findings()
        database.execute(change, (*after, line.document.hex))
    assert (found.kind, found.id) == ("row-changed", f"document {line.document}")


DAMAGE: dict[str, tuple[str, Callable[[bytes, bytes], bytes]]] = {
    "salt": ("header", lambda own, _: _flipped(own, 0)),
    "commitment": ("header", lambda own, _: _flipped(own, 30)),
    "chunk": ("ciphertext", lambda own, _: _flipped(own, 56 + 100)),
    "tag of a chunk": ("ciphertext", lambda own, _: _flipped(own, 56 + 16_384 + 3)),
    "second chunk": ("ciphertext", lambda own, _: _flipped(own, 56 + 16_400 + 5)),
    "last byte": ("ciphertext", lambda own, _: _flipped(own, len(own) - 1)),
    "cut": ("ciphertext", lambda own, _: own[:-1]),
    "last chunk gone": ("ciphertext", lambda own, _: own[: 56 + 16_400]),
    "nothing left": ("ciphertext", lambda own, _: b""),
    "grown": ("ciphertext", lambda own, _: own + b"x"),
    "another object": ("header", lambda _, other: other),
}


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("region", list(DAMAGE))
def test_each_region_of_an_object_is_vouched_for(insider: Insider, region: str) -> None:
    world = insider.world
    store = world.services.store
    kind, damage = DAMAGE[region]
    line, second = (
        world.upload(data=simple_pdf(["x" * 60] * 60) + b"%" * 20_000, path=f"{region}-{n}.pdf") for n in "ab"
    )
    with world.services.database.reading() as session:
        row, foreign = session.get_one(Version, line.version), session.get_one(Version, second.version)
    stored = Stored(row.object_key, row.object_version, row.object_length)
    own = b"".join(store.read_stream(stored))
    other_bytes = b"".join(store.read_stream(Stored(foreign.object_key, foreign.object_version, foreign.object_length)))
    fresh = store.put_stream(row.object_key, iter([damage(own, other_bytes)]))
    thing = f"version {line.version}"
    assert {("object-touched", thing)} == {(one.kind, one.id) for one in insider.findings() if one.id == thing}
    with closing(insider.connect()) as database:
        repoint = "UPDATE version SET object_version = ? WHERE id = ?"
        database.execute(repoint, (fresh.version_id, line.version.hex))
        found = {(one.kind, one.id) for one in deep(world.services, world.matter, lambda _text: None).findings}
        store.erase(row.object_key)
        gone = {(one.kind, one.id) for one in insider.findings()}
        database.execute("UPDATE version SET object_version = ? WHERE id = ?", (row.object_version, line.version.hex))
    assert {(kind, thing), ("row-changed", thing)} <= found
    assert ("object-missing", thing) in gone
    again = store.put_stream(row.object_key, iter([own]))
    with closing(insider.connect()) as database:
        database.execute(repoint, (again.version_id, line.version.hex))
    assert [one.kind for one in insider.findings() if one.id == thing] == ["row-changed"]
    world.gate.perform(
        SERVICE, "rows.adopt", None, {"matter": world.matter, "reason": "Restored from the second copy."}
    )
    assert {one.kind for one in insider.findings()} == {"adopted-again"}
