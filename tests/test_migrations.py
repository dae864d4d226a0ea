"""The migrations lead to exactly the tables that the code declares, and back."""

import asyncio

from sqlalchemy import inspect

from app import migrate
from app.db import create_engine


def table_names(url: str) -> set[str]:
    async def names() -> set[str]:
        engine = create_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        finally:
            await engine.dispose()

    return asyncio.run(names())


def test_the_migrated_database_is_the_one_that_the_code_declares(database_url: str) -> None:
    migrate.check(database_url)
    assert migrate.is_current(database_url)


def test_every_migration_can_be_undone_and_done_again(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    migrated = table_names(empty_database_url)
    migrate.downgrade(empty_database_url, "base")
    assert table_names(empty_database_url) == {"alembic_version"}
    assert not migrate.is_current(empty_database_url)
    migrate.upgrade(empty_database_url)
    assert table_names(empty_database_url) == migrated
