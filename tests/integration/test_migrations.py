"""Migrations: from nothing and from every earlier revision with data in it, on both databases, to today's tables."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from dataroom.actions.gate import Gate
from dataroom.actions.personal import UNKEPT_PARAMS, opened
from dataroom.adapters.database import connect
from dataroom.app import build
from dataroom.audit.entry import name_of
from dataroom.cli.operate import ROOT, Operator, initialise, upgrade
from dataroom.jobs.worker import Worker
from dataroom.model import AuditDisclosure, AuditEntry, AuditLog, Base, Document, Version
from tests.cast import make_config
from tests.integration.migration_rows import decoded, load
from tests.parts import Database, Seaweed

DATA = Path(__file__).parent / "migration_data"
TRIGGERS_SQLITE = {"audit_entry_kept_update", "audit_entry_kept_delete"}


def alembic(url: str) -> AlembicConfig:
    """Alembic pointed at the migrations and a database."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


SCRIPTS = ScriptDirectory.from_config(alembic("sqlite://"))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]
FROZEN = sorted((path.stem for path in DATA.glob("*.json")), key=REVISIONS.index)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/room.db"
    postgres: Database = request.getfixturevalue("postgres")
    return postgres.create_database()


def tables_of(connection: sa.Connection) -> dict[str, sa.Table]:
    """The tables as the database has them now, whatever today's model says."""
    found = sa.MetaData()
    found.reflect(connection)
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def test_the_history_is_one_line_without_a_way_back() -> None:
    assert SCRIPTS.get_heads() == [REVISIONS[-1]]
    assert SCRIPTS.get_bases() == [REVISIONS[0]]
    for revision in REVISIONS:
        assert not hasattr(SCRIPTS.get_revision(revision).module, "downgrade")


def test_every_revision_but_the_newest_has_frozen_rows() -> None:
    assert set(FROZEN) >= set(REVISIONS[:-1])


def test_from_nothing_to_exactly_the_tables_of_the_model(url: str) -> None:
    upgrade(url)
    engine = connect(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == REVISIONS[-1]
        assert checks_of(connection) == {
            name: checks
            for name, table in Base.metadata.tables.items()
            if (checks := {str(c.name) for c in table.constraints if isinstance(c, sa.CheckConstraint)})
        }
    engine.dispose()


def checks_of(connection: sa.Connection) -> dict[str, set[str]]:
    """The names of the check constraints in the database, which Alembic does not compare."""
    inspector = sa.inspect(connection)
    found = {
        name: {str(check["name"]) for check in inspector.get_check_constraints(name)}
        for name in inspector.get_table_names()
    }
    return {name: checks for name, checks in found.items() if checks}


def test_upgrading_twice_changes_nothing(url: str) -> None:
    upgrade(url)
    upgrade(url)
    engine = connect(url)
    with engine.connect() as connection:
        assert set(tables_of(connection)) == set(Base.metadata.tables)
    engine.dispose()


@pytest.mark.parametrize("revision", FROZEN)
def test_rows_of_an_earlier_revision_arrive_at_the_newest(url: str, revision: str) -> None:
    frozen = json.loads((DATA / f"{revision}.json").read_text())
    command.upgrade(alembic(url), revision)
    engine = connect(url)
    with engine.begin() as connection:
        tables = tables_of(connection)
        assert set(frozen) == set(tables), "the frozen rows cover every table of their revision"
        assert all(frozen.values()), "and every table has at least one"
        load(connection, tables, frozen)
    upgrade(url)
    with engine.connect() as connection:
        tables = tables_of(connection)
        assert set(tables) == set(Base.metadata.tables)
        for name, rows in frozen.items():
            if name in tables:
                check_kept(connection, tables[name], rows)
        for table in Base.metadata.sorted_tables:
            list(connection.execute(sa.select(table)))
    check_entries_are_kept(engine)
    engine.dispose()


def check_kept(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """No row was lost, and the columns that still exist hold what they held."""
    found = [dict(row._mapping) for row in connection.execute(sa.select(table))]
    if table.name == "errand":
        found = [row for row in found if row["kind"] != "person.seal"]
    assert len(found) == len(rows)
    keys = [column.name for column in table.primary_key]
    held = {tuple(str(row[key]) for key in keys): row for row in found}
    for row in decoded(table, rows):
        kept = held[tuple(str(row[key]) for key in keys)]
        for name in set(row) & set(kept):
            assert kept[name] == row[name], (table.name, name)


def check_entries_are_kept(engine: sa.Engine) -> None:
    """After all migrations the database still refuses to change or delete an audit entry."""
    for statement in ("UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(DBAPIError, match="never changed"), engine.begin() as connection:
            connection.execute(sa.text(statement))
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM audit_entry")) > 0


def test_a_database_cannot_truncate_entries_or_lose_its_guard(url: str) -> None:
    upgrade(url)
    engine = connect(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            found = set(connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
            assert found >= TRIGGERS_SQLITE
        else:
            with pytest.raises(DBAPIError, match="never changed"):
                connection.execute(sa.text("TRUNCATE audit_entry CASCADE"))
    engine.dispose()


def seal_all(services: Any) -> None:
    """The worker seals every personal field of before, and each entry still tells what it told."""
    with services.database.reading() as session:
        before = openings_of(services, session)
        acts = {(row.log_id, row.seq): row.act for row in session.scalars(sa.select(AuditEntry))}
        assert session.scalar(sa.select(sa.func.count()).where(AuditDisclosure.name == "person"))
    Worker(services, Gate(services)).drain("person.seal")
    with services.database.reading() as session:
        assert not session.scalar(sa.select(sa.func.count()).where(AuditDisclosure.name == "person"))
        clear = "".join(session.scalars(sa.select(AuditDisclosure.disclosure)))
        names = {
            name_of(text) for row in session.scalars(sa.select(AuditDisclosure)) for text in row.disclosure.split()
        }
        assert not names & {"mail", "ip"}
        assert clear
        after = openings_of(services, session)
    for place, texts in before.items():
        assert set(after[place]) <= set(texts)
        lost = {name_of(text) for text in set(texts) - set(after[place])}
        assert lost <= ({"params"} if acts[place] in UNKEPT_PARAMS else set()), (place, acts[place])


def openings_of(services: Any, session: Any) -> dict[tuple[uuid.UUID, int], list[str]]:
    """Every opening of every log, by place."""
    found: dict[tuple[uuid.UUID, int], list[str]] = {}
    for log in session.scalars(sa.select(AuditLog)):
        for (seq, _), texts in opened(services, session, log.id, log.size):
            found[log.id, seq] = texts
    return found


def test_a_start_on_the_oldest_rows_brings_a_working_house(tmp_path: Path, seaweed: Seaweed, url: str) -> None:
    frozen = json.loads((DATA / f"{REVISIONS[0]}.json").read_text())
    command.upgrade(alembic(url), REVISIONS[0])
    engine = connect(url)
    with engine.begin() as connection:
        load(connection, tables_of(connection), frozen)
    engine.dispose()
    made: Callable[..., Any] = build
    services = initialise(make_config(tmp_path, url, seaweed), Operator(build=made, gate=Gate))
    with services.database.reading() as session:
        assert len(list(session.scalars(sa.select(AuditLog)))) == len(frozen["audit_log"])
        versions = {str(version.id) for version in session.scalars(sa.select(Version))}
        documents = {str(document.id) for document in session.scalars(sa.select(Document))}
    seal_all(services)
    assert versions == {str(uuid.UUID(row["id"])) for row in frozen["version"]}
    assert documents == {str(uuid.UUID(row["id"])) for row in frozen["document"]}
    services.workshop.close()
