"""Borders: between which countries documents move as at home, which decisions of adequacy hold, and what else counts.

Countries are ISO 3166-1 alpha-2 codes; the empty text stands for an unknown one, which nothing covers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from policies.engine.errors import LawError
from policies.engine.lists import Table, keyed, read_tables

ADEQUACY = "adequacy"
"""What a transfer rests on that needs no record: a decision of adequacy. It can be suspended like any mechanism."""
_COUNTRY = re.compile(r"(?!AA|AP|EU|Q[M-Z]|X[A-Z]|ZZ)[A-Z]{2}")
"""ISO 3166-1 never gives the codes left out to a country; services that look places up use them for unknown ones."""


@dataclass(frozen=True)
class Area:
    """Countries between which documents move as at home."""

    id: str
    label: str
    members: frozenset[str]
    source: str


@dataclass(frozen=True)
class Adequacy:
    """Countries to which an area may send without more, to the end of a day."""

    area: str
    members: frozenset[str]
    until: date
    source: str


@dataclass(frozen=True)
class Mechanism:
    """What may be recorded for a recipient in another country, and for how many days at most."""

    id: str
    label: str
    description: str
    days: int
    source: str


@dataclass(frozen=True)
class Transfers:
    """What is known of borders; `mechanisms` by id."""

    areas: Mapping[str, Area]
    decisions: tuple[Adequacy, ...]
    mechanisms: Mapping[str, Mechanism]

    def at_home(self, origin: str, destination: str) -> bool:
        """Whether documents move between the two as within one country."""
        together = any({origin, destination} <= area.members for area in self.areas.values())
        return bool(origin) and (origin == destination or together)

    def adequate(self, origin: str, destination: str, on: date) -> bool:
        """Whether a decision of adequacy covers the way on that day."""
        return any(
            origin in self.areas[one.area].members and destination in one.members and on <= one.until
            for one in self.decisions
        )


def is_country(text: str) -> bool:
    """Whether a text has the form of a country's code, and is none of those kept for other uses."""
    return _COUNTRY.fullmatch(text) is not None


def read_transfers(folder: Path) -> Transfers:
    """The areas, decisions and mechanisms of transfers.toml."""
    where = "transfers.toml"
    found = read_tables(folder / where, {"area": _area, "adequacy": _adequacy, "mechanism": _mechanism})
    areas: Mapping[str, Area] = keyed(found["area"], lambda a: a.id, where)
    mechanisms: Mapping[str, Mechanism] = keyed(found["mechanism"], lambda m: m.id, where)
    decisions = tuple(found["adequacy"])
    if not {one.area for one in decisions} <= set(areas):
        raise LawError(f"{where}: a decision of adequacy names an area that is not there")
    if ADEQUACY in mechanisms:
        raise LawError(f"{where}: {ADEQUACY} is no mechanism that is recorded")
    return Transfers(MappingProxyType(dict(areas)), decisions, MappingProxyType(dict(mechanisms)))


def _countries(table: Table) -> frozenset[str]:
    found = table.texts("members")
    if not all(is_country(one) for one in found) or len(set(found)) != len(found):
        raise LawError("transfers.toml: members are countries of two capital letters, each once")
    return frozenset(found)


def _area(table: Table) -> Area:
    return Area(table.text("id"), table.text("label"), _countries(table), table.text("source"))


def _adequacy(table: Table) -> Adequacy:
    return Adequacy(table.text("area"), _countries(table), table.day("until"), table.text("source"))


def _mechanism(table: Table) -> Mechanism:
    return Mechanism(
        id=table.text("id"),
        label=table.text("label"),
        description=table.text("description"),
        days=table.whole("days"),
        source=table.text("source"),
    )
