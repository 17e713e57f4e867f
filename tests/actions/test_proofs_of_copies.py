"""The proof of a redacted copy, from the engine to a partner who checks it alone, and an engine that was tampered with."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update

import redaction as engine
from dataroom.actions.checkpoints import verifier_key
from dataroom.actions.context import Told
from dataroom.audit.entry import open_fields, read_entry
from dataroom.errors import Conflict, NotFound
from dataroom.model import AuditDisclosure, AuditEntry, Redaction, Version
from tests.actions.house import House, mark

ROOT = Path(__file__).resolve().parents[2]
ALONE = "import sys, runpy; sys.modules['dataroom'] = None; runpy.run_module('redaction', run_name='__main__')"


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m redaction` in a process that cannot import the service."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", ALONE, *arguments], capture_output=True, text=True, env=environment, cwd="/"
    )


def released(house: House) -> Version:
    """A copy that was approved and disclosed to Borealis."""
    made = house.in_review()
    house.do("bram", "redaction.approve", made)
    copy = house.result(made)
    house.world.disclosed(copy.id)
    return copy


def test_a_partner_checks_the_received_copy_alone(house: House, tmp_path: Path) -> None:
    copy = released(house)
    proof, file = tmp_path / "proof.json", tmp_path / "copy.pdf"
    proof.write_bytes(b"".join(house.do("pia", "version.proof", copy.id).pieces))
    assert b"Names the licensed" not in proof.read_bytes()
    file.write_bytes(b"".join(house.do("bodil", "version.download", copy.id).pieces))
    key = verifier_key(house.world.services, house.matter)
    ran = alone("verify", str(file), str(proof), "--key", key)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "passed signature" in ran.stdout
    assert "passed added" in ran.stdout
    assert alone("verify", str(file), str(proof), "--key", key.replace(str(house.matter), "x")).returncode == 1
    file.write_bytes(file.read_bytes().replace(b"stream", b"streak", 1))
    assert alone("verify", str(file), str(proof), "--key", key).returncode == 1


def test_the_log_pins_the_proof(house: House, tmp_path: Path) -> None:
    copy = released(house)
    data = b"".join(house.do("pia", "version.proof", copy.id).pieces)
    with house.world.services.database.reading() as session:
        entry = session.query(AuditEntry).filter_by(act="redaction.apply", target_id=copy.redaction_id).one()
        texts = session.query(AuditDisclosure).filter_by(log_id=entry.log_id, seq=entry.seq, name="fact").one()
        told = open_fields(read_entry(entry.entry), texts.disclosure.split("\n"))
    assert told["facts"]["proof"] == hashlib.sha256(data).hexdigest()
    handed = b"".join(house.do("ada", "audit.prove", house.matter, seq=entry.seq).pieces)
    (tmp_path / "entry.tlog-proof").write_bytes(handed)
    verify = [sys.executable, str(ROOT / "dataroom/audit/verifier.py"), "--proof", str(tmp_path / "entry.tlog-proof")]
    key = verifier_key(house.world.services, house.matter)
    ran = subprocess.run([*verify, "--key", key], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    extra = re.search(rb"\nextra (\S+)\n", handed)
    assert extra is not None


def test_the_custodian_repeats_the_sealed_checks_later(house: House) -> None:
    copy = released(house)
    result = house.do("ada", "redaction.verify", copy.redaction_id)
    assert result.passed
    with house.writing() as session:
        row = session.get(Redaction, copy.redaction_id)
        marks = [{**mark, "quad": [[x + 3, y] for x, y in mark["quad"]]} for mark in row.report["marks"]]
        session.execute(update(Redaction).where(Redaction.id == row.id).values(report={**row.report, "marks": marks}))
    assert not house.do("ada", "redaction.verify", copy.redaction_id).passed


def test_originals_and_older_copies_have_no_proof(house: House) -> None:
    line = house.line()
    with pytest.raises(Exception, match="No rule permits this") as caught:
        house.do("ada", "version.proof", line.version)
    assert not isinstance(caught.value, NotFound)
    made = house.in_review()
    with house.writing() as session:
        row = session.get(Redaction, made)
        session.execute(
            update(Redaction)
            .where(Redaction.id == made)
            .values(report={key: value for key, value in row.report.items() if key != "proof"})
        )
    with pytest.raises(Conflict, match="before copies got a proof"):
        house.do("ada", "version.proof", house.result(made).id)


@pytest.mark.parametrize("what", ["leak", "proof"])
def test_nothing_of_a_sabotaged_engine_leaves_the_vault(
    house: House, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The child that makes the copy hands over the original with boxes that cover nothing, or a proof of failed checks;
    the second reader, another process, is honest."""
    made = house.applying()
    workshop = house.world.services.workshop
    honest = workshop.redact
    original = house.row(Redaction, made).version_id

    def sabotaged(source: object, plan: dict[str, object], salt: bytes, told: Told) -> object:
        result = honest(source, plan, salt, told)
        if what == "leak":
            whole = source.fetch(0, source.size)  # type: ignore[attr-defined]
            return type(result)(bytes(whole), result.report, result.proof)
        failed = [{**check, "passed": False} for check in result.proof["checks"]]
        return type(result)(result.output, result.report, {**result.proof, "checks": failed})

    monkeypatch.setattr(workshop, "redact", sabotaged)
    objects = house.objects()
    house.do("service", "redaction.apply", made)
    row = house.row(Redaction, made)
    assert row.state == "failed"
    assert house.objects() == objects
    assert house.count(Version, Version.redaction_id == made) == 0
    assert house.row(Version, original).state == "staged"


def test_a_proof_is_spelled_in_one_way(house: House) -> None:
    copy = house.result(house.in_review())
    data = b"".join(house.do("bram", "version.proof", copy.id).pieces)
    held = json.loads(data)
    assert engine.spelled(held) == data
    assert held["format"] == "redaction-proof/2"
    assert held["original"].keys() == {"commitment"}
    assert re.fullmatch(r"[A-Z0-9-]+", held["output"]["title"])
    assert house.row(Version, copy.original_id).sha256 not in data.decode()


@pytest.mark.parametrize(("title", "state"), [("Copy for partners", "in_review"), ("On the claim", "failed")])
def test_the_copy_states_the_title_its_author_gave(house: House, title: str, state: str) -> None:
    start = {"title": "For partners", "shown_title": title, "tier": 1, "category": "claim-chart"}
    made = house.do("ada", "redaction.start", house.line().version, **start).id
    house.do("ada", "redaction.mark", made, marks=[mark()])
    house.do("ada", "redaction.submit", made)
    house.do("service", "redaction.apply", made)
    row = house.row(Redaction, made)
    assert row.state == state
    if state == "in_review":
        assert json.loads(row.report["proof"])["output"]["title"] == row.report["title"] == title
    else:
        assert "stands in the title" in row.remark
