"""The golden access matrix: who may do what, written out by hand and compared with the law cell by cell.

A row names who asks and in what state the thing is; the letters are what is allowed, everything else is
refused.
"""

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

SIDES = {"own": OWN, "other": OTHER}
KINDS = (
    "Document",
    "Version",
    "Redaction",
    "Disclosure",
    "Hold",
    "Disposal",
    "Entry",
    "Matter",
)

VERSION = {
    "L": "document.list",
    "R": "version.read",
    "V": "page.view",
    "W": "page.words",
    "S": "page.search",
    "D": "version.download",
    "X": "redaction.start",
    "G": "disclosure.grant",
}
VERSION_MATRIX = """
    custodian  own    staged     LRVWSDXG
    custodian  own    disclosed  LRVWSDXG
    custodian  own    published  LRVWSDXG
    custodian  own    candidate  LRVWS
    custodian  own    destroyed  LR
    partner    own    staged     -
    partner    own    disclosed  -
    partner    own    published  LRV
    partner    own    candidate  -
    partner    own    destroyed  -
    compliance own    staged     LR
    compliance own    disclosed  LR
    compliance own    published  LR
    compliance own    candidate  LR
    compliance own    destroyed  LR
    custodian  other  staged     -
    custodian  other  disclosed  LRVD
    custodian  other  published  LRVD
    custodian  other  candidate  -
    custodian  other  destroyed  -
    partner    other  staged     -
    partner    other  disclosed  LRV
    partner    other  published  LRV
    partner    other  candidate  -
    partner    other  destroyed  -
    compliance other  staged     -
    compliance other  disclosed  -
    compliance other  published  -
    compliance other  candidate  -
    compliance other  destroyed  -
"""

DOCUMENT = {
    "R": "document.read",
    "C": "document.classify",
    "P": "document.publish",
    "W": "document.withdraw",
    "E": "document.replace",
    "H": "hold.place",
    "T": "retention.trigger",
    "L": "retention.list",
    "D": "disposal.propose",
}
DOCUMENT_MATRIX = """
    custodian  own    staged     RCPWETLD
    custodian  own    disclosed  RCPWETLD
    custodian  own    published  RCPWETLD
    custodian  own    disposed   RL
    partner    own    staged     -
    partner    own    disclosed  -
    partner    own    published  -
    partner    own    disposed   -
    compliance own    staged     RHTLD
    compliance own    disclosed  RHTLD
    compliance own    published  RHTLD
    compliance own    disposed   RL
    custodian  other  staged     -
    custodian  other  disclosed  -
    custodian  other  published  -
    custodian  other  disposed   -
    partner    other  staged     -
    partner    other  disclosed  -
    partner    other  published  -
    partner    other  disposed   -
    compliance other  staged     -
    compliance other  disclosed  H
    compliance other  published  H
    compliance other  disposed   -
"""

REDACTION = {
    "L": "redaction.list",
    "R": "redaction.read",
    "G": "redaction.log",
    "M": "redaction.mark",
    "U": "redaction.unmark",
    "S": "redaction.submit",
    "A": "redaction.approve",
    "B": "redaction.return",
    "D": "redaction.discard",
}
REDACTION_MATRIX = """
    custodian  own    draft      LRGMUSD
    custodian  own    applying   LRG
    custodian  own    in_review  LRGABD
    custodian  own    returned   LRGMUSD
    custodian  own    failed     LRGMUSD
    custodian  own    released   LRG
    custodian  own    discarded  LRG
    compliance own    draft      LG
    compliance own    in_review  LG
    compliance own    released   LG
    partner    own    draft      -
    partner    own    in_review  -
    partner    own    released   -
    custodian  other  draft      -
    custodian  other  in_review  -
    custodian  other  released   -
    compliance other  in_review  -
    partner    other  in_review  -
"""

