"""Disposal: proposed by one, approved by two in two functions, carried out by a fourth, certified, and final."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dataroom.errors import Conflict, DataroomError, KeyDestroyed, NotFound, Refused
from dataroom.model import Certificate, Disposal, Document, Errand, Mark, Redaction, Version
from tests.actions.house import House

REASON = "The retention period has ended."


def test_nothing_is_proposed_before_its_day(house: House) -> None:
    line = house.world.upload(tier=2, category="claim-chart", schedule="patent-evidence")
    with pytest.raises(Conflict, match="no due date"):
        house.do("ada", "disposal.propose", line.document, reason=REASON)
    house.do("ada", "retention.trigger", line.document, on=house.world.clock.now().date().isoformat())
    with pytest.raises(Conflict, match="must be kept until"):
        house.do("ada", "disposal.propose", line.document, reason=REASON)


def test_the_proposer_never_approves(house: House) -> None:
    disposal = house.proposed()
    with pytest.raises(Refused, match="they proposed"):
        house.do("ada", "disposal.approve", disposal)


def test_two_approvals_come_from_two_functions(house: House) -> None:
    disposal = house.proposed()
    house.do("cleo", "disposal.approve", disposal)
    with pytest.raises(Refused):
        house.do("cleo", "disposal.approve", disposal)
    with pytest.raises(Refused, match="two functions"):
        house.do("carl", "disposal.approve", disposal)
    with pytest.raises(DataroomError):
        house.do("carl", "disposal.execute", disposal)
    house.do("bram", "disposal.approve", disposal)
    assert house.row(Disposal, disposal).state == "approved"


@pytest.mark.parametrize("who", ["bram", "cleo"])
def test_an_approver_never_executes(house: House, who: str) -> None:
    disposal = house.ready.get("approved") or house.approved()
    house.ready["approved"] = disposal
    with pytest.raises(Refused, match="they approved"):
        house.do(who, "disposal.execute", disposal)


def test_another_organisations_compliance_decides_nothing(house: House) -> None:
    disposal = house.proposed()
    for name, params in (("disposal.approve", {}), ("disposal.reject", {"remark": "Not at all."})):
        with pytest.raises(NotFound):
            house.do("corin", name, disposal, **params)


def test_a_document_is_part_of_one_disposal_at_a_time(house: House) -> None:
    line = house.world.due()
    first = house.proposed(line)
    with pytest.raises(Conflict, match="disposal under way"):
        house.proposed(line, "bram")
    house.do("bram", "disposal.reject", first, remark="Needed for the appeal.")
    house.proposed(line, "bram")


def test_one_organisation_disposes_of_its_own_alone(house: House) -> None:
    own, foreign = house.world.due(), house.world.due("bodil")
    with pytest.raises(NotFound):
        house.do("ada", "disposal.propose", own.document, reason=REASON, also=[foreign.document])


def test_after_execution_nothing_is_left_but_the_proof(house: House) -> None:
    line = house.world.due()
    redaction = house.in_review(line)
    copy = house.result(redaction)
    shared = house.world.disclosed(line.version)
    keys = {house.row(Version, line.version).object_key, copy.object_key}
    assert keys <= house.objects()
    disposal = house.disposed(line)
    for version in (line.version, copy.id):
        row = house.row(Version, version)
        assert (row.wrapped_dek, row.state) == (None, "destroyed")
        with pytest.raises(KeyDestroyed):
            house.do("ada", "page.view", version, page=1)
        with pytest.raises(KeyDestroyed):
            house.do("ada", "version.download", version)
        with pytest.raises(NotFound):
            house.do("pia", "page.view", version, page=1)
    document = house.row(Document, line.document)
    assert (document.state, document.title, document.folder) == ("disposed", "(disposed of)", "")
    assert house.count(Mark, Mark.redaction_id == redaction) == 0
    assert house.row(Redaction, redaction).state == "discarded"
    assert not any(view.live for view in house.do("ada", "disclosure.list", house.matter) if view.id == shared)
    house.world.worker.drain()
    assert not keys & house.objects()
    assert house.count(Errand, Errand.done_at.is_(None), Errand.kind == "version.erase") == 0
    with pytest.raises(DataroomError):
        house.do("carl", "disposal.execute", disposal)


def test_a_redaction_under_way_does_not_survive(house: House) -> None:
    line = house.world.due()
    redaction = house.draft(line)
    house.do("ada", "redaction.submit", redaction)
    house.disposed(line)
    objects = house.objects()
    house.world.worker.drain()
    assert house.objects() <= objects
    assert house.count(Version, Version.redaction_id == redaction) == 0


def test_the_certificate_verifies_with_the_public_key(house: House) -> None:
    line = house.world.due()
    sha256 = house.row(Version, line.version).sha256
    disposal = house.disposed(line)
    given = json.loads(b"".join(house.do("cleo", "disposal.certificate", disposal).pieces))
    text = given["certificate"].encode()
    key = bytes.fromhex(given["public_key"])
    assert key == house.world.services.kms.public_key("certificates")
    Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(given["signature"]), text)
    body = json.loads(text)
    assert [v["sha256"] for d in body["documents"] for v in d["versions"]] == [sha256]
    people = body["people"]
    assert people["proposed_by"] == "Ada Quill"
    assert {(p["name"], p["function"]) for p in people["approved_by"]} == {
        ("Bram Oakes", "custodian"),
        ("Cleo Hart", "compliance"),
    }
    assert people["executed_by"] == "Carl Ives"
    row = house.rows(Certificate, Certificate.disposal_id == disposal)[0]
    facts = [
        e.fields["facts"]
        for e in house.entries_since({})
        if e.fields["act"] == "disposal.execute" and e.fields["outcome"] == "done"
    ]
    assert hashlib.sha256(row.body).hexdigest() in {fact["certificate_sha256"] for fact in facts}
    paper = b"".join(house.do("cleo", "disposal.certificate", disposal, form="pdf").pieces)
    assert paper[:5] == b"%PDF-"


def test_the_certificate_names_the_entry_that_records_it(house: House) -> None:
    disposal = house.disposed()
    body = json.loads(house.rows(Certificate, Certificate.disposal_id == disposal)[0].body)
    page = house.do("cleo", "audit.list", house.matter, act="disposal.execute", outcome="done", limit=1)
    assert body["audit"]["seq"] == page.items[0].seq


@pytest.mark.parametrize("turn", range(4))
def test_a_hold_and_an_execution_at_once_end_as_one_of_the_two(house: House, turn: int) -> None:
    line = house.world.due()
    disposal = house.approved(line)
    gate, outcomes = threading.Barrier(2), dict[str, Any]()

    def act(who: str, name: str, target: Any, **params: Any) -> None:
        gate.wait()
        try:
            outcomes[name] = house.do(who, name, target, **params)
        except DataroomError as error:
            outcomes[name] = error

    hold = {"kind": "litigation", "reason": "Action before the regional court."}
    threads = [
        threading.Thread(target=act, args=("cleo", "hold.place", line.document), kwargs=hold),
        threading.Thread(target=act, args=("carl", "disposal.execute", disposal)),
    ]
    for thread in threads[:: 1 if turn % 2 else -1]:
        thread.start()
    for thread in threads:
        thread.join(30)
    placed, executed = outcomes["hold.place"], outcomes["disposal.execute"]
    destroyed = house.row(Version, line.version).wrapped_dek is None
    if isinstance(placed, DataroomError):
        assert isinstance(placed, Refused | NotFound | Conflict)
        assert not isinstance(executed, DataroomError)
        assert destroyed
    else:
        assert isinstance(executed, Refused | NotFound | Conflict)
        assert not destroyed
        assert house.row(Disposal, disposal).state == "void"
