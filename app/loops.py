"""Loops that live as long as the service: they outlast the absence of the database, and end when they are told to."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, TypeAlias

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import driver_connection

Connection: TypeAlias = "asyncpg.Connection[Any]"
LOST = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError)
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 15.0
STOP_SECONDS = 5.0
_log = structlog.get_logger(__name__)


async def repeat(what: str, turn: Callable[[], Awaitable[object]], every: float) -> None:
    """Take a turn every `every` seconds until cancelled. Turns that the database fails follow at growing pauses."""
    clock, failures = asyncio.get_running_loop().time, 0
    while True:
        began, pause = clock(), every
        try:
            await turn()
            failures = 0
        except LOST as error:
            end_if_cancelled()
            _log.warning("database lost", loop=what, error=type(error).__name__)
            failures = 1 if clock() - began > LONGEST_PAUSE else failures + 1
            pause = min(FIRST_PAUSE * 2 ** min(failures, 16), LONGEST_PAUSE) * random.uniform(0.5, 1.0)
        await asyncio.sleep(pause)


async def listen(
    what: str,
    engine: AsyncEngine,
    channel: str,
    look: Callable[[Connection], Awaitable[None]],
    *,
    every: float,
    breath: float = 0.0,
) -> None:
    """Look at each notification on `channel`, and every `every` seconds whatever happens, until cancelled.

    One connection is held for it. Looks are at least `breath` seconds apart: at a thousand commits a second, fifty
    of them are enough.
    """

    async def turn() -> None:
        async with driver_connection(engine) as connection:
            await _follow(connection, channel, look, every, breath)

    await repeat(what, turn, FIRST_PAUSE)


async def _follow(
    connection: Connection, channel: str, look: Callable[[Connection], Awaitable[None]], every: float, breath: float
) -> None:
    changed = asyncio.Event()

    def wake(*_: object) -> None:
        changed.set()

    connection.add_termination_listener(wake)
    try:
        await connection.add_listener(channel, wake)
        while not connection.is_closed():
            # Cleared before the look: what commits during it causes another one.
            changed.clear()
            await look(connection)
            await asyncio.sleep(breath)
            await wait(changed, every)
    finally:
        connection.remove_termination_listener(wake)
        # It listens until it ends, and nobody else may borrow a connection that does.
        connection.terminate()


async def lead(
    what: str, engine: AsyncEngine, lock: int, term: Callable[[Connection], Awaitable[None]], *, every: float
) -> None:
    """Run `term` while nobody else in the deployment does, until cancelled: whoever holds the advisory lock leads.

    Whoever does not lead, or whose term ended, tries again every `every` seconds.
    """

    async def turn() -> None:
        async with driver_connection(engine) as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock):
                return
            try:
                await term(connection)
                await connection.execute("SELECT pg_advisory_unlock($1)", lock)
            except BaseException:
                # The lock goes with the connection, whatever state it is in; the pool makes another.
                connection.terminate()
                raise

    await repeat(what, turn, every)


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after `seconds`.

    Not `asyncio.wait_for`: before Python 3.12 it forgets a cancellation that comes in the same moment as the event.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def end_if_cancelled() -> None:
    """Raise `CancelledError` if this task was told to end.

    Cleaning up after a cancellation may fail in its turn: the server answers the ROLLBACK, not the statement before
    it, with "cancelled". That error takes the place of the cancellation, and a loop that catches it would never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def stop(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel tasks and return when they have ended; after 5 s those that linger are named in the log and left."""
    ending = set(tasks)
    for task in ending:
        task.cancel()
    if not ending:
        return
    _, lingering = await asyncio.wait(ending, timeout=STOP_SECONDS)
    for task in lingering:
        _log.warning("a loop did not stop", loop=repr(task.get_coro()))
