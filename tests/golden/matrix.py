"""Who may do what, asked of the real law for every role, side, clearance, state and category."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.engine import Entity, Ref, Value
from tests.unit.test_policies_cast import LAW, NOW, OTHER, OWN, ROLES, matter, member, question, thing

AUDIENCES = {"organisation": "price-terms", "counsel": "royalty", "everyone": "claim-chart"}
LEGEND = (
    "Who may do what, decided by the law in policies/access.",
    "",
    "Columns: C custodian, P partner, O compliance officer; capital with clearance for the thing's tier, small without.",
    "First the thing's own organisation, then another participant, then a person who is no member (custodian, own",
    "organisation). '+' is permitted, '.' is not. The middle column is the audience of the information category.",
    "'limited to others': to a club in which the person asking is not named.",
    "'one's own' means that the person asking made, submitted, proposed or approved the thing themselves.",
    "",
)
IN_CLOSED = {"Document": 5, "Version": 2, "Disposal": 4}
"""Which row of a kind is shown for a closed matter as well."""
HEAD = "C P O c p o | C P O c p o | C"
Row = tuple[str, str, dict[str, Value]]


def _whos(action: str, closed: bool) -> Iterator[tuple[Entity, dict[str, Any]]]:
    state: dict[str, Any] = {"matter": matter("closed")} if closed else {}
    for organisation in (OWN, OTHER):
        for tier in (2, 1):
            for role in ROLES:
                more = question(action)
                if "recipient" in more:
                    more = {"recipient": OTHER if organisation == OWN else OWN}
                if "subject_organisation" in more:
                    more = {"subject_organisation": organisation}
                yield member(role, organisation, tier, **state), more
    yield member("custodian", OWN, 2, matter=matter(name="m2")), question(action)


def _categories(states: list[tuple[str, dict[str, Value]]]) -> Iterator[Row]:
    for label, attrs in states:
        for audience, category in AUDIENCES.items():
            yield label, audience, {**attrs, "category": category}


def _plain(states: list[tuple[str, dict[str, Value]]]) -> Iterator[Row]:
    for label, attrs in states:
        yield label, "-", attrs


def rows(kind: str) -> list[Row]:
    """The states of a kind of thing: label, audience, attributes."""
    given = frozenset({OTHER})
    if kind == "Document":
        return list(
            _categories(
                [
                    ("staged, not classified", {"state": "staged", "classified": False}),
                    ("ready", {"state": "ready"}),
                    ("ready, disclosed to the other", {"state": "ready", "audience": given}),
                    ("ready, held", {"state": "ready", "held": True}),
                    ("published", {"state": "published"}),
                    ("published, limited to others", {"state": "published", "club": Ref("Club", "c1")}),
                    ("disposed", {"state": "disposed"}),
                ]
            )
        )
    if kind == "Version":
        return list(
            _categories(
                [
                    ("staged", {"state": "staged"}),
                    ("staged, disclosed to the other", {"state": "staged", "audience": given}),
                    ("staged, granted to oneself", {"state": "staged", "granted": frozenset({"ada"})}),
                    ("staged, disclosed to oneself by a club", {"state": "staged", "named": frozenset({"ada"})}),
                    ("published", {"state": "published"}),
                    ("published, limited to others", {"state": "published", "club": Ref("Club", "c1")}),
                    ("redacted, candidate", {"state": "candidate", "original": False}),
                    ("redacted, released", {"state": "staged", "original": False}),
                    ("redacted, disclosed", {"state": "staged", "original": False, "audience": given}),
                    ("disclosed, purpose asked", {"state": "staged", "audience": given, "asking": given}),
                    ("disclosed, clawed back", {"state": "staged", "audience": given, "clawed": True}),
                    ("redacted, for a third alone", {"state": "staged", "original": False, "reserved": True}),
                    ("destroyed", {"state": "destroyed"}),
                ]
            )
        )
    if kind == "ClawBack":
        return list(_categories([("from the other", {}), ("from a third", {"recipients": frozenset()})]))
    return list(_plain(_states(kind)))


_BOTH = frozenset({"custodian", "compliance"})
_STATES: dict[str, list[tuple[str, dict[str, Value]]]] = {
    "Redaction": [
        *(
            (s, dict[str, Value](state=s))
            for s in ("draft", "applying", "in_review", "returned", "released", "failed", "discarded")
        ),
        ("in_review, one's own", {"state": "in_review", "author": "ada"}),
        ("in_review, held", {"state": "in_review", "held": True}),
    ],
    "Club": [("club", {"kind": "clean_team"}), ("wall", {"kind": "ethical_wall"})],
    "Production": [("for the other", {}), ("for a third", {"recipients": frozenset()})],
    "Grant": [
        ("asked", {}),
        ("asked, one's own", {"user": "ada"}),
        ("granted", {"state": "granted", "live": True}),
        ("granted, one's own", {"state": "granted", "live": True, "user": "ada"}),
        ("glass broken", {"state": "granted", "live": True, "emergency": True, "party": OWN}),
        ("glass broken, one's own", {"state": "granted", "live": True, "emergency": True, "user": "ada"}),
        ("glass broken, judged", {"state": "ended", "emergency": True, "judged": True, "party": OWN}),
        *((s, dict[str, Value](state=s)) for s in ("refused", "ended")),
    ],
    "Review": [("open", {}), ("closed", {"state": "closed"})],
    "Leave": [
        ("lasting", {}),
        ("lasting, one's own", {"user": "ada"}),
        ("lasting, one stands in", {"deputy": "ada"}),
        ("over", {"live": False}),
    ],
    "Transfer": [
        ("live", {"live": True}),
        ("not confirmed", {"confirmed": False}),
        ("not confirmed, one's own", {"confirmed": False, "recorder": "ada"}),
        ("over", {"live": False}),
    ],
    "Disclosure": [("live", {"live": True}), ("over", {"live": False})],
    "Hold": [("live", {"live": True}), ("released", {"live": False})],
    "Disposal": [
        ("proposed", {"state": "proposed"}),
        ("proposed, one's own", {"state": "proposed", "proposer": "ada"}),
        (
            "proposed, approved by one custodian",
            {"state": "proposed", "approvers": frozenset({"bob"}), "functions": frozenset({"custodian"})},
        ),
        ("proposed, held", {"state": "proposed", "held": True}),
        ("approved", {"state": "approved", "functions": _BOTH, "approvers": frozenset({"bob", "eve"})}),
        ("approved, one's own", {"state": "approved", "functions": _BOTH, "approvers": frozenset({"ada", "eve"})}),
        ("approved, held", {"state": "approved", "functions": _BOTH, "held": True}),
        *((s, dict[str, Value](state=s)) for s in ("void", "rejected", "done")),
    ],
    "Entry": [
        ("own act, own thing", {"shared": False}),
        ("act of the other on an own thing", {"actor": OTHER, "shared": False}),
        ("the matter's history, by the other", {"actor": OTHER, "owner": OTHER, "shared": True}),
        ("act of the other on its own thing", {"actor": OTHER, "owner": OTHER, "shared": False}),
    ],
    "Matter": [("open", {"state": "open"})],
    "Person": [
        ("oneself", {"user": "ada"}),
        *((s, dict[str, Value](state=s)) for s in ("active", "shredding", "tombstone")),
        ("a compliance officer", {"role": "compliance"}),
        ("of the other", {"organisation": OTHER}),
    ],
    "Token": [("one's own", {"user": "ada"}), ("somebody else's", {"user": "bob"})],
    "Authenticator": [
        ("one's own", {"user": "ada"}),
        ("one's own, the company vouches", {"user": "ada", "vouched": True}),
        ("somebody else's", {"user": "bob"}),
    ],
    "Session": [("one's own", {"user": "ada"}), ("somebody else's", {"user": "bob"})],
}


def _states(kind: str) -> list[tuple[str, dict[str, Value]]]:
    return _STATES.get(kind, [("-", {})])


def _cells(action: str, resource: Entity, closed: bool) -> str:
    marks = []
    for who, more in _whos(action, closed):
        decision = LAW.decide(who, action, resource, {**NOW, **more})
        assert decision.errors == (), (action, decision.errors)
        marks.append("+" if decision.allowed else ".")
    return " ".join(marks[:6]) + " | " + " ".join(marks[6:12]) + " | " + marks[12]


def lines() -> list[str]:
    """The whole matrix."""
    found = list(LEGEND)
    for action, shape in sorted(LAW.actions.items()):
        if "Member" not in shape.principals:
            continue
        (kind,) = shape.resources
        found += [f"{action} ({kind})", f"  {'':42} {'':12} {HEAD}"]
        cells: list[tuple[str, str, str]] = []
        for label, audience, attrs in rows(kind):
            cells.append((label, audience, _cells(action, thing(kind, **attrs), False)))
        label, audience, attrs = rows(kind)[IN_CLOSED.get(kind, 0)]
        if kind == "Matter":
            attrs = {**attrs, "state": "closed"}
        cells.append((f"{label}, closed matter", audience, _cells(action, thing(kind, **attrs), True)))
        found += [line.rstrip() for line in _merged(cells)] + [""]
    for kind, said in (("Service", "Only the service itself:"), ("Directory", "Only an organisation's directory:")):
        alone = sorted(name for name, shape in LAW.actions.items() if shape.principals == (kind,))
        found += [said, *(f"  {name}" for name in alone), ""]
    return found[:-1]


def _merged(cells: list[tuple[str, str, str]]) -> Iterator[str]:
    """One line for the audiences of a state that are treated alike."""
    for label, audience, marks in cells:
        same = [a for (name, a, m) in cells if (name, m) == (label, marks)]
        if audience != same[0]:
            continue
        every = [a for (name, a, _) in cells if name == label]
        shown = "any" if len(same) == len(every) > 1 else "+".join(a[:4] for a in same) if len(same) > 1 else audience
        yield f"  {label:42} {shown:12} {marks}"
