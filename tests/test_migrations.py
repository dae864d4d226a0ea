"""The migrations lead to exactly the tables that the code declares, and back."""

import asyncio
import re

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from app import migrate
from app.db import READER, WRITER, create_engine
from tests.cli.command_line import leadbridge
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


def test_one_migration_follows_the_other_and_a_revision_has_the_name_of_its_file() -> None:
    """Two heads are two databases of one version. By its name a revision differs from those before 0.1."""
    chain = ScriptDirectory(str(migrate.MIGRATIONS))
    assert (len(chain.get_bases()), len(chain.get_heads())) == (1, 1)
    newest_first = [script.revision for script in chain.walk_revisions()]
    files = sorted((migrate.MIGRATIONS / "versions").glob("*.py"), reverse=True)
    assert newest_first == [file.stem for file in files]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]{1,27}", one) for one in newest_first), "alembic_version holds 32 signs"


def test_constraints_and_indexes_bear_the_name_of_their_table(database_url: str) -> None:
    found = rows(
        database_url,
        None,
        "SELECT relname, conname AS name FROM pg_constraint JOIN pg_class t ON t.oid = conrelid "
        "WHERE connamespace = 'public'::regnamespace AND contype <> 'n' "
        "UNION SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    )
    ours = [one for one in found if one.relname != "alembic_version"]
    assert len(ours) > 100
    strange = [one for one in ours if not re.fullmatch(rf"(pk|uq|ix|fk|ck)_{one.relname}(_\w+)?", one.name)]
    assert strange == []


@pytest.mark.parametrize(
    ("revision", "said"), [("0013", "by a version before 0.1"), ("0002_of_tomorrow", "by a later version")]
)
def test_a_database_of_another_chain_is_refused_in_one_line(database_url: str, revision: str, said: str) -> None:
    rows(database_url, None, f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608 (ours)
    for words in (("migrate",), ("serve", "--port", "0")):
        answer = leadbridge(*words, LEADBRIDGE_DATABASE_URL=database_url, LEADBRIDGE_MASTER_KEY="a" * 43 + "=")
        assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (1, "", 1), answer.stderr
        assert answer.stderr.startswith("leadbridge: the database was made ")
        assert said in answer.stderr


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
