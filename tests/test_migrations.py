"""The migrations lead to exactly the tables that the code declares, and back."""

import asyncio

from sqlalchemy import inspect

from app import migrate
from app.db import READER, WRITER, create_engine
from tests.guard.asking import rows
from tests.guard.rights import TABLES, Seen


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


def test_every_table_is_listed_with_what_each_role_may_do_and_the_database_agrees(database_url: str) -> None:
    """A table that is missing here: list it in tests/guard/rights.py, and grant in its migration what the list says."""
    found = rows(
        database_url,
        None,
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced, array(SELECT polname::text FROM pg_policy "
        "WHERE polrelid = pg_class.oid ORDER BY 1) AS policies FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
    )
    granted = rows(
        database_url,
        None,
        "SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges "
        "WHERE table_schema = 'public'",
    )
    assert {one.relname for one in found} == set(TABLES)
    for one in found:
        listed, own = TABLES[one.relname], TABLES[one.relname].seen is Seen.OWN
        rights = {who: {g[2] for g in granted if g[:2] == (one.relname, who)} for who in (WRITER, READER, "PUBLIC")}
        reads = set() if listed.seen is Seen.NONE else {"SELECT"}
        assert rights == {WRITER: listed.writes | {"SELECT"}, READER: reads, "PUBLIC": set()}, one.relname
        assert (one.forced, one.policies) == (own, ["every_row", "own_rows"] if own else []), one.relname
