"""The totals of agencies: sums that were folded, and what acts added since. A page costs the same with any leads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# One statement sees one state of both tables, so that nothing is counted twice or not at all.
_TOTALS = text("""
    SELECT node_id, measure, sum(total)::bigint AS total FROM (
        SELECT node_id, measure, total FROM stat_rollup
        WHERE node_id = ANY(:nodes) AND audience = :audience AND grain = :grain
        AND starts BETWEEN :starts AND :ends
        UNION ALL
        SELECT node_id, measure, delta FROM stat_delta
        WHERE node_id = ANY(:nodes) AND audience = :audience AND day BETWEEN :starts AND :ends
    ) AS every GROUP BY node_id, measure HAVING sum(total) <> 0
""")


@dataclass(frozen=True, slots=True)
class Period:
    """The days, both counted, on which leads came in; `grain` names the sums that make it up."""

    starts: date = date.min
    ends: date = date.max
    grain: str = "ever"

    @classmethod
    def month(cls, said: str) -> "Period":
        """Return the month that is written as 2026-03."""
        year, month = int(said[:4]), int(said[5:])
        # A month's sum stands on its first day; what is not folded yet may lie on any day of it.
        last = date(year + month // 12, month % 12 + 1, 1).toordinal() - 1 if (year, month) < (9999, 12) else None
        return cls(date(year, month, 1), date.max if last is None else date.fromordinal(last), "month")


EVER = Period()


async def totals(
    connection: AsyncConnection, nodes: Iterable[str], audience: str, period: Period = EVER
) -> dict[str, dict[str, int]]:
    """Return the totals by node and measure, for every node asked for."""
    found: dict[str, dict[str, int]] = {node: {} for node in nodes}
    asked = {"starts": period.starts, "ends": period.ends, "grain": period.grain, "audience": audience}
    for row in await connection.execute(_TOTALS, asked | {"nodes": list(found)}):
        found[row.node_id][row.measure] = row.total
    return found
