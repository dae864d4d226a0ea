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
from sqlalchemy.ext.asyncio import AsyncEngine

from app import loops
from app.access.months import ensure_month
from app.db import driver_connection
from app.deps import TimeSource
from app.errors import Overloaded

LARGEST_BATCH = 256
QUEUE_LIMIT = 10_000
PATIENCE = 10.0
IDLE_SECONDS = 10.0
MOST_ATTEMPTS = 2  # to reach the database
MOST_TURNS = 4  # a month without a partition, a day that was closed
DAY_IS_CLOSED = "LB001"
ROWS = Histogram("leadbridge_access_rows", "reads recorded in one commit", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256))
# Written again after a lost answer a row is there already, under its own id.
_INSERT = """
    INSERT INTO access_log (day, at, access_id, node_id, person, purpose, what, subject, opening_id)
    SELECT * FROM unnest($1::date[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::uuid[])
    ON CONFLICT DO NOTHING
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

    def __init__(self, engine: AsyncEngine, clock: TimeSource, zone: ZoneInfo) -> None:
        self._engine = engine
        self._clock = clock
        self._zone = zone
        # Owned here, touched on the event loop alone: `enter` appends to the queue, the one task of `run` takes from it
        # and has the batch and the count of its attempts to itself. `_filled` says that something was appended.
        self._queue: deque[_Waiting] = deque()
        self._batch: list[_Waiting] = []
        self._attempts = 0
        self._filled = asyncio.Event()

    def enter(self, access: Access) -> "asyncio.Future[None]":
        """Take a read down; the future is done when the record is durable, and raises `Overloaded` if it cannot be."""
        if len(self._queue) >= QUEUE_LIMIT:
            raise _unavailable()
        waiting = _Waiting(access, self._clock())
        # A read that was given up meanwhile asks no more; a failure is then nobody's.
        waiting.kept.add_done_callback(lambda kept: kept.cancelled() or kept.exception())
        self._queue.append(waiting)
        self._filled.set()
        return waiting.kept

    async def run(self) -> None:
        """Write until cancelled. A connection is held while reads come in: a lone read pays for no checkout."""
        while True:
            await self._filled.wait()
            try:
                async with driver_connection(self._engine) as connection:
                    await self._work(connection)
            except loops.LOST as error:
                loops.end_if_cancelled()
                _log.warning("reads could not be recorded", error=type(error).__name__)
                self._attempts += 1
                self._filled.set()
                if self._attempts >= MOST_ATTEMPTS:
                    self._batch += self._queue
                    self._queue.clear()
                    self._filled.clear()
                    self._settle(_unavailable())

    async def _work(self, connection: "asyncpg.Connection[Any]") -> None:
        """Write what has come and what comes, until nothing has come for a while."""
        while await self._more():
            async with asyncio.timeout(PATIENCE):
                kept = await self._keep(connection)
            ROWS.observe(len(self._batch))
            self._settle(None if kept else _unavailable())

    async def _more(self) -> bool:
        if not self._batch and not self._queue:
            self._filled.clear()
            await loops.wait(self._filled, IDLE_SECONDS)
        while self._queue and len(self._batch) < LARGEST_BATCH:
            self._batch.append(self._queue.popleft())
        return bool(self._batch)

    async def _keep(self, connection: "asyncpg.Connection[Any]") -> bool:
        not_before = date.min
        for _ in range(MOST_TURNS):
            days = [max(not_before, pending.at.astimezone(self._zone).date()) for pending in self._batch]
            not_before = await _write(connection, self._batch, days)
            if not_before == date.min:
                return True
        return False

    def _settle(self, failure: Overloaded | None) -> None:
        for pending in self._batch:
            if not pending.kept.done():
                if failure is None:
                    pending.kept.set_result(None)
                else:
                    pending.kept.set_exception(failure)
        self._batch, self._attempts = [], 0


async def _write(connection: "asyncpg.Connection[Any]", batch: list[_Waiting], days: list[date]) -> date:
    """Write the rows and return `date.min`; or return the first day that is still open, to try again with."""
    columns = zip(
        *(
            (
                day,
                pending.at,
                pending.access_id,
                pending.access.node_id,
                pending.access.person,
                pending.access.purpose,
                pending.access.what,
                pending.access.subject,
                pending.access.opening_id,
            )
            for pending, day in zip(batch, days, strict=True)
        ),
        strict=True,
    )
    try:
        await connection.execute(_INSERT, *(list(column) for column in columns))
    except asyncpg.CheckViolationError:
        # No partition for this month: the loop that makes them ahead has not run, or the clock has leapt.
        for day in {day.replace(day=1) for day in days}:
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
