"""Cases of the law and its changes while the installation runs."""

from __future__ import annotations

import io
import uuid
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dataroom.actions.policies import RESET
from dataroom.model import PolicyChange
from policies.engine import Law
from tests.actions.case import Case, Target
from tests.actions.house import House

FILE = "house.cedar"
REASON = "The two legal departments have agreed on it."
RULE = (
    '@id("compliance-uploads")\n@sentence("Compliance officers upload documents of their own organisation.")\n'
    'permit (principal is Member, action == Action::"document.upload", resource is Matter)\n'
    'when {{ principal.role == "compliance" && resource.organisations.contains(principal.organisation) }};\n// {0}\n'
)


def texts(name: str = "") -> dict[str, str]:
    """A change that is like no other: compliance officers may upload."""
    return {FILE: RULE.format(name or uuid.uuid4().hex)}


def proposal(given: dict[str, str]) -> dict[str, Any]:
    """The parameters that propose a change of the delivered law."""
    return {"texts": given, "reason": REASON, "digest": Law.load().changed(given).digest}


def proposed(house: House, who: str = "cleo", given: dict[str, str] | None = None) -> uuid.UUID:
    """A change that somebody has proposed."""
    found: uuid.UUID = house.do(who, "policy.propose", **proposal(given or texts())).id
    return found


def shown(house: House, change: uuid.UUID) -> dict[str, Any]:
    """What an approver names."""
    row = house.row(PolicyChange, change)
    return {"digest": row.digest if row else "0" * 64}


def approved(house: House, who: str = "corin", given: dict[str, str] | None = None) -> uuid.UUID:
    """A change that cleo has proposed and somebody of another organisation has put in force."""
    change = proposed(house, given=given)
    house.do(who, "policy.approve", change, **shown(house, change))
    return change


def returned(house: House) -> uuid.UUID:
    """Takes back, by the same two, whatever differs from the delivered law."""
    law, delivered = house.do("cleo", "policy.show"), Law.load()
    back = {file.name: delivered.texts.get(file.name, "") for file in law.files if file.changed}
    told = {"texts": back, "reason": REASON, "digest": delivered.digest}
    change: uuid.UUID = house.do("cleo", "policy.propose", **told).id
    house.do("corin", "policy.approve", change, digest=delivered.digest)
    return change


def _target(house: House) -> Target:
    return proposed(house)


def _shown(house: House, _target: Any, result: Any) -> None:
    assert result.digest == result.delivered == Law.load().digest
    assert {rule.id: rule.kept for rule in result.rules}["clearance"]


def _compared(house: House, _target: Any, result: Any) -> None:
    assert [(rule.id, rule.what) for rule in result.rules] == [("compliance-uploads", "added")]
    assert len(result.more) == 1
    assert result.more[0].startswith("Compliance officers of the organisation it belongs to")
    assert result.less == ()


def _proposed(house: House, _target: Any, result: Any) -> None:
    row = house.row(PolicyChange, result.id)
    assert (row.state, row.number, row.proposed_by) == ("proposed", None, house.person("cleo").user)


def _in_force(house: House, target: Any, _result: Any) -> None:
    assert house.row(PolicyChange, target).state == "in_force"
    law = house.do("cleo", "policy.show")
    assert law.digest == house.row(PolicyChange, target).digest != law.delivered
    returned(house)


def _both_laws(house: House, _target: Any, result: Any) -> None:
    with zipfile.ZipFile(io.BytesIO(result)) as archive:
        names = set(archive.namelist())
        assert {"old/access/versions.cedar", "new/access/schema.cedarschema", "new/invariants.md"} <= names
        assert f"new/access/{FILE}" in names
        assert f"old/access/{FILE}" not in names
        assert "new/access/promises.cedar" in names
        with TemporaryDirectory() as folder:
            archive.extractall(folder)
            both = [Law.load(Path(folder) / name) for name in ("old", "new")]
    assert both[0].digest == Law.load().digest
    assert set(both[1].policies) == set(Law.load().changed(texts("any")).policies)


def _state(wanted: str) -> Any:
    def check(house: House, target: Any, _result: Any) -> None:
        assert house.row(PolicyChange, target).state == wanted

    return check


def _reason(house: House, _target: Any) -> dict[str, Any]:
    return {"reason": REASON}


def _still_delivered(house: House, _target: Any, _result: Any) -> None:
    assert house.do("cleo", "policy.show").digest == Law.load().digest


def _kept(house: House, target: Any, result: Any) -> None:
    assert (result.id, result.state, result.own, result.stale) == (target, "proposed", True, False)
    assert result.can == {"policy.reject", "policy.withdraw"}


OFFICER = {"lower": "ada", "foreign": "bodil"}
CASES = (
    Case("policy.show", "cleo", _shown, lower="petra", outsider="dora", reads=True),
    Case("policy.list", "cleo", lambda h, t, r: None, lower="ada", outsider="dora", reads=True),
    Case(
        "policy.compare",
        "cleo",
        _compared,
        params=lambda h, t: {"texts": texts("compared")},
        lower="ada",
        outsider="dora",
        reads=True,
    ),
    Case(
        "policy.propose",
        "cleo",
        _proposed,
        params=lambda h, t: proposal(texts()),
        lower="ada",
        outsider="dora",
    ),
    Case("policy.read", "cleo", _kept, _target, reads=True, **OFFICER),
    Case("policy.export", "cleo", _both_laws, _target, reads=True, **OFFICER),
    Case("policy.approve", "corin", _in_force, _target, params=shown, **OFFICER),
    Case("policy.reject", "corin", _state("rejected"), _target, params=_reason, **OFFICER),
    Case("policy.withdraw", "cleo", _state("withdrawn"), _target, **OFFICER),
    Case(RESET, "service", _still_delivered, params=_reason, lower="ada", outsider="dora"),
)
