"""The background loops alone, for a site that runs several `serve --no-worker`."""

import asyncio
import signal

from app import logs
from app.attachments.service import keep_swept
from app.attachments.store import open_store
from app.config import Settings
from app.db import create_engine
from app.docket.issuer import utc_now
from app.transparency.sequencer import Sequencer


async def run(settings: Settings, database_url: str) -> None:
    """Run until SIGTERM or SIGINT. Several workers may run: one leads, the others wait to take over."""
    logs.configure(settings.log_level)
    stopped = asyncio.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, stopped.set)
    engine = create_engine(database_url, application_name="leadbridge-worker")
    sequencer, store = Sequencer(engine, utc_now), open_store(settings)
    loops = {asyncio.create_task(loop) for loop in (sequencer.run(), keep_swept(engine, store, utc_now))}
    stop_asked = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({*loops, stop_asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*loops, stop_asked):
            task.cancel()
        await asyncio.wait({*loops, stop_asked})
        await engine.dispose()
