"""Lead numbers `XS-<area6>-<kind>-<year>-<place>`: a place says nothing of how many leads there are.

Agencies of one kind in one area share a count. Each process takes it in blocks; what is shown is the count shuffled.
"""

import hmac
from collections.abc import Iterator
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.kinds import Node
from app.db import driver_connection

FIRST_BLOCK = 10
LARGEST_BLOCK = 1000
_HALF = 1000
_ROUNDS = 10


class LeadNumbers:
    """The numbers of one process. A block is taken in a transaction of its own, so that no act waits on a counter."""

    def __init__(self, engine: AsyncEngine, key: bytes) -> None:
        self._engine = engine
        self._key = key
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
        return f"{prefix}-{shuffled(number, hmac.digest(self._key, prefix.encode(), 'sha256')):06d}"

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


def shuffled(number: int, key: bytes) -> int:
    """Return the place of a number under `key`, in the same million: no two numbers have one place.

    A Feistel network over two halves of three decimal digits: the way of NIST SP 800-38G with HMAC-SHA-256 as its
    round function. Without the key, places of the past say nothing of the next one, or of those in between.
    """
    million, low = divmod(number, _HALF * _HALF)
    left, right = divmod(low, _HALF)
    for turn in range(_ROUNDS):
        mixed = hmac.digest(key, f"{million}/{turn}/{right}".encode(), "sha256")
        left, right = right, (left + int.from_bytes(mixed)) % _HALF
    return (million * _HALF + left) * _HALF + right
