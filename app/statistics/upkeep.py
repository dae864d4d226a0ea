"""The loop that folds what acts added and freezes reports. It keeps nothing; several may run at once."""

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from app import loops
from app.db import driver_connection
from app.deps import TimeSource
from app.statistics.folding import AT_ONCE, fold
from app.statistics.reports import freeze

EVERY_SECONDS = 2.0


async def keep_statistics(engine: AsyncEngine, clock: TimeSource, zone: ZoneInfo) -> None:
    """Fold every two seconds and freeze what ended, once a local day, until cancelled."""
    frozen_on: date | None = None

    async def turn() -> None:
        nonlocal frozen_on
        async with driver_connection(engine) as connection:
            while await fold(connection) == AT_ONCE:
                pass
        now = clock()
        today = now.astimezone(zone).date()
        if today != frozen_on:
            await freeze(engine, now, zone)
            frozen_on = today

    await loops.repeat("statistics", turn, EVERY_SECONDS)
