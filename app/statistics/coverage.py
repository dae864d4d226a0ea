"""覆盖情况: which agencies of a jurisdiction the exchange does not reach, for want of a key or of any act."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from pydantic import Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.statistics.reckoning import StatisticsAnswer

SILENT_FOR = timedelta(days=90)
_GAPS = text("""
    SELECT * FROM (
        SELECT node_id, kind, name, division_code,
            EXISTS (
                SELECT FROM node_key k
                WHERE k.node_id = node.node_id AND k.purpose = 'act' AND k.revoked_at IS NULL
            ) AS has_key,
            greatest(
                (SELECT max(starts) FROM stat_rollup s WHERE s.node_id = node.node_id AND s.audience = 'own'
                    AND s.grain = 'day' AND s.measure = 'acts'),
                (SELECT max(day) FROM stat_delta d WHERE d.node_id = node.node_id AND d.measure = 'acts')
            ) AS acted_on
        FROM node WHERE node_id = ANY(:nodes) AND (CAST(:cursor AS text) IS NULL OR node_id > :cursor)
    ) AS every
    WHERE NOT has_key OR acted_on IS NULL OR acted_on < :since
    ORDER BY node_id LIMIT :limit
""")


class Gap(StatisticsAnswer):
    """An agency without a valid `act` key, or that signed no act in the last 90 days. It says nothing of its work."""

    node: str
    kind: str
    name: str
    division_code: str
    acted_on: date | None = Field(description="the newest day on which it signed an act")
    gaps: list[Literal["no_key", "no_traffic"]]


class CoveragePage(StatisticsAnswer):
    since: date
    items: list[Gap] = Field(description="by node id")
    next: str | None


async def coverage(
    engine: AsyncEngine, nodes: Sequence[str], cursor: str | None, limit: int, today: date
) -> CoveragePage:
    """Return one page of those `nodes`, by id, that the exchange does not reach; `engine` is the writer's."""
    since = today - SILENT_FOR
    asked = {"nodes": list(nodes), "cursor": cursor, "since": since, "limit": limit + 1}
    async with engine.connect() as connection:
        rows = list(await connection.execute(_GAPS, asked))
    items = [
        Gap(
            node=row.node_id,
            kind=row.kind,
            name=row.name,
            division_code=row.division_code,
            acted_on=row.acted_on,
            gaps=[
                *(["no_key"] if not row.has_key else []),
                *(["no_traffic"] if row.acted_on is None or row.acted_on < since else []),
            ],
        )
        for row in rows[:limit]
    ]
    return CoveragePage(since=since, items=items, next=items[-1].node if len(rows) > limit else None)
