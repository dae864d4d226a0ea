"""The deadlines of a node that are open or breached, due first. What was breached stays, done or not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.limits import LIMITS, number
from app.db import reading
from app.docket.tables import DeadlineTable
from app.views.cursors import Position, encode_position
from app.views.schemas import DeadlinePage, DeadlineShown

TABLES = DeadlineTable.metadata.tables
DEADLINE, ENTRY = TABLES["deadline"], TABLES["lead_entry"]


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
    # A node that a lead turned out to concern is no party of it any more: its deadlines must not tell of the lead.
    still_party = (
        select(true())
        .where(ENTRY.c.node_id == DEADLINE.c.node_id, ENTRY.c.lead_id == DEADLINE.c.lead_id)
        .correlate(DEADLINE)
        .exists()
    )
    listed = or_(DEADLINE.c.stopped.is_(None), DEADLINE.c.breached_at.is_not(None))
    query = select(DEADLINE).where(DEADLINE.c.node_id == node, listed, still_party)
    if after is not None:
        bound = literal(after.at, DEADLINE.c.due.type), literal(after.ident, DEADLINE.c.deadline_id.type)
        query = query.where(tuple_(DEADLINE.c.due, DEADLINE.c.deadline_id) > tuple_(*bound))
    async with reading(engine, node) as connection:
        rows = list(await connection.execute(query.order_by(DEADLINE.c.due, DEADLINE.c.deadline_id).limit(limit + 1)))
    last = rows[limit - 1] if len(rows) > limit else None
    return DeadlinePage(
        items=[_shown(row, chinese, local) for row in rows[:limit]],
        next=encode_position(last.due, last.deadline_id) if last else None,
    )


def _shown(row: Any, chinese: bool, local: Callable[[datetime], str]) -> DeadlineShown:
    rule = LIMITS[row.rule]

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
