"""The background loops alone, for a site that runs several `serve --no-worker`."""

import asyncio
import signal

from app import logs, loops
from app.config import Settings
from app.service import opened_service
from app.times import utc_now


async def run(settings: Settings, database_url: str) -> None:
    """Run until SIGTERM or SIGINT. Several workers may run: one leads, the others wait to take over."""
    logs.configure(settings.log_level)
    stopped = asyncio.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, stopped.set)
    # A worker signs no receipts, so that it needs no libcrypto that knows SM2.
    opening = opened_service(settings, database_url, utc_now, application_name="leadbridge-worker", with_sm2=False)
    async with opening as service:
        tasks = {asyncio.create_task(loop) for loop in (*service.committing(), *service.working())}
        stop_asked = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait({*tasks, stop_asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await loops.stop({*tasks, stop_asked})
