"""Who may do what where a table would not show it: categories, four eyes, holds, other people's things."""

from __future__ import annotations

import itertools

import pytest

from policies.engine import Entity, Ref, Value
from tests.unit.test_policies_cast import (
    LAW,
    NOW,
    OTHER,
    OWN,
    ROLES,
    THIRD,
    changed,
    matter,
    may,
    member,
    question,
    thing,
)
from tests.unit.test_policies_matrix import CLOSED_STILL, SIDES, in_state


@pytest.mark.parametrize(("category", "role", "side"), list(itertools.product(LAW.categories, ROLES, SIDES)))
def test_competition_wall(category: str, role: str, side: str) -> None:
    version = thing("Version", state="published", category=category)
    audience = LAW.categories[category].audience
    reached = side == "own" or audience == "everyone" or (audience == "counsel" and role == "custodian")
    who = member(role, SIDES[side])
    assert may(who, "page.view", version) is (reached and role != "compliance")
    assert may(who, "version.read", version) is (reached and (role != "compliance" or side == "own"))
    assert may(who, "version.download", version) is (reached and role == "custodian")


@pytest.mark.parametrize("category", list(LAW.categories))
def test_publication_and_disclosure_follow_the_category(category: str) -> None:
    publishable = LAW.categories[category].publishable
    who = member("custodian")
    assert may(who, "document.publish", thing("Document", category=category)) is publishable
    version, teams = thing("Version", category=category), LAW.categories[category].audience != "organisation"
    assert may(who, "disclosure.grant", version, recipient=OTHER, circle="none") is publishable
    assert may(who, "disclosure.grant", version, recipient=OTHER, circle="clean_team") is teams
    for circle in ("confidentiality_club", "outside_counsel", "anything"):
        assert may(who, "disclosure.grant", version, recipient=OTHER, circle=circle) is publishable


def test_nothing_unclassified_is_published() -> None:
    assert not may(member("custodian"), "document.publish", thing("Document", classified=False))


def test_price_and_royalty_never_reach_partners_of_others() -> None:
    for category in ("price-terms", "royalty", "costs", "licences"):
        disclosed = thing("Version", category=category, audience=frozenset({OTHER}))
        assert not may(member("partner", OTHER, tier=4), "page.view", disclosed)


def test_disclosure_only_to_another_participant() -> None:
    version, who = thing("Version"), member("custodian")
    assert may(who, "disclosure.grant", version, recipient=OTHER, circle="none")
    assert not may(who, "disclosure.grant", version, recipient=OWN, circle="none")
    assert not may(who, "disclosure.grant", version, recipient=THIRD, circle="none")


def test_custodian_names_own_people_only() -> None:
    who = member("custodian")
    for action in ("member.add", "member.remove"):
        assert may(who, action, matter(), subject_organisation=OWN)
        assert not may(who, action, matter(), subject_organisation=OTHER)


def test_author_never_approves_but_may_return() -> None:
    redaction = thing("Redaction", state="in_review", author="ada")
    assert not may(member("custodian", user="ada"), "redaction.approve", redaction)
    assert may(member("custodian", user="ada"), "redaction.return", redaction)
    assert may(member("custodian", user="eve"), "redaction.approve", redaction)


def test_redacting_held_documents_is_allowed() -> None:
    assert may(member("custodian"), "redaction.start", thing("Version", held=True))


@pytest.mark.parametrize("role", ROLES)
def test_the_proof_goes_with_the_copy(role: str) -> None:
    """Originals have none (the matrix); of copies whoever sees the pages has it, and their owner's custodians."""
    for state, audience in (("staged", frozenset()), ("staged", frozenset({OTHER})), ("published", frozenset())):
        copy = thing("Version", original=False, state=state, audience=audience)
        for side in (OWN, OTHER):
            assert may(member(role, side), "version.proof", copy) is may(member(role, side), "page.view", copy)
    assert not may(member("partner"), "version.proof", thing("Version", original=False, state="candidate"))
    assert not may(member("custodian"), "version.proof", thing("Version", original=False, state="destroyed"))


