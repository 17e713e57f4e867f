"""Cases of the actions on keys, which the service performs."""

from __future__ import annotations

import io
from typing import Any

from dataroom.actions.context import SERVICE
from dataroom.model import Errand, KeyScope, Version
from tests.actions.case import Case, Target
from tests.actions.house import House
from tests.cast import simple_pdf

REASON = {"reason": "The company leaves the joint enforcement.", "days": 0}


def _scope(house: House) -> Target:
    """A scope in use, with one document, in a matter of its own."""
    made = house.do("ada", "matter.create", name="Keys", reference="K-1", participants=["borealis"], invite=[])
    data = simple_pdf(["One chart."])
    params = {"path": "one.pdf", "length": len(data), "tier": 1, "category": "claim-chart", "schedule": "work-product"}
    line = house.world.gate.perform(house.person("ada"), "document.upload", made.id, params, io.BytesIO(data))
    return house.row(Version, line.version).scope_id  # type: ignore[no-any-return]


def _retired(house: House) -> Target:
    target = _scope(house)
    house.world.gate.perform(SERVICE, "scope.retire", target, REASON)
    return target


def _ended(house: House) -> Target:
    target = _retired(house)
    house.world.gate.perform(SERVICE, "scope.destroy", target)
    return target


def _owed(kind: str, house: House) -> set[str]:
    return {errand.payload["target"] for errand in house.rows(Errand, Errand.kind == kind, Errand.done_at.is_(None))}


def _rotated(house: House, _target: Any, _result: Any) -> None:
    active = {str(scope.id) for scope in house.rows(KeyScope, KeyScope.state == "active")}
    assert active <= _owed("scope.rekey", house)


def _ordered(house: House, _target: Any, _result: Any) -> None:
    stale = house.rows(KeyScope, KeyScope.state == "active", KeyScope.stale_at.is_not(None))
    assert {str(scope.id) for scope in stale} <= _owed("scope.shred", house)


def _opens(house: House, target: Any, _result: Any) -> None:
    scope = house.row(KeyScope, target)
    for version in house.rows(Version, Version.scope_id == target, Version.wrapped_dek.is_not(None)):
        assert version.scope_epoch == scope.epoch
    assert len(house.world.services.kms.unwrap(scope.kms_key, scope.kek_blob)) == 32


def _shredded(house: House, target: Any, result: Any) -> None:
    _opens(house, target, result)
    assert house.row(KeyScope, target).stale_at is None
    assert str(target) in _owed("scope.trim", house)


def _in_state(state: str, house: House, target: Any) -> None:
    assert house.row(KeyScope, target).state == state


def _disabled(house: House, target: Any, _result: Any) -> None:
    assert not house.world.services.kms.exists(house.row(KeyScope, target).kms_key)


def _tombstone(house: House, target: Any, _result: Any) -> None:
    _in_state("tombstone", house, target)
    assert house.row(KeyScope, target).kek_blob is None
    assert not house.rows(Version, Version.scope_id == target, Version.wrapped_dek.is_not(None))
    assert str(target) in _owed("scope.forget", house)


CASES = (
    Case("key.rotate", "service", _rotated, params=lambda h, t: {"keys": "keks"}, lower="cleo"),
    Case("key.shred", "service", _ordered, lower="cleo"),
    Case("scope.rewrap", "service", _opens, _scope, lower="ada"),
    Case("scope.rekey", "service", _opens, _scope, lower="ada"),
    Case("scope.shred", "service", _shredded, _scope, lower="ada"),
    Case("scope.trim", "service", _opens, _scope, lower="ada"),
    Case(
        "scope.retire",
        "service",
        lambda h, t, r: _in_state("shredding", h, t),
        _scope,
        params=lambda h, t: REASON,
        lower="bodil",
        foreign="ada",
    ),
    Case("scope.disable", "service", _disabled, _retired, lower="ada"),
    Case(
        "scope.restore",
        "service",
        lambda h, t, r: _in_state("active", h, t),
        _retired,
        lower="bodil",
        foreign="ada",
    ),
    Case("scope.destroy", "service", _tombstone, _retired, lower="ada"),
    Case("scope.forget", "service", _disabled, _ended, lower="ada"),
)
