"""The background loops alone, for a site that runs several `serve --no-worker`."""

import asyncio
import signal

from app import logs
from app.attachments.service import keep_swept
from app.attachments.store import open_store
from app.config import Settings
from app.db import create_engine
from app.docket.assembly import open_means
from app.docket.docket import Docket
from app.docket.issuer import utc_now
from app.docket.matching import MatchLoop
from app.docket.ticking import TimeLoop
from app.registry.exchange_keys import KeyRing, ensure_exchange_keys, log_origin, witness_name
from app.registry.taking_effect import keep_enrolments
from app.registry.voice import Voice
from app.statistics.upkeep import keep_statistics
from app.transparency.assembly import open_log, read_policy
from app.transparency.checkpoint import Log, WitnessKey
from app.vault import open_vault


async def run(settings: Settings, database_url: str) -> None:
    """Run until SIGTERM or SIGINT. Several workers may run: one leads, the others wait to take over."""
    logs.configure(settings.log_level)
    stopped = asyncio.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, stopped.set)
    engine = create_engine(database_url, application_name="leadbridge-worker")
    vault = open_vault(settings)
    keys = await ensure_exchange_keys(engine, vault, utc_now())
    means = await open_means(settings, engine, vault, keys)
    transparency = open_log(
        engine,
        utc_now,
        Log(log_origin(settings.exchange_id), keys.log),
        WitnessKey(witness_name(settings.exchange_id), keys.witness),
        read_policy(settings.witness_policy),
    )
    docket = Docket(engine, means, utc_now, limit=settings.queue_limit, committed=transparency.sequencer.wake)
    running = (
        *transparency.background(),
        docket.run(),
        means.directory.listen(),
        means.working_days.keep_fresh(),
        TimeLoop(engine, docket, utc_now, settings.zone).run(),
        MatchLoop(engine, docket).run(),
        keep_swept(engine, open_store(settings), utc_now),
        keep_statistics(engine, utc_now, settings.zone),
        keep_enrolments(engine, Voice(settings.exchange_id, KeyRing(keys), settings.zone), utc_now),
    )
    loops = {asyncio.create_task(loop) for loop in running}
    stop_asked = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({*loops, stop_asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*loops, stop_asked):
            task.cancel()
        await asyncio.wait({*loops, stop_asked})
        await engine.dispose()
