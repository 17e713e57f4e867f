"""The golden access matrix: who may do what, written out by hand and compared with the law cell by cell.

A row names who asks and in what state the thing is; the letters are what is allowed, everything else is
refused.
"""

from __future__ import annotations

import pytest

from policies.engine import Entity, Ref, Value
from tests.unit.test_policies_cast import (
    LAW,
    NOW,
    OTHER,
    OWN,
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
    "Club",
    "Term",
    "Search",
    "Disclosure",
    "ClawBack",
    "Audience",
    "Production",
    "Transfer",
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
    "P": "version.proof",
    "X": "redaction.start",
    "G": "disclosure.grant",
    "N": "version.scans",
    "O": "version.recognise",
    "K": "disclosure.claw-back",
    "T": "visit.state",
}
VERSION_MATRIX = """
    custodian  own    staged     LRVWSDXGNOK
    custodian  own    disclosed  LRVWSDXGNOK
    custodian  own    published  LRVWSDXGNOK
    custodian  own    clawed     LRVWSDXNO
    custodian  own    reserved   LRVWSDXNOK
    custodian  own    candidate  LRVWS
    custodian  own    destroyed  LR
    partner    own    staged     -
    partner    own    disclosed  -
    partner    own    published  LRV
    partner    own    candidate  -
    partner    own    destroyed  -
    compliance own    staged     LRK
    compliance own    disclosed  LRK
    compliance own    published  LRK
    compliance own    clawed     LR
    compliance own    candidate  LR
    compliance own    destroyed  LR
    custodian  other  clawed     -
    partner    other  clawed     -
    compliance other  clawed     -
    custodian  other  staged     -
    custodian  other  disclosed  LRVD
    custodian  other  published  LRVD
    custodian  other  candidate  -
    custodian  other  destroyed  -
    partner    other  staged     -
    partner    other  disclosed  LRV
    partner    other  published  LRV
    custodian  other  asking     LRT
    partner    other  asking     LRT
    compliance other  asking     -
    custodian  own    asking     LRVWSDXGNOK
    custodian  other  stated     LRVDT
    partner    other  stated     LRVT
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
    "M": "document.limit",
    "U": "document.lift",
    "B": "document.describe",
    "A": "document.assess",
    "x": "access.explain",
    "y": "access.document",
}
DOCUMENT_MATRIX = """
    custodian  own    staged     RCPWETLDMBAxy
    custodian  own    disclosed  RCPWETLDMBAxy
    custodian  own    published  RCPWETLDMBAxy
    custodian  own    disposed   RLxy
    partner    own    staged     -
    partner    own    disclosed  -
    partner    own    published  -
    partner    own    disposed   -
    compliance own    staged     RHTLDMUAxy
    compliance own    disclosed  RHTLDMUAxy
    compliance own    published  RHTLDMUAxy
    compliance own    disposed   RLUxy
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
    "V": "redaction.verify",
    "F": "redaction.search",
    "P": "redaction.privilege-log",
    "C": "redaction.consistency",
    "T": "redaction.consistency-table",
}
REDACTION_MATRIX = """
    custodian  own    draft      LRGMUSDFPCT
    custodian  own    applying   LRGDPCT
    custodian  own    in_review  LRGABDVPCT
    custodian  own    returned   LRGMUSDFPCT
    custodian  own    failed     LRGMUSDFPCT
    custodian  own    released   LRGVPCT
    custodian  own    discarded  LRGPCT
    compliance own    draft      LGP
    compliance own    in_review  LGP
    compliance own    released   LGP
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
    "P": "audit.prove",
    "T": "term.add",
    "S": "search.start",
    "B": "club.create",
    "D": "production.make",
    "N": "audience.create",
    "V": "survey.start",
    "W": "agreement.set",
    "I": "agreement.read",
    "J": "agreement.accept",
    "Z": "transfer.record",
    "K": "competition.certify",
    "x": "access.documents",
    "y": "access.why",
    "a": "leave.announce",
}
MATTER_MATRIX = """
    custodian  own    open       CRLAMUPTSBDNVWIJxya
    custodian  own    closed     RLMPSVIJxya
    partner    own    open       RLIJy
    partner    own    closed     RLIJy
    compliance own    open       RLXPBWIJZKxy
    compliance own    closed     RLXPIJKxy
"""

CLUB = {"L": "club.list", "A": "club.add", "R": "club.remove", "E": "club.end"}
CLUB_MATRIX = """
    custodian  own    club       LARE
    compliance own    club       LARE
    partner    own    club       -
    custodian  other  club       -
    compliance other  club       -
    partner    other  club       -
    custodian  own    wall       LA
    compliance own    wall       LARE
    partner    own    wall       -
    custodian  other  wall       -
    compliance other  wall       -
    partner    other  wall       -
