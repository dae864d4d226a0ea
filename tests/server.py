"""A real server for tests: the application in a uvicorn thread on a free port, with real commits behind it."""

import asyncio
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from app.config import Settings
from app.deps import TimeSource
from app.main import create_app
from app.serving.server import server_of
from app.times import utc_now
from tests.waiting import until

EXCHANGE_ID = "exchange-test"


def free_port() -> int:
    """Return a port on which nobody listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until `/readyz` of a process says so; AssertionError with the end of its log when it never does."""

    def ready() -> bool:
        assert process.poll() is None, f"it ended: {log.read_text()[-2000:]}"
        with suppress(httpx.TransportError):
            return httpx.get(f"{url}/readyz", trust_env=False).is_success
        return False

    until(f"{url}/readyz", ready, there=lambda: log.read_text()[-2000:])


@contextmanager
def serving(
    database_url: str, data_dir: Path, *, clock: TimeSource = utc_now, worker: bool = True, **settings: Any
) -> Iterator[str]:
    """Run the service and yield its address; on the way out it stops as it does on SIGTERM."""
    configured = Settings(**{"data_dir": data_dir, "exchange_id": EXCHANGE_ID, "port": 0, **settings})
    app = create_app(configured, database_url=database_url, clock=clock, worker=worker)
    server = server_of(app, configured)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    until("the server starts, or its thread ends", lambda: server.started or not thread.is_alive())
    assert server.started, "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
