"""Tasks for several processes; their results come in the order of the tasks: so does the first contradiction."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")


async def in_order(pool: Executor, check: Callable[[A], R], tasks: AsyncIterator[A], jobs: int) -> AsyncIterator[R]:
    """Yield the result of each task, with a few more under way."""
    loop, under_way = asyncio.get_running_loop(), deque[asyncio.Future[R]]()
    async for task in tasks:
        under_way.append(loop.run_in_executor(pool, check, task))
        if len(under_way) > 2 * jobs:
            yield await under_way.popleft()
    while under_way:
        yield await under_way.popleft()
