"""The people and things the tests of the law speak about, and proof that the law accepts their
description."""

from __future__ import annotations

import pytest

from policies.changes.cast import (
    NOW,
    OTHER,
    OWN,
    READY,
    ROLES,
    THIRD,
    changed,
    matter,
    member,
    question,
    thing,
)
from policies.engine import Entity, Law, Ref, Value

LAW = Law.load()

__all__ = [
    "LAW", "NOW", "OTHER", "OWN", "READY", "ROLES", "THIRD", "Ref", "changed", "matter", "may", "member", "question", "thing"
]  # fmt: skip


def may(who: Entity, action: str, what: Entity, **more: Value) -> bool:
    """Whether the law allows it; an error in the question fails the test."""
    decision = LAW.decide(who, action, what, {**NOW, **more})
    assert decision.errors == (), decision.errors
    return decision.allowed


@pytest.mark.parametrize("action", sorted(LAW.actions))
def test_the_cast_fits_the_schema(action: str) -> None:
    shape = LAW.actions[action]
    others = {"Service": Entity("Service", "worker", {"name": "worker"}), "Directory": thing("Directory")}
    who = others.get(shape.principals[0], member("custodian"))
    for kind in shape.resources:
        decision = LAW.decide(who, action, thing(kind), {**NOW, **question(action)})
        assert decision.errors == ()
