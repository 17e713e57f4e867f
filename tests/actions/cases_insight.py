"""Cases of effective access: why somebody may or may not, and documents as somebody sees them."""

from __future__ import annotations

from typing import Any

from tests.actions.case import Case
from tests.actions.house import House


def _pia(house: House, **more: Any) -> dict[str, Any]:
    return {"person": house.person("pia").user, **more}


def _published(house: House) -> Any:
    return house.world.published(tier=2).document


def _explained(house: House, target: Any, result: Any) -> None:
    assert (result.document.id, result.reader.user, result.allowed) == (target, house.person("pia").user, True)
    assert [rule.id for rule in result.rules] == ["published-or-disclosed-is-seen"]


def _shown(house: House, target: Any, result: Any) -> None:
    assert (result.document.id, result.record) == (target, None)
    assert [version.document for version in result.versions] == [target]


def _listed(house: House, target: Any, result: Any) -> None:
    assert result.reader.user == house.person("pia").user
    assert {item.organisation.slug for item in result.items} == {"aldermoor"}


def _why_not(house: House, target: Any, result: Any) -> None:
    assert (result.matter, result.action, result.allowed) == (target, "matter.close", False)
    assert ("Your company makes you a custodian.",) in result.changes


CASES = (
    Case(
        "access.why",
        "petra",
        _why_not,
        lambda h: h.matter,
        params=lambda h, t: {"do": "matter.close"},
        lower="gone",
        foreign="",
        reads=True,
    ),
    Case("access.explain", "cleo", _explained, _published, params=lambda h, t: _pia(h, do="page.view"), reads=True),
    Case("access.document", "ada", _shown, _published, params=lambda h, t: _pia(h), reads=True),
    Case(
        "access.documents",
        "ada",
        _listed,
        lambda h: _published(h) and h.matter,
        params=lambda h, t: _pia(h),
        lower="petra",
        foreign="",
        reads=True,
    ),
)