def test_a_redacted_copy_is_not_redacted_again() -> None:
    assert not may(member("custodian"), "redaction.start", thing("Version", original=False))


def test_holds_stop_disposal() -> None:
    worker = Entity("Service", "worker", {"name": "worker"})
    for held in (False, True):
        ready = changed(in_state("Disposal", "approved"), held=held)
        assert may(member("custodian"), "disposal.propose", thing("Document", held=held)) is not held
        assert may(member("custodian"), "disposal.approve", thing("Disposal", held=held)) is not held
        assert may(member("custodian"), "disposal.execute", ready) is not held
        assert may(worker, "version.erase", thing("Version", state="destroyed", held=held)) is not held


def test_four_eyes_and_two_functions_of_disposal() -> None:
    who = member("custodian", user="ada")
    assert may(who, "disposal.approve", thing("Disposal"))
    assert not may(who, "disposal.approve", thing("Disposal", proposer="ada"))
    assert not may(who, "disposal.approve", thing("Disposal", approvers=frozenset({"ada"})))
    assert not may(who, "disposal.approve", thing("Disposal", functions=frozenset({"custodian"})))
    assert may(who, "disposal.approve", thing("Disposal", functions=frozenset({"compliance"})))
    both = frozenset({"custodian", "compliance"})
    ready = thing("Disposal", state="approved", approvers=frozenset({"x", "y"}), functions=both)
    assert may(who, "disposal.execute", ready)
    assert not may(who, "disposal.execute", changed(ready, approvers=frozenset({"x", "ada"})))
    assert not may(who, "disposal.execute", changed(ready, functions=frozenset({"custodian"})))


ERRANDS = {
    "backup.make",
    "backup.pin",
    "backup.restore",
    "checkpoint.anchor",
    "checkpoint.halt",
    "checkpoint.resume",
    "checkpoint.witness",
    "client-key.rotate",
    "key.rotate",
    "key.shred",
    "list.mismatch",
    "member.lapse",
    "partner.announce",
    "partner.register",
    "person.destroy",
    "policy.reset",
    "person.forget",
    "person.rewrap",
    "person.seal",
    "redaction.apply",
    "review.close",
    "rows.adopt",
    "scope.destroy",
    "scope.disable",
    "scope.forget",
    "scope.rekey",
    "scope.restore",
    "scope.retire",
    "scope.rewrap",
    "scope.shred",
    "scope.trim",
    "search.step",
    "session.cut",
    "survey.step",
    "upload.sweep",
    "vault.check",
    "version.erase",
    "version.transcribe",
    "witness.add",
    "witness.cosign",
    "witness.remove",
    "witness.trust",
}


def test_the_service_does_its_errands_and_nothing_else() -> None:
    worker = Entity("Service", "worker", {"name": "worker"})
    assert may(worker, "redaction.apply", thing("Redaction", state="applying"))
    assert not may(worker, "redaction.apply", thing("Redaction", state="draft"))
    assert may(worker, "version.erase", thing("Version", state="destroyed"))
    assert not may(worker, "version.erase", thing("Version", state="published"))
    assert may(worker, "upload.sweep", worker)
    assert may(worker, "witness.cosign", worker)
    assert may(worker, "checkpoint.halt", worker)
    errands = {name for name, shape in LAW.actions.items() if "Service" in shape.principals}
    assert errands == ERRANDS


FILING = {"account.list", "account.read", "account.create", "account.change", "account.remove"}


def test_a_directory_keeps_its_own_people_and_does_nothing_else() -> None:
    mine, person = thing("Directory"), thing("Person")
    assert {name for name, shape in LAW.actions.items() if "Directory" in shape.principals} == FILING
    for action in FILING:
        assert LAW.actions[action].principals == ("Directory",)
        assert may(mine, action, person)
        assert may(mine, action, thing("Person", role="compliance"))
        assert not may(mine, action, thing("Person", organisation=OTHER))
        assert not may(changed(mine, organisation=OTHER), action, person)
        assert not may(changed(mine, active=False), action, person)
        for state in ("shredding", "tombstone"):
            assert not may(mine, action, thing("Person", state=state))
    for name, shape in LAW.actions.items():
        for kind in shape.resources:
            decision = LAW.decide(mine, name, thing(kind), {**NOW, **question(name)})
            assert decision.allowed is (name in FILING)


