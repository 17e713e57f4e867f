"""How old a proof may be, and whose keys count, asked of the law itself."""

from __future__ import annotations

import pytest

from dataroom.actions.strength import FRESH_SECONDS, STRONG_SECONDS
from policies.engine import Entity
from tests.unit.test_policies_cast import LAW, NOW, OTHER, OWN, matter, may, member, question, thing

STRONG = [
    ("redaction.approve", "custodian", thing("Redaction", state="in_review")),
    ("disclosure.grant", "custodian", thing("Version")),
    ("access.grant", "custodian", thing("Grant")),
    ("access.break-glass", "partner", matter()),
    ("access.confirm", "custodian", thing("Grant", emergency=True, judged=False)),
    ("access.contest", "compliance", thing("Grant", emergency=True, judged=False)),
    ("transfer.record", "compliance", matter()),
    ("leave.announce", "custodian", matter()),
    ("transfer.resume", "compliance", Entity("Organisation", OWN.id, {})),
    ("transfer.confirm", "custodian", thing("Transfer", confirmed=False)),
    ("transfer.confirm-resumption", "custodian", Entity("Organisation", OWN.id, {})),
    ("document.assess", "custodian", thing("Document")),
    ("disclosure.claw-back", "custodian", thing("Version")),
    ("production.make", "custodian", matter()),
    ("disposal.approve", "compliance", thing("Disposal")),
    (
        "disposal.execute",
        "compliance",
        thing("Disposal", state="approved", functions=frozenset({"custodian", "compliance"})),
    ),
    ("authenticator.remove", "partner", thing("Authenticator")),
    ("directory.add", "compliance", thing("Directory")),
    ("policy.propose", "compliance", thing("Change")),
    ("policy.approve", "compliance", thing("Change", organisation=OTHER)),
]


@pytest.mark.parametrize(("action", "role", "what"), STRONG, ids=[row[0] for row in STRONG])
def test_the_seconds_told_are_those_of_the_law(action: str, role: str, what: object) -> None:
    more = question(action)
    assert may(member(role, strong_age=STRONG_SECONDS), action, what, **more)  # type: ignore[arg-type]
    decision = LAW.decide(
        member(role, strong_age=STRONG_SECONDS + 1),
        action,
        what,  # type: ignore[arg-type]
        {**NOW, **more},
    )
    assert (decision.allowed, decision.policies) == (False, ("strong-sign-in",))
    assert "15 minutes" in LAW.explain(decision)[0]


def test_every_other_act_asks_for_no_strength() -> None:
    groups = LAW.shape.action_entities
    asking = {ref.id for ref, entity in groups.items() if any(up.id == "needs-strength" for up in entity.parents)}
    assert asking == {row[0] for row in STRONG}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("strong", [True, False])
@pytest.mark.parametrize("vouched", [True, False])
def test_keys_are_enrolled_after_a_sign_in(first: bool, fresh: bool, strong: bool, vouched: bool) -> None:
    ages = {"sign_in_age": FRESH_SECONDS + (not fresh), "strong_age": STRONG_SECONDS + (not strong)}
    key = thing("Authenticator", first=first, vouched=vouched)
    assert may(member("partner", **ages), "authenticator.add", key) is (not vouched and (strong or (first and fresh)))
    assert may(member("partner", **ages), "authenticator.use", key) is not vouched


def test_only_compliance_of_the_own_organisation_removes_a_colleagues_key() -> None:
    theirs = thing("Authenticator", user="bob")
    for role in ("custodian", "partner", "compliance"):
        for organisation in (OWN, OTHER):
            known = role == "compliance" and organisation == OWN
            assert may(member(role, organisation), "authenticator.remove", theirs) is known
            assert may(member(role, organisation), "authenticator.list", theirs) is known
            assert not may(member(role, organisation), "authenticator.use", theirs)
            assert not may(member(role, organisation), "authenticator.add", theirs)