DISPOSAL = {
    "L": "disposal.list",
    "R": "disposal.read",
    "C": "disposal.certificate",
    "A": "disposal.approve",
    "J": "disposal.reject",
    "X": "disposal.execute",
}
DISPOSAL_MATRIX = """
    custodian  own    proposed   LRCAJ
    custodian  own    approved   LRCJX
    custodian  own    void       LRC
    custodian  own    rejected   LRC
    custodian  own    done       LRC
    compliance own    proposed   LRCAJ
    compliance own    approved   LRCJX
    compliance own    done       LRC
    partner    own    proposed   -
    partner    own    approved   -
    custodian  other  proposed   -
    custodian  other  approved   -
    compliance other  approved   -
    partner    other  done       -
"""

MATTER = {
    "C": "matter.close",
    "R": "matter.read",
    "L": "member.list",
    "A": "member.add",
    "M": "member.remove",
    "U": "document.upload",
    "X": "audit.export",
}
MATTER_MATRIX = """
    custodian  own    open       CRLAMU
    custodian  own    closed     RL
    partner    own    open       RL
    partner    own    closed     RL
    compliance own    open       RLX
    compliance own    closed     RLX
"""

OTHERS = {
    "h": "hold.release",
    "l": "hold.list",
    "d": "disclosure.list",
    "w": "disclosure.withdraw",
    "e": "audit.list",
}
HOLD_MATRIX = """
    custodian  own    live       l
    compliance own    live       hl
    partner    own    live       -
    custodian  other  live       -
    compliance other  live       -
    partner    other  live       -
    custodian  own    over       l
    compliance own    over       l
"""
DISCLOSURE_MATRIX = """
    custodian  own    live       dw
    compliance own    live       d
    partner    own    live       -
    custodian  other  live       d
    compliance other  live       d
    partner    other  live       -
    custodian  own    over       d
    custodian  other  over       d
"""
ENTRY_MATRIX = """
    custodian  own    private    e
    compliance own    private    e
    partner    own    private    -
    custodian  other  private    -
    compliance other  private    -
    partner    other  private    -
    custodian  other  shared     e
    compliance other  shared     e
    partner    other  shared     -
"""


def in_state(kind: str, state: str) -> Entity:
    """The thing a row of a matrix speaks about."""
    special: dict[str, dict[str, Value]] = {
        "disclosed": {"state": "staged", "audience": frozenset({OTHER})},
        "live": {"live": True},
        "over": {"live": False},
        "private": {"shared": False},
        "shared": {"shared": True},
    }
    attrs = special.get(state, {"state": state})
    if (kind, state) == ("Disposal", "approved"):
        attrs = {
            **attrs,
            "approvers": frozenset({"x", "y"}),
            "functions": frozenset({"custodian", "compliance"}),
        }
    return thing(kind, **attrs)


def rows(kind: str, text: str, letters: dict[str, str]) -> list[tuple[str, str, str, str, str, bool]]:
    """Every cell of a matrix: kind, role, side, state, action, allowed."""
    found = []
    for line in text.strip().splitlines():
        role, side, state, allowed = line.split()
        assert set(allowed) <= {*letters, "-"}
        only = {"Hold": "hl", "Disclosure": "dw", "Entry": "e"}.get(kind, letters)
        found += [(kind, role, side, state, letters[a], a in allowed) for a in letters if a in only]
    return found


CELLS = [
    *rows("Version", VERSION_MATRIX, VERSION),
    *rows("Document", DOCUMENT_MATRIX, DOCUMENT),
    *rows("Redaction", REDACTION_MATRIX, REDACTION),
    *rows("Disposal", DISPOSAL_MATRIX, DISPOSAL),
    *rows("Matter", MATTER_MATRIX, MATTER),
    *rows("Hold", HOLD_MATRIX, OTHERS),
    *rows("Disclosure", DISCLOSURE_MATRIX, OTHERS),
    *rows("Entry", ENTRY_MATRIX, OTHERS),
]


