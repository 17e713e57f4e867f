"""Who may do what, asked of the real law for every role, side, clearance, state and category."""

from __future__ import annotations

from collections.abc import Iterator

from policies.changes.matrix import Cells, cells, of_people
from tests.unit.test_policies_cast import LAW

LEGEND = (
    "Who may do what, decided by the law in policies/access.",
    "",
    "Columns: C custodian, P partner, O compliance officer; capital with clearance for the thing's tier, small without.",
    "First the thing's own organisation, then another participant, then a person who is no member (custodian, own",
    "organisation). '+' is permitted, '.' is not. The middle column is the audience of the information category.",
    "'limited to others': to a club in which the person asking is not named; 'one's club' and 'one's wall' name them.",
    "'one's own' means that the person asking made, submitted, proposed or approved the thing themselves.",
    "",
)
HEAD = "C P O c p o | C P O c p o | C"


def _drawn(marks: tuple[bool, ...]) -> str:
    shown = ["+" if mark else "." for mark in marks]
    return " ".join(shown[:6]) + " | " + " ".join(shown[6:12]) + " | " + shown[12]


def lines() -> list[str]:
    """The whole matrix."""
    found = list(LEGEND)
    for action, kind in of_people(LAW).items():
        found += [f"{action} ({kind})", f"  {'':42} {'':12} {HEAD}"]
        found += [line.rstrip() for line in _merged(list(cells(LAW, action)))] + [""]
    for kind, said in (("Service", "Only the service itself:"), ("Directory", "Only an organisation's directory:")):
        alone = sorted(name for name, shape in LAW.actions.items() if shape.principals == (kind,))
        found += [said, *(f"  {name}" for name in alone), ""]
    return found[:-1]


def _merged(rows: list[Cells]) -> Iterator[str]:
    """One line for the audiences of a state that are treated alike."""
    for row in rows:
        same = [each.audience for each in rows if (each.label, each.marks) == (row.label, row.marks)]
        if row.audience != same[0]:
            continue
        every = [each for each in rows if each.label == row.label]
        joined = "+".join(each[:4] for each in same) if len(same) > 1 else row.audience
        shown = "any" if len(same) == len(every) > 1 else joined
        yield f"  {row.label:42} {shown:12} {_drawn(row.marks)}"
