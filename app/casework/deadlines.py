"""Deadlines: what runs for one node, running, standing still or over, and how its due time follows from its limit.

The due time is a function of the limit, the start, the times it stood still, and the calendar: so it can be told
again when the calendar of a coming year becomes official.

Warnings come at nine in the morning, three working days and one working day before the last day, if that morning lies
after the day on which the deadline started: limits in hours have none.
"""

import calendar as gregorian
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from app.casework.calendar import Calendar
from app.casework.limits import LIMITS, Limit, Unit

__all__ = ["LIMITS", "Deadline", "Limit", "Pause", "add_months", "due", "end_of", "last_day"]

# A day ends at 24:00. The instant before it, in the resolution of every clock here, still shows the day.
END_OF_DAY = time.max
Event = Literal["warned", "breached", "auto_confirmed", "expired"]
WARNED_BEFORE = (3, 1)  # working days
MORNING = time(9)
# The end of these limits is no breach: silence confirms, a measure ends by itself, and a time to object, to ask or to
# decide was given, not owed. Whether the head of a regulator decided (D02) is seen by what was sent a day later (D03).
AT_THE_END: dict[str, Event] = {
    "D15": "auto_confirmed",
    **dict.fromkeys(("D02", "D07", "D07-petition", "D22", "D22-procuratorate", "D26"), "expired"),
}


class Pause(BaseModel):
    """A time in which a deadline stands still; `until` is None while it does."""

    model_config = ConfigDict(frozen=True)

    since: datetime
    until: datetime | None = None


class Deadline(BaseModel):
    """One deadline of one node on one lead. It keeps its own limit: a later table does not change a running one.

    `fixed` is a due time that the act itself named. `warned` is when the newest warning was said. `breached` is the
    due time that went by; once there it stays, whatever is done later.
    """

    model_config = ConfigDict(frozen=True)

    deadline_id: str
    rule: str
    node: str
    lead_id: str
    subject: str
    amount: int
    unit: Unit
    source: Literal["law", "local", "default"]
    source_text: str
    version: str
    started: datetime
    due: datetime
    fixed: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    warned: datetime | None = None
    breached: datetime | None = None
    stopped: datetime | None = None
    provisional: bool = False

    @property
    def stands_still(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].until is None

    def pause(self, now: datetime) -> "Deadline":
        """Return the deadline standing still from `now` on, or as it is if it does already or its time has gone by."""
        if self.stands_still or self.due < now:
            return self
        return self.model_copy(update={"pauses": (*self.pauses, Pause(since=now))})

    def resume(self, now: datetime, zone: ZoneInfo, calendar: Calendar) -> "Deadline":
        """Return the deadline running again, with the time that was left when it was stopped."""
        if not self.stands_still:
            return self
        newest = self.pauses[-1].model_copy(update={"until": now})
        return self.model_copy(update={"pauses": (*self.pauses[:-1], newest)}).retold(zone, calendar)

    def retold(self, zone: ZoneInfo, calendar: Calendar) -> "Deadline":
        """Return the deadline with its due time counted by `calendar`."""
        end = end_of(self, zone, calendar)
        return self.model_copy(update={"due": end, "provisional": _provisional(self, end, zone, calendar)})


def due(rule: Limit, started: datetime, zone: ZoneInfo, calendar: Calendar) -> datetime:
    """Return when a limit that starts at `started` ends. A limit in days ends with its last local day."""
    if rule.unit == "hours":
        return started + timedelta(hours=rule.amount)
    return _end_of_day(last_day(rule, started.astimezone(zone).date(), calendar), zone)


def last_day(rule: Limit, first: date, calendar: Calendar) -> date:
    """Return the last day of a limit in days, working days or months whose day 0 is `first`."""
    return calendar.roll_forward(_unrolled(rule.amount, rule.unit, first, calendar))


