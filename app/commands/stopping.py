"""How a command that runs until it is told to stop is told."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def terminated_is_interrupted() -> Iterator[None]:
    """Let SIGTERM unwind as Ctrl-C does.

    Otherwise the process dies where it stands, and a database that it started runs on. uvicorn stops
    its server first and then raises the signal again, for whoever handled it before: us.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
