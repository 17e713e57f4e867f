"""The audit log as people get it: complete, checkable without the service, and closed where it is not theirs."""

from __future__ import annotations

import base64
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataroom.actions.checkpoints import verifier_key
from dataroom.audit.verifier import Report, verify_bundle
from dataroom.model import AuditEntry, AuditLog
from tests.actions.house import House

KEPT = {
    "sqlite": ("DROP TRIGGER audit_entry_kept_update",),
    "postgresql": ("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_kept",),
}


def bundle(house: House, who: str, matter: uuid.UUID, folder: Path) -> Path:
    """Somebody's export, as a file."""
    path = folder / f"{who}.zip"
    path.write_bytes(b"".join(house.do(who, "audit.export", matter).pieces))
    return path


def verified(house: House, path: Path, matter: uuid.UUID) -> Report:
    """What an outsider's check says."""
    return verify_bundle(path, [verifier_key(house.world.services, matter)], [])


def opened(path: Path) -> list[tuple[int, list[Any]]]:
    """Every opened field of a bundle with the number of its entry."""
    found: list[tuple[int, list[Any]]] = []
    with zipfile.ZipFile(path) as archive:
        for line in archive.read("disclosures.jsonl").decode().splitlines():
            row = json.loads(line)
            place, texts = (row[0], row[1]) if isinstance(row, list) else (row["seq"], row["disclosures"])
            for each in texts:
                found.append((place, json.loads(base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)))))
    return found


def test_an_export_verifies_without_the_service(house: House, tmp_path: Path) -> None:
    house.line()
    path = bundle(house, "cleo", house.matter, tmp_path)
    report = verified(house, path, house.matter)
    assert report.faults == []
    assert report.entries == report.size == house.log_sizes()[house.matter]
    assert report.open_fields > 0


def test_an_export_fails_with_another_logs_key(house: House, tmp_path: Path) -> None:
    path = bundle(house, "cleo", house.matter, tmp_path)
    assert verify_bundle(path, [verifier_key(house.world.services, house.other_matter())], []).faults


def test_the_database_itself_refuses_to_change_an_entry(house: House) -> None:
    for statement in ("UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(DBAPIError, match="never changed"), house.writing() as session:
            session.execute(text(statement))


def test_one_changed_byte_of_an_entry_is_found_and_named(house: House, tmp_path: Path) -> None:
    matter = house.other_matter()
    house.do("ada", "member.add", matter, email="cleo@aldermoor.example", tier=4)
    for _ in range(3):
        house.do("ada", "matter.read", matter)
    assert verified(house, bundle(house, "cleo", matter, tmp_path), matter).faults == []
    with house.writing() as session:
        for statement in KEPT[session.get_bind().dialect.name]:
            session.execute(text(statement))
        log = session.query(AuditLog).filter(AuditLog.matter_id == matter).one()
        entry = session.get_one(AuditEntry, (log.id, 3))
        data = bytearray(entry.entry)
        data[len(data) // 2] ^= 1
        entry.entry = bytes(data)
    report = verified(house, bundle(house, "cleo", matter, tmp_path), matter)
    assert any("entry 3" in fault for fault in report.faults), report.faults


@pytest.mark.parametrize("who", ["corin", "bodil"])
def test_the_affairs_of_others_stay_closed(house: House, who: str, tmp_path: Path) -> None:
    line = house.line(title="Zephyrine schedule")
    redaction = house.draft(line)
    hold = house.hold(line)
    disposal = house.proposed()
    secret = {str(one) for one in (line.document, line.version, redaction, hold, disposal)}
    page = house.do(who, "audit.list", house.matter, limit=200)
    shown = json.dumps([[view.target, view.facts, str(view.document)] for view in page.items], default=str)
    assert not [one for one in secret if one in shown]
    assert not house.do(who, "audit.list", house.matter, document=line.document).items
    if who == "corin":
        path = bundle(house, who, house.matter, tmp_path)
        assert verified(house, path, house.matter).faults == []
        told = json.dumps(opened(path))
        assert "matter.create" in told or "member.add" in told
        assert not [one for one in secret if one in told]
    own = house.do("cleo", "audit.list", house.matter, document=line.document)
    assert {"document.upload", "redaction.start", "hold.place"} <= {view.act for view in own.items}


def test_an_owner_reads_who_looked_at_their_document(house: House) -> None:
    line = house.world.published()
    house.do("pia", "page.view", line.version, page=1, width=60)
    (view,) = house.do("cleo", "audit.list", house.matter, document=line.document, act="page.view").items
    assert (view.who, view.organisation, view.outcome) == ("Pia Strand", "Borealis Photonics", "done")


def test_a_refused_attempt_is_told_to_the_owner(house: House) -> None:
    line = house.line()
    with pytest.raises(Exception, match="Not found"):
        house.do("stray", "page.view", line.version, page=1)
    (view,) = house.do("cleo", "audit.list", house.matter, document=line.document, outcome="refused").items
    assert (view.who, view.act, view.code) == ("Stray Visitor", "page.view", "not-found")


def test_filters(house: House) -> None:
    line = house.line()
    start = house.world.clock.now()
    house.do("ada", "document.publish", line.document)
    every = house.do("cleo", "audit.list", house.matter, limit=200).items
    assert {v.act for v in house.do("cleo", "audit.list", house.matter, act="document.upload").items} == {
        "document.upload"
    }
    assert {v.outcome for v in house.do("cleo", "audit.list", house.matter, outcome="done").items} == {"done"}
    ada = house.person("ada").user
    assert {v.who for v in house.do("cleo", "audit.list", house.matter, actor=ada).items} == {"Ada Quill"}
    late = house.do("cleo", "audit.list", house.matter, since=start, act="document.publish").items
    assert len(late) == 1
    early = house.do("cleo", "audit.list", house.matter, until=start, limit=200).items
    assert late[0].seq not in {v.seq for v in early}
    first = house.do("cleo", "audit.list", house.matter, limit=3)
    second = house.do("cleo", "audit.list", house.matter, limit=3, before=first.next)
    seqs = [v.seq for v in (*first.items, *second.items)]
    assert seqs == sorted(seqs, reverse=True)
    assert len(set(seqs)) == 6
    assert len(every) > 3


def test_an_entry_holds_no_contents(house: House) -> None:
    sizes = house.log_sizes()
    line = house.line(title="Zephyrine schedule")
    house.do("ada", "page.search", line.version, term="Royalty")
    house.world.disclosed(line.version)
    for entry in house.entries_since(sizes):
        told = json.dumps(entry.fields)
        assert "Zephyrine" not in told
        assert "Royalty" not in told
        assert "mapping" not in told
