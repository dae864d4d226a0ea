"""The HTTP server of an application."""

import asyncio
import socket
from functools import partial
from typing import cast

import structlog
import uvicorn
from fastapi import FastAPI

from app.config import Settings
from app.deps import parts_of
from app.serving.bounds import Bounds
from app.serving.connections import Connections
from app.serving.descriptors import connections_allowed
from app.serving.protocol import BoundedProtocol
from app.views.inbox_wait import Inboxes

TICKS = 10  # of a second, in uvicorn's own loop
_log = structlog.get_logger(__name__)


def server_of(app: FastAPI, settings: Settings) -> "Server":
    """Return the server of an application, where the settings say."""
    bounds = Bounds(
        connections=connections_allowed(settings.connections),
        connections_per_address=settings.connections_per_address,
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
    )
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=20,
        timeout_keep_alive=30,
    )
    proxies = config.forwarded_allow_ips
    connections = Connections(bounds, proxies.split(",") if isinstance(proxies, str) else proxies)
    config.http = cast(type[asyncio.Protocol], partial(BoundedProtocol, connections=connections))
    _log.info("bounds", connections=bounds.connections, per_address=bounds.connections_per_address)
    return Server(config, app, connections)


class Server(uvicorn.Server):
    """Counts time for its connections, and ends long polls first when it is told to stop."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, connections: Connections) -> None:
        super().__init__(config)
        self._app = app
        self._connections = connections

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS == 0:
            self._connections.tick(1.0)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        parts_of(self._app).of(Inboxes).close()
        await super().shutdown(sockets)
