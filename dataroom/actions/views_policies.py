"""What faces receive of the law and its changes; see `views`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from policies.changes import RuleChange


@dataclass(frozen=True)
class RuleView:
    """A rule in force. `kept` says that no change at run time may touch it; `promise`, that it binds as a promise."""

    id: str
    effect: str
    sentence: str
    file: str
    kept: bool
    promise: bool


@dataclass(frozen=True)
class RuleFileView:
    """A file of rules as it is in force; `changed` where that is not the delivered text."""

    name: str
    text: str
    changed: bool
    kept: bool


@dataclass(frozen=True)
class LawView:
    """The law in force, by digest, with the number of the change it rests on (0: it is as delivered)."""

    digest: str
    delivered: str
    number: int
    files: tuple[RuleFileView, ...]
    rules: tuple[RuleView, ...]


@dataclass(frozen=True)
class ComparisonView:
    """What a change would mean: the law it is of and the law it would make, by digest, and who may do more or less."""

    base: str
    digest: str
    rules: tuple[RuleChange, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]


@dataclass(frozen=True)
class ChangeLine:
    """A change in a list. People of other organisations are not named, nor is which one it is."""

    id: uuid.UUID
    state: str
    number: int | None
    own: bool
    by_operator: bool
    proposed_by: str
    proposed_at: datetime
    reason: str
    rules: int


@dataclass(frozen=True)
class ChangeView:
    """A change with all it means; `stale` where the law has changed since it was proposed."""

    id: uuid.UUID
    state: str
    number: int | None
    own: bool
    by_operator: bool
    proposed_by: str
    proposed_at: datetime
    reason: str
    decided_own: bool
    decided_by: str
    decided_at: datetime | None
    decision: str
    stale: bool
    files: tuple[str, ...]
    means: ComparisonView
    can: frozenset[str]
