"""Rows of a database as JSON, frozen for each revision, and back: `python -m tests.integration.migration_rows`.

The command plays a whole story on a fresh house, gives tables the story does not reach a made-up row, and writes
every table's rows to `migration_data/<revision>.json`, for the revision that is newest when it runs. Run it before
a further revision is added, and never again for that one.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dataroom.adapters.parts import SeaweedFS
from dataroom.model import PendingLogin
from tests.cast import REASON, World, make_config, make_world
from tests.parts import Seaweed

DATA = Path(__file__).parent / "migration_data"
RESTRICTED = {(table, "state"): "done" for table in ("search", "search_part", "transcript")} | {
    ("claw_back", "ground"): "zpo",
    ("claw_back_party", "answer"): "returned",
    ("club", "kind"): "clean_team",
    ("survey", "state"): "done",
    ("access_grant", "kind"): "request",
    ("access_grant", "state"): "refused",
    ("access_grant", "verdict"): "confirmed",
    ("review_item", "kind"): "grant",
    ("review_item", "outcome"): "kept",
    ("survey_part", "state"): "done",
    ("limitation", "way"): "club",
    ("agreement", "training"): "none",
    ("policy_change", "state"): "rejected",
    ("policy_change", "number"): None,
}
"""Values for made-up rows where the database takes only some."""


def encoded(value: Any) -> Any:
    """A database value as JSON."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return str(value) if isinstance(value, uuid.UUID) or hasattr(value, "isoformat") else value


def decoded(table: sa.Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Frozen rows as the values this database wants."""
    return [{name: _value(table.c[name], value) for name, value in row.items() if name in table.c} for row in rows]


def _value(column: sa.Column[Any], value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"hex"}:
        return bytes.fromhex(value["hex"])
    kind = column.type
    if value is None:
        return None
    if isinstance(kind, sa.Uuid):
        return uuid.UUID(value)
    if isinstance(kind, sa.CHAR) and kind.length == 32:
        return uuid.UUID(value).hex
    if isinstance(kind, sa.Date):
        return kind.python_type.fromisoformat(value)
    return value


def load(connection: sa.Connection, tables: Mapping[str, sa.Table], frozen: dict[str, list[dict[str, Any]]]) -> None:
    """Inserts frozen rows, tables others refer to first."""
    for table in next(iter(tables.values())).metadata.sorted_tables:
        rows = decoded(table, frozen.get(table.name, [])) if table.name in tables else []
        for row in rows:
            connection.execute(sa.insert(table).values(row))


def story(world: World) -> None:
    """Does a bit of everything, so that every table has a row."""
    line = world.published()
    world.disclosed(world.ready(path="charts/second.pdf").version)
    redaction = world.redacted(line)
    world.do("bram", "redaction.approve", redaction)
    world.do("cleo", "hold.place", line.document, kind="litigation", reason="Ordered by the court of Lumen.")
    world.do("ada", "token.create", scopes=["everything"], name="frozen")
    due = world.due(path="old/one.pdf")
    disposal = world.do("ada", "disposal.propose", due.document, reason=REASON).id
    world.do("bram", "disposal.approve", disposal)
    world.do("cleo", "disposal.approve", disposal)
    world.do("carl", "disposal.execute", disposal)
    until = world.clock.now() + timedelta(days=10)
    world.do("ada", "leave.announce", world.matter, until=until, reason="Away until the hearing of Lumen.")
    world.worker.drain()
    world.worker._by_the_clock()
    with world.services.database.writing() as session:
        issuer = session.scalar(sa.text("SELECT id FROM issuer"))
        session.add(
            PendingLogin(
                id=uuid.uuid4(),
                browser_hash="0" * 64,
                issuer_id=uuid.UUID(str(issuer)),
                data={"nonce": "n"},
                created_at=world.clock.now(),
            )
        )


def fill(connection: sa.Connection) -> None:
    """A made-up row in every empty table; what refers to another table refers to its first row."""
    found = sa.MetaData()
    found.reflect(connection)
    for table in found.sorted_tables:
        if connection.execute(sa.select(table)).first() is None:
            connection.execute(sa.insert(table).values({c.name: _made_up(connection, c) for c in table.columns}))


def _made_up(connection: sa.Connection, column: sa.Column[Any]) -> Any:
    for key in column.foreign_keys:
        return connection.scalar(sa.select(key.column).limit(1))
    if (column.table.name, column.name) in RESTRICTED:
        return RESTRICTED[column.table.name, column.name]
    if isinstance(column.type, sa.Uuid):
        return uuid.UUID(int=1)
    if isinstance(column.type, sa.CHAR):
        return "1" * 32
    if isinstance(column.type, sa.Date):
        return date(2026, 1, 5)
    if isinstance(column.type, sa.String):
        return column.name[: column.type.length or 60]
    return b"\x01" if isinstance(column.type, sa.LargeBinary) else 1


def rows_of(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table as it lies in the database."""
    found = sa.MetaData()
    found.reflect(connection)
    return {
        table.name: [{k: encoded(v) for k, v in row._mapping.items()} for row in connection.execute(sa.select(table))]
        for table in found.sorted_tables
        if table.name != "alembic_version"
    }


def main() -> None:
    """Writes the rows of the newest revision."""
    folder = Path(tempfile.mkdtemp())
    part = SeaweedFS(folder / "objects")
    part.start()
    seaweed = Seaweed(part.endpoint, part.access_key, part.secret_key)
    world = make_world(make_config(folder, f"sqlite:///{folder}/room.db", seaweed))
    story(world)
    world.close()
    engine = world.services.database.engine  # type: ignore[attr-defined]
    with engine.begin() as connection:
        fill(connection)
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        rows = rows_of(connection)
    DATA.mkdir(exist_ok=True)
    (DATA / f"{revision}.json").write_text(json.dumps(rows, indent=0, sort_keys=True) + "\n")
    part.stop()
    print({name: len(found) for name, found in rows.items()})


if __name__ == "__main__":
    main()
