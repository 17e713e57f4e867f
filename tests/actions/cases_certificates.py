"""The case of certifying that the rules of competition law held."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.actions.case import Case
from tests.actions.house import House


def span(house: House, _target: Any = None, **more: Any) -> dict[str, Any]:
    """From yesterday until now."""
    now = house.world.clock.now()
    return {"since": now - timedelta(days=1), "until": now, **more}


def _certified(house: House, _target: Any, result: Any) -> None:
    body = json.loads(json.loads(result)["body"])
    assert body["matter"]["id"] == str(house.matter)
    assert body["entries"] > 0


CASES = (
    Case(
        "competition.certify",
        "cleo",
        _certified,
        lambda h: h.matter,
        params=span,
        lower="ada",
        foreign="",
        reads=True,
    ),
)
