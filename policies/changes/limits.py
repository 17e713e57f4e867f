"""What a change at run time may never do, each refused by name.

Rules that forbid stay word for word as they were delivered: who wants to forbid more adds a rule. Left alone are how
the service works, how people sign in and prove who they are, what tokens and directories do, and how the law changes.
Whatever else a change permits is bound by the promises, which `Law.changed` makes rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from policies.engine import Law, LawError, Policy
from policies.engine.rules import by_question

FILE = re.compile(r"[a-z][a-z0-9-]{0,39}\.cedar")
KEPT_FILES = frozenset({"policy.cedar", "promises.cedar", "service.cedar", "directories.cedar", "tokens.cedar"})
KEPT_KINDS = frozenset({"Change", "Session", "Authenticator", "Token", "Directory", "Service", "Scope"})
KEPT_ACTIONS = "policy."
LIMIT = 65_536
"""The most bytes one file of rules has."""
MOST_FILES = 60
DEEPEST = 40
LONGEST = 100
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_JOINS = re.compile(r"&&|\|\||\bif\b|\+|\*|-")


def check_texts(texts: Mapping[str, str]) -> None:
    """LawError unless files of these names, sizes and depths can be read safely; to be asked before parsing them."""
    if len(texts) > MOST_FILES:
        raise LawError(f"a change has at most {MOST_FILES} files")
    for name, text in texts.items():
        if not FILE.fullmatch(name):
            raise LawError(f"{name}: a file of rules has a name of small letters, digits and hyphens, ending in .cedar")
        if name in KEPT_FILES:
            raise LawError(f"{name}: this file is not changed while the service runs")
        if len(text.encode()) > LIMIT:
            raise LawError(f"{name}: longer than {LIMIT} bytes")
        if _depth(text) > DEEPEST:
            raise LawError(f"{name}: brackets stand more than {DEEPEST} deep")
        if any(len(_JOINS.findall(rule)) > LONGEST for rule in text.split(";")):
            raise LawError(f"{name}: a rule joins more than {LONGEST} conditions")


def _depth(text: str) -> int:
    deepest = depth = 0
    for letter in text:
        depth += (letter in _OPEN) - (letter in _CLOSE)
        deepest = max(deepest, depth)
    return deepest


def check_change(delivered: Law, base: Law, new: Law) -> None:
    """LawError, naming the rule, where `new` does to the delivered law, or to `base` in force, what no change may."""
    for name, rule in delivered.policies.items():
        if rule.effect == "forbid" and (name not in new.policies or new.policies[name].form != rule.form):
            done = "changed" if name in new.policies else "removed"
            raise LawError(f"{rule.file}: {name} forbids and cannot be {done} while the service runs: {rule.sentence}")
    for rule in touched(base, new):
        found = sorted(action for action, principal, kind in _takes(rule, new) if _is_kept(action, principal, kind))
        if found:
            raise LawError(f"{rule.file}: {rule.id} speaks to {found[0]}, which is not changed while the service runs")


def touched(base: Law, new: Law) -> Iterator[Policy]:
    """Every rule that is in one of two laws alone, or reads otherwise in the other; promises are left out."""
    for name in sorted(set(base.policies) | set(new.policies)):
        old, other = _rule(base, name), _rule(new, name)
        if old is None or other is None or old.form != other.form:
            yield from (rule for rule in (old, other) if rule is not None)


def _rule(law: Law, name: str) -> Policy | None:
    return None if name in law.promises else law.policies.get(name)


def _takes(rule: Policy, law: Law) -> Iterator[tuple[str, str, str]]:
    return (place for place, rules in by_question([rule], law.shape).items() if rules)


def _is_kept(action: str, principal: str, kind: str) -> bool:
    return principal != "Member" or kind in KEPT_KINDS or action.startswith(KEPT_ACTIONS)
