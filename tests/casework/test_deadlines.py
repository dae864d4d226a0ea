"""Due times: hours run on, days leave out the first and roll over days off."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.casework.calendar import Calendar
from app.casework.deadlines import LIMITS, Limit, add_months, due, last_day
from app.errors import Source
from app.times import local

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAY = Calendar({date(2026, 4, 6): "holiday"}, frozenset({2026}))


def rule(amount: int, unit: str) -> Limit:
    return Limit("X", amount, unit, Source.default("test"), "", "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "amount", "unit", "last"),
    [
        (date(2026, 3, 3), 3, "working_days", date(2026, 3, 6)),
        (date(2026, 3, 6), 15, "working_days", date(2026, 3, 27)),
        (date(2026, 3, 30), 5, "working_days", date(2026, 4, 7)),
        (date(2026, 4, 8), 2, "working_days", date(2026, 4, 10)),
        (date(2026, 4, 30), 1, "months", date(2026, 6, 1)),
        (date(2026, 3, 4), 30, "days", date(2026, 4, 3)),
        (date(2026, 4, 3), 3, "days", date(2026, 4, 7)),
    ],
)
def test_limits_end_on_the_day_that_the_scenario_names(first: date, amount: int, unit: str, last: date) -> None:
    assert last_day(rule(amount, unit), first, HOLIDAY) == last


def test_twenty_four_hours_are_twenty_four_hours() -> None:
    start = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert due(LIMITS["D04"], start, ZONE, HOLIDAY).astimezone(ZONE) == datetime(2026, 3, 3, 10, 0, tzinfo=ZONE)


def test_a_day_ends_at_twenty_four_hours_and_shows_the_day_all_the_same() -> None:
    ends = due(LIMITS["D05"], datetime(2026, 3, 2, 2, 0, tzinfo=UTC), ZONE, HOLIDAY)
    assert datetime(2026, 3, 3, 23, 59, 59, 999_999, tzinfo=ZONE) <= ends < datetime(2026, 3, 4, tzinfo=ZONE)
    assert local(ends, ZONE) == "2026-03-03T23:59:59.999+08:00"


def test_months_end_on_the_same_day_or_on_the_month_s_last() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2025, 12, 15), 1) == date(2026, 1, 15)


def test_a_make_up_saturday_is_a_working_day() -> None:
    saturday = date(2026, 3, 7)
    assert Calendar({saturday: "workday"}).is_workday(saturday)
    assert not Calendar().is_workday(saturday)
