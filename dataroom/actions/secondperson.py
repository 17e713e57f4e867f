"""The second person: nobody does alone what takes two, whatever their part in it was called.

Where the policy can see who had a hand in a thing, it forbids, each time in a sentence of its own. Here is asked what
is only known while an action runs: who drew the marks, whose own part it is, who has approved.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from dataroom.actions.work import Work
from dataroom.errors import Refused


def refuse_involved(work: Work, people: Iterable[uuid.UUID | None], said: str) -> None:
    """Refuses whoever acts, with the sentence `said`, if they are among the people whose act or part it is about."""
    if work.user in set(people):
        raise Refused(said)


def require_two(approvals: Iterable[tuple[uuid.UUID, str]], proposer: uuid.UUID) -> None:
    """Demands approvals (person, function) by two people in two functions, none of them the proposer."""
    given = list(approvals)
    if len({person for person, _ in given}) < 2 or len({function for _, function in given}) < 2:
        raise Refused("Two people of different functions must approve first.")
    if proposer in {person for person, _ in given}:
        raise Refused("The proposer cannot be an approver.")
