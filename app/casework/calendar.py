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

    def is_official(self, day: date) -> bool:
        """Return whether the year of `day` is covered by an official notice."""
        return day.year in self.years

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
