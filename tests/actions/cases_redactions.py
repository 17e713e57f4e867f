"""Cases of the actions on redactions."""

from __future__ import annotations

import json
from typing import Any

from dataroom.model import Errand, Mark, Redaction, Version
from redaction import spelled
from tests.actions.case import Case, Target
from tests.actions.house import House, mark


def _draft(house: House) -> Target:
    return house.draft()


def _version(house: House) -> Target:
    return house.line().version  # type: ignore[no-any-return]


def _started(house: House, target: Any, result: Any) -> None:
    row = house.row(Redaction, result.id)
    assert (row.version_id, row.state, row.result_tier) == (target, "draft", 1)


def _shown(house: House, result: Any) -> bool:
    return any(line.state == "draft" for line in result)


def _read(house: House, target: Any, result: Any) -> None:
    assert (result.id, result.state, len(result.marks), result.author) == (target, "draft", 1, "Ada Quill")


def _marked(house: House, target: Any, result: Any) -> None:
    assert house.count(Mark, Mark.redaction_id == target) == 2
    assert house.row(Mark, result[0]).page == 2


def _unmarked(house: House, target: Any, _result: Any) -> None:
    assert house.count(Mark, Mark.redaction_id == target) == 0


def _submitted(house: House, target: Any, _result: Any) -> None:
    assert house.row(Redaction, target).state == "applying"
    owed = [row for row in house.rows(Errand) if row.payload.get("target") == str(target)]
    assert [row.kind for row in owed] == ["redaction.apply"]


def _applied(house: House, target: Any, result: Any) -> None:
    assert house.row(Redaction, target).state == "in_review"
    copy = house.row(Version, result.id)
    assert (copy.state, copy.tier, copy.redaction_id) == ("candidate", 1, target)
    assert copy.object_key in house.objects()
    assert house.do("ada", "page.search", copy.id, term="Lumen") == ()
    assert house.do("ada", "page.search", copy.id, term="Royalty") != ()


def _approved(house: House, target: Any, _result: Any) -> None:
    assert house.row(Redaction, target).state == "released"
    assert house.result(target).state == "staged"


def _returned(house: House, target: Any, _result: Any) -> None:
    assert house.row(Redaction, target).state == "returned"
    copy = house.result(target)
    assert (copy.state, copy.wrapped_dek) == ("destroyed", None)


def _discarded(house: House, target: Any, _result: Any) -> None:
    assert house.row(Redaction, target).state == "discarded"


def _logged(house: House, _target: Any, result: Any) -> None:
    assert b"Names the licensed product line." in result
    assert b'"TS"' in result


def _privileged(house: House) -> Target:
    redaction = house.do(
        "ada", "redaction.start", house.line().version, title="For all", tier=2, category="technical"
    ).id
    details = dict.fromkeys(house.world.services.law.rationales["AC"].record, "Mara Winter")
    house.do("ada", "redaction.mark", redaction, marks=[mark(code="AC", details=details)])
    house.do("ada", "redaction.submit", redaction)
    house.world.worker.drain("redaction.apply")
    house.do("bram", "redaction.approve", redaction)
    return house.matter


def _copy_in_review(house: House) -> Target:
    return house.result(house.in_review()).id


def _proved(house: House, target: Any, result: Any) -> None:
    held = json.loads(result)
    assert held["output"]["sha256"] == house.row(Version, target).sha256
    assert spelled(held) == result


def _verified(house: House, _target: Any, result: Any) -> None:
    assert result.passed
    assert {"repeat", "twin"} <= {check.name for check in result.checks}


CASES = (
    Case("version.proof", "ada", _proved, _copy_in_review, lower="lorn", reads=True),
    Case("redaction.verify", "bram", _verified, lambda h: h.in_review(), reads=True),
    Case(
        "redaction.start",
        "ada",
        _started,
        _version,
        params=lambda h, t: {"title": "For partners", "tier": 1, "category": "claim-chart"},
    ),
    Case(
        "redaction.list",
        "ada",
        lambda h, t, r: None,
        lambda h: h.draft() and h.matter,
        shows=_shown,
        reads=True,
    ),
    Case("redaction.read", "ada", _read, _draft, reads=True),
    Case("redaction.mark", "ada", _marked, _draft, params=lambda h, t: {"marks": [mark(2)]}),
    Case(
        "redaction.unmark",
        "ada",
        _unmarked,
        _draft,
        params=lambda h, t: {"marks": [row.id for row in h.rows(Mark, Mark.redaction_id == t)] or [t]},
    ),
    Case("redaction.submit", "ada", _submitted, _draft),
    Case("redaction.apply", "service", _applied, lambda h: h.applying(), lower="ada"),
    Case("redaction.approve", "bram", _approved, lambda h: h.in_review()),
    Case(
        "redaction.return",
        "bram",
        _returned,
        lambda h: h.in_review(),
        params=lambda h, t: {"remark": "Page 2 names the licensee as well."},
    ),
    Case("redaction.discard", "ada", _discarded, _draft),
    Case(
        "redaction.privilege-log",
        "cleo",
        lambda h, t, r: None,
        _privileged,
        shows=lambda h, r: b"Mara Winter" in r,
        lower="lorn",
        reads=True,
    ),
    Case("redaction.log", "cleo", _logged, _draft, lower="lorn", reads=True),
)
