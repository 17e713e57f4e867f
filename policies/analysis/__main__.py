"""`python -m policies.analysis check [FOLDER]` and `python -m policies.analysis compare OLD NEW`.

FOLDER, OLD and NEW are folders like `policies/`; by default the packaged one is checked. `--except FILE` names a text
with Cedar rules in blocks, as in invariants.md, that describe what is meant to be new. Exit code: 0 nothing found,
1 something found, 2 it could not be analysed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from policies.analysis.comparing import More, more
from policies.analysis.promises import Broken, broken, read_blocks, read_promises
from policies.analysis.questions import Undecided, without_effect
from policies.analysis.terms import Unsupported
from policies.engine import Law, LawError, Policy

LISTS = ("categories", "rationales", "schedules", "tiers", "transfers")
"""What of a law stands in lists beside its rules."""


def main(given: list[str] | None = None) -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m policies.analysis", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="proves the promises and names rules without effect")
    check.add_argument("folder", nargs="?", type=Path)
    compare = commands.add_parser("compare", help="what the new law allows that the old does not, and the reverse")
    compare.add_argument("old", type=Path)
    compare.add_argument("new", type=Path)
    compare.add_argument("--except", dest="excepted", type=Path, help="rules that describe what is meant to be new")
    asked = parser.parse_args(given)
    try:
        return _check(asked.folder) if asked.command == "check" else _compare(asked.old, asked.new, asked.excepted)
    except (LawError, OSError, Undecided, Unsupported) as problem:
        sys.stderr.write(f"It could not be analysed: {problem}\n")
        return 2


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _check(folder: Path | None) -> int:
    law = Law.load(folder)
    promises = read_promises(law)
    found = list(broken(law, promises.values()))
    kept = len(promises) - len({each.promise.id for each in found})
    _say(f"{kept} of {len(promises)} promises are kept in every case.")
    for each in found:
        _say(_broken(law, each))
    idle = list(without_effect(law))
    for policy, why in idle:
        _say(f"The rule {policy.id} ({policy.file}) changes no answer: {why}.")
    return 1 if found or idle else 0


def _compare(old: Path, new: Path, excepted: Path | None) -> int:
    before, after = Law.load(old), Law.load(new)
    rules: Iterable[Policy] = ()
    if excepted is not None:
        rules = read_blocks(after, excepted).values()
    gained, lost = list(more(before, after, rules)), list(more(after, before))
    for each in gained:
        _say(_more(after, each, "MORE"))
    for each in lost:
        _say(_more(before, each, "LESS"))
    unless = " except for what was named" if excepted is not None else ""
    _say(f"The new law allows {'more' if gained else 'nothing more'} than the old{unless}, and "
         f"{'less in ' + str(len(lost)) + ' places' if lost else 'nothing less'}.")  # fmt: skip
    lists = [name for name in LISTS if getattr(before, name) != getattr(after, name)]
    if lists:
        _say(f"Not compared: the lists differ too ({', '.join(lists)}); what they let through is to be read by hand.")
    return 1 if gained or lists else 0


def _broken(law: Law, found: Broken) -> str:
    rules = [law.policies[each] for each in found.deciding]
    doubt = "" if found.confirmed else "\n    (The engine answers otherwise: this example is the analysis's mistake.)"
    by = ", ".join(found.deciding) or "nobody"
    return (
        f"NOT KEPT {found.promise.id}: {found.promise.sentence}\n    "
        f"{found.example.told([*rules, found.promise])}\n    allowed by {by}{doubt}"
    )


def _more(law: Law, found: More, word: str) -> str:
    rules = [law.policies[each] for each in found.deciding]
    doubt = "" if found.confirmed else "\n    (The engines answer otherwise: this example is the analysis's mistake.)"
    who = f" by {found.role}" if found.role else ""
    return (
        f"{word} {found.place.action} on {found.place.resource}{who}\n    {found.example.told(rules)}\n    "
        f"allowed by {', '.join(found.deciding)}{doubt}"
    )


if __name__ == "__main__":
    sys.exit(main())
