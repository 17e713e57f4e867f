"""The difference of two laws in plain words: which rules, and in which cases of the matrix the answer changes.

The matrix tries cases somebody thought of. What it does not show is bound by the promises all the same, and
`python -m policies.analysis compare OLD NEW` finds every case there can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.changes.cast import ROLES
from policies.changes.limits import touched
from policies.changes.matrix import cells, of_people
from policies.engine import Law
from policies.engine.rules import by_question

PLURAL = {"custodian": "custodians", "partner": "partners", "compliance": "compliance officers"}
SIDES = (
    "of the organisation it belongs to",
    "of the organisation it belongs to, without clearance",
    "of another organisation",
    "of another organisation, without clearance",
)
OUTSIDE = "people who are not in the matter"
FOR = {
    "organisation": "kept within the organisation",
    "clean-team": "for clean teams",
    "counsel": "for counsel",
    "everyone": "for everyone",
}


@dataclass(frozen=True)
class RuleChange:
    """A rule that was `added`, `removed` or `changed`; sentence and text before and after, or empty."""

    id: str
    what: str
    effect: str
    file: str
    before: str
    after: str
    text_before: str
    text_after: str


@dataclass(frozen=True)
class Difference:
    """The rules that differ, and sentences on who may do more and who may do less."""

    rules: tuple[RuleChange, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]


def difference(base: Law, new: Law) -> Difference:
    """What `new` says otherwise than `base`."""
    rules = tuple(_rules(base, new))
    asked = by_question(list(touched(base, new)), new.shape)
    actions = sorted({action for (action, _, _), speaking in asked.items() if speaking} & set(of_people(new)))
    more: dict[tuple[str, str, tuple[int, ...]], list[str]] = {}
    less: dict[tuple[str, str, tuple[int, ...]], list[str]] = {}
    for action in actions:
        for before, after in zip(cells(base, action), cells(new, action), strict=True):
            pairs = list(zip(before.marks, after.marks, strict=True))
            state = after.label if after.audience == "-" else f"{after.label} ({FOR[after.audience]})"
            for found, way in ((more, (False, True)), (less, (True, False))):
                columns = tuple(place for place, pair in enumerate(pairs) if pair == way)
                if columns:
                    found.setdefault((action, after.kind, columns), []).append(state)
    return Difference(rules, _sentences(more, "may now do"), _sentences(less, "may no longer do"))


def _rules(base: Law, new: Law) -> Iterator[RuleChange]:
    for name in sorted({rule.id for rule in touched(base, new)}):
        old, other = base.policies.get(name), new.policies.get(name)
        one = other or old
        if one is not None:
            yield RuleChange(
                name,
                "changed" if old and other else "added" if other else "removed",
                one.effect,
                one.file,
                old.sentence if old else "",
                other.sentence if other else "",
                old.text if old else "",
                other.text if other else "",
            )


def _sentences(found: dict[tuple[str, str, tuple[int, ...]], list[str]], verb: str) -> tuple[str, ...]:
    return tuple(
        f"{_who(columns)} {verb} {action} where the {kind.lower()} is {'; '.join(dict.fromkeys(states))}."
        if states != ["-"]
        else f"{_who(columns)} {verb} {action}."
        for (action, kind, columns), states in found.items()
    )


def _who(columns: tuple[int, ...]) -> str:
    """The people of some columns, six for each organisation and a last one for people outside."""
    parts = []
    for side, said in enumerate(SIDES):
        roles = [PLURAL[ROLES[place - 3 * side]] for place in columns if 3 * side <= place < 3 * side + 3]
        if roles:
            parts.append(f"{' and '.join(roles) if len(roles) < 3 else 'people'} {said}")
    if len(SIDES) * 3 in columns:
        parts.append(OUTSIDE)
    text = "; ".join(parts)
    return text[0].upper() + text[1:]
