"""What a batch adds to the statistics, and the folding of that into sums.

The figures of every case that the batch touched are taken before and after it; the difference is appended in the
batch's own commit. So the sums are right whatever is folded when, and no two batches meet on one row.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from app.casework.statistics.figures import Key, figures
from app.docket.decrypted_case import DecryptedCase
from app.docket.record import Rows

FOLDER = 0x4C65_6164_5374  # the advisory lock that one folding holds
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


def gather_tallies(rows: Rows, cases: Iterable[DecryptedCase], exchange_id: str, zone: ZoneInfo, now: datetime) -> None:
    """Gather what the batch adds to the figures: of each case, and that an agency acted on this day."""
    tally: Counter[Key] = Counter()
    for decrypted in cases:
        if not decrypted.touched:
            continue
        after, before = figures(decrypted.case, zone), figures(decrypted.before, zone)
        if after != before:
            tally.update(after)
            tally.subtract(before)
        for ref in decrypted.case.acts[len(decrypted.before.acts) :]:
            if ref.sender != exchange_id:
                tally[ref.sender, "own", now.astimezone(zone).date(), "acts"] += 1
    rows.tallies.extend((*key, delta) for key, delta in tally.items() if delta)


async def fold(connection: "asyncpg.Connection[Any]") -> int:
    """Fold deltas into sums, at most `AT_ONCE`; return how many. Nothing where another process is folding."""
    async with connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", FOLDER):
            return 0
        return int(await connection.fetchval(_FOLD, AT_ONCE))
