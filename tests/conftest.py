"""The floor of the tests: one real PostgreSQL, migrated once into a template, cloned for those who commit.

`LEADBRIDGE_TEST_DATABASE_URL` names another server to use; its role must be able to create databases.
"""

import asyncio
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url, text

from app import embedded_postgres, migrate
from app.db import create_engine


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database on a server where databases may be made; its own tables are not to be touched."""
    given = os.environ.get("LEADBRIDGE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with embedded_postgres.running(tmp_path_factory.mktemp("database"), durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> Iterator[str]:
    """The name of a database in which the real migrations ran; nobody may connect to it, only clone it."""
    with new_database(postgres_url) as url:
        migrate.upgrade(url)
        yield database_name(url)


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The URL of a migrated, empty database for one test (about 0.1 s); commits and triggers are real."""
    with new_database(postgres_url, template=template_database) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The same for all tests of one module, which then see each other's rows."""
    with new_database(postgres_url, template=template_database) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """The URL of a database without any table, for tests of the migrations themselves."""
    with new_database(postgres_url) as url:
        yield url


@contextmanager
def new_database(server_url: str, *, template: str = "template1") -> Iterator[str]:
    """Make a database from `template` and yield its URL; afterwards it is dropped under whoever still uses it."""
    name = f"test_{uuid.uuid4().hex}"
    execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def database_name(url: str) -> str:
    name = make_url(url).database
    assert name is not None
    return name


def execute(url: str, statement: str) -> None:
    """Run one statement that PostgreSQL allows in no transaction."""

    async def run() -> None:
        engine = create_engine(url)
        try:
            async with engine.connect() as connection:
                autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await autocommit.execute(text(statement))
        finally:
            await engine.dispose()

    asyncio.run(run())
