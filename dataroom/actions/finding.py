"""Looking for what may have to go in the original of a redaction. Places are proposals: nothing is marked by itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import re2
from pydantic import Field, model_validator

from dataroom.actions import slips, terms
from dataroom.actions.context import Desk
from dataroom.actions.found import FoundView, FrameView, PlaceView, QueryView
from dataroom.actions.registry import Params, action
from dataroom.actions.sealing import Opened, open_version
from dataroom.actions.work import Work
from dataroom.model import Redaction, Version

PATTERNS: Mapping[str, str] = {
    "email": "E-mail address",
    "phone": "Telephone number",
    "iban": "Bank account (IBAN)",
    "account": "Account number",
    "card": "Payment card number",
    "ssn": "Social security number (US)",
    "passport": "Passport or identity card number",
    "money": "Amount of money",
    "rate": "Royalty rate or percentage",
}
"""The built-in patterns and what they are called."""

PatternName = Literal["email", "phone", "iban", "account", "card", "ssn", "passport", "money", "rate"]


class Looked(Params):
    """One thing to look for: a term as it stands, or a regular expression (RE2 syntax)."""

    text: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["term", "expression"] = "term"
    whole: bool = False
    case: bool = False

    @model_validator(mode="after")
    def _usable(self) -> Looked:
        if self.kind == "expression":
            options = re2.Options()
            options.max_mem, options.log_errors = 8 << 20, False
            try:
                re2.compile(self.text, options)
            except re2.error as error:
                raise ValueError("the expression is not one that RE2 can use") from error
        return self


class Look(Params):
    """What to look for: own terms, built-in patterns, and on wish every term of the dictionary."""

    terms: Annotated[tuple[Looked, ...], Field(max_length=200)] = ()
    patterns: Annotated[tuple[PatternName, ...], Field(max_length=9)] = ()
    dictionary: bool = False

    @model_validator(mode="after")
    def _something(self) -> Look:
        if not (self.terms or self.patterns or self.dictionary):
            raise ValueError("name a term, a pattern or the dictionary")
        return self


class LookHere(Look):
    """What to look for on the pages `first` to `last` (from 1; without `last` to the end), so that a long document can
    be searched in stretches that tell how far it has come."""

    first: Annotated[int, Field(ge=1, le=100_000)] = 1
    last: Annotated[int, Field(ge=1, le=100_000)] | None = None

    @model_validator(mode="after")
    def _forward(self) -> LookHere:
        if self.last is not None and self.last < self.first:
            raise ValueError("the last page comes before the first")
        return self


@dataclass(frozen=True)
class Asked:
    """What the phase that reveals needs: the open content, the words read from its pictures, queries and labels, and
    the first and last page to be searched."""

    opened: Opened
    read: dict[int, list[dict[str, Any]]]
    queries: tuple[dict[str, Any], ...]
    labels: tuple[QueryView, ...]
    pages: tuple[int, int | None] = (1, None)


def queries_of(work: Work, matter: uuid.UUID, look: Look) -> tuple[tuple[dict[str, Any], ...], tuple[QueryView, ...]]:
    """What to look for as the engine wants it, and how a person calls each of it; terms of the dictionary included."""
    asked: list[tuple[str, str, str, bool, bool]] = []
    if look.dictionary:
        for _, value in terms.readable(work, matter):
            asked.append(("term", value["text"], value["kind"], value["whole"], value["case"]))
    asked += [(term.kind, term.text, term.kind, term.whole, term.case) for term in look.terms]
    asked += [("pattern", name, "pattern", False, False) for name in dict.fromkeys(look.patterns)]
    queries, labels = [], []
    for number, (kind, text, called, whole, case) in enumerate(asked):
        query = {"id": f"q{number}", "kind": kind, "text": text, "whole": whole, "case": case}
        queries.append(query)
        labels.append(QueryView(f"q{number}", PATTERNS.get(text, text) if kind == "pattern" else text, called))
    return tuple(queries), tuple(labels)


def found_by(desk: Desk, asked: Asked) -> FoundView:
    """Searches an opened version in a limited child."""
    if not asked.queries:
        return FoundView((), (), (), False)
    source = asked.opened.source(desk.services)
    findings = desk.services.workshop.find(source, asked.queries, asked.read, *asked.pages)
    places = tuple(
        PlaceView(hit.page, tuple(hit.boxes), hit.text, hit.before, hit.after, hit.query, hit.read)
        for hit in findings.found
    )
    frames = tuple(FrameView(page, box, rotation) for page, (box, rotation) in sorted(findings.frames.items()))
    return FoundView(places, asked.labels, tuple(findings.blank), findings.cut, frames)


@action("redaction.search", on=Redaction, reveal=found_by)
def search(work: Work, redaction: Redaction, params: LookHere) -> Asked:
    """Every place of terms, expressions, patterns and the dictionary in the original, with what stands around it."""
    version = work.get(Version, redaction.version_id)
    work.require("page.search", version)
    queries, labels = queries_of(work, redaction.matter_id, params)
    opened = open_version(work.services, work.session, version)
    last = min(params.last or version.pages, version.pages)
    read = slips.words_read(work.session, opened, params.first, last)
    told = {"queries": len(queries), "dictionary": params.dictionary, "patterns": len(params.patterns)}
    work.state(**told, first=params.first, last=last)
    return Asked(opened, read, queries, labels, (params.first, last))


def view_of(found: Mapping[str, Any], labels: Sequence[QueryView]) -> FoundView:
    """Places as they were kept, for a person."""
    places = tuple(
        PlaceView(**{**place, "boxes": tuple(tuple(box) for box in place["boxes"])}) for place in found["places"]
    )
    frames = tuple(FrameView(**{**frame, "box": tuple(frame["box"])}) for frame in found.get("frames", ()))
    return FoundView(places, tuple(labels), tuple(found["blank"]), bool(found["cut"]), frames)
