"""The partitions of the access log, one a month, made ahead; and made at once where one is missing after all."""

from datetime import date, timedelta
from typing import Any

import asyncpg

AHEAD = 2  # months after the current one


async def ensure_month(connection: "asyncpg.Connection[Any]", day: date) -> None:
    """Make the partition of a day's month, unless it is there. Several processes may do it at once."""
    await connection.execute("SELECT access_log_month($1)", day.replace(day=1))


async def ensure_months(connection: "asyncpg.Connection[Any]", today: date) -> None:
    """Make the partitions of this month and the next ones."""
    month = today.replace(day=1)
    for _ in range(AHEAD + 1):
        await ensure_month(connection, month)
        month = (month + timedelta(days=31)).replace(day=1)
