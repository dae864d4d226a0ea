"""`python -m demo.exchange CLOCK`: an exchange as `leadbridge serve` runs it, but by the clock of the story.

It ends when its standard input does: whoever started it and was killed leaves nothing running.
"""

import asyncio
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from app import embedded_postgres, main
from app.config import Settings
from demo.clock import Hand


def run(clock: Path) -> None:
    """Serve until stopped; the database is the one that already runs for the settings' `data_dir`."""
    # uvicorn stops its server and then raises SIGTERM again: it must unwind, not end the process where it stands.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_end_with_input, daemon=True).start()
    settings = Settings()
    with suppress(KeyboardInterrupt), embedded_postgres.running(settings.data_dir) as url:
        asyncio.run(main.serve(settings, database_url=url, worker=True, clock=Hand(clock)))


def _end_with_input() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
