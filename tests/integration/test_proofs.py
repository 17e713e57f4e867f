"""Proofs from kept subtree roots are those of RFC 6962 over all leaves, with and without the roots; and audit.prove."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dataroom.actions import proofs
from dataroom.actions.checkpoints import verifier_key
from dataroom.actions.context import SERVICE
from dataroom.actions.evidence import Record, append
from dataroom.actions.gate import Gate
from dataroom.app import build
from dataroom.audit import verifier
from dataroom.audit.tree import consistency_proof, inclusion_proof, root_of
from dataroom.cli.operate import Operator, initialise
from dataroom.errors import NotFound
from dataroom.model import AuditEntry, AuditLog, AuditNode
from tests.cast import World, make_config
from tests.parts import Seaweed

SIZE = 1030


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[tuple[Session, uuid.UUID, list[bytes]]]:
    """A log of 1030 entries, its id and its leaves."""
    folder = tmp_path_factory.mktemp("log")
    config = make_config(folder, f"sqlite:///{folder}/room.db", seaweed)
    services = initialise(config, Operator(build=build, gate=Gate))
    database = services.database
    with database.writing() as session:
        for _ in range(SIZE):
            append(services, session, Record(act="a.b", principal=SERVICE), datetime.now(UTC))
        row = session.scalars(select(AuditLog)).one()
        leaves = list(session.scalars(select(AuditEntry.leaf).order_by(AuditEntry.seq)))
    with database.writing() as session:
        yield session, row.id, leaves
        session.rollback()
    services.workshop.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kept", [True, False])
def test_proofs_are_those_over_all_leaves(log: tuple[Session, uuid.UUID, list[bytes]], kept: bool) -> None:
    session, log_id, leaves = log
    if kept:
        levels = list(session.scalars(select(AuditNode.level).order_by(AuditNode.level, AuditNode.index)))
        assert levels == [8, 8, 8, 8, 9, 9, 10]
    else:
        session.execute(delete(AuditNode))
    for size in (1, 255, 256, 257, 511, 512, 513, 768, 1023, 1024, 1025, SIZE):
        assert proofs.root_at(session, log_id, size) == root_of(leaves[:size])
        for seq in {0, size // 2, size - 1}:
            assert list(proofs.inclusion(session, log_id, seq, size)) == inclusion_proof(leaves[:size], seq)
        for old in {0, 1, size // 3, size - 1, size}:
            expected = consistency_proof(leaves[:size], old)
            assert list(proofs.consistency(session, log_id, old, size)) == expected


def test_an_entry_is_proved_to_whoever_may_open_it(world: World, tmp_path: Path) -> None:
    line = world.published()
    with world.services.database.reading() as session:
        query = select(AuditEntry.seq).where(AuditEntry.document_id == line.document, AuditEntry.outcome == "done")
        uploaded, published = list(session.scalars(query.order_by(AuditEntry.seq)))[:2]
    key = verifier_key(world.services, world.matter)
    file = tmp_path / "entry.tlog-proof"
    closed = {"ada": 1, "cleo": 1, "corin": 3}
    for who, seq in (("ada", uploaded), ("cleo", uploaded), ("corin", published)):
        file.write_bytes(b"".join(world.do(who, "audit.prove", world.matter, seq=seq).pieces))
        report = verifier.verify_proof(file, [key])
        assert report.faults == []
        assert report.open_fields > 5
        assert report.closed_fields == closed[who], "pins never; mail and address not outside the organisation"
    for who, seq in (("corin", uploaded), ("cleo", 10**9)):
        with pytest.raises(NotFound):
            world.do(who, "audit.prove", world.matter, seq=seq)
