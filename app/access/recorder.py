"""The record of a read: durable before the read is answered, many in one commit.

What queued while the last INSERT was in flight is the next one; there is no timer. The query that answers the read runs
meanwhile, so that a lone read waits for the slower of the two.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from prometheus_client import Histogram
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.months import ensure_month
from app.db import driver_connection
from app.deps import type_clock
from app.errors import Overloaded

LARGEST_BATCH = 256
QUEUE_LIMIT = 10_000
PATIENCE = 10.0
MOST_ATTEMPTS = 4
DAY_IS_CLOSED = "LB001"
ROWS = Histogram("leadbridge_access_rows", "reads recorded in one commit", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256))
_INSERT = """
    INSERT INTO access_log (day, at, access_id, node_id, person, purpose, what, subject, opening_id)
    SELECT * FROM unnest($1::date[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::uuid[])
"""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """One read: of a node, or of an administrator (`node_id` None, `person` the name)."""

    node_id: str | None
    person: str | None
    purpose: str | None
    what: str
    subject: str | None = None
    opening_id: UUID | None = None


@dataclass(slots=True)
class _Waiting:
    access: Access
    at: datetime
    access_id: UUID = field(default_factory=uuid4)
    kept: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Recorder:
    """Writes the access log of one process while `run` runs."""

    def __init__(self, engine: AsyncEngine, clock: type_clock, zone: ZoneInfo) -> None:
        self._engine = engine
        self._clock = clock
        self._zone = zone
        self._queue: deque[_Waiting] = deque()
        self._filled = asyncio.Event()

    def enter(self, access: Access) -> "asyncio.Future[None]":
        """Take a read down; the future is done when the record is durable, and raises `Overloaded` if it cannot be."""
        if len(self._queue) >= QUEUE_LIMIT:
            raise _unavailable()
        waiting = _Waiting(access, self._clock())
        # A read that was refused meanwhile asks no more; a failure is then nobody's.
        waiting.kept.add_done_callback(lambda kept: kept.cancelled() or kept.exception())
        self._queue.append(waiting)
        self._filled.set()
        return waiting.kept

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), LARGEST_BATCH))]
                await self._keep(batch)

    async def _keep(self, batch: list[_Waiting]) -> None:
        not_before = date.min
        for _ in range(MOST_ATTEMPTS):
            days = [max(not_before, one.at.astimezone(self._zone).date()) for one in batch]
            try:
                async with asyncio.timeout(PATIENCE), driver_connection(self._engine) as connection:
                    not_before = await _write(connection, batch, days)
            except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("reads could not be recorded", error=type(error).__name__)
                break
            if not_before == date.min:
                ROWS.observe(len(batch))
                for one in batch:
                    if not one.kept.done():
                        one.kept.set_result(None)
                return
        for one in batch:
            if not one.kept.done():
                one.kept.set_exception(_unavailable())


async def _write(connection: "asyncpg.Connection[Any]", batch: list[_Waiting], days: list[date]) -> date:
    """Write the rows and return `date.min`; or return the first day that is still open, to try again with."""
    columns = zip(
        *(
            (
                day,
                one.at,
                one.access_id,
                one.access.node_id,
                one.access.person,
                one.access.purpose,
                one.access.what,
                one.access.subject,
                one.access.opening_id,
            )
            for one, day in zip(batch, days, strict=True)
        ),
        strict=True,
    )
    try:
        await connection.execute(_INSERT, *(list(column) for column in columns))
    except asyncpg.CheckViolationError:
        # No partition for this month: the loop that makes them ahead has not run, or the clock has leapt.
        for day in {one.replace(day=1) for one in days}:
            await ensure_month(connection, day)
        return min(days)
    except asyncpg.PostgresError as error:
        if error.sqlstate != DAY_IS_CLOSED:
            raise
        # A straggler, or a process whose clock is behind: its rows go into the chain of the next day.
        newest: date = await connection.fetchval("SELECT max(day) + 1 FROM access_day")
        return newest
    return date.min


def _unavailable() -> Overloaded:
    return Overloaded("The read could not be recorded now; try again.", "暂时无法记录本次查阅，请稍后重试。")
