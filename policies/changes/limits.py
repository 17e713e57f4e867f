"""What a change at run time may never do, each refused by name.

Rules that forbid stay word for word as they were delivered: who wants to forbid more adds a rule. Left alone are how
the service works, how people sign in and prove who they are, what tokens and directories do, how the law changes, and
by what an organisation takes back what it gave and reads who had it.
Whatever else a change permits is bound by the promises, which `Law.changed` makes rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from policies.engine import Law, LawError, Policy
from policies.engine.rules import by_question

FILE = re.compile(r"[a-z][a-z0-9-]{0,39}\.cedar")
KEPT_FILES = frozenset({"policy.cedar", "promises.cedar", "service.cedar", "directories.cedar", "tokens.cedar"})
KEPT_KINDS = frozenset({"Change", "Session", "Authenticator", "Token", "Directory", "Service", "Scope"})
KEPT_ACTIONS = frozenset(
    {
        "access.end",
        "access.refuse",
        "club.end",
        "club.remove",
        "disclosure.claw-back",
        "disclosure.withdraw",
        "document.withdraw",
        "hold.place",
        "leave.end",
        "member.remove",
        "transfer.end",
        "transfer.suspend",
    }
)
"""What takes back what an organisation gave, or keeps it: no other two may take that away from a third."""
KEPT_SUBJECTS = ("policy.", "audit.")
KEPT_RULES = frozenset({"clean-team-reads-in-place", "clean-team-states-its-purpose"})
"""The rules by which entries tell that somebody of a clean team was reading; certificates count by them."""
LIMIT = 65_536
"""The most bytes one file of rules has."""
MOST_FILES = 60
MOST_RULES = 200
MOST_TOKENS = 1_500
DEEPEST = 20
LONGEST = 60
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_TOKEN = re.compile(
    r'\s+|//[^\n\r]*|"(?:[^"\\\n\r]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|&&|\|\||[=!<>]=|::|.', re.DOTALL
)
_ONE = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_NONE = "00000000-0000-0000-0000-000000000000"
_JOINS = frozenset({"&&", "||", "if", "+", "*", "-", "==", "!=", "!"})


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
        if any(not letter.isprintable() and letter not in "\n\r\t" for letter in text):
            raise LawError(f"{name}: holds a character that is not shown")
        for rule in _rules(name, text):
            _check_rule(name, rule)
    if sum(1 for name, text in texts.items() for _ in _rules(name, text)) > MOST_RULES:
        raise LawError(f"a change has at most {MOST_RULES} rules")


def _rules(name: str, text: str) -> Iterator[list[str]]:
    """The words and signs of each rule of a text, without comments; a quote that does not end is refused."""
    rule: list[str] = []
    for token in _TOKEN.findall(text):
        if token == '"':  # noqa: S105
            raise LawError(f"{name}: a quotation does not end")
        if not token.isspace() and not token.startswith("//"):
            rule.append(token)
        if token == ";":  # noqa: S105
            yield rule
            rule = []
    if rule:
        yield rule


def _check_rule(name: str, rule: list[str]) -> None:
    """LawError where a rule is so long or so nested that reading or translating it might not end well."""
    depth = 0
    for token in rule:
        depth += (token in _OPEN) - (token in _CLOSE)
        if depth < 0:
            raise LawError(f"{name}: a bracket is closed that was not opened")
        if depth > DEEPEST:
            raise LawError(f"{name}: brackets stand more than {DEEPEST} deep")
    if sum(token in _JOINS for token in rule) > LONGEST:
        raise LawError(f"{name}: a rule joins more than {LONGEST} conditions")
    if len(rule) > MOST_TOKENS:
        raise LawError(f"{name}: a rule has more than {MOST_TOKENS} words and signs")


def check_change(delivered: Law, base: Law, new: Law) -> None:
    """LawError, naming the rule, where `new` does to the delivered law, or to `base` in force, what no change may."""
    for name, rule in delivered.policies.items():
        if rule.effect == "forbid" and (name not in new.policies or new.policies[name].form != rule.form):
            done = "changed" if name in new.policies else "removed"
            raise LawError(f"{rule.file}: {name} forbids and cannot be {done} while the service runs: {rule.sentence}")
    for rule in touched(base, new):
        if rule.id in KEPT_RULES:
            raise LawError(f"{rule.file}: {rule.id} is not changed while the service runs")
        if rule.id in new.policies and _ONE.search(json.dumps(dict(rule.form)).replace(_NONE, "")):
            raise LawError(
                f"{rule.file}: {rule.id} names one person, organisation or thing; a rule speaks of all alike"
            )
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
    kept = action in KEPT_ACTIONS or action.startswith(KEPT_SUBJECTS)
    return kept or principal != "Member" or kind in KEPT_KINDS
