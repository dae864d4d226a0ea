"""The working-day calendar in this process's memory: the newest version of every year that an operator entered."""

from collections.abc import Mapping
from typing import Any

import asyncpg
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from app import loops
from app.casework.calendar import Calendar
from app.db import driver_connection

REFRESH_SECONDS = 5.0
_VERSIONS = "SELECT year, max(version) AS version FROM calendar_year GROUP BY year"
# Where two years' notices name one day, the later year's is the newer.
_DAYS = f"SELECT day, kind FROM calendar_day JOIN ({_VERSIONS}) AS newest USING (year, version) ORDER BY year"  # noqa: S608 (ours)
LAST_YEAR = Gauge("leadbridge_calendar_last_year", "newest year with an official calendar; later days are provisional")


class WorkingDays:
    """`current` is replaced whole when a year gets a new version, a few seconds after that at the latest."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._versions: Mapping[int, int] = {}
        self.current = Calendar()

    async def refresh(self) -> bool:
        """Read what changed since the last time; return whether anything did."""
        async with driver_connection(self._engine) as connection:
            return await self._read(connection)

    async def keep_fresh(self) -> None:
        """Refresh every few seconds until cancelled. Without the database the last known calendar stays."""
        await loops.repeat("calendar", self.refresh, REFRESH_SECONDS)

    async def _read(self, connection: "asyncpg.Connection[Any]") -> bool:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            versions = {row["year"]: row["version"] for row in await connection.fetch(_VERSIONS)}
            if versions == self._versions:
                return False
            days = {row["day"]: row["kind"] for row in await connection.fetch(_DAYS)}
        self.current, self._versions = Calendar(days, frozenset(versions)), versions
        LAST_YEAR.set(max(versions, default=0))
        return True
