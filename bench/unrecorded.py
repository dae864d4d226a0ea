"""`python -m bench.unrecorded`: the API as `leadbridge serve --no-worker` runs it, but no read is recorded.

For measuring what the access log costs. The service itself has no such switch, and must not have one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import uvloop
from fastapi import FastAPI

from app import embedded_postgres, logs
from app.access.recorder import Access, Recorder
from app.config import Settings
from app.deps import parts_of
from app.main import create_app
from app.serving.server import server_of


class Silent(Recorder):
    """Stands where the recorder stands, and says of every read that it is on record."""

    def enter(self, _: Access) -> "asyncio.Future[None]":
        kept = asyncio.get_running_loop().create_future()
        kept.set_result(None)
        return kept


async def serve(settings: Settings, url: str) -> None:
    """Serve until stopped."""
    logs.configure(settings.log_level)
    app = create_app(settings, database_url=url, worker=False)
    opened = app.router.lifespan_context

    @asynccontextmanager
    async def silenced(of: FastAPI) -> AsyncIterator[None]:
        async with opened(of):
            found = parts_of(of)
            silent = Silent(found.engine, found.clock, settings.zone)
            of.state.parts = replace(found, others=(silent, *found.others))
            yield

    app.router.lifespan_context = silenced
    await server_of(app, settings).serve()


if __name__ == "__main__":
    read = Settings()
    with (
        embedded_postgres.running(read.data_dir) as found,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(serve(read, found))
