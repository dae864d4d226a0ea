"""The bench's own look into a database: one statement at a time, over the driver itself."""

import asyncio
from typing import Any

import asyncpg
from sqlalchemy import make_url

from app.db import create_engine, driver_connection
from app.migrate import upgrade


def fetch(url: str, statement: str, *parameters: object) -> list[asyncpg.Record]:
    """Return the rows of one statement, run in a connection and a transaction of its own."""

    async def run() -> list[asyncpg.Record]:
        engine = create_engine(url, pool_size=1, application_name="bench")
        try:
            async with driver_connection(engine) as connection:
                rows: list[asyncpg.Record] = await connection.fetch(statement, *parameters)
        finally:
            await engine.dispose()
        return rows

    return asyncio.run(run())


def value(url: str, statement: str, *parameters: object) -> Any:
    """Return the first column of the only row."""
    return fetch(url, statement, *parameters)[0][0]


def create_database(url: str, name: str) -> str:
    """Make an empty database on the same server and migrate it; return its URL."""
    fetch(url, f'CREATE DATABASE "{name}"')
    made = make_url(url).set(database=name).render_as_string(hide_password=False)
    upgrade(made)
    return made


def settle(*urls: str) -> None:
    """Do the housekeeping that earlier rounds left behind, so that autovacuum does not do it in the next one."""
    for url in urls:
        fetch(url, "VACUUM ANALYZE")
