"""Somebody with the database file, and a house in which every table has rows for them to change."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Table, UniqueConstraint, Uuid, literal_column, select

from dataroom.actions import logins
from dataroom.actions.checkpoints import sign_heads
from dataroom.actions.checks.findings import Finding
from dataroom.actions.checks.run import shallow
from dataroom.actions.pins import key_from
from dataroom.audit.notes import LOG, VerifierKey
from dataroom.model import Base, Issuer
from tests.actions.cases_access import broken, granted, review
from tests.actions.cases_anchors import CASES as ANCHORS
from tests.actions.cases_audiences import HEADER, audience
from tests.actions.cases_clawbacks import ANSWER, clawed
from tests.actions.cases_clubs import club, limited
from tests.actions.cases_finding import searched, term
from tests.actions.cases_leaves import away
from tests.actions.cases_policies import proposed
from tests.actions.cases_premises import PURPOSE, agreed_on, asking, newest
from tests.actions.cases_productions import produced
from tests.actions.cases_transfers import GROUNDS, way
from tests.actions.cases_witnesses import CASES as WITNESSES
from tests.actions.directories import MINE, account, admitted, filed, working
from tests.actions.house import House, enrol, keyed_company, mark
from tests.actions.test_reasons import privileged, released
from tests.cast import World
from tests.integration.sandbox_files import scan
from tests.integration.test_check import lived_in

SUBTREE = 256
"""So many entries make the first subtree whose root is kept."""


def everything(world: World) -> House:
    """Does everything once that leaves a row; afterwards a check finds nothing and no table is empty."""
    term(House(world), "Brightfall")
    house = lived_in(world)
    _persons_and_clubs(house)
    released(house, privileged(), audience=["borealis"])
    house.do("bodil", "claw-back.answer", clawed(house), **ANSWER)
    searched(house)
    version = house.line(data=scan(["The Lumen panel"], dpi=60)).version
    house.do("ada", "version.recognise", version)
    world.worker.drain()
    _produced(house)
    _premises(house)
    _outside(house)
    house.do("corin", "policy.reject", proposed(house), reason=GROUNDS)
    house.do("ada", "version.download", version)
    for _ in range(SUBTREE):
        world.do("ada", "token.list")
    sign_heads(world.services)
    return house


def _premises(house: House) -> None:
    """An agreement that was accepted, a training, a stated purpose, and what carries documents abroad."""
    matter = agreed_on(house)
    house.do("petra", "agreement.accept", matter, agreement=newest(house, matter).id)
    house.do("cleo", "training.record", house.person("petra").user, until=house.world.clock.now().date())
    house.do("pia", "visit.state", asking(house), **PURPOSE)
    way(house)
    house.do("cleo", "transfer.suspend", mechanism="scc", reason=GROUNDS)
    house.do("cleo", "transfer.resume", mechanism="scc", reason=GROUNDS)
    house.do("ada", "document.assess", house.line().document, export="free", basis=GROUNDS)
    enrol(house.world, "dean", "aldermoor", "custodian")
    away(house, "bram", "dean")


def _persons_and_clubs(house: House) -> None:
    house.erasing(days=30)
    club(house, "clean_team", "bodil", "bram")
    made = club(house, "confidentiality_club", "pia", "bram")
    house.do("ada", "club.remove", made, email="pia@borealis.example")
    house.do("ada", "club.end", made)
    limited(house)
    granted(house, house.line())
    house.do("ada", "member.add", house.matter, email="petra@aldermoor.example", tier=2)
    house.do("bram", "access.confirm", broken(house, house.line()), remark="Nobody could be reached.")
    target = review(house, house.matter)
    items = [one.id for one in house.do("bram", "review.read", target).items if not one.mine]
    house.do("bram", "review.confirm", target, items=items)
    keyed_company(house.world)
    admitted(house)
    house.do("kim", "authenticator.add", name="blue key", credential="1f" * 32, public_key="2e" * 64, count=3)
    house.do(MINE, "account.change", account(house, "bram"), name="Bram Oakes", external_id="4711")
    filed(house, external_id="4712")
    house.do(MINE, "account.remove", account(house, working(house)))
    house.world.worker.drain("member.lapse")
    issuer = house.rows(Issuer)[0].id
    logins.keep(house.world.services, "a browser", issuer, {"state": "s"})


def _produced(house: House) -> None:
    """A production, a document withheld on a privilege, a redaction for a named audience, and a survey of marks."""
    produced(house)
    line = house.line()
    details = dict.fromkeys(house.world.services.law.rationales["AC"].record, "Mara Winter")
    claim = {"code": "AC", "rationale": "Asks counsel for advice.", "details": details}
    house.do("ada", "document.describe", line.document, **HEADER, withheld=claim)
    group = audience(house)
    asked = {"title": "For licensees", "tier": 1, "category": "claim-chart", "group": group}
    redaction = house.do("ada", "redaction.start", line.version, **asked).id
    house.do("ada", "redaction.mark", redaction, marks=[mark()])
    house.do("ada", "audience.end", group)
    house.do("ada", "survey.start", house.matter)
    house.world.worker.drain()


def _outside(house: House) -> None:
    """A witness that has cosigned, a partner's log that is followed, an anchor, and a log whose signing stopped."""
    key = VerifierKey("partner.test/log/deployment", LOG, bytes(range(32)))
    house.do("service", "witness.trust", key=str(key))
    for case in (*ANCHORS, *(one for one in WITNESSES if one.action == "checkpoint.witness")):
        case.perform(house, "service", case.target(house))
    origin = f"{house.world.config.log_origin}/{house.matter}"
    house.do("service", "checkpoint.halt", log=origin, signed=9, size=3)


