"""The working-day calendar. Data comes in; weekends are days off unless the State Council's notice says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

DayKind = Literal["holiday", "workday"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Exceptions to the five-day week. `years` are those whose official notice is in the data."""

    days: Mapping[date, DayKind] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    def is_workday(self, day: date) -> bool:
        kind = self.days.get(day)
        return kind == "workday" if kind else day.weekday() < 5

    def covers(self, first: date, last: date) -> bool:
        """Return whether every year from `first` to `last` is covered by an official notice."""
        return all(year in self.years for year in range(first.year, last.year + 1))

    def roll_forward(self, day: date) -> date:
        """Return `day`, or the next working day if it is a day off (刑事诉讼法 第一百零五条)."""
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`; `day` itself does not count."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_workday(day)
        return day

    def working_days_before(self, day: date, count: int) -> date:
        """Return the `count`-th working day before `day`."""
        while count > 0:
            day -= timedelta(days=1)
            count -= self.is_workday(day)
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """Return how many working days follow `first`, up to `last` and with it; 0 if `last` is not later."""
        span = range(1, (last - first).days + 1)
        return sum(self.is_workday(first + timedelta(days=step)) for step in span)