def test_directories_are_let_in_by_compliance_officers_after_a_strong_sign_in() -> None:
    for action in ("directory.add", "directory.list", "directory.revoke"):
        for role in ROLES:
            assert may(member(role), action, thing("Directory")) is (role == "compliance")
        assert not may(member("compliance"), action, thing("Directory", organisation=OTHER))
        assert may(member("compliance", strong_age=901), action, thing("Directory")) is (action != "directory.add")


def test_matter_list() -> None:
    outside: dict[str, Value] = {"matter": Ref("Matter", "none"), "tier": 0}
    assert may(changed(member("partner", user="ada"), **outside), "matter.list", matter())
    assert not may(changed(member("partner", user="eve"), **outside), "matter.list", matter())
    assert may(changed(member("custodian", user="eve"), **outside), "matter.list", matter())
    assert may(changed(member("compliance", user="eve"), **outside), "matter.list", matter())
    assert not may(changed(member("custodian", THIRD, user="ada"), **outside), "matter.list", matter())


@pytest.mark.parametrize("role", ROLES)
def test_outside_any_matter(role: str) -> None:
    who = member(role, matter=Ref("Matter", "none"), tier=0)
    assert may(who, "matter.create", Entity("Organisation", OWN.id)) is (role == "custodian")
    assert not may(who, "matter.create", Entity("Organisation", OTHER.id))
    for action in ("token.create", "token.list", "token.revoke", "session.start", "session.end"):
        kind = "Token" if action.startswith("token") else "Session"
        assert may(who, action, thing(kind))
        assert not may(who, action, thing(kind, user="eve"))


def test_sessions_of_others_are_their_compliance_officers() -> None:
    theirs, elsewhere = thing("Session", user="eve"), thing("Session", user="eve", organisation=OTHER)
    for action in ("session.list", "session.revoke"):
        for role in ROLES:
            assert may(member(role), action, theirs) is (role == "compliance")
            assert not may(member(role), action, elsewhere)
    assert not may(member("compliance", active=False), "session.revoke", theirs)


def test_accounts_are_their_organisations() -> None:
    for action in ("user.list", "user.deactivate", "user.reactivate"):
        for role in ROLES:
            assert may(member(role), action, thing("Person")) is (role != "partner")
            assert not may(member(role), action, thing("Person", organisation=OTHER))
    for action in ("user.deactivate", "user.reactivate"):
        assert not may(member("compliance"), action, thing("Person", user="ada"))
        assert not may(member("custodian"), action, thing("Person", role="compliance"))
        assert may(member("compliance"), action, thing("Person", role="compliance"))
    assert not may(member("compliance"), "user.reactivate", thing("Person", state="shredding"))
    assert not may(member("compliance"), "user.list", thing("Person", state="tombstone"))


def test_inactive_people_may_only_sign_out() -> None:
    who = member("custodian", active=False)
    assert may(who, "session.end", thing("Session"))
    assert not may(who, "session.start", thing("Session"))
    assert not may(who, "token.list", thing("Token"))


def test_every_action_within_a_matter_is_walled() -> None:
    outside = {"matter.create", "matter.list"}
    for name, shape in LAW.actions.items():
        if shape.principals != ("Member",):
            continue
        for kind in shape.resources:
            attrs = LAW.shape.entities[kind]
            assert ("within-a-matter" in shape.groups) is (
                ("matter" in attrs or kind == "Matter") and name not in outside
            )
            assert ("needs-clearance" in shape.groups) is ("tier" in attrs)
        changing = name not in CLOSED_STILL and "within-a-matter" in shape.groups
        assert ("changes-a-matter" in shape.groups) is changing