@dataclass
class Cell:
    """One value of one row: its table and column, SQLite's number of the row, and how findings name the row."""

    table: Table
    column: Column[Any]
    rowid: int
    key: str
    values: dict[str, Any]


@dataclass
class Insider:
    """Changes values past the service, its constraints and its triggers."""

    world: World

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection that refuses nothing."""
        path = self.world.config.database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as found:
            found.execute("PRAGMA foreign_keys=OFF")
            found.execute("PRAGMA ignore_check_constraints=ON")
            for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                found.execute(f'DROP TRIGGER "{name}"')
            yield found

    def findings(self) -> list[Finding]:
        """What the shallow check tells."""
        return shallow(self.world.services, None, lambda _text: None).findings

    def rows(self, table: Table) -> list[tuple[int, dict[str, Any]]]:
        """The rows of a table with their numbers, as the service reads them; those with the most to change first."""
        with self.world.services.database.reading() as session:
            found = session.execute(select(literal_column("rowid").label("rowid"), table).order_by("rowid"))
            rows = [(row.rowid, {c.name: row._mapping[c] for c in table.columns}) for row in found]
        return sorted(rows, key=lambda row: sum(value is None for value in row[1].values()))

    def tamper(self, cells: Iterable[Cell]) -> list[Finding]:
        """What a check tells while these values are others; they are put back."""
        kept = []
        with self.connected() as database:
            for cell in cells:
                table, name = cell.table.name, cell.column.name
                (value,) = database.execute(f'SELECT "{name}" FROM "{table}" WHERE rowid = ?', (cell.rowid,)).fetchone()
                change = f'UPDATE "{table}" SET "{name}" = ? WHERE rowid = ?'
                database.execute(change, (other(cell.column, value), cell.rowid))
                kept.append((change, (value, cell.rowid)))
            found = self.findings()
            for change, values in kept:
                database.execute(change, values)
        return found

    def without(self, tables: Sequence[Table]) -> tuple[dict[str, str], list[Finding]]:
        """What a check tells while the first row of each table is not there; by table, the key of that row."""
        kept, keys = [], {}
        with self.connected() as database:
            for table in tables:
                rowid, values = self.rows(table)[0]
                keys[table.name] = key_from(table, values)
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                cells = database.execute(f'SELECT {names} FROM "{table.name}" WHERE rowid = ?', (rowid,)).fetchone()
                database.execute(f'DELETE FROM "{table.name}" WHERE rowid = ?', (rowid,))
                kept.append(
                    (f'INSERT INTO "{table.name}" (rowid, {names}) VALUES ({_marks(cells, 1)})', (rowid, *cells))
                )
            found = self.findings()
            for back, values in kept:
                database.execute(back, values)
        return keys, found

    def with_more(self, tables: Sequence[Table]) -> tuple[dict[str, str], list[Finding]]:
        """What a check tells while each table has one row more, made after its first; by table, the key of that row."""
        numbers, keys = {}, {}
        with self.connected() as database:
            for table in tables:
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                query = f'SELECT {names} FROM "{table.name}" ORDER BY rowid LIMIT 1'
                cells = database.execute(query).fetchone()
                forged = [
                    other(c, v) if c.name in _fresh(table) else v for c, v in zip(table.columns, cells, strict=True)
                ]
                insert = f'INSERT INTO "{table.name}" ({names}) VALUES ({_marks(cells)})'
                numbers[table] = database.execute(insert, forged).lastrowid
            for table, number in numbers.items():
                keys[table.name] = next(
                    key_from(table, values) for rowid, values in self.rows(table) if rowid == number
                )
            found = self.findings()
            for table, number in numbers.items():
                database.execute(f'DELETE FROM "{table.name}" WHERE rowid = ?', (number,))
        return keys, found

    def rounds(self, columns: Sequence[Column[Any]], rows: Callable[[Table], int]) -> Iterator[list[Cell]]:
        """Every column once: in each round of each table at most `rows` columns, each in a row of its own."""
        left = {table: list(group) for table, group in _by_table(columns).items()}
        held = {table: self.rows(table) for table in left}
        while any(left.values()):
            found = []
            for table, waiting in left.items():
                assert held[table], f"nothing to tamper with in {table.name}"
                free = held[table][: rows(table)]
                for column in sorted(waiting, key=lambda c, t=table: sum(v[c.name] is not None for _, v in held[t])):
                    chosen = max(free, key=lambda row, c=column: row[1][c.name] is not None, default=None)
                    if chosen is None:
                        break
                    free.remove(chosen)
                    waiting.remove(column)
                    found.append(Cell(table, column, chosen[0], key_from(table, chosen[1]), chosen[1]))
            yield found


def _by_table(columns: Sequence[Column[Any]]) -> dict[Table, list[Column[Any]]]:
    found: dict[Table, list[Column[Any]]] = {}
    for column in columns:
        assert isinstance(column.table, Table)
        found.setdefault(column.table, []).append(column)
    return found


def _marks(cells: Sequence[Any], more: int = 0) -> str:
    return ",".join("?" * (len(cells) + more))


def _fresh(table: Table) -> set[str]:
    """The columns that must differ in a further row: the last of the primary key, and one of each unique constraint."""
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    return {list(table.primary_key)[-1].name, *(list(one.columns)[-1].name for one in unique)}


def other(column: Column[Any], value: Any) -> Any:
    """Another value that the column's type can hold; no number collides with a neighbour's."""
    if isinstance(column.type, JSON):
        return '["tampered"]'
    if isinstance(column.type, Uuid):
        return uuid.uuid4().hex if value is None else value[:-1] + ("0" if value[-1] != "0" else "1")
    if isinstance(column.type, Boolean):
        return 1 - (value or 0)
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"
    if isinstance(value, int | float):
        return value + 1_000_003
    if isinstance(value, str) and column.type.python_type is not str:
        return value[:-1] + ("1" if value[-1] != "1" else "2")
    return "x" if value is None and column.type.python_type is str else 1 if value is None else value + "x"


def all_columns() -> list[Column[Any]]:
    """Every column of every table."""
    return [column for table in Base.metadata.sorted_tables for column in table.columns]
