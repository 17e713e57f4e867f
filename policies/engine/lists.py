"""The lists of the law: categories, rationales, tiers and retention schedules, read strictly from TOML.

Every table must have exactly the keys of its class: a missing, unknown or mistyped one is a LawError naming
the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from policies.engine.errors import LawError
from policies.engine.periods import Period

AUDIENCES = ("organisation", "clean-team", "counsel", "everyone")
TRIGGERS = ("matter_closed", "agreement_end", "patent_expiry", "final_judgment", "created")
ACTIONS = ("destroy", "return", "review")
USES = ("redaction", "disclosure")
LOGS = ("privilege", "redaction", "disclosure")


@dataclass(frozen=True)
class Category:
    """An information category. `audience`: the widest circle it may reach, one of AUDIENCES."""

    id: str
    label: str
    description: str
    audience: str
    publishable: bool
    basis: str


@dataclass(frozen=True)
class Rationale:
    """A coded reason. `record`: what must be stated with it; `min_text`: shortest accepted statement in
    characters."""

    code: str
    label: str
    ground: str
    basis: str
    record: tuple[str, ...]
    log: str
    uses: tuple[str, ...]
    min_text: int


@dataclass(frozen=True)
class Tier:
    """One step of the ordered clearance; `level` counts from 1."""

    level: int
    name: str
    description: str


@dataclass(frozen=True)
class Schedule:
    """A retention schedule: from `trigger`, keep for `period`, then `action`."""

    id: str
    title: str
    authority: str
    trigger: str
    period: Period
    action: str
    description: str


class Table:
    """One TOML table, taken key by key; `done` refuses keys nobody took."""

    def __init__(self, where: str, values: Mapping[str, object]) -> None:
        self._where, self._left = where, dict(values)

    def text(self, key: str) -> str:
        """A non-empty string."""
        value = self._take(key)
        if not isinstance(value, str) or not value.strip():
            raise LawError(f"{self._where}: {key} must be text")
        return value

    def choice(self, key: str, among: tuple[str, ...]) -> str:
        """A string out of a fixed list."""
        value = self.text(key)
        if value not in among:
            raise LawError(f"{self._where}: {key} must be one of {', '.join(among)}")
        return value

    def whole(self, key: str) -> int:
        """A positive whole number."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise LawError(f"{self._where}: {key} must be a positive number")
        return value

    def flag(self, key: str) -> bool:
        """true or false."""
        value = self._take(key)
        if not isinstance(value, bool):
            raise LawError(f"{self._where}: {key} must be true or false")
        return value

    def day(self, key: str) -> date:
        """A day of the calendar."""
        value = self._take(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise LawError(f"{self._where}: {key} must be a day")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A non-empty list of strings."""
        value = self._take(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
            raise LawError(f"{self._where}: {key} must be a list of texts")
        return tuple(value)

    def done(self) -> None:
        """Refuses what is left over."""
        if self._left:
            raise LawError(f"{self._where}: unknown {', '.join(sorted(self._left))}")

    def _take(self, key: str) -> object:
        if key not in self._left:
            raise LawError(f"{self._where}: {key} is missing")
        return self._left.pop(key)


def read_categories(folder: Path) -> Mapping[str, Category]:
    """Categories by id, in the order of the file; "unclassified" must be there and not be publishable."""
    found = keyed(_rows(folder / "categories.toml", "category", _category), lambda c: c.id, "categories.toml")
    if "unclassified" not in found:
        raise LawError('categories.toml: the category "unclassified" is missing')
    for category in found.values():
        if (category.audience in {"organisation", "clean-team"}) == category.publishable:
            raise LawError(f"categories.toml: {category.id}: publishable contradicts its audience")
    return found


def read_rationales(folder: Path) -> Mapping[str, Rationale]:
    """Rationales by code, in the order of the file."""
    found = _rows(folder / "rationales.toml", "rationale", _rationale)
    return keyed(found, lambda r: r.code, "rationales.toml")


def read_tiers(folder: Path) -> Mapping[int, Tier]:
    """Tiers by level, from 1 without a gap."""
    found = keyed(_rows(folder / "tiers.toml", "tier", _tier), lambda t: t.level, "tiers.toml")
    if list(found) != list(range(1, len(found) + 1)):
        raise LawError("tiers.toml: levels must count 1, 2, 3 in order")
    return found


def read_schedules(folder: Path) -> Mapping[str, Schedule]:
    """Schedules by id, one file each under retention/, the file named after the id."""
    found = []
    for path in sorted((folder / "retention").glob("*.toml")):
        schedule = _one(f"retention/{path.name}", _load(path), _schedule)
        if schedule.id != path.stem:
            raise LawError(f"retention/{path.name}: id must be {path.stem}")
        found.append(schedule)
    return keyed(found, lambda s: s.id, "retention")


T = TypeVar("T")
K = TypeVar("K")


def _category(table: Table) -> Category:
    return Category(
        id=table.text("id"),
        label=table.text("label"),
        description=table.text("description"),
        audience=table.choice("audience", AUDIENCES),
        publishable=table.flag("publishable"),
        basis=table.text("basis"),
    )


def _rationale(table: Table) -> Rationale:
    found = Rationale(
        code=table.text("code"),
        label=table.text("label"),
        ground=table.text("ground"),
        basis=table.text("basis"),
        record=table.texts("record"),
        log=table.choice("log", LOGS),
        uses=table.texts("uses"),
        min_text=table.whole("min_text"),
    )
    if not set(found.uses) <= set(USES):
        raise LawError(f"rationales.toml: {found.code}: uses must be among {', '.join(USES)}")
    return found


def _tier(table: Table) -> Tier:
    return Tier(table.whole("level"), table.text("name"), table.text("description"))


def _schedule(table: Table) -> Schedule:
    return Schedule(
        id=table.text("id"),
        title=table.text("title"),
        authority=table.text("authority"),
        trigger=table.choice("trigger", TRIGGERS),
        period=Period.parse(table.text("period")),
        action=table.choice("action", ACTIONS),
        description=table.text("description"),
    )


def _one(where: str, values: object, read: Callable[[Table], T]) -> T:
    if not isinstance(values, dict):
        raise LawError(f"{where}: a table is expected")
    table = Table(where, values)
    found = read(table)
    table.done()
    return found


def _rows(path: Path, name: str, read: Callable[[Table], T]) -> list[T]:
    return read_tables(path, {name: read})[name]


def read_tables(path: Path, readers: Mapping[str, Callable[[Table], Any]]) -> dict[str, list[Any]]:
    """The tables of a file by name, each read by its reader; at least one of each name, and nothing else."""
    content = _load(path)
    found: dict[str, list[Any]] = {}
    for name, read in readers.items():
        rows = content.pop(name, None)
        if not isinstance(rows, list) or not rows:
            raise LawError(f"{path.name}: at least one [[{name}]] table is expected")
        found[name] = [_one(f"{path.name}: {name} {number}", row, read) for number, row in enumerate(rows, 1)]
    if content:
        raise LawError(f"{path.name}: only [[{']] and [['.join(readers)}]] tables are expected")
    return found


def _load(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise LawError(f"{path.name}: {problem}") from problem


def keyed(rows: Iterable[T], key: Callable[[T], K], where: str) -> Mapping[K, T]:
    """Rows by their key, in order; at least one, and no key twice."""
    found: dict[K, T] = {}
    for row in rows:
        if key(row) in found:
            raise LawError(f"{where}: {key(row)} appears twice")
        found[key(row)] = row
    if not found:
        raise LawError(f"{where}: nothing found")
    return MappingProxyType(found)
