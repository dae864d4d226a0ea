"""`serve`, `worker` and `migrate`: the service itself."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

import typer

from app import embedded_postgres
from app.commands.database import connected, migrated
from app.commands.local_files import with_files_read
from app.commands.master_key import database_behind_master_key
from app.commands.stopping import terminated_is_interrupted
from app.config import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65535)] = None,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Without the background loops.")] = False,
) -> None:
    """Run the API and the background loops in one process."""
    from app import main

    settings = with_files_read(with_options(host=host, port=port))
    with terminated_is_interrupted(), database_behind_master_key(settings) as url, looked_after(settings, url):
        run(main.serve(settings, database_url=url, worker=not no_worker))


def worker() -> None:
    """Run only the background loops, beside one or more `serve --no-worker`."""
    from app import worker as loops

    settings = with_files_read(Settings())
    with terminated_is_interrupted(), database_behind_master_key(settings) as url, looked_after(settings, url):
        run(loops.run(settings, url))


def migrate() -> None:
    """Bring the database to the newest schema."""
    with connected(Settings()) as url:
        typer.echo("migrated" if migrated(url) else "nothing to do: the database is current")


def looked_after(settings: Settings, url: str) -> AbstractContextManager[None]:
    """Return what keeps an embedded database running; one given by URL is somebody else's to keep."""
    return embedded_postgres.kept(settings.data_dir, url) if settings.database_url is None else nullcontext()


def with_options(*, host: str | None, port: int | None) -> Settings:
    """Return the settings of the environment, with what the command line says instead."""
    given: dict[str, Any] = {"host": host, "port": port}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def run(service: Coroutine[Any, Any, None]) -> None:
    """Run until it ends; Ctrl-C is a way to end, not a failure. uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        factory = None
    else:
        factory = uvloop.new_event_loop
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(service)
    except KeyboardInterrupt:
        return
