"""Long polls: one LISTEN connection a process wakes those whose inbox has something new."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from app import loops
from app.errors import Overloaded
from app.transparency.sequencer import CHANNEL

MOST_WAITERS = 2000
LOOK_SECONDS = 2.0
BREATH = 0.02
HEADS = """
    SELECT wanted.node_id, (SELECT max(seq) FROM inbox WHERE inbox.node_id = wanted.node_id) AS head
    FROM unnest($1::text[]) AS wanted (node_id)
"""
WAITING = Gauge("leadbridge_inbox_waiters", "requests that wait for an inbox item")


@dataclass(eq=False, slots=True)
class Waiter:
    """One request that waits for an item numbered above `after`."""

    node: str
    after: int
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float, request: Request) -> None:
        """Return when woken, when the time is over, or when the client has gone."""
        tasks = {asyncio.create_task(self.woken.wait()), asyncio.create_task(_gone(request))}
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Inboxes:
    """Wakes waiting requests. Each notification costs one query for all waiters together, not one for each."""

    def __init__(self, engine: AsyncEngine, *, limit: int = MOST_WAITERS) -> None:
        self._engine = engine
        self._limit = limit
        # Owned here, touched on the event loop alone, never with an `await` between looking and changing: requests
        # enter and leave in `waiting`, the task of `listen` only reads. `close` sets `_closed` once, for good.
        self._waiters: set[Waiter] = set()
        self._closed = False
        WAITING.set_function(lambda: len(self._waiters))

    @contextmanager
    def waiting(self, node: str, after: int) -> Iterator[Waiter]:
        """Enter a waiter for the time of a `with`; raise `Overloaded` when there are too many."""
        if len(self._waiters) >= self._limit:
            raise Overloaded("Too many requests wait for inbox items.", "等待收件的请求过多。", retry_after=5)
        waiter = Waiter(node, after)
        if self._closed:
            waiter.woken.set()
        self._waiters.add(waiter)
        try:
            yield waiter
        finally:
            self._waiters.discard(waiter)

    def close(self) -> None:
        """End every wait, and let none begin: the service is shutting down."""
        self._closed = True
        for waiter in self._waiters:
            waiter.woken.set()

    async def listen(self) -> None:
        """Wake waiters until cancelled: at each notification, and every 2 s whatever happens."""
        try:
            await loops.listen("inboxes", self._engine, CHANNEL, self._look, every=LOOK_SECONDS, breath=BREATH)
        finally:
            self.close()

    async def _look(self, connection: "asyncpg.Connection[Any]") -> None:
        asleep = [waiter for waiter in self._waiters if not waiter.woken.is_set()]
        if not asleep:
            return
        rows = await connection.fetch(HEADS, list({waiter.node for waiter in asleep}))
        heads = {row["node_id"]: row["head"] or 0 for row in rows}
        for waiter in asleep:
            if heads[waiter.node] > waiter.after:
                waiter.woken.set()
