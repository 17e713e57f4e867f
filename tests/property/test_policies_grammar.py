"""A generator of rules about the small world: sensible at the leaves most often, ill-typed now and then."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import cedarpy

from tests.property.test_policies_worlds import ATTRS, UIDS

ATOMS = (
    *(
        "true",
        "false",
        "0",
        "1",
        "2",
        "(-1)",
        '"a"',
        '"b"',
        '"A"',
        '""',
        f'"{UIDS[0]}"',
        f'"{UIDS[0].upper()}"',
    ),
    *(
        'Org::"o1"',
        'Org::"o2"',
        'Org::"o3"',
        'Thing::"t1"',
        'Action::"grp"',
        "principal",
        "action",
        "resource",
    ),
    *(
        '["a", "b"]',
        "[1, 2]",
        '[Org::"o1", Org::"o3"]',
        "[]",
        "[true]",
        '[1, "a", Org::"o1", true]',
        '[["a"]]',
    ),
    *(
        "principal.role",
        "principal.tier",
        "principal.active",
        "principal.org",
        "principal.groups",
        "principal.gone",
    ),
    *(
        "context.now",
        "context.on",
        "context.word",
        "context.who",
        "context.gone",
        'Org::"o9".n',
        'Org::"o2".n',
    ),
    *(f"resource.{name}" for name in ATTRS),
    *(f"resource.{name}" for name in ATTRS),
    "resource.unmapped",
)
CHECKS = (
    *(f"resource has {name}" for name in ATTRS),
    *("principal has org", "principal has gone", "context has on", "resource is Thing", "resource is Org"),
    *("resource.loose_org is Org", 'principal is Person in Org::"o3"', "principal in resource.guests"),
    *("resource.org has n", 'action in Action::"grp"', "resource.tags.isEmpty()", "[].isEmpty()", "1 is Org"),
)
INFIX = ("==", "!=", "<", "<=", ">", ">=", "in", "==", "!=")
METHODS = ("contains", "containsAll", "containsAny", "contains")


TYPED = (
    *(
        "resource.flag",
        "resource.loose_flag",
        "context.on",
        "principal.active",
        'resource.tags.contains("a")',
    ),
    *("resource.n < principal.tier", "resource.n >= 1", "resource.loose_n > 0", "1 <= resource.n"),
    *(
        'resource.s == "a"',
        "resource.s != principal.role",
        'resource.loose_s == "A"',
        "resource.s == resource.loose_s",
    ),
    *(
        "resource.org == principal.org",
        "resource.loose_org == resource.org",
        "resource.guests.contains(principal.org)",
    ),
    *(
        '["a", "b"].contains(resource.s)',
        '[Org::"o1", "a", 1].contains(resource.loose_org)',
        "[1].contains(resource.n)",
    ),
    *(f'resource.uid == "{UIDS[0]}"', f'resource.uid != "{UIDS[1].upper()}"', 'resource.uid == "none"'),
    *(
        'resource.tags.containsAll(["a", "b"])',
        'resource.tags.containsAny(["b", 1])',
        "principal in resource.guests",
    ),
    *(
        '["A"].containsAny(resource.tags)',
        "resource.guests.containsAll([principal.org])",
        "resource.n == resource.s",
    ),
    *(
        "principal in resource.org",
        "principal in resource.loose_org",
        'resource == Thing::"t3"',
        "resource.loose_flag == true",
    ),
    *(
        "resource.flag == resource.loose_flag",
        "[true].contains(resource.loose_flag)",
        "resource.loose_org is Org",
    ),
    *(
        "resource.tags.containsAny([])",
        "resource.tags.containsAll([])",
        "resource.guests.contains(resource.org)",
    ),
    *(
        "resource.loose_n != resource.s",
        "resource.loose_n == resource.n",
        "resource.tags == 1",
        "resource has loose_s",
    ),
    *(
        '["o1", "o2"].contains(resource.loose_org)',
        'resource.guests.contains("o1")',
        'resource.tags.contains(Org::"a")',
    ),
    *('resource.s like "a*"', "resource.n + 1 > 1"),
    *("resource has loose_n && resource.loose_n == 2", "resource has uid", "!(resource has loose_flag)"),
)


def expression(rng: random.Random, depth: int) -> str:
    """A random boolean expression, most often well-typed at its leaves but free to err on absent
    attributes."""
    pick = rng.random()
    if pick < 0.08:
        return wild(rng, depth)
    if depth == 0 or pick < 0.3:
        return f"({rng.choice(TYPED)})"
    if pick < 0.45:
        return f"(!{expression(rng, depth - 1)})"
    if pick < 0.68:
        return f"({expression(rng, depth - 1)} && {expression(rng, depth - 1)})"
    if pick < 0.92:
        return f"({expression(rng, depth - 1)} || {expression(rng, depth - 1)})"
    parts = [expression(rng, depth - 1) for _ in range(3)]
    return f"(if {parts[0]} then {parts[1]} else {parts[2]})"


def wild(rng: random.Random, depth: int) -> str:
    """A random expression, well-typed only by luck."""
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(ATOMS)
    pick = rng.random()
    if pick < 0.35:
        return f"({wild(rng, 0)} {rng.choice(INFIX)} {wild(rng, 0)})"
    if pick < 0.5:
        return f"({wild(rng, depth - 1)} {rng.choice(INFIX)} {wild(rng, depth - 1)})"
    if pick < 0.7:
        return f"({wild(rng, 0)}).{rng.choice(METHODS)}({wild(rng, 0)})"
    if pick < 0.8:
        return f"({rng.choice(CHECKS)})"
    if pick < 0.9:
        return f"(!({wild(rng, depth - 1)}))"
    return f"({wild(rng, depth - 1)} {rng.choice(('&&', '||'))} {wild(rng, depth - 1)})"


SCOPES = (
    ("principal", "action", "resource"),
    ("principal is Person", 'action == Action::"act"', "resource is Thing"),
    ('principal in Org::"o3"', 'action in [Action::"grp"]', "resource"),
    ("principal", "action", 'resource == Thing::"t3"'),
    ("principal is Org", "action", "resource"),
)


def rule(rng: random.Random) -> str:
    """A random rule."""
    scope = ", ".join(rng.choice(SCOPES[:3] if rng.random() < 0.9 else SCOPES))
    clauses = [f"{rng.choice(('when', 'when', 'unless'))} {{ {expression(rng, rng.randint(1, 3))} }}"]
    if rng.random() < 0.3:
        clauses.append(f"when {{ {expression(rng, 2)} }}")
    return f"{rng.choice(('permit', 'permit', 'forbid'))} ({scope}) {' '.join(clauses)};"


def rules(rng: random.Random) -> str:
    """One to three random rules, half of the time over a permit for everybody."""
    start = "permit (principal, action, resource);\n" if rng.random() < 0.5 else ""
    return start + "\n".join(rule(rng) for _ in range(rng.randint(1, 3)))


def corpus(size: int, seed: int) -> Sequence[str]:
    """A fixed list of random rule sets."""
    rng = random.Random(seed)
    return [rules(rng) for _ in itertools.repeat(None, size)]


def test_generated_rules_are_cedar() -> None:
    texts = corpus(200, seed=1)
    assert all(cedarpy.PolicySet.from_str(text) for text in texts)
    assert len(set(texts)) > 150
