"""The HTTP server of an application."""

import socket

import uvicorn
from fastapi import FastAPI

from app.config import Settings
from app.serving.protocol import BoundedProtocol


def server_of(app: FastAPI, settings: Settings) -> "Server":
    """Return the server of an application, where the settings say."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=20,
        timeout_keep_alive=30,
    )
    return Server(config, app)


class Server(uvicorn.Server):
    """Ends long polls first when it is told to stop: it would wait for each of them to the end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.inboxes.close()
        await super().shutdown(sockets)
