"""Frozen reports: the figures of a week, a month, half a year, taken once when the period has ended and then kept."""

import calendar
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.casework.statistics.figures import FORMULA_VERSION
from app.db import reading
from app.docket.stat_tables import Report
from app.statistics.reckoning import Reckoned, StatisticsAnswer, reckon
from app.statistics.totals import Period, totals

Kind = Literal["weekly", "monthly", "half_yearly"]
TABLE = Report.metadata.tables["report"]
NODES_AT_ONCE = 500
_MISSING = text("""
    SELECT node_id FROM node WHERE created_at < :ended AND NOT EXISTS (
        SELECT FROM report WHERE report.node_id = node.node_id AND starts = :starts AND report.kind = :kind
    ) ORDER BY node_id LIMIT :limit
""")


class Ended(NamedTuple):
    """A period that has ended, with its last day."""

    kind: Kind
    starts: date
    ends: date


class ReportShown(StatisticsAnswer):
    """`period` is about the leads that came in during the period, `so_far` about all, both as of `frozen_at`."""

    kind: Kind
    starts: date
    ends: date
    formula_version: str
    frozen_at: datetime
    period: Reckoned
    so_far: Reckoned


class ReportPage(StatisticsAnswer):
    items: list[ReportShown]
    next: str | None


def ended_before(day: date) -> list[Ended]:
    """Return the newest week (from Monday), month and half-year that ended before a day."""
    monday = day - timedelta(days=day.weekday() + 7)
    month_end = day.replace(day=1) - timedelta(days=1)
    half = day.replace(month=1 if day.month < 7 else 7, day=1)
    half_end = half - timedelta(days=1)
    return [
        Ended("weekly", monday, monday + timedelta(days=6)),
        Ended("monthly", month_end.replace(day=1), month_end),
        Ended("half_yearly", date(half_end.year, half_end.month - 5, 1), half_end),
    ]


def as_period(ended: Ended) -> Period:
    """Return the period by the coarsest sums that make it up."""
    last = calendar.monthrange(ended.ends.year, ended.ends.month)[1]
    whole_months = ended.starts.day == 1 and ended.ends.day == last
    return Period(ended.starts, ended.ends, "month" if whole_months else "day")


async def freeze(engine: AsyncEngine, now: datetime, zone: ZoneInfo) -> int:
    """Freeze what has ended and is not frozen yet, for the agencies that were registered by then; return how many."""
    frozen = 0
    for ended in ended_before(now.astimezone(zone).date()):
        midnight = datetime.combine(ended.ends + timedelta(days=1), time(), zone)
        asked = {"ended": midnight, "starts": ended.starts, "kind": ended.kind, "limit": NODES_AT_ONCE}
        while True:
            async with engine.begin() as connection:
                nodes = [row.node_id for row in await connection.execute(_MISSING, asked)]
                if nodes:
                    await _freeze(connection, ended, nodes, now)
            frozen += len(nodes)
            if len(nodes) < NODES_AT_ONCE:
                break
    return frozen


async def _freeze(connection: AsyncConnection, ended: Ended, nodes: list[str], now: datetime) -> None:
    period, so_far = await totals(connection, nodes, "own", as_period(ended)), await totals(connection, nodes, "own")
    rows = [
        {
            "node_id": node,
            **ended._asdict(),
            "formula_version": FORMULA_VERSION,
            "body": {"period": _body(period[node]), "so_far": _body(so_far[node])},
            "frozen_at": now,
        }
        for node in nodes
    ]
    # Two workers may freeze at once for a moment: the first report stands.
    await connection.execute(insert(TABLE).on_conflict_do_nothing(), rows)


def _body(found: Mapping[str, int]) -> dict[str, object]:
    return reckon(found).model_dump(mode="json")


async def reports(engine: AsyncEngine, node: str, kind: Kind | None, cursor: str | None, limit: int) -> ReportPage:
    """Return one page of a node's reports, newest first; `cursor` is 2026-03-01.monthly."""
    query = select(TABLE).where(TABLE.c.node_id == node)
    if kind is not None:
        query = query.where(TABLE.c.kind == kind)
    if cursor is not None:
        starts, _, of_kind = cursor.partition(".")
        place = tuple_(TABLE.c.starts, TABLE.c.kind)
        query = query.where(place < tuple_(date.fromisoformat(starts), of_kind))
    async with reading(engine, node) as connection:
        newest = query.order_by(TABLE.c.starts.desc(), TABLE.c.kind.desc()).limit(limit + 1)
        rows = list(await connection.execute(newest))
    last = rows[limit - 1] if len(rows) > limit else None
    return ReportPage(
        items=[
            ReportShown(
                kind=row.kind,
                starts=row.starts,
                ends=row.ends,
                formula_version=row.formula_version,
                frozen_at=row.frozen_at,
                **row.body,
            )
            for row in rows[:limit]
        ],
        next=f"{last.starts.isoformat()}.{last.kind}" if last else None,
    )
