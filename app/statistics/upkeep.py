"""The loop that folds what acts added and freezes reports. It keeps nothing; several may run at once."""

import asyncio
from datetime import date
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import driver_connection
from app.deps import type_clock
from app.docket.tallies import AT_ONCE, fold
from app.statistics.reports import freeze

EVERY_SECONDS = 2.0
_log = structlog.get_logger(__name__)


async def keep_statistics(engine: AsyncEngine, clock: type_clock, zone: ZoneInfo) -> None:
    """Fold every two seconds and freeze what ended, once a local day, until cancelled."""
    frozen_on: date | None = None
    while True:
        try:
            async with driver_connection(engine) as connection:
                while await fold(connection) == AT_ONCE:
                    pass
            now = clock()
            today = now.astimezone(zone).date()
            if today != frozen_on:
                await freeze(engine, now, zone)
                frozen_on = today
        except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("statistics wait for the database", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)
