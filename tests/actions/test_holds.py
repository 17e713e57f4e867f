"""Holds: what they cover is destroyed on no path, and what was approved before is void."""

from __future__ import annotations

import io

import pytest

from dataroom.errors import DataroomError, NotFound, Refused
from dataroom.model import Disposal, DisposalApproval, Document, KeyScope, Version
from tests.actions.house import House, pdf

REASON = "Action before the regional court."


def test_a_hold_stops_a_proposal(house: House) -> None:
    line = house.world.due()
    hold = house.hold(line)
    before = house.dump()
    with pytest.raises(Refused, match="hold"):
        house.do("ada", "disposal.propose", line.document, reason="The period has ended.")
    assert house.dump() == before
    house.do("cleo", "hold.release", hold, reason="The action was settled.")
    house.proposed(line)


def test_a_hold_voids_what_was_approved_and_release_does_not_revive_it(house: House) -> None:
    line = house.world.due()
    disposal = house.approved(line)
    hold = house.hold(line)
    assert house.row(Disposal, disposal).state == "void"
    assert house.count(DisposalApproval, DisposalApproval.disposal_id == disposal) == 0
    for who, name in (("bram", "disposal.approve"), ("carl", "disposal.execute")):
        with pytest.raises(DataroomError):
            house.do(who, name, disposal)
    house.do("cleo", "hold.release", hold, reason="The action was settled.")
    with pytest.raises(DataroomError):
        house.do("carl", "disposal.execute", disposal)
    assert house.row(Version, line.version).wrapped_dek is not None
    house.disposed(line)
    assert house.row(Version, line.version).wrapped_dek is None


def test_a_hold_on_one_document_stops_the_disposal_of_all(house: House) -> None:
    one, two = house.world.due(), house.world.due()
    disposal = house.do("ada", "disposal.propose", one.document, reason="The period has ended.", also=[two.document]).id
    house.hold(two)
    assert house.row(Disposal, disposal).state == "void"


@pytest.mark.parametrize("state", ["proposed", "approved"])
def test_a_hold_that_slipped_in_stops_every_step(house: House, state: str) -> None:
    """Even where a hold did not void the disposal, as if a row had been restored from a backup."""
    line = house.world.due()
    disposal = house.approved(line) if state == "approved" else house.proposed(line)
    given = house.rows(DisposalApproval, DisposalApproval.disposal_id == disposal)
    house.hold(line)
    with house.writing() as session:
        session.get_one(Disposal, disposal).state = state
        for row in given:
            columns = {c.key: getattr(row, c.key) for c in DisposalApproval.__table__.columns}
            session.add(DisposalApproval(**columns))
    who, name = ("carl", "disposal.execute") if state == "approved" else ("cleo", "disposal.approve")
    before = house.dump()
    with pytest.raises(Refused, match="hold"):
        house.do(who, name, disposal)
    assert house.dump() == before


def test_a_partner_holds_what_was_disclosed_to_them(house: House) -> None:
    line = house.world.due()
    with pytest.raises(NotFound):
        house.do("corin", "hold.place", line.document, kind="litigation", reason=REASON)
    house.world.disclosed(line.version)
    hold = house.do("corin", "hold.place", line.document, kind="litigation", reason=REASON).id
    with pytest.raises(Refused):
        house.do("ada", "disposal.propose", line.document, reason="The period has ended.")
    with pytest.raises(NotFound):
        house.do("cleo", "hold.release", hold, reason="The action was settled.")
    assert house.do("cleo", "document.read", line.document).holds == ()
    house.do("corin", "hold.release", hold, reason="The action was settled.")


def test_further_documents_are_asked_for_one_by_one(house: House) -> None:
    own, foreign = house.line(), house.world.ready("bodil")
    for other in (foreign.document, house.matter):
        with pytest.raises(NotFound):
            house.do("cleo", "hold.place", own.document, kind="litigation", reason=REASON, also=[other])
    assert not house.do("cleo", "document.read", own.document).held


def test_a_document_of_another_matter_is_answered_as_if_there_were_none(house: House) -> None:
    elsewhere = house.world.gate.perform(
        house.person("bodil"), "document.upload", house.other_matter(), {"path": "x.pdf"}, io.BytesIO(pdf())
    )
    with pytest.raises(NotFound):
        house.do(
            "cleo", "hold.place", house.line().document, kind="litigation", reason=REASON, also=[elsewhere.document]
        )


@pytest.mark.parametrize("name", ["redaction.return", "redaction.discard"])
def test_a_held_copy_is_kept_when_its_redaction_ends(house: House, name: str) -> None:
    line = house.line()
    redaction = house.in_review(line)
    copy = house.result(redaction)
    house.hold(line)
    params = {"remark": "Page 2 names the licensee."} if name == "redaction.return" else {}
    house.do("bram", name, redaction, **params)
    house.world.worker.drain()
    kept = house.row(Version, copy.id)
    assert (kept.state, kept.wrapped_dek) == ("candidate", copy.wrapped_dek)
    assert copy.object_key in house.objects()
    if name == "redaction.return":
        house.do("ada", "redaction.submit", redaction)
        house.world.worker.drain()
        house.do("bram", "redaction.approve", redaction)
        assert house.result(redaction).id != copy.id


def test_bytes_are_not_erased_under_a_hold_by_errand_or_sweep(house: House) -> None:
    line = house.line()
    redaction = house.in_review(line)
    copy = house.result(redaction)
    house.do("bram", "redaction.discard", redaction)
    hold = house.hold(line)
    with pytest.raises(NotFound):
        house.do("service", "version.erase", copy.id)
    house.world.worker.drain()
    house.later(days=2)
    house.do("service", "upload.sweep")
    assert copy.object_key in house.objects()
    house.do("cleo", "hold.release", hold, reason="The action was settled.")
    house.do("service", "upload.sweep")
    assert copy.object_key not in house.objects()
    assert house.row(Version, line.version).object_key in house.objects()


def test_a_hold_leaves_the_work_possible(house: House) -> None:
    line = house.line()
    house.hold(line)
    house.do("ada", "document.publish", line.document)
    house.do("ada", "document.withdraw", line.document)
    house.do("ada", "document.classify", line.document, tier=3, category="target", schedule="court-record")
    assert house.row(Document, line.document).tier == 3


def test_no_key_is_retired_or_destroyed_that_opens_a_held_document(house: House) -> None:
    scope = house.own_scope()
    held = house.content_of(scope)
    house.do("ada", "member.add", held.matter_id, email="cleo@aldermoor.example", tier=4)
    hold = house.do("cleo", "hold.place", held.document_id, kind="litigation", reason=REASON).id
    retire = {"reason": "The company leaves.", "days": 0}
    with pytest.raises(NotFound):
        house.do("service", "scope.retire", scope, **retire)
    house.do("cleo", "hold.release", hold, reason="The action was settled.")
    house.do("service", "scope.retire", scope, **retire)
    house.do("cleo", "hold.place", held.document_id, kind="litigation", reason=REASON)
    with pytest.raises(NotFound):
        house.do("service", "scope.destroy", scope)
    house.world.worker.drain()
    assert house.content_of(scope).wrapped_dek == held.wrapped_dek
    assert house.row(KeyScope, scope).kek_blob is not None
    house.do("service", "scope.restore", scope)
    assert house.do("ada", "page.view", held.id, page=1, width=60)[:2] == b"\xff\xd8"
