"""Migrations as functions: bring a database to a revision, and ask whether it is there."""

import asyncio
import functools
import re
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.db import create_engine

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# What alembic_version says in a database of a build before 0.1. Today a revision has the name of its file.
_BEFORE_0_1 = re.compile(r"\d{4}")


class UnknownRevision(Exception):
    """The database stands at a revision that this version does not have, so nothing leads from there to its tables."""

    def __init__(self, revision: str) -> None:
        super().__init__(revision)
        self.is_older = _BEFORE_0_1.fullmatch(revision) is not None


def configuration(url: str) -> Config:
    """Return the Alembic configuration for a database; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up. Two callers at once wait for each other; blocks; not from within an event loop."""
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate down. Loses what the undone migrations kept."""
    command.downgrade(configuration(url), revision)


def check(url: str) -> None:
    """Raise `alembic.util.CommandError` if the tables in code and the migrated database differ."""
    command.check(configuration(url))


def is_current(url: str) -> bool:
    """Return whether the database is at the newest revision; raise `UnknownRevision` for one at none of ours."""

    async def current() -> str | None:
        engine = create_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
        finally:
            await engine.dispose()

    revision, chain = asyncio.run(current()), ScriptDirectory(str(MIGRATIONS))
    if revision is not None and revision not in {script.revision for script in chain.walk_revisions()}:
        raise UnknownRevision(revision)
    return revision == chain.get_current_head()


@functools.cache
def newest_revision() -> str | None:
    """Return the revision that the database of this version is at."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
