"""The inbox of a node, page by page; the numbers are the sequencer's."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from app.db import reading
from app.views.inbox_wait import Inboxes
from app.views.schemas import InboxPage, InboxShown

_ITEMS = text("""
    SELECT seq, act_id, act, lead_id, sender, received_at, log_index
    FROM inbox WHERE node_id = :node AND seq > CAST(:after AS bigint) ORDER BY seq LIMIT :limit
""")


async def inbox(engine: AsyncEngine, node: str, after: int, limit: int, local: Callable[[datetime], str]) -> InboxPage:
    """Return the items numbered above `after`; `next` is the last number of a full page."""
    async with reading(engine, node) as connection:
        rows = await connection.execute(_ITEMS, {"node": node, "after": after, "limit": limit})
    items = [
        InboxShown(
            seq=row.seq,
            act_id=str(row.act_id),
            act=row.act,
            lead_id=None if row.lead_id is None else str(row.lead_id),
            sender=row.sender,
            received_at=local(row.received_at),
            log_index=row.log_index,
        )
        for row in rows
    ]
    return InboxPage(items=items, next=str(items[-1].seq) if len(items) == limit else None)


async def waited_inbox(
    engine: AsyncEngine,
    inboxes: Inboxes,
    request: Request,
    node: str,
    after: int,
    limit: int,
    local: Callable[[datetime], str],
    seconds: float,
) -> InboxPage:
    """Return the items as `inbox` does, holding the request until there is one, at most `seconds`.

    No database connection is held meanwhile. Raises `Overloaded` when too many requests wait.
    """
    # Waiting begins before the look: what comes in between wakes it.
    with inboxes.waiting(node, after) as waiter:
        page = await inbox(engine, node, after, limit, local)
        if page.items:
            return page
        await waiter.wait(seconds, request)
    return await inbox(engine, node, after, limit, local)
