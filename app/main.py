"""The service: assembled here, and nowhere else."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from alembic.script import ScriptDirectory
from fastapi import FastAPI

from app import __version__, health, logs, loops, problem_pages, problems
from app.access.days import keep_access_log
from app.access.recorder import Recorder
from app.admin import access_log, calendar
from app.admin import routes as admin
from app.admin import statistics as admin_statistics
from app.admin.people import Door
from app.attachments import routes as attachments
from app.attachments.service import keep_swept
from app.attachments.store import open_store
from app.bundles import proof_routes
from app.bundles import routes as bundle_routes
from app.config import Settings
from app.db import READER, WRITER, create_engine
from app.deps import TimeSource
from app.docket.assembly import open_means
from app.docket.docket import Docket
from app.docket.erasures import erased_again, keep_erasures
from app.docket.issuer import utc_now
from app.docket.matching import MatchLoop
from app.docket.ticking import TimeLoop
from app.docs_ui import routes as docs_ui
from app.docs_ui.description import DESCRIPTION, TAGS
from app.errors import WeakKey
from app.intake.door import ActDoor
from app.intake.intake import Intake
from app.intake.limits import RequestLimit
from app.intake.routes import act_routes, with_whole_examples
from app.migrate import MIGRATIONS
from app.registry import register_routes
from app.registry import routes as registry
from app.registry.exchange_keys import OwnLog, WrappedKeys, log_origin, open_ring, witness_keys
from app.registry.taking_effect import keep_enrolments
from app.registry.voice import Voice
from app.serving.server import server_of
from app.signing import sm2
from app.statistics.upkeep import keep_statistics
from app.transparency import routes as log
from app.transparency.assembly import open_log, read_policy
from app.vault import open_vault
from app.views import routes as views
from app.views import statistics_routes
from app.views.inbox_wait import Inboxes


class Service(FastAPI):
    """The application, with an OpenAPI document that says what is meant."""

    def openapi(self) -> dict[str, Any]:
        return with_whole_examples(super().openapi())


def create_app(settings: Settings, *, database_url: str, clock: TimeSource = utc_now, worker: bool = True) -> FastAPI:
    """Return the application. Its lifespan runs the docket and, with `worker`, the background loops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(app, settings, database_url, clock, worker=worker):
            yield

    app = Service(
        title="LeadBridge 线索桥",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    for router in (
        act_routes(),
        views.router,
        statistics_routes.router,
        proof_routes.router,
        bundle_routes.router,
        log.router,
        attachments.router,
        registry.router,
        register_routes.router,
        admin.router,
        calendar.router,
        admin_statistics.router,
        access_log.router,
        health.router,
        problem_pages.router,
    ):
        app.include_router(router)
    docs_ui.install(app)
    app.add_middleware(ActDoor, service=app)
    if settings.requests_per_second:
        app.add_middleware(RequestLimit, per_second=settings.requests_per_second)
    problems.install(app)
    return app


@asynccontextmanager
async def running(
    app: FastAPI, settings: Settings, database_url: str, clock: TimeSource, *, worker: bool
) -> AsyncIterator[None]:
    """Open what the routes use, run the loops, and close in order: accepted acts have been answered by then."""
    engine, reader = create_engine(database_url, role=WRITER), create_engine(database_url, role=READER)
    vault = open_vault(settings)
    ring = await open_ring(engine, WrappedKeys(vault), clock, with_sm2=settings.sm2_receipts)
    voice = Voice(settings.exchange_id, ring, settings.zone)
    means = await open_means(settings, engine, vault, voice)
    directory, issuer = means.directory, means.issuer
    transparency = open_log(
        engine,
        clock,
        OwnLog(ring, log_origin(settings.exchange_id)),
        lambda: witness_keys(ring, settings.exchange_id),
        read_policy(settings.witness_policy),
    )
    await transparency.published.refresh()
    store = open_store(settings)
    compared = await erased_again(engine, vault, store, voice)
    docket = Docket(engine, means, clock, limit=settings.queue_limit, committed=transparency.sequencer.wake)
    inboxes = Inboxes(engine)
    app.state.settings, app.state.engine, app.state.clock, app.state.vault = settings, engine, clock, vault
    app.state.voice, app.state.directory, app.state.issuer = voice, directory, issuer
    app.state.reader = reader
    app.state.inboxes, app.state.door, app.state.attachments = inboxes, Door(), store
    app.state.intake = Intake(engine, directory, docket, issuer, clock, transparency.published)
    app.state.transparency = transparency
    app.state.recorder = recorder = Recorder(engine, clock, settings.zone)
    app.state.newest_migration = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    app.state.working_days, app.state.number_key = means.working_days, means.index_key
    background = [
        docket.run(),
        recorder.run(),
        directory.listen(),
        means.working_days.keep_fresh(),
        inboxes.listen(),
        transparency.published.listen(),
    ]
    if worker:
        time_loop = TimeLoop(engine, docket, clock, settings.zone)
        background += [*transparency.background(), time_loop.run(), MatchLoop(engine, docket).run()]
        background += [keep_swept(engine, store, clock), keep_statistics(engine, clock, settings.zone)]
        background += [keep_enrolments(engine, voice, clock), keep_access_log(engine, clock, settings.zone)]
        background += [keep_erasures(engine, vault, store, voice, clock, compared=compared)]
    tasks = [asyncio.create_task(loop) for loop in background]
    # What lives now lives for ever: without this the collector walks it at every full collection.
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        await loops.stop(tasks)
        await engine.dispose()
        await reader.dispose()


async def serve(settings: Settings, *, database_url: str, worker: bool, clock: TimeSource = utc_now) -> None:
    """Serve until stopped. On a signal no new request is taken and those under way are answered.

    Raises `WeakKey` where SM2 receipts are configured and no libcrypto can make them.
    """
    logs.configure(settings.log_level)
    lacking = sm2.unavailable()
    if lacking is not None:
        structlog.get_logger(__name__).warning(f"SM2 unavailable: {lacking}")
        if settings.sm2_receipts:
            raise WeakKey(f"LEADBRIDGE_SM2_RECEIPTS is set, but SM2 is unavailable: {lacking}.", "本机无法使用 SM2。")
    app = create_app(settings, database_url=database_url, clock=clock, worker=worker)
    await server_of(app, settings).serve()
