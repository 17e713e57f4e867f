"""Periods of calendar time, as ISO 8601 writes them: P60D, P18M, P7Y, P1Y6M, P2W. No times of day."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from policies.engine.errors import LawError

_FORM = re.compile(r"P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,3})W)?(?:(\d{1,5})D)?", re.ASCII)


@dataclass(frozen=True)
class Period:
    """So many calendar months and then so many days."""

    months: int
    days: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Reads an ISO 8601 duration of years, months, weeks and days; LawError for anything else or for
        nothing."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise LawError(f"{text!r} is not a period such as P60D or P7Y")
        years, months, weeks, days = (int(part or 0) for part in found.groups())
        period = cls(years * 12 + months, weeks * 7 + days)
        if period == cls(0, 0):
            raise LawError(f"{text!r} is an empty period")
        return period

    def after(self, start: date) -> date:
        """The day this period after `start`. A day the target month lacks becomes its last day; OverflowError
        beyond the year 9999."""
        year, month = divmod(start.year * 12 + start.month - 1 + self.months, 12)
        if year > date.max.year:
            raise OverflowError("the period ends beyond the calendar")
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(start.day, last)) + timedelta(days=self.days)


class HasPeriod(Protocol):
    """Anything with a period, such as a schedule."""

    @property
    def period(self) -> Period:
        """How long."""
        ...


def due(schedule: HasPeriod, trigger_date: date) -> date:
    """The first day on which `schedule` no longer keeps a document whose trigger happened on
    `trigger_date`."""
    return schedule.period.after(trigger_date)
