"""Alembic's entry: one driver, one connection, every module with tables by name."""

import asyncio
import re
from typing import Any

from alembic import context
from sqlalchemy import Connection, text

import app.access.tables
import app.admin.tables
import app.docket.blind_index
import app.docket.index_keys
import app.docket.stat_tables
import app.docket.tables
import app.registry.tables
import app.transparency.tables  # noqa: F401  (imported for the tables that they define)
from app import locks
from app.db import Table, create_engine

PARTITION = re.compile(r"access_log_\d{4}_\d{2}")  # made while the service runs, one a month


def included(name: str | None, kind: str, _: Any) -> bool:
    return kind != "table" or name is None or PARTITION.fullmatch(name) is None


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Table.metadata, include_name=included, transaction_per_migration=False
    )
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": locks.MIGRATION})
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        context.run_migrations()


async def run() -> None:
    engine = create_engine(context.config.attributes["url"], application_name="leadbridge-migrate")
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(run())
