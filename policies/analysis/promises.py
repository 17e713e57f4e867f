"""The promises of `invariants.md`, proven for every request there can be.

A promise is a Cedar `forbid` with an id and a sentence: what it describes, the law never allows. It is no rule of the
law, which has to keep it by its own rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cedarpy

from policies.analysis.examples import Example, example
from policies.analysis.questions import Asked, places, variant
from policies.analysis.terms import no
from policies.engine import Law, LawError, Policy
from policies.engine.rules import by_question

FILE = Path(__file__).resolve().parent.parent / "invariants.md"
_ANYTHING = "permit (principal, action, resource);"


@dataclass(frozen=True)
class Broken:
    """A promise that is not kept: a request the law allows although the promise excludes it.

    `confirmed` is false where the engine refuses the request after all: then the analysis is wrong, not the law.
    """

    promise: Policy
    example: Example
    confirmed: bool
    deciding: tuple[str, ...]


def read_promises(law: Law) -> Mapping[str, Policy]:
    """The packaged promises by id; LawError unless each is a forbid that fits the schema of the law."""
    found = read_blocks(law, FILE)
    for promise in found.values():
        if promise.effect != "forbid":
            raise LawError(f"{FILE.name}: {promise.id} is not a forbid")
    return found


def read_blocks(law: Law, file: Path) -> Mapping[str, Policy]:
    """The rules written in the blocks of a text, by id; LawError unless each fits the schema of the law."""
    return law.read_blocks(file.read_text(encoding="utf-8"), file.name)


def broken(law: Law, promises: Iterable[Policy]) -> Iterator[Broken]:
    """One example for each question in which a promise is not kept; a promise in error counts as not kept."""
    given = list(promises)
    speaks = by_question(given, law.shape)
    for place in places(law):
        if not speaks[place]:
            continue
        asked = Asked.of(law, place)
        for promise in speaks[place]:
            model = asked.find(asked.allowed, no(asked.case.encode(promise.form).f))
            if model is not None:
                yield confirmed(law, promise, example(asked, model))


def confirmed(law: Law, promise: Policy, found: Example) -> Broken:
    """The example with what the engine says: whether it allows it, and whether the promise really excludes it."""
    decision = found.ask(law)
    (everything,) = json.loads(cedarpy.policies_to_json_str(_ANYTHING))["staticPolicies"].values()
    rest = {promise.id: promise, "anything": Policy("anything", "permit", "", "", "", everything)}
    excluded = not found.ask(variant(law, rest)).allowed
    return Broken(promise, found, decision.allowed and excluded, decision.policies)
