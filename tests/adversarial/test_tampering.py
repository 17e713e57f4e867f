"""Any value and any row of the database that is changed past the service is noticed by the check, and named."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Table

from dataroom.actions.checks.findings import Finding
from dataroom.actions.checks.rows import PARENTS, tables_of
from dataroom.actions.context import SERVICE
from dataroom.actions.pins import UNPINNED_COLUMNS, UNPINNED_TABLES
from dataroom.errors import NotFound
from dataroom.model import Base
from tests.adversarial.insider import Cell, Insider, all_columns, everything, other
from tests.cast import make_config, make_world
from tests.parts import Seaweed, migrated_sqlite

UNSEEN = {
    "allowance.*": "how much may be asked in a minute; who changes it lets somebody ask more or less, never something else",
    "outgoing.*": "files on their way; likewise",
    "directory.used_at": "only shown: when a directory last called",
    "leave.reason": "only shown: why somebody is away; it is removed with the person",
    "session.challenge": "for five minutes; it proves nothing without the answer of the person's own key",
    "session.challenge_at": "likewise",
    "session.seen_at": "moved at every request; it can only end a session earlier or later within its absolute limit",
    "audit_checkpoint.created_at": "only chooses which of the signed checkpoints of one hour is handed out",
    "audit_person.created_at": "decides nothing",
    "errand.*": "the outbox: a worker does only what policies let the service do, and records it; operator's acts never",
    "pending_login.*": "a sign-in under way, for ten minutes; the provider's signed answer decides",
    "witness_standing.*": "how far a witness followed; a wrong size is refused by the witness itself",
}
"""Columns whose change the check does not see, each with the reason why nobody is deceived by it."""

UNPINNED_HERE = ("allowance", "errand", "outgoing", "pending_login", "witness_standing")
UNMISSED = {
    "audit_checkpoint": "a signed state less; the newest is kept outside the database too",
    "audit_node": "computed from the entries instead",
    **{name: UNSEEN[f"{name}.*"] for name in UNPINNED_HERE},
}
"""Tables a row of which may be removed unnoticed."""

UNHEEDED = {
    **{name: UNSEEN[f"{name}.*"] for name in UNPINNED_HERE},
}
"""Tables to which a row may be added unnoticed."""

KINDS = {
    ("version", "scope_epoch"): "content-key",
    ("version", "wrapped_dek"): "content-key",
    ("user_account", "email"): "person-changed",
    ("user_account", "external_id"): "person-changed",
    ("user_account", "name"): "person-changed",
    ("user_account", "subject"): "person-changed",
    ("audit_checkpoint", "log_id"): "log-unknown",
    ("audit_checkpoint", "note"): "checkpoint-forged",
    ("audit_checkpoint", "size"): "checkpoint-moved",
    ("audit_node", "hash"): "node-changed",
    ("audit_node", "index"): "node-changed",
    ("audit_node", "level"): "node-changed",
    ("audit_node", "log_id"): "log-unknown",
}
"""What tells of the columns that no pin covers; all others are told by the pin of their row, or by its entry."""


@pytest.fixture(scope="module")
def insider(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[Insider]:
    """A house on SQLite in which everything has happened."""
    folder = tmp_path_factory.mktemp("tampering")
    world = make_world(make_config(folder, migrated_sqlite(folder), seaweed))
    everything(world)
    yield Insider(world)
    world.close()


def is_unseen(column: Column[Any]) -> bool:
    """Whether the list above excepts a column."""
    return bool({f"{column.table.name}.{column.name}", f"{column.table.name}.*"} & set(UNSEEN))


def tables(names: Any) -> list[Table]:
    """Tables by their names."""
    return [table for table in Base.metadata.sorted_tables if table.name in names]


def test_an_honest_house_with_rows_in_every_table(insider: Insider) -> None:
    assert [table.name for table in Base.metadata.sorted_tables if not insider.rows(table)] == []
    assert insider.findings() == []


@pytest.mark.parametrize("group", ["found through another", "keys", "others"])
def test_every_column_of_every_pinned_row_is_vouched_for(insider: Insider, group: str) -> None:
    """What hides the damage of another has rounds of its own: parents of rows found through them, scopes of keys."""
    pinned = [c for c in all_columns() if c.table.name not in UNPINNED_TABLES | {"key_scope", *PARENTS}]
    if group != "others":
        some = PARENTS if group == "found through another" else {"key_scope"}
        pinned = [c for c in all_columns() if c.table.name in some]
    pinned = [c for c in pinned if not is_unseen(c)]
    unnoticed = []
    for cells in insider.rounds(pinned, lambda _table: 30):
        told = {(one.kind, one.id) for one in insider.tamper(cells)}
        for cell in cells:
            name = (cell.table.name, cell.column.name)
            kinds = {KINDS[name]} if name in UNPINNED_COLUMNS else {"row-changed", "row-missing"}
            if not any((kind, f"{cell.table.name} {cell.key}") in told for kind in kinds):
                unnoticed.append(".".join(name))
    assert not unnoticed, ", ".join(unnoticed)
    assert insider.findings() == []


def test_every_column_of_the_log_is_vouched_for(insider: Insider) -> None:
    """Of the heads one value at a time is changed, as it shows in many places; a person's key hides their fields."""
    columns = [c for c in all_columns() if c.table.name in UNPINNED_TABLES and not is_unseen(c)]
    heads = [[c] for c in columns if c.table.name == "audit_log"]
    people = [c for c in columns if c.table.name == "audit_person"]
    unnoticed = []
    for some in (people, *heads, [c for c in columns if c.table.name not in {"audit_log", "audit_person"}]):
        for cells in insider.rounds(some, lambda _table: 14):
            found = insider.tamper(cells)
            unnoticed += [f"{c.table.name}.{c.column.name}" for c in cells if not _names(found, insider, c)]
    assert not unnoticed, ", ".join(unnoticed)
    assert insider.findings() == []


