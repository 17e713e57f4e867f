"""Access of single people and its reviews, asked of the law itself: who decides, who sees, and what no grant lifts."""

from __future__ import annotations

import pytest

from policies.engine import Entity, Ref, Value
from tests.unit.test_policies_cast import LAW, OTHER, OWN, ROLES, THIRD, changed, matter, may, member, thing

ADA = frozenset({"ada"})
SEEING = ("document.list", "version.read", "page.view")
CLUB, WALL = Ref("Club", "c1"), Ref("Club", "w1")
OWN_KEEPERS = {("custodian", OWN), ("compliance", OWN)}
EVERYBODY = [(role, side) for role in ROLES for side in (OWN, OTHER)]
ASKED = thing("Grant")
GIVEN = thing("Grant", state="granted", live=True)
BROKEN = thing("Grant", state="granted", live=True, emergency=True, party=OWN)


def who_may(action: str, what: Entity, user: str = "ada") -> set[tuple[str, Ref]]:
    """Roles and organisations that may do it, as somebody with this user id."""
    inside: dict[str, Value] = {"matter": what} if what.type == "Matter" else {}
    return {(role, side) for role, side in EVERYBODY if may(member(role, side, user=user, **inside), action, what)}


def test_asking_and_breaking_the_glass() -> None:
    both = {("custodian", OWN), ("custodian", OTHER), ("partner", OWN), ("partner", OTHER)}
    assert who_may("access.request", matter()) == both
    assert who_may("access.break-glass", matter()) == {("partner", OWN), ("partner", OTHER)}
    assert who_may("access.request", matter("closed")) == who_may("access.break-glass", matter("closed")) == set()
    assert not may(member("partner", THIRD), "access.request", matter())


def test_custodians_of_the_owner_decide_once_and_never_for_themselves() -> None:
    for action in ("access.grant", "access.refuse"):
        assert who_may(action, ASKED) == {("custodian", OWN)}
        assert who_may(action, ASKED, user="bob") == set()
        for state in ("granted", "refused", "ended"):
            assert who_may(action, thing("Grant", state=state)) == set()


def test_who_sees_and_who_ends() -> None:
    for what in (ASKED, GIVEN):
        for action in ("access.list", "access.read"):
            assert who_may(action, what) == OWN_KEEPERS | {("compliance", OTHER)}
            assert who_may(action, what, user="bob") == set(EVERYBODY)
        assert who_may("access.end", what) == OWN_KEEPERS
        assert who_may("access.end", what, user="bob") == set(EVERYBODY)
    for state in ("granted", "refused", "ended"):
        assert who_may("access.end", thing("Grant", state=state), user="bob") == set()


def test_a_second_person_judges_once() -> None:
    for action in ("access.confirm", "access.contest"):
        assert who_may(action, BROKEN) == OWN_KEEPERS
        assert who_may(action, changed(BROKEN, state="ended", live=False)) == OWN_KEEPERS
        assert who_may(action, BROKEN, user="bob") == set()
        assert who_may(action, changed(BROKEN, judged=True)) == set()
        assert who_may(action, GIVEN) == set()


@pytest.mark.parametrize("state", ["staged", "published", "candidate", "destroyed"])
def test_a_grant_opens_the_pages_to_its_person_alone(state: str) -> None:
    version = thing("Version", state=state, granted=ADA)
    plain = changed(version, granted=frozenset())
    for role, side in EVERYBODY:
        for action in (*SEEING, "version.download", "page.words", "version.proof"):
            before = may(member(role, side), action, plain)
            opens = action in SEEING and role != "compliance" and state in {"staged", "published"}
            assert may(member(role, side), action, version) is (before or opens), (role, side, action)
            assert may(member(role, side, user="eve"), action, version) is before


def test_of_a_copy_the_proof_comes_with_the_grant() -> None:
    copy = thing("Version", original=False, granted=ADA)
    assert may(member("partner", OTHER), "version.proof", copy)
    assert not may(member("partner", OTHER, user="eve"), "version.proof", copy)


