"""The folding of what batches added to the figures into sums."""

from typing import Any

import asyncpg

from app import locks

AT_ONCE = 20_000
# One statement: a reader sees a delta or its sum, never both and never neither.
_FOLD = """
    WITH taken AS (
        DELETE FROM stat_delta WHERE delta_id IN (SELECT delta_id FROM stat_delta ORDER BY delta_id LIMIT $1)
        RETURNING node_id, audience, day, measure, delta
    ), folded AS (
        INSERT INTO stat_rollup AS sums (node_id, audience, grain, starts, measure, total)
        SELECT node_id, audience, grain, starts, measure, sum(delta)
        FROM taken CROSS JOIN LATERAL (
            VALUES ('ever', date '0001-01-01'), ('month', date_trunc('month', day)::date), ('day', day)
        ) AS place (grain, starts)
        GROUP BY node_id, audience, grain, starts, measure
        HAVING sum(delta) <> 0
        ON CONFLICT (node_id, audience, grain, starts, measure) DO UPDATE SET total = sums.total + excluded.total
    )
    SELECT count(*) FROM taken
"""


async def fold(connection: "asyncpg.Connection[Any]") -> int:
    """Fold deltas into sums, at most `AT_ONCE`; return how many. Nothing where another process is folding."""
    async with connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", locks.FOLDING):
            return 0
        return int(await connection.fetchval(_FOLD, AT_ONCE))
