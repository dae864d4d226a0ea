"""Once a day the reads of the day are closed: counted, chained, and said in the transparency log.

Several workers may run this. A day is closed under a lock that every INSERT of its rows shares, in one transaction with
its entry in the queue for the log, and once: its row is the primary key. Killed at any moment, it begins again.
"""

import asyncio
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app import locks, loops
from app.access.chain import NOTHING_BEFORE, begin, extend
from app.access.months import ensure_months
from app.db import driver_connection
from app.deps import TimeSource
from app.transparency.entries import access_log_entry
from app.transparency.queue import Waiting, enqueue

EVERY_SECONDS = 20.0
CHUNK = 2000
ROWS = "SELECT * FROM access_log WHERE day = $1 ORDER BY at, access_id"


async def keep_access_log(engine: AsyncEngine, clock: TimeSource, zone: ZoneInfo) -> None:
    """Make partitions ahead and close the days that are over, until cancelled."""

    async def turn() -> None:
        async with driver_connection(engine) as connection:
            today = clock().astimezone(zone).date()
            await ensure_months(connection, today)
            await close_days(connection, clock, today)

    await loops.repeat("access log", turn, EVERY_SECONDS)


async def close_days(connection: "asyncpg.Connection[Any]", clock: TimeSource, today: date) -> int:
    """Close every day before `today` that has not been, the empty ones too; return how many there were."""
    closed = 0
    day = await connection.fetchval("SELECT coalesce((SELECT max(day) + 1 FROM access_day), min(day)) FROM access_log")
    while day is not None and day < today:
        closed += await _close(connection, clock, day)
        day += timedelta(days=1)
    return closed


async def _close(connection: "asyncpg.Connection[Any]", clock: TimeSource, day: date) -> int:
    async with connection.transaction():
        # Whoever writes rows of this day has committed after this line, or finds the day closed.
        await connection.execute(
            "SELECT pg_advisory_xact_lock($1, $2)", locks.ACCESS_DAY, (day - date(2000, 1, 1)).days
        )
        if await connection.fetchval("SELECT EXISTS (SELECT FROM access_day WHERE day = $1)", day):
            return 0
        before = await connection.fetchval("SELECT chain FROM access_day ORDER BY day DESC LIMIT 1")
        reads, chain = await chained(connection, day, before or NOTHING_BEFORE)
        now = clock()
        await connection.execute("INSERT INTO access_day VALUES ($1, $2, $3, $4)", day, reads, chain, now)
        entry = access_log_entry(day=day, count=reads, chain=chain)
        await enqueue(connection, Waiting("access-log", entry, now))
    return 1


async def chained(connection: "asyncpg.Connection[Any]", day: date, before: bytes) -> tuple[int, bytes]:
    """Return how many reads a day has, and the hash of its chain; in the caller's transaction, row by row."""
    reads, chain = 0, begin(before, day)
    cursor = await connection.cursor(ROWS, day)
    while rows := await cursor.fetch(CHUNK):
        reads += len(rows)
        # Off the event loop: a day may have a million rows.
        chain = await asyncio.to_thread(extend, chain, rows)
    return reads, chain
