"""The deadlines of a node that are open or breached, due first. What was breached stays, done or not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.limits import DEADLINES, number
from app.db import reading
from app.docket.tables import ClockRow
from app.views.cursors import Position, encode_position
from app.views.schemas import DeadlinePage, DeadlineShown

TABLES = ClockRow.metadata.tables
CLOCK, ENTRY = TABLES["clock"], TABLES["lead_entry"]


async def deadlines(
    engine: AsyncEngine,
    node: str,
    after: Position | None,
    limit: int,
    *,
    chinese: bool,
    local: Callable[[datetime], str],
) -> DeadlinePage:
    """Return one page; the titles are in Chinese or in English."""
    # A node that a lead turned out to concern is no party of it any more: its clocks must not tell of the lead.
    still_party = (
        select(true())
        .where(ENTRY.c.node_id == CLOCK.c.node_id, ENTRY.c.lead_id == CLOCK.c.lead_id)
        .correlate(CLOCK)
        .exists()
    )
    listed = or_(CLOCK.c.stopped.is_(None), CLOCK.c.breached_at.is_not(None))
    query = select(CLOCK).where(CLOCK.c.node_id == node, listed, still_party)
    if after is not None:
        bound = literal(after.at, CLOCK.c.due.type), literal(after.ident, CLOCK.c.clock_id.type)
        query = query.where(tuple_(CLOCK.c.due, CLOCK.c.clock_id) > tuple_(*bound))
    async with reading(engine, node) as connection:
        rows = list(await connection.execute(query.order_by(CLOCK.c.due, CLOCK.c.clock_id).limit(limit + 1)))
    last = rows[limit - 1] if len(rows) > limit else None
    return DeadlinePage(
        items=[_shown(row, chinese, local) for row in rows[:limit]],
        next=encode_position(last.due, last.clock_id) if last else None,
    )


def _shown(row: Any, chinese: bool, local: Callable[[datetime], str]) -> DeadlineShown:
    rule = DEADLINES[row.rule]

    def told(moment: datetime | None) -> str | None:
        return None if moment is None else local(moment)

    return DeadlineShown(
        rule=number(row.rule),
        title=rule.title_zh if chinese else rule.title,
        source=row.source,
        source_text=row.source_text,
        lead_id=str(row.lead_id),
        started=local(row.started),
        due=local(row.due),
        stopped=told(row.stopped),
        suspended=told(row.suspended_at),
        warned=told(row.warned_at),
        breached=told(row.breached_at),
        provisional=row.provisional,
    )
