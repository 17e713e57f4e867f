"""The matrix: who asks, about what, in which state. Every action is tried in every row by everybody in the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policies.changes.cast import NOW, OTHER, OWN, ROLES, matter, member, question, thing
from policies.engine import Entity, Law, Ref, Value

AUDIENCES = {
    "organisation": "unclassified",
    "clean-team": "price-terms",
    "counsel": "royalty",
    "everyone": "claim-chart",
}
BESIDE: dict[str, tuple[tuple[str, dict[str, Value]], ...]] = {
    "disclosure.grant": (("", {}), (", to a clean team", {"circle": "clean_team"}))
}
"""Actions that are shown for several circumstances: what is added to the state, and what else is asked."""
IN_CLOSED = {"Document": 7, "Version": 3, "Disposal": 4}
"""Which row of a kind is shown for a closed matter as well."""
Row = tuple[str, str, dict[str, Value]]


_CIRCLES: list[tuple[str, dict[str, Value]]] = [
    ("published, limited to others", {"state": "published", "club": Ref("Club", "c1")}),
    ("published, limited to one's club", {"state": "published", "club": Ref("Club", "c2")}),
    ("published, behind one's wall", {"state": "published", "wall": Ref("Club", "c3")}),
]
_NAMED: dict[str, Value] = {"clubs": frozenset({Ref("Club", "c2")}), "walls": frozenset({Ref("Club", "c3")})}
"""The club and the wall in which everybody who asks is named."""


@dataclass(frozen=True)
class Cells:
    """One row of the matrix for an action: the state of the thing, the audience of its category, and who may."""

    action: str
    kind: str
    label: str
    audience: str
    marks: tuple[bool, ...]


def whos(action: str, closed: bool, beside: Mapping[str, Value]) -> Iterator[tuple[Entity, dict[str, Any]]]:
    """Whoever the columns stand for, with what else is asked: of the thing's organisation, of another, of no matter."""
    state: dict[str, Any] = {**_NAMED, **({"matter": matter("closed")} if closed else {})}
    for organisation in (OWN, OTHER):
        for tier in (2, 1):
            for role in ROLES:
                more = {**question(action), **beside}
                if "recipient" in more:
                    more |= {"recipient": OTHER if organisation == OWN else OWN}
                if "subject_organisation" in more:
                    more = {"subject_organisation": organisation}
                yield member(role, organisation, tier, **state), more
    elsewhere: dict[str, Any] = {**_NAMED, "matter": matter(name="m2")}
    yield member("custodian", OWN, 2, **elsewhere), {**question(action), **beside}


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
                    *_CIRCLES,
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
                    ("staged, disclosed to oneself, clean team", {"state": "staged", "team": frozenset({"ada"})}),
                    ("published", {"state": "published"}),
                    *_CIRCLES,
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
        return list(
            _categories(
                [
                    ("from the other", {}),
                    ("from the other, by one's clean team", {"team": frozenset({"ada"})}),
                    ("from a third", {"recipients": frozenset()}),
                ]
            )
        )
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
        ("in_review, limited to others", {"state": "in_review", "club": Ref("Club", "c1")}),
        ("in_review, behind one's wall", {"state": "in_review", "wall": Ref("Club", "c3")}),
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
    "Change": [
        ("proposed", {}),
        ("proposed, one's own", {"proposer": "ada"}),
        *((s, dict[str, Value](state=s)) for s in ("in_force", "rejected", "withdrawn")),
    ],
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
    "Disclosure": [
        ("live", {"live": True}),
        ("live, to a clean team of others", {"live": True, "quarantined": True, "club": Ref("Club", "c1")}),
        ("over", {"live": False}),
    ],
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


def cells(law: Law, action: str) -> Iterator[Cells]:
    """What a law says to one action of people; the last row is for a closed matter."""
    (kind,) = law.actions[action].resources
    given, law = rows(kind), law.about(action, "Member", kind)
    things = [_named(kind, place, attrs) for place, (_, _, attrs) in enumerate(given)]
    label, audience, attrs = given[IN_CLOSED.get(kind, 0)]
    shut = thing(kind, **(attrs | {"state": "closed"} if kind == "Matter" else attrs))
    for said, beside in BESIDE.get(action, (("", {}),)):
        answers = _marks(law, action, things, whos(action, closed=False, beside=beside))
        for (one, of, _), marks in zip(given, answers, strict=True):
            yield Cells(action, kind, one + said, of, marks)
        (marks,) = _marks(law, action, [shut], whos(action, closed=True, beside=beside))
        yield Cells(action, kind, f"{label}{said}, closed matter", audience, marks)


def _named(kind: str, place: int, attrs: Mapping[str, Value]) -> Entity:
    """A thing in one of many states, told apart from the others where that changes nothing."""
    found = thing(kind, **attrs)
    return found if kind in {"Matter", "Organisation"} else replace(found, id=f"x{place}")


def _marks(
    law: Law, action: str, resources: Sequence[Entity], people: Iterator[tuple[Entity, dict[str, Any]]]
) -> list[tuple[bool, ...]]:
    """For each of the things, who of the columns may."""
    columns = [law.decide_each(who, action, resources, {**NOW, **more}) for who, more in people]
    return [tuple(answer.allowed for answer in row) for row in zip(*columns, strict=True)]


def of_people(law: Law) -> Mapping[str, str]:
    """The actions people do, each with the kind of thing it is done to."""
    listed = sorted(law.actions.items())
    return {name: shape.resources[0] for name, shape in listed if "Member" in shape.principals}
