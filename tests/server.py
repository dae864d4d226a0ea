"""A real server for tests: the application in a uvicorn thread on a free port, with real commits behind it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.config import Settings
from app.deps import TimeSource
from app.docket.issuer import utc_now
from app.main import create_app
from app.serving.server import server_of

EXCHANGE_ID = "exchange-test"


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
    while not server.started:
        thread.join(0.01)
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
