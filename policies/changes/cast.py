"""People and things of two invented companies, OWN and OTHER, about whom a law is asked."""

from __future__ import annotations

from dataclasses import replace

from policies.engine import Entity, Ref, Value

NOW = {"now": 1_790_000_000}
OWN = Ref("Organisation", "aldermoor")
NO_CLUB = Ref("Club", "00000000-0000-0000-0000-000000000000")
OTHER = Ref("Organisation", "borealis")
THIRD = Ref("Organisation", "cassini")
ROLES = ("custodian", "partner", "compliance")


EVERYBODY = frozenset({OWN, OTHER, THIRD})
READY: dict[str, Value] = {
    "agreed": True,
    "trained": True,
    "place": "DE",
    "receives": EVERYBODY,
    "compatriots": EVERYBODY,
    "sends": EVERYBODY,
    "neighbours": EVERYBODY,
}
"""What nothing stands in the way of: all has been accepted, and everybody is in one country."""


def matter(state: str = "open", name: str = "m1") -> Entity:
    """A matter of OWN and OTHER."""
    return Entity(
        "Matter",
        name,
        {
            "organisation": OWN,
            "organisations": frozenset({OWN, OTHER}),
            "members": frozenset({"ada"}),
            "state": state,
        },
    )


def member(role: str, organisation: Ref = OWN, tier: int = 2, user: str = "ada", **more: Value) -> Entity:
    """A valid member of the open matter m1 unless `more` says otherwise."""
    attrs: dict[str, Value] = {
        "user": user,
        "organisation": organisation,
        "role": role,
        "tier": tier,
        "matter": matter(),
        "active": True,
        "clubs": frozenset(),
        "walls": frozenset(),
        "sign_in_age": 0,
        "strong_age": 0,
        "scopes": frozenset({"everything"}),
        "confined": Ref("Matter", "00000000-0000-0000-0000-000000000000"),
        "deputises": "none",
        "one_with": frozenset(),
        **READY,
        **more,
    }
    return Entity("Member", f"{user}@m1", attrs)


def _documents(tiered: dict[str, Value]) -> dict[str, dict[str, Value]]:
    return {
        "Document": {
            **tiered,
            "category": "technical",
            "state": "ready",
            "classified": True,
            "audience": frozenset(),
        },
        "Version": {
            **tiered,
            "document": Ref("Document", "d1"),
            "category": "technical",
            "state": "staged",
            "original": True,
            "audience": frozenset(),
            "named": frozenset(),
            "team": frozenset(),
            "granted": frozenset(),
            "author": "",
            "clawed": False,
            "reserved": False,
            "meant": frozenset(),
            "export": "unassessed",
            "asking": frozenset(),
            "visitors": frozenset(),
        },
    }


def _in_matters(base: dict[str, Value], tiered: dict[str, Value]) -> dict[str, dict[str, Value]]:
    return {
        "Redaction": {**tiered, "state": "draft", "author": "bob"},
        "Club": {**base, "kind": "clean_team"},
        "Term": {**base, "tier": 2},
        "Search": {**base, "state": "running", "author": "ada"},
        "Disclosure": {**base, "recipient": OTHER, "live": True, "club": NO_CLUB, "quarantined": False},
        "Grant": {
            **base,
            "party": OTHER,
            "user": "bob",
            "state": "asked",
            "live": False,
            "emergency": False,
            "judged": False,
        },
        "Review": {**base, "state": "open", "due": False},
        "Leave": {**base, "user": "bob", "deputy": "none", "live": True},
        "ClawBack": {
            **base,
            "tier": 2,
            "category": "technical",
            "recipients": frozenset({OTHER}),
            "team": frozenset(),
        },
        "Audience": base,
        "Survey": {**base, "state": "running"},
        "Production": {**base, "tier": 2, "recipients": frozenset({OTHER})},
        "Transfer": {**base, "recipient": OTHER, "live": True, "recorder": "bob", "confirmed": True},
        "Hold": {**base, "live": True},
        "Disposal": {
            **base,
            "state": "proposed",
            "tier": 2,
            "proposer": "bob",
            "approvers": frozenset(),
            "functions": frozenset(),
            "held": False,
        },
        "Scope": {**base, "state": "active", "held": False, "due": False},
    }


def _beside() -> dict[str, dict[str, Value]]:
    return {
        "Entry": {"matter": Ref("Matter", "m1"), "actor": OWN, "owner": OWN, "shared": False},
        "Person": {
            "organisation": OWN,
            "user": "bob",
            "role": "partner",
            "state": "active",
            "held": False,
            "due": False,
        },
        "Token": {"user": "ada"},
        "Session": {"user": "ada", "organisation": OWN},
        "Authenticator": {"user": "ada", "organisation": OWN, "first": True, "vouched": False},
        "Directory": {"organisation": OWN, "active": True},
        "Change": {"organisation": OWN, "proposer": "bob", "state": "proposed"},
        "Organisation": {},
        "Matter": dict(matter().attrs),
        "Service": {"name": "worker"},
    }


def thing(kind: str, /, **more: Value) -> Entity:
    """A resource of OWN in matter m1 with harmless attributes unless `more` says otherwise."""
    base: dict[str, Value] = {"matter": Ref("Matter", "m1"), "organisation": OWN}
    tiered: dict[str, Value] = {**base, "tier": 2, "held": False, "club": NO_CLUB, "wall": NO_CLUB}
    attrs = {**_documents(tiered), **_in_matters(base, tiered), **_beside()}
    name = {"Matter": "m1", "Organisation": OWN.id}.get(kind, "x1")
    return Entity(kind, name, {**attrs[kind], **more})


def changed(entity: Entity, **more: Value) -> Entity:
    """`entity` with other attributes."""
    return replace(entity, attrs={**entity.attrs, **more})


def question(action: str) -> dict[str, Value]:
    """The circumstances an action needs besides the time."""
    if action in {"member.add", "member.remove"}:
        return {"subject_organisation": OWN}
    if action == "disclosure.grant":
        return {"recipient": OTHER, "circle": "none"}
    return {"recipient": OTHER} if action in {"audit.give", "transfer.record"} else {}
