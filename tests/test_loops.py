"""The loops of the service end when they are told to, and come back when the database does."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import loops
from app.db import create_engine
from app.loops import Connection
from tests.waiting import until_async

LOCK = 0x4C65_7374
PATIENCE = 10.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def engine(database_url: str, anyio_backend: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.mark.anyio
async def test_a_loop_that_is_woken_in_the_moment_of_its_cancellation_ends() -> None:
    event = asyncio.Event()

    async def turn() -> None:
        while True:
            event.clear()
            await loops.wait(event, 30)

    task = asyncio.create_task(turn())
    await asyncio.sleep(0.01)
    event.set()
    task.cancel()
    await asyncio.wait_for(asyncio.wait([task]), PATIENCE)
    assert task.cancelled()


@pytest.mark.anyio
async def test_a_loop_ends_even_if_cleaning_up_after_its_cancellation_fails() -> None:
    working = asyncio.Event()

    async def turn() -> None:
        working.set()
        try:
            await asyncio.sleep(30)
        finally:
            raise asyncpg.QueryCanceledError("canceling statement due to user request")

    task = asyncio.create_task(loops.repeat("test", turn, 0.01))
    await asyncio.wait_for(working.wait(), PATIENCE)
    task.cancel()
    await asyncio.wait_for(asyncio.wait([task]), PATIENCE)
    assert task.cancelled()


@pytest.mark.anyio
async def test_a_loop_in_the_midst_of_its_statements_ends_whenever_it_is_told_to(engine: AsyncEngine) -> None:
    async def term(connection: Connection) -> None:
        while True:
            async with connection.transaction():
                await connection.fetch("SELECT generate_series(1, 300)")

    for number in range(100):
        task = asyncio.create_task(loops.lead("test", engine, LOCK, term, every=0.001))
        await asyncio.sleep(number * 0.0002)
        await asyncio.wait_for(loops.stop([task]), PATIENCE)
        assert task.cancelled()


@pytest.mark.anyio
async def test_one_leads_and_another_takes_over_when_its_connection_dies(engine: AsyncEngine) -> None:
    terms: asyncio.Queue[int] = asyncio.Queue()

    async def term(connection: Connection) -> None:
        terms.put_nowait(connection.get_server_pid())
        while True:
            await connection.fetchval("SELECT pg_sleep(0.05)")

    tasks = [asyncio.create_task(loops.lead("test", engine, LOCK, term, every=0.05)) for _ in range(2)]
    first = await asyncio.wait_for(terms.get(), PATIENCE)
    await asyncio.sleep(0.3)
    assert terms.empty()
    await kill(engine, first)
    assert await asyncio.wait_for(terms.get(), PATIENCE) != first
    await loops.stop(tasks)
    await nobody_holds_the_lock(engine)


@pytest.mark.anyio
async def test_a_listener_looks_at_each_notification_and_again_after_its_connection_was_lost(
    engine: AsyncEngine,
) -> None:
    looks: asyncio.Queue[int] = asyncio.Queue()

    async def look(connection: Connection) -> None:
        looks.put_nowait(connection.get_server_pid())

    task = asyncio.create_task(loops.listen("test", engine, "leadbridge_test", look, every=30))
    first = await asyncio.wait_for(looks.get(), PATIENCE)
    async with engine.begin() as connection:
        await connection.execute(text("NOTIFY leadbridge_test"))
    assert await asyncio.wait_for(looks.get(), PATIENCE) == first
    await kill(engine, first)
    assert await asyncio.wait_for(looks.get(), PATIENCE) != first
    await loops.stop([task])
    assert task.cancelled()


async def kill(engine: AsyncEngine, pid: int) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


async def nobody_holds_the_lock(engine: AsyncEngine) -> None:
    """Wait until the server has seen that the connections that held it are gone."""

    async def held() -> bool:
        async with engine.connect() as connection:
            query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock")
            return bool(await connection.scalar(query, {"lock": LOCK}) == 0)

    await until_async("nobody holds the lock", held)
