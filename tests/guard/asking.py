"""Questions to a database in one role of the service, or as the owner."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import Executable, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import create_engine

Answer = TypeVar("Answer")


def ask(url: str, role: str | None, question: Callable[[AsyncEngine], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        engine = create_engine(url, pool_size=1, role=role)
        try:
            return await question(engine)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def rows(url: str, role: str | None, query: str | Executable) -> list[Any]:
    """Return the rows of one statement in a transaction of its own, without a node."""

    async def question(engine: AsyncEngine) -> list[Any]:
        async with engine.begin() as connection:
            result = await connection.execute(text(query) if isinstance(query, str) else query)
            return list(result) if result.returns_rows else []

    return ask(url, role, question)