def _names(found: list[Finding], insider: Insider, cell: Cell) -> bool:
    """Whether a finding says which log, and of an entry and what belongs to it which number, the damage is in."""
    table, origin, kind = (
        cell.table.name,
        insider.world.config.log_origin,
        KINDS.get((cell.table.name, cell.column.name)),
    )
    if table == "audit_person":
        moved = uuid.UUID(other(cell.table.c.id, cell.values["id"].hex))
        return bool({f"{table} {cell.key}", f"{table} {moved}"} & {one.id for one in found})
    if "seq" in cell.values and cell.column.name != "person_id":
        return any(one.id.startswith(origin) and one.id.endswith(f" {cell.values['seq']}") for one in found)
    return any(one.id.startswith((origin, f"{table} ")) and one.kind == (kind or one.kind) for one in found)


def test_the_list_of_exceptions_holds_nothing_that_is_noticed(insider: Insider) -> None:
    excepted = [column for column in all_columns() if is_unseen(column)]
    assert {f"{c.table.name}.{c.name}" for c in excepted} | {f"{c.table.name}.*" for c in excepted} >= set(UNSEEN)
    for cells in insider.rounds(excepted, lambda _table: 1):
        assert insider.tamper(cells) == [], [f"{cell.table.name}.{cell.column.name}" for cell in cells]


def test_each_table_is_looked_for_in_the_log_that_pins_it() -> None:
    of_deployment = {table.name for table, _ in tables_of(None)}
    of_matters = {table.name for table, _ in tables_of(uuid.uuid4())}
    assert not of_deployment & of_matters
    assert of_deployment | of_matters | UNPINNED_TABLES == set(Base.metadata.tables)
    people = {"organisation", "issuer", "user_account", "session", "token", "authenticator", "training"}
    people |= {"suspension", "directory", "policy_change"}
    assert of_deployment == people | {"witness", "witnessed_log", "audit_cosignature", "audit_anchor", "audit_halt"}


@pytest.mark.parametrize("children", [False, True])
def test_a_row_removed_from_any_table_is_named(insider: Insider, children: bool) -> None:
    some = [t for t in Base.metadata.sorted_tables if t.name not in UNPINNED_TABLES and (t.name in PARENTS) == children]
    keys, found = insider.without(some)
    told = {one.id for one in found if one.kind == "row-missing"}
    assert {f"{name} {key}" for name, key in keys.items()} <= told
    assert insider.findings() == []


@pytest.mark.parametrize("children", [False, True])
def test_a_row_added_to_any_table_is_named(insider: Insider, children: bool) -> None:
    some = [t for t in Base.metadata.sorted_tables if t.name not in UNPINNED_TABLES and (t.name in PARENTS) == children]
    keys, found = insider.with_more(some)
    told = {one.id for one in found if one.kind in {"row-added", "scope-unused"}}
    assert {f"{name} {key}" for name, key in keys.items()} <= told
    assert insider.findings() == []


@pytest.mark.parametrize("table", sorted(UNPINNED_TABLES))
def test_a_row_removed_from_or_added_to_the_log_is_noticed(insider: Insider, table: str) -> None:
    assert bool(insider.without(tables({table}))[1]) == (table not in UNMISSED)
    assert bool(insider.with_more(tables({table}))[1]) == (table not in UNHEEDED)


def test_a_row_rolled_back_with_its_object_contradicts_the_log(insider: Insider) -> None:
    world = insider.world
    line = world.upload(tier=2)
    query = "SELECT state, tier, schedule FROM document WHERE id = ?"
    with insider.connected() as database:
        before = database.execute(query, (line.document.hex,)).fetchone()
        world.do("ada", "document.classify", line.document, tier=2, category="target", schedule="court-record")
        after = database.execute(query, (line.document.hex,)).fetchone()
        change = "UPDATE document SET state = ?, tier = ?, schedule = ? WHERE id = ?"
        database.execute(change, (*before, line.document.hex))
        (found,) = insider.findings()
        database.execute(change, (*after, line.document.hex))
    assert (found.kind, found.id) == ("row-changed", f"document {line.document}")


def test_a_matter_removed_with_all_that_tells_of_it_is_missed(insider: Insider) -> None:
    """Last, as nothing is put back: not one row speaks of the matter, but its signed note lies outside."""
    world = insider.world
    origin = f"{world.config.log_origin}/{world.matter}"
    with insider.connected() as database:
        (log,) = database.execute("SELECT id FROM audit_log WHERE matter_id = ?", (world.matter.hex,)).fetchone()
        for name, (column, parent) in PARENTS.items():
            inner = f'SELECT id FROM "{parent}" WHERE matter_id = ?'
            database.execute(f'DELETE FROM "{name}" WHERE "{column}" IN ({inner})', (world.matter.hex,))
        for table in Base.metadata.sorted_tables:
            for column, value in (("matter_id", world.matter.hex), ("log_id", log)):
                if column in table.c:
                    database.execute(f'DELETE FROM "{table.name}" WHERE "{column}" = ?', (value,))
        database.execute("DELETE FROM matter WHERE id = ?", (world.matter.hex,))
    assert [one.id for one in insider.findings() if one.kind == "log-missing"] == [origin]
    given = {"log": origin, "reason": "Restored from a backup of before this matter."}
    world.gate.perform(SERVICE, "checkpoint.resume", None, given)
    assert [one for one in insider.findings() if one.kind == "log-missing"] == []
    with pytest.raises(NotFound):
        world.gate.perform(SERVICE, "checkpoint.resume", None, given)
