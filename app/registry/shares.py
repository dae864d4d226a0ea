"""A share of the service for each agency: what one asks for too much of, it waits for itself, and nobody else does."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from app.errors import TooManyRequests


class Gate:
    """At most `total` at once, at most `each` of one agency; so many of it wait as `waiting` says, the rest is refused.

    Places that get free go round among the agencies that wait, whatever each has waiting.
    """

    def __init__(self, *, total: int, each: int, waiting: int) -> None:
        self._total, self._each, self._most_waiting = total, each, waiting
        self._inside: Counter[str] = Counter()
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def place(self, node_id: str) -> AsyncIterator[None]:
        """Hold a place for the time of a `with`; raise `TooManyRequests` with `Retry-After` when too many wait."""
        if node_id in self._queues or not self._free(node_id):
            await self._wait(node_id)
        else:
            self._inside[node_id] += 1
        try:
            yield
        finally:
            self._leave(node_id)

    def _free(self, node_id: str) -> bool:
        return self._inside.total() < self._total and self._inside[node_id] < self._each

    async def _wait(self, node_id: str) -> None:
        queue = self._queues.get(node_id, deque())
        if len(queue) >= self._most_waiting:
            raise TooManyRequests(
                "Too many requests of this agency are under way; try again later.",
                "本单位同时进行的请求过多，请稍后再试。",
                headers={"Retry-After": "2"},
            )
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._queues[node_id] = queue
        try:
            await turn
        except asyncio.CancelledError:
            # The turn may have come in the moment in which it was given up.
            if turn.done() and not turn.cancelled():
                self._leave(node_id)
            raise

    def _leave(self, node_id: str) -> None:
        self._inside[node_id] -= 1
        if not self._inside[node_id]:
            del self._inside[node_id]
        while (turn := self._next()) is not None:
            turn.set_result(None)

    def _next(self) -> "asyncio.Future[None] | None":
        """Return whose turn it is, with its place taken already."""
        for node_id in list(self._queues):
            queue = self._queues[node_id]
            while queue and queue[0].done():
                queue.popleft()
            if queue and not self._free(node_id):
                continue
            # Whoever gets a place stands last from now on.
            del self._queues[node_id]
            if queue:
                turn = queue.popleft()
                self._inside[node_id] += 1
                if queue:
                    self._queues[node_id] = queue
                return turn
        return None


class Shares:
    """The gates of one process. Reads are as many as the reader's pool has connections, uploads as the store takes."""

    def __init__(self) -> None:
        self.acts = Gate(total=1024, each=256, waiting=1024)
        self.reads = Gate(total=12, each=4, waiting=256)
        self.polls = Gate(total=2000, each=100, waiting=0)
        self.uploads = Gate(total=8, each=2, waiting=32)
        self.downloads = Gate(total=16, each=4, waiting=32)

    def gate_of(self, request: Request) -> Gate:
        """Return the gate for a request that bears a node's token."""
        path = request.scope["path"]
        if path.startswith("/v1/attachments/") and request.method in ("GET", "PUT"):
            return self.uploads if request.method == "PUT" else self.downloads
        if path.endswith("/bundle"):
            return self.downloads
        return self.polls if path == "/v1/inbox" and "wait" in request.query_params else self.reads