def end_of(deadline: Deadline, zone: ZoneInfo, calendar: Calendar) -> datetime:
    """Return when a deadline ends: its limit, longer by the times that it stood still.

    What is left at a pause is left at its end: hours by the second, days by the day. The day on which it runs again
    does not count, as the first day never does; a pause on the last day leaves that much of a day.
    """
    if deadline.unit == "hours" or (deadline.fixed is not None and not deadline.pauses):
        end = deadline.fixed or deadline.started + timedelta(hours=deadline.amount)
        for pause in deadline.pauses:
            end += (pause.until or pause.since) - pause.since
        return end
    first = deadline.started.astimezone(zone).date()
    last = (
        deadline.fixed.astimezone(zone).date()
        if deadline.fixed
        else _unrolled(deadline.amount, deadline.unit, first, calendar)
    )
    for pause in deadline.pauses:
        if pause.until is not None:
            last = _after_pause(deadline.unit, last, pause.since, pause.until, zone, calendar)
    return _end_of_day(calendar.roll_forward(last), zone)


def _after_pause(unit: Unit, last: date, since: datetime, until: datetime, zone: ZoneInfo, calendar: Calendar) -> date:
    began, ended = since.astimezone(zone).date(), until.astimezone(zone).date()
    if unit == "working_days":
        return calendar.add_working_days(ended, calendar.working_days_between(began, last))
    return ended + max(last - began, timedelta())


def _unrolled(amount: int, unit: Unit, first: date, calendar: Calendar) -> date:
    match unit:
        case "working_days":
            return calendar.add_working_days(first, amount)
        case "months":
            return add_months(first, amount)
        case _:
            return first + timedelta(days=amount)


def _provisional(deadline: Deadline, end: datetime, zone: ZoneInfo, calendar: Calendar) -> bool:
    if deadline.unit == "hours" or deadline.fixed is not None:
        return False
    return not calendar.covers(deadline.started.astimezone(zone).date(), end.astimezone(zone).date())


def _end_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, END_OF_DAY, zone)


def add_months(day: date, months: int) -> date:
    """Return the same day number `months` later, or that month's end."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Coming:
    """An event of a deadline and the instant from which on it is true."""

    event: Event
    at: datetime


def next_event(deadline: Deadline, calendar: Calendar, zone: ZoneInfo) -> Coming | None:
    """Return the next event of a deadline, also one that is overdue to be said; None if there will be none."""
    return next(_coming(deadline, calendar, zone), None)


def due_event(deadline: Deadline, now: datetime, calendar: Calendar, zone: ZoneInfo) -> Coming | None:
    """Return the newest event that is true now and was not said, or None. A warning that came too late is not said."""
    true_now = [one for one in _coming(deadline, calendar, zone) if one.at <= now]
    return true_now[-1] if true_now else None


def _coming(deadline: Deadline, calendar: Calendar, zone: ZoneInfo) -> Iterator[Coming]:
    """Yield what a deadline has still to say, in order of time."""
    over = deadline.rule not in AT_THE_END
    if deadline.stopped is not None:
        # Done too late, and the breach was not said yet: it is true all the same.
        if over and deadline.breached is None and deadline.stopped > deadline.due:
            yield Coming("breached", deadline.due)
        return
    if deadline.stands_still or deadline.breached is not None:
        return
    for morning in _mornings(deadline, calendar, zone):
        if deadline.warned is None or deadline.warned < morning:
            yield Coming("warned", morning)
    yield Coming(AT_THE_END.get(deadline.rule, "breached"), deadline.due)


def _mornings(deadline: Deadline, calendar: Calendar, zone: ZoneInfo) -> Iterator[datetime]:
    if deadline.unit == "hours":
        return
    started, last = deadline.started.astimezone(zone).date(), deadline.due.astimezone(zone).date()
    for days in WARNED_BEFORE:
        day = calendar.working_days_before(last, days)
        if day > started:
            yield datetime.combine(day, MORNING, zone)
