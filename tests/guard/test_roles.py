"""What each role of the service may do: the writer cannot change evidence, the reader cannot write."""

from uuid import uuid4

import pytest
from sqlalchemy import Executable, delete, insert, table, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import migrate
from app.db import READER, WRITER, Table
from tests.conftest import database_name, new_database
from tests.guard.asking import ask, rows
from tests.guard.rights import TABLES

EVIDENCE = sorted(name for name, table in TABLES.items() if table.writes == {"INSERT"})
# Written down once more: a slip in the list must not make evidence of nothing.
SURELY = {
    "act",
    "inbox",
    "log_entry",
    "log_subtree",
    "checkpoint",
    "checkpoint_cosignature",
    "report",
    "access_log",
    "access_day",
}
SURELY |= {"key_event", "key_request", "key_notice", "exchange_key_event"}


def refused(url: str, role: str, statement: str | Executable) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        rows(url, role, statement)


def test_the_list_has_what_is_evidence() -> None:
    assert set(EVIDENCE) >= SURELY


@pytest.mark.parametrize("name", EVIDENCE)
def test_the_writer_cannot_change_or_remove_evidence(database_url: str, name: str) -> None:
    of = Table.metadata.tables[name]
    field = next(one.name for one in of.columns if not one.identity)
    for statement in (of.update().values({field: None}), of.delete(), f"TRUNCATE {name} CASCADE"):
        refused(database_url, WRITER, statement)
    for change in ("DISABLE TRIGGER ALL", "DISABLE ROW LEVEL SECURITY", f'DROP COLUMN "{field}"'):
        refused(database_url, WRITER, f"ALTER TABLE {name} {change}")


def test_the_reader_can_write_into_no_table(database_url: str) -> None:
    for name in TABLES:
        for statement in (delete(table(name)), insert(table(name)), f'TRUNCATE "{name}"'):
            refused(database_url, READER, statement)


@pytest.mark.parametrize("role", [WRITER, READER])
def test_a_role_that_is_reset_is_the_same_role(database_url: str, role: str) -> None:
    async def question(engine: AsyncEngine) -> object:
        async with engine.connect() as connection:
            await connection.execute(text("RESET ROLE"))
            return await connection.scalar(text("SELECT current_user"))

    assert ask(database_url, role, question) == role


def test_the_roles_cannot_log_in_and_have_nothing_beside_their_grants(database_url: str) -> None:
    rights = "rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
    asked = text(f"SELECT {rights}, pg_has_role(:reader, :writer, 'MEMBER') FROM pg_roles WHERE rolname = ANY(:both)")  # noqa: S608 (ours)
    found = rows(database_url, None, asked.bindparams(reader=READER, writer=WRITER, both=[READER, WRITER]))
    assert found == [(False,) * 7] * 2


def test_a_login_that_may_not_make_or_take_the_roles_is_told_what_an_administrator_runs(postgres_url: str) -> None:
    """The login owns a schema and no more; here it is a role that every session in one database begins with."""
    name = f"plain_{uuid4().hex[:8]}"
    rows(postgres_url, None, f"CREATE ROLE {name}")
    rows(postgres_url, None, f"GRANT {name} TO CURRENT_USER")
    try:
        with new_database(postgres_url) as url:
            rows(url, None, f"GRANT ALL ON SCHEMA public TO {name}")
            rows(url, None, f"ALTER ROLE CURRENT_USER IN DATABASE {database_name(url)} SET role = {name}")
            with pytest.raises(DBAPIError, match=f"CREATE ROLE {WRITER} NOLOGIN.*TO {name}"):
                migrate.upgrade(url)
            rows(postgres_url, None, f"GRANT {WRITER}, {READER} TO {name}")
            migrate.upgrade(url)
            assert migrate.is_current(url)
    finally:
        rows(postgres_url, None, f"DROP ROLE {name}")
