"""`keys rotate`: the exchange's own keys, beside a running service."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from app.commands.database import database
from app.commands.failure import CommandFailed
from app.config import Settings

keys = typer.Typer(help="The exchange's own keys.", no_args_is_help=True)


class Purpose(StrEnum):
    """What a key of the exchange is for."""

    SIGNING = "signing"
    LOG = "log"
    WITNESS = "witness"
    SM2 = "sm2"


@keys.command()
def rotate(
    purpose: Annotated[Purpose, typer.Argument(help="Which key another shall follow.")],
    at_once: Annotated[
        bool, typer.Option("--at-once", help="The key may be in wrong hands: it does not count beside the new one.")
    ] = False,
) -> None:
    """Make a key that follows the current one; running processes go over to it by themselves."""
    from datetime import UTC, datetime

    from app.db import create_engine
    from app.registry.exchange_keys import WrappedKeys
    from app.registry.rotation import NothingToRotate
    from app.registry.rotation import rotate as follow
    from app.vault import open_vault

    async def run(url: str) -> tuple[str, str]:
        engine = create_engine(url, pool_size=1)
        try:
            store, now = WrappedKeys(open_vault(settings)), datetime.now(UTC)
            return await follow(engine, store, settings.exchange_id, purpose, now, at_once=at_once)
        finally:
            await engine.dispose()

    settings = Settings()
    with database(settings) as url:
        try:
            former, new = asyncio.run(run(url))
        except NothingToRotate as error:
            raise CommandFailed(f"the exchange has no {purpose} key yet") from error
    typer.echo(f"{purpose}: {new} follows {former}")
