"""Cases of the actions on disclosures, holds, retention and disposal."""

from __future__ import annotations

import json
from typing import Any

from dataroom.model import Certificate, Disclosure, Disposal, DisposalApproval, Document, Hold, HoldDocument, Version
from tests.actions.case import Case, Target
from tests.actions.house import House, terms


def _given(house: House) -> Target:
    return house.world.disclosed(house.line().version)


def _document(house: House) -> Target:
    return house.line().document  # type: ignore[no-any-return]


def _undated(house: House) -> Target:
    line = house.world.upload(tier=2, category="claim-chart", schedule="patent-evidence")
    return line.document  # type: ignore[no-any-return]


def _due(house: House) -> Target:
    return house.world.due().document  # type: ignore[no-any-return]


def _disclosed(house: House, target: Any, result: Any) -> None:
    row = house.row(Disclosure, result.id)
    assert (row.version_id, row.withdrawn_at) == (target, None)
    assert house.do("pia", "page.view", target, page=1, width=60)[:2] == b"\xff\xd8"


def _disclosures(house: House, result: Any) -> bool:
    return any(view.organisation.slug == "aldermoor" and view.recipient.slug == "borealis" for view in result)


def _withdrawn(house: House, target: Any, _result: Any) -> None:
    assert house.row(Disclosure, target).withdrawn_at is not None


def _held(house: House, target: Any, result: Any) -> None:
    assert house.row(Hold, result.id).released_at is None
    assert house.count(HoldDocument, HoldDocument.document_id == target, HoldDocument.hold_id == result.id) == 1
    assert house.do("ada", "document.read", target).held


def _holds(house: House, result: Any) -> bool:
    return any(view.organisation.slug == "aldermoor" for view in result)


def _released(house: House, target: Any, _result: Any) -> None:
    row = house.row(Hold, target)
    assert row.released_at is not None
    assert row.release_reason == "The action was settled out of court."


def _triggered(house: House, target: Any, _result: Any) -> None:
    row = house.row(Document, target)
    assert (row.trigger_on.isoformat(), row.due_on.isoformat()) == ("2024-02-29", "2030-02-28")


def _line(house: House, result: Any) -> bool:
    return any(line.organisation.slug == "aldermoor" and line.schedule == "work-product" for line in result)


def _proposed(house: House, _target: Any, result: Any) -> None:
    assert house.row(Disposal, result.id).state == "proposed"


def _disposals(house: House, result: Any) -> bool:
    return any(view.organisation.slug == "aldermoor" for view in result)


def _shown(house: House, target: Any, result: Any) -> None:
    assert (result.id, result.state, result.proposed_by) == (target, "proposed", "Ada Quill")


def _approved(house: House, target: Any, _result: Any) -> None:
    given = house.rows(DisposalApproval, DisposalApproval.disposal_id == target)
    assert [row.function for row in given] == ["compliance"]
    assert house.row(Disposal, target).state == "proposed"


def _rejected(house: House, target: Any, _result: Any) -> None:
    assert house.row(Disposal, target).state == "rejected"


def _executed(house: House, target: Any, result: Any) -> None:
    assert house.row(Disposal, target).state == "done"
    body = json.loads(house.row(Certificate, result.id).body)
    for line in body["documents"]:
        for version in line["versions"]:
            row = house.rows(Version, Version.sha256 == version["sha256"], Version.object_key == version["object"])[0]
            assert (row.wrapped_dek, row.state) == (None, "destroyed")


def _certified(house: House, _target: Any, result: Any) -> None:
    assert json.loads(result)["algorithm"].startswith("Ed25519")


CASES = (
    Case("disclosure.grant", "ada", _disclosed, lambda h: h.line().version, params=lambda h, t: terms(h)),
    Case(
        "disclosure.list",
        "cleo",
        lambda h, t, r: None,
        lambda h: _given(h) and h.matter,
        lower="petra",
        foreign="cass",
        shows=_disclosures,
        reads=True,
    ),
    Case("disclosure.withdraw", "ada", _withdrawn, _given, lower="petra", foreign="cass"),
    Case(
        "hold.place",
        "cleo",
        _held,
        _document,
        params=lambda h, t: {"kind": "litigation", "reason": "Action before the regional court."},
        lower="lorn",
        foreign="corin",
    ),
    Case(
        "hold.release",
        "cleo",
        _released,
        lambda h: h.hold(),
        params=lambda h, t: {"reason": "The action was settled out of court."},
        lower="ada",
        foreign="corin",
    ),
    Case(
        "hold.list",
        "cleo",
        lambda h, t, r: None,
        lambda h: h.hold() and h.matter,
        lower="petra",
        foreign="corin",
        shows=_holds,
        reads=True,
    ),
    Case("retention.trigger", "cleo", _triggered, _undated, params=lambda h, t: {"on": "2024-02-29"}, lower="lorn"),
    Case(
        "retention.list",
        "cleo",
        lambda h, t, r: None,
        lambda h: _document(h) and h.matter,
        lower="lorn",
        foreign="corin",
        shows=_line,
        reads=True,
    ),
    Case(
        "disposal.propose",
        "ada",
        _proposed,
        _due,
        params=lambda h, t: {"reason": "The retention period has ended."},
    ),
    Case(
        "disposal.list",
        "cleo",
        lambda h, t, r: None,
        lambda h: h.proposed() and h.matter,
        lower="petra",
        foreign="corin",
        shows=_disposals,
        reads=True,
    ),
    Case("disposal.read", "cleo", _shown, lambda h: h.proposed(), lower="petra", foreign="corin", reads=True),
    Case("disposal.approve", "cleo", _approved, lambda h: h.proposed(), lower="petra", foreign="corin"),
    Case(
        "disposal.reject",
        "cleo",
        _rejected,
        lambda h: h.proposed(),
        params=lambda h, t: {"remark": "Needed for the appeal."},
        lower="petra",
        foreign="corin",
    ),
    Case("disposal.execute", "carl", _executed, lambda h: h.approved(), lower="petra", foreign="corin"),
    Case(
        "disposal.certificate", "cleo", _certified, lambda h: h.disposed(), lower="petra", foreign="corin", reads=True
    ),
)