def test_a_disclosure_to_a_club_opens_what_a_disclosure_opens() -> None:
    whole = thing("Version", audience=frozenset({OTHER}))
    through = thing("Version", named=ADA)
    for role in ROLES:
        for action in (*SEEING, "version.download", "page.words"):
            assert may(member(role, OTHER), action, through) is may(member(role, OTHER), action, whole)
            assert not may(member(role, OTHER, user="eve"), action, through)


@pytest.mark.parametrize("category", ["price-terms", "royalty", "technical", "unclassified"])
def test_a_clean_team_looks_and_takes_nothing_away(category: str) -> None:
    given = thing("Version", category=category, team=ADA)
    for role in ROLES:
        for action in SEEING:
            sees = role == "custodian" and category != "unclassified" and action != "version.proof"
            assert may(member(role, OTHER), action, given) is sees, (role, action)
            assert not may(member(role, OTHER, user="eve"), action, given)
        for action in ("version.download", "page.words"):
            assert not may(member(role, OTHER), action, given)
    wide = changed(given, audience=frozenset({OTHER}), named=ADA, granted=ADA, state="published")
    assert may(member("custodian", OTHER), "version.download", wide) is (category in {"royalty", "technical"})


CLOSED: dict[str, tuple[dict[str, Value], dict[str, Value]]] = {
    "clearance": ({"tier": 1}, {}),
    "another matter": ({"matter": matter(name="m2")}, {}),
    "not active": ({"active": False}, {}),
    "a club": ({}, {"club": CLUB}),
    "a wall": ({"walls": frozenset({WALL})}, {"wall": WALL}),
    "own organisation only": ({}, {"category": "unclassified"}),
    "clean team only": ({}, {"category": "price-terms"}),
    "counsel only": ({}, {"category": "royalty"}),
    "clawed back": ({}, {"clawed": True}),
}


@pytest.mark.parametrize("why", list(CLOSED))
@pytest.mark.parametrize("way", ["granted", "named"])
def test_nothing_given_to_a_person_lifts_a_forbid(why: str, way: str) -> None:
    of_person, of_version = CLOSED[why]
    version = changed(thing("Version", state="staged", **{way: ADA}), **of_version)
    assert may(member("partner", OTHER), "page.view", thing("Version", **{way: ADA}))
    for action in SEEING:
        assert not may(member("partner", OTHER, **of_person), action, version)


def test_granting_and_breaking_the_glass_take_a_strong_sign_in() -> None:
    assert not may(member("custodian", strong_age=901), "access.grant", ASKED)
    assert not may(member("partner", strong_age=901), "access.break-glass", matter())
    assert may(member("custodian", strong_age=901), "access.refuse", ASKED)
    assert may(member("custodian", strong_age=901), "access.end", GIVEN)


def test_reviews() -> None:
    running, over = thing("Review"), thing("Review", state="closed")
    assert who_may("review.start", matter()) == {("compliance", OWN), ("compliance", OTHER)}
    for action in ("review.list", "review.read", "review.report"):
        assert who_may(action, running) == who_may(action, over) == OWN_KEEPERS
    assert who_may("review.confirm", running) == OWN_KEEPERS
    assert who_may("review.confirm", over) == set()
    worker = Entity("Service", "worker", {"name": "worker"})
    assert may(worker, "review.close", thing("Review", due=True))
    assert not may(worker, "review.close", running)
    assert not may(worker, "review.close", thing("Review", state="closed", due=True))


def test_what_goes_on_in_a_closed_matter() -> None:
    shut: dict[str, Value] = {"matter": matter("closed")}
    assert not may(member("custodian", **shut), "access.grant", ASKED)
    for action, what in (("access.refuse", ASKED), ("access.end", GIVEN), ("access.contest", BROKEN)):
        assert may(member("custodian", **shut), action, what)
    assert may(member("compliance", **shut), "review.confirm", thing("Review"))
    assert LAW.actions["access.request"].groups
