"""The service as an HTTP application."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI

from app import __version__, health, logs, loops, problem_pages, problems
from app.admin import access_log, calendar
from app.admin import routes as admin
from app.admin import statistics as admin_statistics
from app.attachments import routes as attachments
from app.bundles import proof_routes
from app.bundles import routes as bundle_routes
from app.config import Settings
from app.deps import TimeSource
from app.docs_ui import routes as docs_ui
from app.docs_ui.description import DESCRIPTION, TAGS
from app.errors import WeakKey
from app.intake.door import ActDoor
from app.intake.limits import RequestLimit
from app.intake.routes import act_routes, with_whole_examples
from app.registry import register_routes
from app.registry import routes as registry
from app.service import opened_service
from app.serving.server import server_of
from app.signing import sm2
from app.times import utc_now
from app.transparency import routes as log
from app.views import routes as views
from app.views import statistics_routes


class Api(FastAPI):
    """The application, with an OpenAPI document that says what is meant."""

    def openapi(self) -> dict[str, Any]:
        return with_whole_examples(super().openapi())


def create_app(settings: Settings, *, database_url: str, clock: TimeSource = utc_now, worker: bool = True) -> FastAPI:
    """Return the application. Its lifespan runs the docket and, with `worker`, the background loops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(app, settings, database_url, clock, worker=worker):
            yield

    app = Api(
        title="LeadBridge 线索桥",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # A redirect would lead to wherever the `Host` header says.
        redirect_slashes=False,
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
    sm2_receipts = settings.sm2_receipts
    opening = opened_service(settings, database_url, clock, application_name="leadbridge", with_sm2=sm2_receipts)
    async with opening as service:
        app.state.parts = service.parts()
        background = [*service.committing(), *service.answering(), *(service.working() if worker else ())]
        tasks = [asyncio.create_task(loop) for loop in background]
        # What lives now lives for ever: without this the collector walks it at every full collection.
        gc.collect()
        gc.freeze()
        try:
            yield
        finally:
            await loops.stop(tasks)


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
