"""The working-day calendar as administrators see and enter it: one official notice a year, every version kept."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app import errors, locks
from app.admin.sessions import AnyAdministrator, Operator
from app.bodies import json_body, sent
from app.casework.values import Content, Label
from app.deps import Engine, Now, TheParts
from app.docket.batch import Means
from app.docket.tables import CalendarYear
from app.docket.working_days import WorkingDays
from app.problems import documented

router = APIRouter(prefix="/v1/admin", tags=["admin"], responses={429: documented(errors.TooManyRequests)[429]})
TABLES = CalendarYear.metadata.tables
YEARS, DAYS = TABLES["calendar_year"], TABLES["calendar_day"]
# A day more on either side: days are those of the exchange's time zone.
_TO_RECOUNT = text("""
    UPDATE deadline SET recount = true
    WHERE stopped IS NULL AND breached_at IS NULL AND due >= :now
    AND started < CAST(:last AS date) + 2 AND due > CAST(:first AS date) - 1
""")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or _ISO_DATE.fullmatch(value) is None:
        raise ValueError("a date is written as 2026-04-06")
    return date.fromisoformat(value)


class SpecialDay(Content):
    """A day off that would be a working day, or a working day that would be a day off."""

    date: Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
    kind: Literal["holiday", "workday"]
    name: Label


class WantedYear(Content):
    """A year's calendar, whole: what is not named is as in every five-day week. `source` is the official notice."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {
                "source": "国务院办公厅关于节假日安排的通知",
                "days": [{"date": "2026-04-06", "kind": "holiday", "name": "清明节"}],
            }
        },
    )

    source: Label
    days: Annotated[tuple[SpecialDay, ...], Field(max_length=366)]

    @model_validator(mode="after")
    def _names_each_day_once(self) -> Self:
        if len({day.date for day in self.days}) != len(self.days):
            raise ValueError("a day is named once")
        return self


class YearShown(BaseModel):
    """The version that counts. `recorded_by` is the operator's name, or `seed` for what came with the service."""

    model_config = ConfigDict(frozen=True)

    year: int
    version: int
    source: str
    recorded_at: datetime
    recorded_by: str
    days: list[SpecialDay]


def _working_days(found: TheParts) -> WorkingDays:
    return found.of(Means).working_days


Year = Annotated[int, Path(ge=1949, le=9998)]
TheWorkingDays = Annotated[WorkingDays, Depends(_working_days)]


@router.get(
    "/calendar/{year}",
    operation_id="get_calendar",
    summary="The working-day calendar of a year · 工作日历",
    responses=documented(errors.Unauthenticated, errors.NotFound),
)
async def get_calendar(_: AnyAdministrator, engine: Engine, year: Year) -> YearShown:
    """The days that depart from the five-day week. 404 for a year without an official calendar."""
    async with engine.connect() as connection:
        return await _shown(connection, year)


@router.put(
    "/calendar/{year}",
    operation_id="put_calendar",
    summary="Enter the calendar of a year · 录入工作日历",
    responses=documented(
        errors.Unauthenticated,
        errors.ForbiddenAct,
        errors.MalformedJson,
        errors.PayloadTooLarge,
        errors.UnsupportedMediaType,
    ),
    openapi_extra=json_body(WantedYear),
)
async def put_calendar(
    person: Operator,
    wanted: Annotated[WantedYear, Depends(sent(WantedYear))],
    engine: Engine,
    working_days: TheWorkingDays,
    now: Now,
    year: Year,
) -> YearShown:
    """Replaces the year's calendar by a new version. Deadlines that start from now on are counted by it.

    Those that run are counted anew half a minute later: provisional ones move either way, others later alone. What is
    over or was breached stays.
    """
    # A notice names working days and days off around New Year too: that of 2008 named 2007-12-29.
    if any(not date(year - 1, 12, 1) <= day.date <= date(year + 1, 1, 31) for day in wanted.days):
        raise errors.InvalidDocument(
            "A day lies neither in this year, nor in the December before or the January after it.",
            "所列日期不在该年度、上年十二月或者次年一月。",
        )
    shown = await _enter(engine, year, wanted, person.name, now())
    await working_days.refresh()
    return shown


async def _enter(engine: AsyncEngine, year: int, wanted: WantedYear, person: str, now: datetime) -> YearShown:
    async with engine.begin() as connection:
        # Two operators at once get two versions, one after the other.
        await connection.execute(select(func.pg_advisory_xact_lock(locks.CALENDAR)))
        newest = await connection.scalar(select(func.max(YEARS.c.version)).where(YEARS.c.year == year))
        key = {"year": year, "version": (newest or 0) + 1}
        row = {**key, "source": wanted.source, "recorded_at": now, "recorded_by": person}
        await connection.execute(insert(YEARS), [row])
        days = [{**key, "day": day.date, "kind": day.kind, "name": day.name} for day in wanted.days]
        if days:
            await connection.execute(insert(DAYS), days)
        near = {"first": date(year - 1, 12, 1), "last": date(year + 1, 1, 31)}
        await connection.execute(_TO_RECOUNT, {"now": now, **near})
        return await _shown(connection, year)


async def _shown(connection: AsyncConnection, year: int) -> YearShown:
    newest = select(YEARS).where(YEARS.c.year == year).order_by(YEARS.c.version.desc()).limit(1)
    found = (await connection.execute(newest)).one_or_none()
    if found is None:
        raise errors.NotFound
    days = await connection.execute(
        select(DAYS).where(DAYS.c.year == year, DAYS.c.version == found.version).order_by(DAYS.c.day)
    )
    return YearShown(
        year=year,
        version=found.version,
        source=found.source,
        recorded_at=found.recorded_at,
        recorded_by=found.recorded_by,
        days=[SpecialDay(date=row.day, kind=row.kind, name=row.name) for row in days],
    )
