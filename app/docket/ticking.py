"""The loop of time: finds the deadlines of which something has become true, and enters it in the docket.

One leads in the whole deployment. It keeps nothing: what was said stands in the case, so it may die at any moment,
and two that lead at once for a moment say nothing twice.
"""

import asyncio
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine

from app import locks, loops
from app.deps import TimeSource
from app.docket.docket import Docket
from app.errors import Overloaded, Problem

EVERY_SECONDS = 2.0
AT_ONCE = 256
RETRY_SECONDS = 5.0  # a docket that is full or stands still
PUT_OFF_SECONDS = 60.0  # a case that cannot be decrypted must not stand before all others
FAILED = Counter("leadbridge_lapses_failed_total", "lapses that the docket could not take and that are tried again")
_DUE = """
    SELECT root_id::text, deadline_id::text FROM deadline
    WHERE next_at <= $1 AND deadline_id <> ALL($2::uuid[]) ORDER BY next_at LIMIT $3
"""
# Deadlines that a new calendar may move, once every process must have read it (`WorkingDays`); and provisional ones
# whose years have all become official. Those that stand still are counted when they run again.
_SETTLED = """NOT EXISTS (
    SELECT FROM calendar_year WHERE recorded_at > $1::timestamptz - interval '15 seconds' AND recorded_at <= $1
)"""
_TO_RECOUNT = f"""
    SELECT DISTINCT root_id::text FROM deadline
    WHERE (provisional OR recount) AND stopped IS NULL AND suspended_at IS NULL AND breached_at IS NULL AND due >= $1
    AND (recount AND {_SETTLED} OR provisional AND NOT EXISTS (
        SELECT FROM generate_series(
            extract(year FROM started AT TIME ZONE $2)::int, extract(year FROM due AT TIME ZONE $2)::int
        ) AS wanted (year)
        WHERE wanted.year NOT IN (SELECT calendar_year.year FROM calendar_year)
    )) LIMIT $3
"""  # noqa: S608 (ours)
_COUNTED = f"UPDATE deadline SET recount = false WHERE recount AND root_id = $2::uuid AND {_SETTLED}"  # noqa: S608 (ours)
_log = structlog.get_logger(__name__)


class TimeLoop:
    """Runs until cancelled; takes over when the leader's connection dies."""

    def __init__(self, engine: AsyncEngine, docket: Docket, clock: TimeSource, zone: ZoneInfo) -> None:
        self._engine = engine
        self._docket = docket
        self._clock = clock
        self._zone = zone
        self._put_off: dict[str, float] = {}

    async def run(self) -> None:
        await loops.lead("time", self._engine, locks.TIME, self._term, every=EVERY_SECONDS)

    async def _term(self, connection: "asyncpg.Connection[Any]") -> None:
        while True:
            if await self.tick(connection, self._clock()) < AT_ONCE:
                await asyncio.sleep(EVERY_SECONDS)

    async def tick(self, connection: "asyncpg.Connection[Any]", now: datetime) -> int:
        """Enter what is due at `now`, at most `AT_ONCE` deadlines; return how many the docket took."""
        for row in await connection.fetch(_TO_RECOUNT, now, self._zone.key, AT_ONCE):
            if await self._enter(row["root_id"]):
                await connection.execute(_COUNTED, now, row["root_id"])
        due = await connection.fetch(_DUE, now, self._still_put_off(), AT_ONCE)
        taken = await asyncio.gather(*(self._enter(row["root_id"], row["deadline_id"]) for row in due))
        return sum(taken)

    async def _enter(self, root_id: str, deadline_id: str | None = None) -> bool:
        try:
            if deadline_id is None:
                await self._docket.recount(root_id)
            else:
                await self._docket.lapse(root_id, deadline_id)
        except Problem as problem:
            FAILED.inc()
            _log.warning("a lapse was put off", root_id=root_id, deadline_id=deadline_id, problem=problem.slug)
            if deadline_id is not None:
                wait = RETRY_SECONDS if isinstance(problem, Overloaded) else PUT_OFF_SECONDS
                self._put_off[deadline_id] = asyncio.get_running_loop().time() + wait
            return False
        return True

    def _still_put_off(self) -> list[str]:
        now = asyncio.get_running_loop().time()
        self._put_off = {deadline_id: until for deadline_id, until in self._put_off.items() if until > now}
        return list(self._put_off)
