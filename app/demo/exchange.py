"""`python -m app.demo.exchange CLOCK`: an exchange as `leadbridge serve` runs it, but by the clock of the story."""

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

from app import embedded_postgres, main
from app.config import Settings
from app.demo.clock import Hand


def run(clock: Path) -> None:
    """Serve until stopped; the database is the one that already runs for the settings' `data_dir`."""
    # uvicorn stops its server and then raises SIGTERM again: it must unwind, not end the process where it stands.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = Settings()
    with suppress(KeyboardInterrupt), embedded_postgres.running(settings.data_dir) as url:
        asyncio.run(main.serve(settings, database_url=url, worker=True, clock=Hand(clock)))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