"""

TERM = {"L": "term.list", "C": "term.change", "R": "term.remove"}
TERM_MATRIX = """
    custodian  own    kept       LCR
    compliance own    kept       -
    partner    own    kept       -
    custodian  other  kept       -
    compliance other  kept       -
    partner    other  kept       -
"""

SEARCH = {"L": "search.list", "R": "search.read", "H": "search.hits", "M": "search.mark", "S": "search.stop"}
SEARCH_MATRIX = """
    custodian  own    running    LRHMS
    custodian  own    done       LRHM
    custodian  own    stopped    LRHM
    custodian  own    colleague  -
    compliance own    running    -
    partner    own    running    -
    custodian  other  running    -
    compliance other  running    -
    partner    other  running    -
"""

CLAW_BACK = {"L": "claw-back.list", "R": "claw-back.read", "N": "claw-back.notice", "A": "claw-back.answer"}
CLAW_BACK_MATRIX = """
    custodian  own    kept       LRN
    compliance own    kept       LRN
    partner    own    kept       -
    custodian  other  kept       LRNA
    compliance other  kept       LRNA
    partner    other  kept       LRN
    custodian  other  elsewhere  -
    compliance other  elsewhere  -
    partner    other  elsewhere  -
    custodian  other  counsel    LRNA
    compliance other  counsel    LRNA
    partner    other  counsel    -
"""

AUDIENCE = {"L": "audience.list", "E": "audience.end"}
AUDIENCE_MATRIX = """
    custodian  own    kept       LE
    compliance own    kept       L
    partner    own    kept       -
    custodian  other  kept       -
    compliance other  kept       -
    partner    other  kept       -
"""

PRODUCTION = {"L": "production.list", "R": "production.read", "I": "production.index", "X": "production.export"}
PRODUCTION_MATRIX = """
    custodian  own    kept       LRIX
    compliance own    kept       LRI
    partner    own    kept       -
    custodian  other  kept       LRIX
    compliance other  kept       -
    partner    other  kept       -
    custodian  other  elsewhere  -
    compliance other  elsewhere  -
    partner    other  elsewhere  -
"""

LEAVE = {"L": "leave.list", "E": "leave.end"}
LEAVE_MATRIX = """
    custodian  own    live       L
    custodian  own    mine       LE
    custodian  own    standing   LE
    compliance own    live       LE
    compliance own    over       L
    partner    own    live       -
    partner    own    mine       E
    custodian  other  live       -
    compliance other  live       -
    partner    other  live       -
"""

TRANSFER = {"L": "transfer.list", "E": "transfer.end", "C": "transfer.confirm"}
TRANSFER_MATRIX = """
    custodian  own    recorded   LC
    compliance own    recorded   LEC
    partner    own    recorded   -
    custodian  other  recorded   L
    custodian  own    live       L
    compliance own    live       LE
    compliance own    over       L
    partner    own    live       -
    custodian  other  live       L
    compliance other  live       L
    partner    other  live       -
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
        "clawed": {"state": "published", "audience": frozenset({OTHER}), "clawed": True},
        "reserved": {"state": "staged", "reserved": True},
        "elsewhere": {"recipients": frozenset()},
        "counsel": {"category": "royalty"},
        "live": {"live": True},
        "over": {"live": False},
        "mine": {"user": "ada"},
        "standing": {"deputy": "ada"},
        "recorded": {"confirmed": False},
        "private": {"shared": False},
        "shared": {"shared": True},
        "kept": {},
        "club": {"kind": "clean_team"},
        "wall": {"kind": "ethical_wall"},
        "colleague": {"author": "bob"},
        "asking": {"state": "staged", "audience": frozenset({OTHER}), "asking": frozenset({OTHER})},
        "stated": {
            "state": "staged",
            "audience": frozenset({OTHER}),
            "asking": frozenset({OTHER}),
            "visitors": frozenset({"ada"}),
        },
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
    *rows("Club", CLUB_MATRIX, CLUB),
    *rows("Term", TERM_MATRIX, TERM),
    *rows("Search", SEARCH_MATRIX, SEARCH),
    *rows("Disposal", DISPOSAL_MATRIX, DISPOSAL),
    *rows("Matter", MATTER_MATRIX, MATTER),
    *rows("ClawBack", CLAW_BACK_MATRIX, CLAW_BACK),
    *rows("Audience", AUDIENCE_MATRIX, AUDIENCE),
    *rows("Production", PRODUCTION_MATRIX, PRODUCTION),
    *rows("Leave", LEAVE_MATRIX, LEAVE),
    *rows("Transfer", TRANSFER_MATRIX, TRANSFER),
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
    "access.list",
    "access.read",
    "access.refuse",
    "access.end",
    "access.confirm",
    "access.contest",
    "review.start",
    "review.list",
    "review.read",
    "review.confirm",
    "review.report",
    "competition.certify",
    "agreement.read",
    "agreement.accept",
    "transfer.list",
    "transfer.end",
    "document.assess",
    "visit.state",
    "access.document",
    "access.documents",
    "access.explain",
    "access.why",
    "leave.announce",
    "leave.list",
    "leave.end",
    "audit.give",
    "document.limit",
    "club.list",
    "club.remove",
    "club.end",
    "document.classify",
    "document.withdraw",
    "disclosure.withdraw",
    "member.remove",
    "document.list",
    "version.read",
    "page.view",
    "page.words",
    "page.search",
    "version.download",
    "version.proof",
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
    "version.scans",
    "version.recognise",
    "redaction.search",
    "term.list",
    "search.list",
    "search.start",
    "search.read",
    "search.hits",
    "search.stop",
    "redaction.list",
    "redaction.read",
    "redaction.log",
    "redaction.privilege-log",
    "redaction.verify",
    "disclosure.list",
    "disclosure.claw-back",
    "document.describe",
    "survey.start",
    "redaction.consistency",
    "redaction.consistency-table",
    "audience.list",
    "audience.end",
    "production.list",
    "production.read",
    "production.index",
    "production.export",
    "claw-back.list",
    "claw-back.read",
    "claw-back.notice",
    "claw-back.answer",
    "audit.list",
    "audit.export",
    "audit.prove",
    "matter.read",
    "member.list",
}


