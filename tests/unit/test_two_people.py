"""Which actions take a second person: declared with each of them, and a written list says which these are."""

from __future__ import annotations

from datetime import timedelta

from dataroom.actions.catalogue import ACTIONS
from policies.engine import Law

CONFIRMED_BY_ANOTHER = {
    "access.confirm",
    "access.contest",
    "access.grant",
    "access.refuse",
    "disposal.approve",
    "disposal.execute",
    "policy.approve",
    "redaction.approve",
    "transfer.confirm",
    "transfer.confirm-resumption",
}
"""What one person begins and another finishes."""
NOT_BY_ONESELF = {"club.add", "club.remove", "member.add", "review.confirm", "training.record"}
"""What a colleague does for somebody, never they themselves."""
STRONG = CONFIRMED_BY_ANOTHER - {"access.refuse"}
"""What takes a strong sign-in besides."""


def test_the_actions_of_two_people_are_those_of_the_list() -> None:
    assert {name for name, spec in ACTIONS.items() if spec.two} == CONFIRMED_BY_ANOTHER | NOT_BY_ONESELF


def test_what_another_finishes_says_how_it_is_begun() -> None:
    for name in CONFIRMED_BY_ANOTHER:
        two = ACTIONS[name].two
        assert two is not None
        assert two.begun_by
        assert set(two.begun_by) <= set(ACTIONS), name
        assert two.said.endswith(".")
        assert (two.within is None) or (two.since is not None and two.within > timedelta(0))


def test_what_another_finishes_takes_a_strong_sign_in() -> None:
    law = Law.load()
    assert {name for name in STRONG if "needs-strength" not in law.actions[name].groups} == set()


def test_only_acts_on_a_matter_are_ones_own_affair() -> None:
    for name, spec in ACTIONS.items():
        assert spec.affair == "owner" or (spec.target is not None and spec.target.__name__ == "Matter"), name
