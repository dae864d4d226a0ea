"""The loop that compares newly registered leads with those before them, by the blind index.

It runs beside the docket, after the commit: neither the receipt nor the time it takes says that there was a match.
A lead leaves the queue when every pair was entered; entering a pair twice says nothing twice.
"""

import asyncio
from typing import Any

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app import locks, loops
from app.docket.docket import Docket
from app.errors import Overloaded, Problem

EVERY_SECONDS = 2.0
AT_ONCE = 64
PUT_OFF_SECONDS = 30.0  # a case that cannot be decrypted must not stand before all others
MOST_PAIRS = 10  # a telephone that stands in every lead of an area tells nothing about the eleventh
_QUEUED = "SELECT lead_id::text FROM match_queue WHERE lead_id <> ALL($1::uuid[]) ORDER BY queued_at, lead_id LIMIT $2"
# Both ways: of two leads that were committed at one moment, either may be compared first.
_PAIRS = """
    SELECT other.lead_id::text AS other, (other.registered_at, other.lead_id) < (mine.registered_at, mine.lead_id)
        AS is_earlier, max(other.registered_at) AS newest
    FROM blind_index AS mine JOIN blind_index AS other USING (digest)
    WHERE mine.lead_id = $1::uuid AND other.lead_id <> mine.lead_id
    GROUP BY 1, 2 ORDER BY newest DESC, 1 LIMIT $2
"""
_log = structlog.get_logger(__name__)


class MatchLoop:
    """Runs until cancelled. It borrows a connection for each look, and one process looks at a time."""

    def __init__(self, engine: AsyncEngine, docket: Docket) -> None:
        self._engine = engine
        self._docket = docket
        self._put_off: dict[str, float] = {}

    async def run(self) -> None:
        await loops.lead("matches", self._engine, locks.MATCHES, self._term, every=EVERY_SECONDS)

    async def _term(self, connection: "asyncpg.Connection[Any]") -> None:
        while await self.compare(connection) == AT_ONCE:
            pass

    async def compare(self, connection: "asyncpg.Connection[Any]") -> int:
        """Compare the oldest leads of the queue, at most `AT_ONCE`; return how many left it."""
        done = []
        for row in await connection.fetch(_QUEUED, self._still_put_off(), AT_ONCE):
            try:
                await self._compare_one(connection, row["lead_id"])
            except Overloaded:
                self._put_off[row["lead_id"]] = asyncio.get_running_loop().time() + PUT_OFF_SECONDS
            else:
                done.append(row["lead_id"])
        if done:
            await connection.execute("DELETE FROM match_queue WHERE lead_id = ANY($1::uuid[])", done)
        return len(done)

    def _still_put_off(self) -> list[str]:
        now = asyncio.get_running_loop().time()
        self._put_off = {lead_id: until for lead_id, until in self._put_off.items() if until > now}
        return list(self._put_off)

    async def _compare_one(self, connection: "asyncpg.Connection[Any]", lead_id: str) -> None:
        for row in await connection.fetch(_PAIRS, lead_id, MOST_PAIRS):
            earlier, later = (row["other"], lead_id) if row["is_earlier"] else (lead_id, row["other"])
            try:
                await self._docket.match(earlier, later)
            except Overloaded:
                raise
            except Problem as problem:
                _log.warning("a match could not be entered", lead_id=earlier, problem=problem.slug)
