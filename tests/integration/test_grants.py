"""The service as a lesser role on real PostgreSQL: it does everything it has to, and cannot change the audit log."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from dataroom.actions.checkpoints import sign_heads
from dataroom.actions.gate import Gate
from dataroom.app import build
from dataroom.cli.grants import grant, statements
from dataroom.jobs.worker import Worker
from dataroom.model import Base
from tests.cast import World, make_config, make_world
from tests.parts import Database, Seaweed


@pytest.fixture(scope="module")
def lesser(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed, postgres: Database) -> Iterator[World]:
    """A house that its owner prepared, and that now runs as a role without the owner's rights."""
    url, role = postgres.create_database(), f"room_{uuid.uuid4().hex[:8]}"
    owned = make_world(make_config(tmp_path_factory.mktemp("owned"), url, seaweed))
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
    for _ in range(2):
        grant(engine, role)
    config = replace(owned.config, database_url=url.replace("//postgres@", f"//{role}@"))
    services = build(config, owned.clock)
    gate = Gate(services)
    world = World(config, services, gate, owned.clock, Worker(services, gate), owned.people, owned.matter)
    with services.database.reading() as session:
        assert session.scalar(text("SELECT current_user")) == role
    yield world
    world.close()
    owned.close()
    services.database.engine.dispose()  # type: ignore[attr-defined]
    engine.dispose()


def test_the_lesser_role_runs_a_whole_story(lesser: World) -> None:
    line = lesser.published()
    lesser.disclosed(line.version)
    lesser.do("pia", "page.view", line.version, page=1)
    lesser.redacted(lesser.published(path="charts/claim-2.pdf"))
    due = lesser.due(path="charts/old.pdf")
    disposal = lesser.do("cleo", "disposal.propose", due.document, reason="The period has ended, nobody needs it.").id
    lesser.do("carl", "disposal.approve", disposal)
    lesser.do("bram", "disposal.approve", disposal)
    lesser.do("ada", "disposal.execute", disposal)
    lesser.worker._by_the_clock()
    lesser.worker.drain()
    sign_heads(lesser.services)
    assert b"".join(lesser.do("cleo", "audit.export", lesser.matter).pieces)[:2] == b"PK"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET entry = entry",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_disclosure",
        "UPDATE audit_disclosure SET disclosure = ''",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_checkpoint SET note = ''",
        "UPDATE audit_node SET hash = hash",
        "DELETE FROM audit_log",
        "DELETE FROM audit_cosignature",
        "DELETE FROM witnessed_log",
        "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_kept",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entry_kept ON audit_entry",
        "DROP TABLE audit_entry CASCADE",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION audit_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "ALTER TABLE audit_entry OWNER TO CURRENT_USER",
        "CREATE TABLE audit_entry_too (id int)",
    ],
)
def test_the_lesser_role_cannot(lesser: World, statement: str) -> None:
    with pytest.raises(DBAPIError) as caught, lesser.services.database.writing() as session:
        session.execute(text(statement))
    assert getattr(caught.value.orig, "sqlstate", "") == "42501"


def test_every_table_is_granted() -> None:
    said = "\n".join(statements("room"))
    assert all(f'ON "{table}" TO room' in said for table in Base.metadata.tables)
    assert "UPDATE" not in "".join(line for line in statements("room") if '"audit_entry"' in line)
