"""`keys rotate` and `keys rotate-master`: the exchange's own keys, beside a running service."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from app.commands.database import database
from app.commands.failure import CommandFailed
from app.commands.master_key import database_behind_master_key
from app.config import Settings

keys = typer.Typer(help="The exchange's own keys.", no_args_is_help=True)


class ExchangeKeyPurpose(StrEnum):
    """What a key of the exchange is for."""

    SIGNING = "signing"
    LOG = "log"
    WITNESS = "witness"
    SM2 = "sm2"


@keys.command()
def rotate(
    purpose: Annotated[ExchangeKeyPurpose, typer.Argument(help="Which key another shall follow.")],
    at_once: Annotated[
        bool, typer.Option("--at-once", help="The key may be in wrong hands: it does not count beside the new one.")
    ] = False,
) -> None:
    """Make a key that follows the current one; running processes go over to it by themselves."""
    from datetime import UTC, datetime

    from app.db import WRITER, create_engine
    from app.registry.exchange_keys import WrappedKeys
    from app.registry.rotation import NothingToRotate
    from app.registry.rotation import rotate as follow
    from app.vault import open_vault

    async def run(url: str) -> tuple[str, str]:
        engine = create_engine(url, pool_size=1, role=WRITER)
        try:
            store, now = WrappedKeys(open_vault(settings)), datetime.now(UTC)
            return await follow(engine, store, settings.exchange_id, purpose, now, at_once=at_once)
        finally:
            await engine.dispose()

    settings = Settings()
    with database_behind_master_key(settings) as url:
        try:
            former, new = asyncio.run(run(url))
        except NothingToRotate as error:
            raise CommandFailed(f"the exchange has no {purpose} key yet", f"本平台尚无 {purpose} 密钥") from error
    typer.echo(f"{purpose}: {new} follows {former}")


@keys.command()
def rotate_master() -> None:
    """Wrap every key by LEADBRIDGE_MASTER_KEY that LEADBRIDGE_FORMER_MASTER_KEY wrapped (or both by their _FILE).

    Every running process must have both by then. It may be killed and begun again; then the former key opens nothing.
    """
    from app.admin.rewrapping import RewrapCount, StillWrapped, rewrap_all
    from app.db import WRITER, create_engine
    from app.vault import open_vault

    settings = Settings()
    vault = open_vault(settings)
    if not vault.has_former:
        raise CommandFailed(
            "set LEADBRIDGE_FORMER_MASTER_KEY or _FILE to the key that is replaced",
            "请以 LEADBRIDGE_FORMER_MASTER_KEY 或其 _FILE 给出被替换的主密钥",
        )

    async def run(url: str) -> RewrapCount:
        engine = create_engine(url, pool_size=1, role=WRITER)
        try:
            return await rewrap_all(engine, vault, lambda _table, _tally: None)
        finally:
            await engine.dispose()

    with database(settings) as url:
        try:
            done = asyncio.run(run(url))
        except StillWrapped as error:
            raise CommandFailed(str(error)) from error
    typer.echo(f"{done.rewrapped} keys wrapped anew, {done.seen} in all; the former master key opens none of them")
