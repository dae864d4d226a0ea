"""`admin add`: the people who administer an exchange, straight into its database."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.commands.database import database
from app.commands.failure import CommandFailed
from app.commands.passwords import password_of
from app.config import Settings

admin = typer.Typer(help="People who administer the exchange.", no_args_is_help=True)


@admin.callback()
def people_of_the_exchange() -> None:
    """Keep `add` a command of its own: typer would fold a group of one command into the group."""


@admin.command()
def add(
    name: Annotated[str, typer.Argument(help="Login name.")],
    role: Annotated[list[str], typer.Option(help="registrar, auditor or operator; may be repeated.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")] = False,
) -> None:
    """Add a person. Works beside a running `serve`."""
    password = password_of(from_stdin=password_stdin, confirm=True)
    with database(Settings()) as url:
        asyncio.run(add_person(url, name, role, password))
    typer.echo(f"added {name}: {', '.join(role)}")


async def add_person(url: str, name: str, roles: list[str], password: str) -> None:
    from app.admin import people
    from app.db import WRITER, create_engine

    engine = create_engine(url, pool_size=1, role=WRITER)
    try:
        await people.add_person(engine, name, roles, password, datetime.now(UTC))
    except people.PersonRefused as refused:
        raise CommandFailed(str(refused)) from refused
    finally:
        await engine.dispose()