def asker(role: str, side: str, what: Entity, **more: Value) -> Entity:
    """Who asks; inside the very matter that is asked about."""
    place: dict[str, Value] = {"matter": what} if what.type == "Matter" else {}
    return changed(member(role, SIDES[side]), **{**place, **more})


@pytest.mark.parametrize(("kind", "role", "side", "state", "action", "allowed"), CELLS)
def test_cell(kind: str, role: str, side: str, state: str, action: str, allowed: bool) -> None:
    what = in_state(kind, state)
    who = asker(role, side, what)
    assert may(who, action, what, **question(action)) is allowed


ALLOWED = [cell[:5] for cell in CELLS if cell[5]]


@pytest.mark.parametrize(("kind", "role", "side", "state", "action"), ALLOWED)
def test_walls_close_every_allowed_cell(kind: str, role: str, side: str, state: str, action: str) -> None:
    what = in_state(kind, state)
    more = question(action)
    elsewhere = matter(name="m2")
    assert not may(asker(role, side, what, active=False), action, what, **more)
    assert not may(asker(role, side, what, matter=elsewhere), action, what, **more)
    nowhere = asker(role, side, what, matter=Ref("Matter", "none"), tier=0)
    assert not LAW.decide(nowhere, action, what, {**NOW, **more}).allowed
    if "tier" in what.attrs:
        assert may(asker(role, side, what), action, what, **more)
        assert not may(asker(role, side, what), action, changed(what, tier=3), **more)
        assert may(asker(role, side, what, tier=4), action, changed(what, tier=3), **more)


CLOSED_STILL = {
    "document.list",
    "version.read",
    "page.view",
    "page.words",
    "page.search",
    "version.download",
    "document.read",
    "retention.list",
    "retention.trigger",
    "hold.place",
    "hold.release",
    "hold.list",
    "disposal.propose",
    "disposal.list",
    "disposal.read",
    "disposal.certificate",
    "disposal.approve",
    "disposal.reject",
    "disposal.execute",
    "redaction.list",
    "redaction.read",
    "redaction.log",
    "disclosure.list",
    "audit.list",
    "audit.export",
    "matter.read",
    "member.list",
}


@pytest.mark.parametrize(("kind", "role", "side", "state", "action"), [c for c in ALLOWED if c[0] != "Matter"])
def test_closed_matter(kind: str, role: str, side: str, state: str, action: str) -> None:
    what = in_state(kind, state)
    who = asker(role, side, what, matter=matter("closed"))
    assert may(who, action, what, **question(action)) is (action in CLOSED_STILL)


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
    assert may(who, "disclosure.grant", thing("Version", category=category), recipient=OTHER) is publishable


def test_nothing_unclassified_is_published() -> None:
    assert not may(member("custodian"), "document.publish", thing("Document", classified=False))


def test_price_and_royalty_never_reach_partners_of_others() -> None:
    for category in ("price-terms", "royalty", "costs", "licences"):
        disclosed = thing("Version", category=category, audience=frozenset({OTHER}))
        assert not may(member("partner", OTHER, tier=4), "page.view", disclosed)


def test_disclosure_only_to_another_participant() -> None:
    version, who = thing("Version"), member("custodian")
    assert may(who, "disclosure.grant", version, recipient=OTHER)
    assert not may(who, "disclosure.grant", version, recipient=OWN)
    assert not may(who, "disclosure.grant", version, recipient=THIRD)


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


def test_the_service_does_its_errands_and_nothing_else() -> None:
    worker = Entity("Service", "worker", {"name": "worker"})
    assert may(worker, "redaction.apply", thing("Redaction", state="applying"))
    assert not may(worker, "redaction.apply", thing("Redaction", state="draft"))
    assert may(worker, "version.erase", thing("Version", state="destroyed"))
    assert not may(worker, "version.erase", thing("Version", state="published"))
    assert may(worker, "upload.sweep", worker)
    errands = {name for name, shape in LAW.actions.items() if "Service" in shape.principals}
    assert errands == {"redaction.apply", "version.erase", "upload.sweep", "partner.register"}


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
