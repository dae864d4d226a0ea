"""The master key, tried before a command does anything: what is wrong with it is said in one line."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from app.commands.database import database
from app.commands.failure import CommandFailed
from app.config import Settings
from app.vault import LocalVault, master_key_file, read_master_keys

# A handful of rows, which every process of the service opens at its start.
_TRIED = ("exchange_key", "secret")


@contextmanager
def database_behind_master_key(settings: Settings) -> Iterator[str]:
    """Yield the URL of a migrated database whose wrapped keys the settings' master key opens, or that has none yet.

    Raises UnusableMasterKey for what is no key, CommandFailed where the file of the key is gone (another one would be
    made), `InvalidTag` for a key that does not open what the database holds; and as `database` does.
    """
    current, former = read_master_keys(settings)
    with database(settings) as url:
        # Between two master keys the new one may still have to be made.
        newest, older = (former, None) if current is None else (current, former)
        if not asyncio.run(_tried(url, None if newest is None else LocalVault(newest, older))):
            raise CommandFailed(
                f"LEADBRIDGE_MASTER_KEY_FILE: {master_key_file(settings)}: no such file, and this database holds keys "
                "that a master key wrapped",
                "主密钥文件不存在，而本数据库中已有以主密钥加密的密钥",
            )
        yield url


async def _tried(url: str, vault: LocalVault | None) -> bool:
    """Unwrap what lies in the database; return whether there is a key, or nothing to open."""
    from app.admin.rewrapping import WRAPPED
    from app.db import WRITER, create_engine, driver_connection

    engine = create_engine(url, pool_size=1, role=WRITER)
    try:
        async with driver_connection(engine) as connection:
            for one in (one for one in WRAPPED if one.table in _TRIED):
                for row in await connection.fetch(f"SELECT * FROM {one.table}"):  # noqa: S608 (names of ours)
                    if vault is None:
                        return False
                    vault.unwrap(row[one.column], one.context(row))
    finally:
        await engine.dispose()
    return True
