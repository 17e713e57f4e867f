"""What a check has to say: findings, parts that did not answer, and how much was looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy.exc import DBAPIError

from dataroom.errors import DataroomError, KeyDestroyed, Tampered, Unavailable

ERROR, WARNING = "error", "warning"
MOST_LISTED = 10_000
UNREADABLE = (ValueError, TypeError, OverflowError, AttributeError, LookupError)
"""What the typed columns of a row raise when its bytes are none that the service wrote."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: its kind, what it is about, one sentence, `error` or `warning`."""

    kind: str
    id: str
    text: str
    severity: str = ERROR


@dataclass(frozen=True)
class Silent:
    """A part that did not answer, so that nothing can be said about what it holds."""

    part: str
    reason: str


@dataclass
class Report:
    """The outcome of a check. `findings` lists at most `MOST_LISTED`; `kinds` counts them all."""

    say: Callable[[str], None] = field(default=lambda _text: None, repr=False)
    findings: list[Finding] = field(default_factory=list)
    silent: list[Silent] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, thing: object, text: str, severity: str = ERROR) -> None:
        """Keeps a finding."""
        self.extend([Finding(kind, str(thing), text, severity)])

    def extend(self, found: list[Finding]) -> None:
        """Keeps findings."""
        self.kinds.update(one.kind for one in found)
        self.findings += found[: max(0, MOST_LISTED - len(self.findings))]

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Runs a part: one that does not answer is told apart from one that answers wrongly; others go on."""
        self.say(name)
        try:
            yield
        except (Tampered, KeyDestroyed, *UNREADABLE) as error:
            self.add("unreadable", name, f"{name} cannot be read: {_reason(error)}")
        except DBAPIError as error:
            self.add("unreadable", name, f"{name}: the database is damaged ({type(error.orig).__name__})")
        except Unavailable as error:
            self.silent.append(Silent(name, _reason(error)))

    @property
    def status(self) -> int:
        """0 nothing found, 1 findings, 4 a part did not answer."""
        return 4 if self.silent else 1 if self.kinds else 0

    def plain(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "status": self.status,
            "findings": [asdict(one) for one in self.findings],
            "counts": dict(sorted(self.kinds.items())),
            "silent": [asdict(one) for one in self.silent],
            "looked_at": dict(sorted(self.looked_at.items())),
        }


def _reason(error: Exception) -> str:
    if isinstance(error, DataroomError):
        return " ".join([error.detail, *(f"({error.facts[key]})" for key in ("reason",) if key in error.facts)])
    return f"{type(error).__name__}"
