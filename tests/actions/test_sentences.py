"""Every action is held to the same sentences, on both databases.

It does it; records it; refuses the lower tier; hides from the outsider and from another organisation; changes
nothing when refused; records the refusal; changes nothing when the record cannot be written.
"""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from dataroom.actions.catalogue import ACTIONS
from dataroom.errors import DataroomError, NotFound, Refused, Unavailable
from dataroom.model import Authenticator, Directory, PolicyChange, Session, Token, User
from tests.actions.case import Case, Target
from tests.actions.cases import CASES, EVERY
from tests.actions.house import House

every_case = pytest.mark.parametrize("case", EVERY, ids=[case.action for case in EVERY])
bound_case = pytest.mark.parametrize("case", [c for c in EVERY if c.bound], ids=lambda c: c.action)
walled_case = pytest.mark.parametrize("case", [c for c in EVERY if c.bound and c.foreign], ids=lambda c: c.action)


def target_of(house: House, case: Case) -> Target:
    """The case's target, made once and used by every sentence that leaves it as it is."""
    if case.action not in house.ready:
        house.ready[case.action] = case.target(house)
    return house.ready[case.action]  # type: ignore[no-any-return]


def refusal(house: House, case: Case, who: str, target: Target) -> DataroomError:
    """The error somebody gets."""
    with pytest.raises((NotFound, Refused)) as caught:
        case.perform(house, who, target)
    return caught.value


def test_every_action_has_a_case_and_a_rule(house: House) -> None:
    assert Counter(case.action for case in EVERY) == Counter(ACTIONS.keys())
    assert set(CASES) == set(house.world.services.law.actions)


@every_case
def test_does_it_and_records_it(house: House, case: Case) -> None:
    target = target_of(house, case)
    del house.ready[case.action]
    sizes, before = house.log_sizes(), house.dump()
    result = case.perform(house, case.who, target)
    written = house.entries_since(sizes)
    assert case.shows is None or case.shows(house, result)
    assert not case.reads or house.dump() == before
    case.effect(house, target, result)
    (entry,) = written
    who = house.person(case.who)
    fields = entry.fields
    assert (fields["act"], fields["outcome"]) == (case.action, "done")
    assert fields["who"] == str(who.user or who.role)
    assert fields["role"] == who.role
    assert fields.get("org", "") == str(who.organisation or "")
    assert fields["target"]
    assert fields["policies"]
    assert set(fields["policies"]) <= set(house.world.services.law.policies)
    assert entry.law == house.world.services.law.digest
    if case.action == "matter.create":
        assert entry.matter in {None, result.id}
        return
    assert (entry.matter is None) == (
        not case.bound or case.spec.target in {Authenticator, Directory, PolicyChange, Token, Session, User}
    )


@every_case
def test_refuses_the_lower_tier_and_changes_nothing_and_records_it(house: House, case: Case) -> None:
    target, sizes = target_of(house, case), house.log_sizes()
    before, objects = house.dump(), house.objects()
    if case.shows is not None and case.lower != "dora":
        assert not case.shows(house, case.perform(house, case.lower, target))
        outcome = "done"
    else:
        refusal(house, case, case.lower, target)
        outcome = "refused"
    assert house.dump() == before
    assert house.objects() == objects
    (entry,) = house.entries_since(sizes)
    assert (entry.fields["act"], entry.fields["outcome"]) == (case.action, outcome)
    assert entry.fields["who"] == str(house.person(case.lower).user)


@bound_case
def test_hides_from_the_outsider(house: House, case: Case) -> None:
    target, before = target_of(house, case), house.dump()
    there = refusal(house, case, case.outsider, target)
    random = refusal(house, case, case.outsider, uuid.uuid4())
    assert type(there) is NotFound
    assert (type(there), there.code, there.detail, there.facts) == (
        type(random),
        random.code,
        random.detail,
        random.facts,
    )
    assert house.dump() == before


@pytest.mark.parametrize("case", [c for c in EVERY if not c.bound], ids=lambda c: c.action)
def test_gives_the_outsider_nothing(house: House, case: Case) -> None:
    target, before = target_of(house, case), house.dump()
    if case.shows is not None:
        assert not case.shows(house, case.perform(house, case.outsider, target))
    else:
        refusal(house, case, case.outsider, target)
    assert house.dump() == before


@walled_case
def test_hides_from_another_organisation(house: House, case: Case) -> None:
    target, sizes, before = target_of(house, case), house.log_sizes(), house.dump()
    if case.shows is not None:
        assert not case.shows(house, case.perform(house, case.foreign, target))
    else:
        there = refusal(house, case, case.foreign, target)
        random = refusal(house, case, case.foreign, uuid.uuid4())
        assert (type(there), there.code, there.detail) == (NotFound, random.code, random.detail)
        assert [entry.fields["outcome"] for entry in house.entries_since(sizes)] == ["refused", "refused"]
    assert house.dump() == before


@every_case
def test_changes_nothing_when_the_record_cannot_be_written(house: House, case: Case) -> None:
    target = target_of(house, case)
    before, objects, sizes = house.dump(), house.objects(), house.log_sizes()
    with house.failing_log(), pytest.raises(Unavailable):
        case.perform(house, case.who, target)
    assert house.dump() == before
    assert house.log_sizes() == sizes
    assert house.objects() == objects or case.action == "version.erase"


@every_case
def test_a_refusal_that_cannot_be_recorded_gives_nothing_away(house: House, case: Case) -> None:
    target, before = target_of(house, case), house.dump()
    with house.failing_log(), pytest.raises(Unavailable):
        case.perform(house, case.lower, target)
    assert house.dump() == before