@pytest.mark.parametrize(("kind", "role", "side", "state", "action"), [c for c in ALLOWED if c[0] != "Matter"])
def test_closed_matter(kind: str, role: str, side: str, state: str, action: str) -> None:
    what = in_state(kind, state)
    who = asker(role, side, what, matter=matter("closed"))
    opens = what.attrs.get("kind") == "ethical_wall" and action != "club.list"
    assert may(who, action, what, **question(action)) is (action in CLOSED_STILL and not opens)


CLUB_REF, WALL_REF = Ref("Club", "c1"), Ref("Club", "w1")
NAMED_CELLS = [cell for cell in ALLOWED if cell[0] in {"Document", "Version", "Redaction"}]


@pytest.mark.parametrize(("kind", "role", "side", "state", "action"), NAMED_CELLS)
def test_clubs_and_walls_close_every_allowed_cell(kind: str, role: str, side: str, state: str, action: str) -> None:
    what, more = in_state(kind, state), question(action)
    limited, guarded = changed(what, club=CLUB_REF), changed(what, wall=WALL_REF)
    inside = {"clubs": frozenset({CLUB_REF})}
    keeper = role == "compliance" and (side, state, action) != ("other", "published", "hold.place")
    assert may(asker(role, side, what), action, limited, **more) is keeper
    assert may(asker(role, side, what, clubs=frozenset({WALL_REF})), action, limited, **more) is keeper
    assert may(asker(role, side, what, **inside), action, limited, **more)
    assert may(asker(role, side, what), action, guarded, **more)
    behind = asker(role, side, what, walls=frozenset({WALL_REF}))
    assert not may(behind, action, guarded, **more)
    assert may(behind, action, what, **more)
    both = changed(limited, wall=WALL_REF)
    assert not may(changed(behind, **inside), action, both, **more)


REFUSED = [cell[:5] for cell in CELLS if not cell[5] and cell[0] in {"Document", "Version", "Redaction"}]


@pytest.mark.parametrize(("kind", "role", "side", "state", "action"), REFUSED)
def test_a_club_permits_nothing_by_itself(kind: str, role: str, side: str, state: str, action: str) -> None:
    limited = changed(in_state(kind, state), club=CLUB_REF)
    who = asker(role, side, limited, clubs=frozenset({CLUB_REF}))
    assert not may(who, action, limited, **question(action))


def test_who_is_named_sees_the_club_and_nothing_else_of_it() -> None:
    club = thing("Club")
    who = changed(member("partner", OTHER), clubs=frozenset({Ref("Club", club.id)}))
    assert [action for action in CLUB.values() if may(who, action, club)] == ["club.list"]


def test_nobody_opens_the_wall_they_are_behind() -> None:
    wall = thing("Club", kind="ethical_wall")
    who = changed(member("compliance"), walls=frozenset({Ref("Club", wall.id)}))
    assert not may(who, "club.remove", wall)
    assert not may(who, "club.end", wall)
