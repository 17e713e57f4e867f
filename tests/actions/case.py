"""What is told of an action so that the sentences can be tried on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dataroom.actions.catalogue import ACTIONS, Spec
from tests.actions.house import House

Target = uuid.UUID | None


def _no_params(house: House, target: Any) -> dict[str, Any]:
    return {}


def _no_stream() -> Any:
    return None


def _nothing(house: House) -> Target:
    return None


@dataclass(frozen=True)
class Case:
    """One action: `who` may do it to `target`, and `effect` asserts that it was done.

    `lower` is of the same organisation with a lower clearance or a lesser role; `foreign` of another organisation
    that must not see the target (empty: the target is everybody's in the matter); `outsider` takes no part at all.
    A listing says with `shows` whether its result holds the thing: it is not refused but shows less. `reads` is
    true for an action that changes nothing but the log.
    """

    action: str
    who: str
    effect: Callable[[House, Any, Any], None]
    target: Callable[[House], Target] = _nothing
    params: Callable[[House, Any], dict[str, Any]] = _no_params
    stream: Callable[[], Any] = _no_stream
    lower: str = "lena"
    foreign: str = "bodil"
    outsider: str = "stray"
    shows: Callable[[House, Any], bool] | None = None
    reads: bool = False

    @property
    def spec(self) -> Spec:
        """The registry's entry."""
        return ACTIONS[self.action]

    @property
    def bound(self) -> bool:
        """Whether it acts on something that may be hidden from others."""
        return self.action in ACTIONS and self.spec.target is not None

    def perform(self, house: House, who: str, target: Target) -> Any:
        """Does it as somebody, and consumes what it hands out."""
        params = self.params(house, target)
        result = house.world.gate.perform(house.person(who), self.action, target, params, self.stream())
        pieces = getattr(result, "pieces", None)
        return result if pieces is None else b"".join(pieces)
