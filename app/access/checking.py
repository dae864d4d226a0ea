"""The check of the access log: each closed day computed anew, beside what the transparency log says of it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import asyncpg

from app.access.chain import NOTHING_BEFORE
from app.access.days import chained
from app.transparency.entries import ACCESS_LOG_HEAD, access_log_entry

_LOGGED = "SELECT entry FROM log_entry WHERE substring(entry FROM 1 FOR $2) = $1"
_QUEUED = "SELECT entry FROM unsequenced WHERE kind = 'access-log'"
_KEPT = "SELECT to_regclass('access_log_' || to_char($1::date, 'YYYY_MM')) IS NOT NULL"
_ASTRAY = """
    SELECT DISTINCT day FROM access_log WHERE day < (SELECT max(day) FROM access_day)
    AND NOT EXISTS (SELECT FROM access_day WHERE access_day.day = access_log.day) ORDER BY day
"""


@dataclass(slots=True)
class AccessLogCheck:
    """What a check found. `faults` say which day is not as signed, and how; `dropped` days were past retention."""

    days: int = 0
    reads: int = 0
    dropped: int = 0
    faults: list[str] = field(default_factory=list)


async def check_access_log(connection: "asyncpg.Connection[Any]") -> AccessLogCheck:
    """Return what the access log is, day by day, beside what its entries in the transparency log say.

    A row edited, added, moved or deleted after its day was closed is a fault of that day. Rows of a day that is not
    over yet are proven by nothing. The caller checks that the log's own entries are those whose root was signed.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        found = AccessLogCheck()
        logged = await connection.fetch(_LOGGED, ACCESS_LOG_HEAD, len(ACCESS_LOG_HEAD))
        said = Counter(bytes(row["entry"]) for row in (*logged, *await connection.fetch(_QUEUED)))
        before, expected = NOTHING_BEFORE, None
        for row in await connection.fetch("SELECT day, reads, chain FROM access_day ORDER BY day"):
            day: date = row["day"]
            if expected is not None and day != expected:
                found.faults.append(f"{expected}: the day was closed and its record is gone")
            expected = day + timedelta(days=1)
            await _check_day(connection, found, row, before)
            entry = access_log_entry(day=day, count=row["reads"], chain=row["chain"])
            if said.pop(entry, 0) != 1:
                found.faults.append(f"{day}: the transparency log does not say this of the day, once")
            before = row["chain"]
        found.faults += [f"the transparency log says what no day is: {entry.decode().strip()}" for entry in said]
        found.faults += [f"{row['day']}: rows of a day that nobody closed" for row in await connection.fetch(_ASTRAY)]
    return found


async def _check_day(connection: "asyncpg.Connection[Any]", found: AccessLogCheck, row: Any, before: bytes) -> None:
    found.days += 1
    if not await connection.fetchval(_KEPT, row["day"]):
        found.dropped += 1
        return
    reads, chain = await chained(connection, row["day"], before)
    found.reads += reads
    if reads != row["reads"]:
        found.faults.append(f"{row['day']}: {reads} reads of {row['reads']}")
    elif chain != row["chain"]:
        found.faults.append(f"{row['day']}: a read was changed")
