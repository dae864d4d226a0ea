"""Lead numbers `XS-<area6>-<kind>-<year>-<seq>`, handed out in blocks to each process: they may skip."""

from collections.abc import Iterator
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.kinds import Node
from app.db import driver_connection

FIRST_BLOCK = 10
LARGEST_BLOCK = 1000


class LeadNumbers:
    """The numbers of one process. A block is taken in a transaction of its own, so that no act waits on a counter."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # By prefix, owned here, touched on the event loop alone. Two committers may take blocks of one prefix at once:
        # the later one stays, and what the other held is skipped.
        self._blocks: dict[str, Iterator[int]] = {}
        self._size: dict[str, int] = {}

    async def next(self, node: Node, year: int) -> str:
        """Return a number that no other lead has or will have."""
        prefix = f"XS-{node.division_code[:6]}-{node.kind.upper()}-{year}"
        number = next(self._blocks.get(prefix, iter(())), None)
        if number is None:
            async with driver_connection(self._engine) as connection:
                number = await self._take_block(connection, prefix)
        return f"{prefix}-{number:06d}"

    async def _take_block(self, connection: "asyncpg.Connection[Any]", prefix: str) -> int:
        size = self._size.get(prefix, FIRST_BLOCK)
        self._size[prefix] = min(size * 2, LARGEST_BLOCK)
        after = await connection.fetchval(
            "INSERT INTO number_block (prefix, next_free) VALUES ($1, 1 + $2) "
            "ON CONFLICT (prefix) DO UPDATE SET next_free = number_block.next_free + $2 RETURNING next_free",
            prefix,
            size,
        )
        block = iter(range(after - size, after))
        self._blocks[prefix] = block
        return next(block)
