"""The background loops alone, for a site that runs several `serve --no-worker`."""

import asyncio
import signal

from app import logs, loops
from app.access.days import keep_access_log
from app.attachments.service import keep_swept
from app.attachments.store import open_store
from app.config import Settings
from app.db import WRITER, create_engine
from app.docket.assembly import open_means
from app.docket.docket import Docket
from app.docket.erasures import erased_again, keep_erasures
from app.docket.issuer import utc_now
from app.docket.matching import MatchLoop
from app.docket.ticking import TimeLoop
from app.registry.exchange_keys import OwnLog, WrappedKeys, log_origin, open_ring, witness_keys
from app.registry.taking_effect import keep_enrolments
from app.registry.voice import Voice
from app.statistics.upkeep import keep_statistics
from app.transparency.assembly import open_log, read_policy
from app.vault import open_vault


async def run(settings: Settings, database_url: str) -> None:
    """Run until SIGTERM or SIGINT. Several workers may run: one leads, the others wait to take over."""
    logs.configure(settings.log_level)
    stopped = asyncio.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, stopped.set)
    engine = create_engine(database_url, application_name="leadbridge-worker", role=WRITER)
    vault = open_vault(settings)
    ring = await open_ring(engine, WrappedKeys(vault), utc_now)
    voice = Voice(settings.exchange_id, ring, settings.zone)
    store = open_store(settings)
    compared = await erased_again(engine, vault, store, voice)
    means = await open_means(settings, engine, vault, voice)
    transparency = open_log(
        engine,
        utc_now,
        OwnLog(ring, log_origin(settings.exchange_id)),
        lambda: witness_keys(ring, settings.exchange_id),
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
        keep_swept(engine, store, utc_now),
        keep_statistics(engine, utc_now, settings.zone),
        keep_enrolments(engine, voice, utc_now),
        keep_access_log(engine, utc_now, settings.zone),
        keep_erasures(engine, vault, store, voice, utc_now, compared=compared),
    )
    tasks = {asyncio.create_task(loop) for loop in running}
    stop_asked = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({*tasks, stop_asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await loops.stop({*tasks, stop_asked})
        await engine.dispose()
