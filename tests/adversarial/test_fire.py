"""The audit log under fire: several processes write to it and are killed; it stays whole, and nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataroom.model import AuditEntry
from tests.adversarial.house import check_logs, entries_of, environment_of
from tests.adversarial.writers import KILLED, LEAST, WRITERS, answered, besieging, enough
from tests.cast import World

SECONDS = 5
PATIENCE = 300.0


def test_nothing_is_lost_and_nothing_comes_twice(world: World, tmp_path: Path) -> None:
    line = world.published()
    settings = environment_of(world.config, tmp_path) | {
        "WRITERS_TOKEN": world.do("ada", "token.create", scopes=["everything"], name="writers").secret,
        "WRITERS_VERSION": str(line.version),
    }
    answers = tmp_path / "answers"
    answers.mkdir()
    began, writers = time.monotonic(), besieging(settings, answers)
    while time.monotonic() < began + SECONDS or not enough(answers):
        assert time.monotonic() < began + PATIENCE
        time.sleep(0.1)
    printed, complaints = writers.communicate(timeout=120)
    assert writers.returncode == 0, complaints.decode()[-2000:]
    told, kills, outcomes = answered(answers), int(printed), entries_of(world, "version.read", line.version)
    assert kills >= KILLED
    assert told >= LEAST
    assert set(outcomes) <= {"done", "failed"}
    assert told <= outcomes.count("done") <= told + kills + WRITERS
    check_logs(world, tmp_path)


def test_entries_can_be_neither_changed_nor_deleted(world: World) -> None:
    world.published()
    statements = (
        "UPDATE audit_entry SET act = 'nothing'",
        "UPDATE audit_entry SET entry = entry WHERE seq = 0",
        "DELETE FROM audit_entry WHERE seq = 0",
        "DELETE FROM audit_entry",
    )
    for statement in statements:
        with pytest.raises(DBAPIError, match="never changed"), world.services.database.writing() as session:
            session.execute(text(statement))
    with pytest.raises(DBAPIError), world.services.database.writing() as session:
        session.execute(text("DELETE FROM audit_log"))


def test_an_entry_changed_behind_the_guard_is_found(world: World, tmp_path: Path) -> None:
    """Whoever owns the database can drop the guard; then the recomputed head no longer is the recorded one."""
    if world.config.database_url.startswith("sqlite"):
        off = ["DROP TRIGGER audit_entry_kept_update"]
        on = [
            "CREATE TRIGGER audit_entry_kept_update BEFORE UPDATE ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END"
        ]
    else:
        off = ["ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_kept"]
        on = ["ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_kept"]
    check_logs(world, tmp_path)
    with world.services.database.reading() as session:
        entry = session.query(AuditEntry).filter(AuditEntry.act == "document.upload").first()
        assert entry is not None
        key, kept = {"log": entry.log_id.hex, "seq": entry.seq}, bytes(entry.entry)
    if not world.config.database_url.startswith("sqlite"):
        key["log"] = str(entry.log_id)
    changed = kept.replace(b'"v":1', b'"v":1 ')
    rewrite = text("UPDATE audit_entry SET entry = :data WHERE seq = :seq AND log_id = :log")
    for data in (changed, kept):
        with world.services.database.writing() as session:
            for statement in off:
                session.execute(text(statement))
            session.execute(rewrite, {**key, "data": data})
            for statement in on:
                session.execute(text(statement))
        if data is changed:
            with pytest.raises(AssertionError):
                check_logs(world, tmp_path)
    check_logs(world, tmp_path)
