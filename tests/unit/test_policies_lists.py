"""The lists of the law and the arithmetic of periods."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.engine import Law, LawError, Period, due
from policies.engine.lists import ACTIONS, AUDIENCES, TRIGGERS

LAW = Law.load()


@pytest.mark.parametrize(
    ("text", "months", "days"),
    [
        ("P60D", 0, 60),
        ("P7Y", 84, 0),
        ("P18M", 18, 0),
        ("P1Y6M", 18, 0),
        ("P2W", 0, 14),
        ("P1Y2M1W3D", 14, 10),
    ],
)
def test_periods_are_read(text: str, months: int, days: int) -> None:
    assert Period.parse(text) == Period(months, days)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "7Y",
        "P7",
        "PT5M",
        "P1H",
        "P-1D",
        "P1.5Y",
        "P1D1Y",
        "p7y",
        "P0D",
        "P0Y0M",
        "P7Y ",
        "P٧Y",
        "P1000Y",
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(LawError):
        Period.parse(text)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("P1M", date(2027, 1, 31), date(2027, 2, 28)),
        ("P1M", date(2028, 1, 31), date(2028, 2, 29)),
        ("P1Y", date(2028, 2, 29), date(2029, 2, 28)),
        ("P4Y", date(2028, 2, 29), date(2032, 2, 29)),
        ("P1M", date(2026, 12, 31), date(2027, 1, 31)),
        ("P12M", date(2026, 11, 30), date(2027, 11, 30)),
        ("P60D", date(2026, 11, 21), date(2027, 1, 20)),
        ("P1M1D", date(2027, 1, 31), date(2027, 3, 1)),
        ("P7Y", date(2026, 11, 21), date(2033, 11, 21)),
    ],
)
def test_due(period: str, start: date, end: date) -> None:
    assert Period.parse(period).after(start) == end


def test_due_takes_a_schedule() -> None:
    assert due(LAW.schedules["exchange-material"], date(2026, 1, 1)) == date(2026, 3, 2)


def test_due_beyond_the_calendar_is_an_error() -> None:
    with pytest.raises(OverflowError):
        Period.parse("P10Y").after(date(9995, 1, 1))
    with pytest.raises(OverflowError):
        Period.parse("P99999D").after(date(9995, 1, 1))


@given(start=st.dates(max_value=date(8000, 1, 1)), months=st.integers(0, 1200), days=st.integers(0, 4000))
def test_due_moves_forward_and_never_skips_a_month(start: date, months: int, days: int) -> None:
    end = Period(months, 0).after(start)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day
    assert (Period(months, days).after(start) - end).days == days


@given(first=st.dates(max_value=date(8000, 1, 1)), second=st.dates(max_value=date(8000, 1, 1)))
def test_a_later_trigger_is_never_due_earlier(first: date, second: date) -> None:
    period = Period(13, 5)
    assert (first <= second) <= (period.after(first) <= period.after(second))


def test_categories() -> None:
    assert not LAW.categories["unclassified"].publishable
    assert {c.audience for c in LAW.categories.values()} == set(AUDIENCES)
    assert LAW.categories["price-terms"].audience == "clean-team"
    assert LAW.categories["royalty"].audience == "counsel"


def test_rationales_cover_the_grounds() -> None:
    grounds = {r.ground for r in LAW.rationales.values()}
    assert grounds >= {
        "privilege",
        "identifier",
        "personal data",
        "trade secret",
        "protective order",
        "competition",
    }
    assert {"ID-TAX", "ID-DOB", "ID-MIN", "ID-ACC", "PD", "AC", "WP", "CI", "TS", "AEO", "CONF"} <= set(LAW.rationales)
    assert all(len(r.code) <= 8 and r.code.isascii() for r in LAW.rationales.values())
    assert all(r.log == "privilege" for r in LAW.rationales.values() if r.code in {"AC", "WP", "CI"})


def test_schedules_use_known_words() -> None:
    assert 3 <= len(LAW.schedules) <= 8
    assert {s.trigger for s in LAW.schedules.values()} == set(TRIGGERS)
    assert {s.action for s in LAW.schedules.values()} <= set(ACTIONS)


def test_tiers_are_ordered() -> None:
    assert [tier.name for tier in LAW.tiers.values()] == [
        "General",
        "Confidential",
        "Restricted",
        "Counsel only",
    ]
    assert list(LAW.tiers) == [1, 2, 3, 4]
