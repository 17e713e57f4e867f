"""Time: UTC, aware, from one replaceable source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests use one that stands still."""

    def now(self) -> datetime:
        """The present moment, time zone UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, time zone UTC."""
        return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """`moment` as people read it, with its zone: `2026-11-21 09:30:00 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
