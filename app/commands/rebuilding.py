"""`rebuild --check`: the stored cases held against their acts."""

import asyncio
from typing import Annotated

import typer

from app.commands.failure import CommandFailed
from app.commands.local_files import with_files_read
from app.commands.master_key import database_behind_master_key
from app.config import Settings


def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Compare only; nothing is written.")] = False,
) -> None:
    """Fold all acts and notices of every case anew and compare; status 1 names the first case that differs."""
    if not check:
        raise CommandFailed("give --check: cases are compared with their acts, never overwritten")
    settings = with_files_read(Settings())
    with database_behind_master_key(settings) as url:
        asyncio.run(check_cases(settings, url))


async def check_cases(settings: Settings, database_url: str) -> None:
    from app.audit.cases import compare as rebuilding
    from app.db import WRITER, create_engine
    from app.docket.local_limits import read_limits
    from app.vault import open_vault

    def progress(count: rebuilding.RebuildCount) -> None:
        typer.echo(f"{count.cases} cases, {count.acts} acts and notices", err=True)

    engine = create_engine(database_url, pool_size=1, role=WRITER)
    try:
        limits = read_limits(settings.deadlines_file)
        count = await rebuilding.check(engine, open_vault(settings), settings, limits, progress)
    except rebuilding.CaseDiffers as differs:
        raise CommandFailed(str(differs)) from differs
    finally:
        await engine.dispose()
    typer.echo(f"{count.cases} cases rebuilt from {count.acts} acts and notices: each is as it is stored")
