"""Deadlines: the table D4 as data, and how a due time is computed. A clock is a fact of the case."""

import calendar as gregorian
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from app.casework.calendar import Calendar
from app.errors import Source

Unit = Literal["hours", "days", "working_days", "months"]


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A limit of time with its source. Hours run on; days leave out the first and roll over days off."""

    rule: str
    amount: int
    unit: Unit
    source: Source
    title: str
    title_zh: str


DEADLINES: dict[str, DeadlineRule] = {
    rule.rule: rule
    for rule in (
        DeadlineRule("D01", 15, "days", Source.law("信访工作条例 第二十二条"), "register and divert", "登记分流"),
        DeadlineRule("D04", 24, "hours", Source.default("24 h to sign for a transfer"), "sign for it", "签收"),
        DeadlineRule(
            "D05", 1, "working_days", Source.default("1 working day to divert"), "take up or pass on", "受理或分流"
        ),
        DeadlineRule(
            "D06",
            3,
            "days",
            Source.law("公安机关办理刑事案件程序规定 第一百八十条"),
            "complete the material",
            "补正材料",
        ),
        DeadlineRule(
            "D09",
            3,
            "days",
            Source.law("行政执法机关移送涉嫌犯罪案件的规定 第八条"),
            "decide on filing a case",
            "立案决定",
        ),
        DeadlineRule(
            "D15", 5, "working_days", Source.default("5 working days to answer"), "confirm or contest", "确认或异议"
        ),
    )
}


class Clock(BaseModel):
    """One running or stopped deadline of one node on one lead."""

    model_config = ConfigDict(frozen=True)

    clock_id: str
    rule: str
    node: str
    lead_id: str
    subject: str
    started: datetime
    due: datetime
    stopped: datetime | None = None
    provisional: bool = False


def due(rule: DeadlineRule, started: datetime, zone: ZoneInfo, calendar: Calendar) -> datetime:
    """Return when a limit that starts at `started` ends. A limit in days ends with its last local day."""
    if rule.unit == "hours":
        return started + timedelta(hours=rule.amount)
    return datetime.combine(last_day(rule, started.astimezone(zone).date(), calendar), time(23, 59, 59), zone)


def last_day(rule: DeadlineRule, first: date, calendar: Calendar) -> date:
    """Return the last day of a limit in days, working days or months whose day 0 is `first`."""
    if rule.unit == "working_days":
        return calendar.add_working_days(first, rule.amount)
    if rule.unit == "months":
        return calendar.roll_forward(add_months(first, rule.amount))
    return calendar.roll_forward(first + timedelta(days=rule.amount))


def add_months(day: date, months: int) -> date:
    """Return the same day number `months` later, or that month's end."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))
