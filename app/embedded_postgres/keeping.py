"""A server that dies under a running service is started again; where it cannot be, the service ends too."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from app.embedded_postgres import postmaster
from app.embedded_postgres.account import ServerNotStarted
from app.embedded_postgres.running import revive

LOOK_SECONDS = 1.0
_log = structlog.get_logger(__name__)


@contextmanager
def kept(data_dir: Path, url: str) -> Iterator[None]:
    """Look after the server behind `url`, which `running` gave for `data_dir`, for the time of a `with`.

    Where it cannot be started again in the same place, the process gets SIGTERM, as if it were told to stop, and
    ServerNotStarted is raised at the end.
    """
    ended, failures = threading.Event(), list[Exception]()
    watch = threading.Thread(target=_watch, args=(data_dir.resolve(), url, ended, failures), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()
        if failures:
            raise ServerNotStarted(f"the embedded PostgreSQL died and does not come back: {failures[0]}")


def _watch(data_dir: Path, url: str, ended: threading.Event, failures: list[Exception]) -> None:
    while not ended.wait(LOOK_SECONDS):
        if postmaster.find(data_dir / "postgres") is not None:
            continue
        _log.error("the embedded PostgreSQL is gone and is started again")
        try:
            found = revive(data_dir)
        except (OSError, ServerNotStarted) as failure:
            failures.append(failure)
        else:
            if found == url:
                continue
            failures.append(ServerNotStarted("it listens elsewhere now"))
        os.kill(os.getpid(), signal.SIGTERM)
        return
