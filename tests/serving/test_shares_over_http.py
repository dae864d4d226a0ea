"""One agency asks for far more than its share; another is answered meanwhile, and only the first is refused."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.agencies import World, sha256

MANY = 400


def client_of(exchange: World, name: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=exchange.url,
        headers={"Authorization": f"Bearer {exchange.agency(name).token()}"},
        timeout=60,
        limits=httpx.Limits(max_connections=None),
        trust_env=False,
    )


async def flooded(greedy: httpx.AsyncClient, path: str, other: httpx.AsyncClient) -> Counter[int]:
    """Ask `path` many times at once; read as the other agency meanwhile, and return how the greedy one was answered."""
    flood = [asyncio.create_task(greedy.get(path)) for _ in range(MANY)]
    await asyncio.sleep(0.2)
    for _ in range(5):
        assert (await other.get("/v1/leads")).status_code == 200
    answers = await asyncio.gather(*flood)
    refused = [one for one in answers if one.status_code == 429]
    assert all(int(one.headers["retry-after"]) > 0 for one in refused)
    return Counter(one.status_code for one in answers)


@pytest.mark.parametrize("path", ["/v1/leads?limit=200", "/v1/inbox?after=1000&wait=2"])
def test_reads_and_waits_of_one_agency_refuse_no_other(exchange: World, path: str) -> None:
    async def run() -> Counter[int]:
        async with client_of(exchange, "police") as greedy, client_of(exchange, "township") as other:
            return await flooded(greedy, path, other)

    counted = asyncio.run(run())
    assert set(counted) == {200, 429}
    assert counted[200] >= 100


def test_crawling_uploads_of_one_agency_hold_no_place_of_another(exchange: World) -> None:
    ended = asyncio.Event()

    async def crawling() -> AsyncIterator[bytes]:
        yield b"x"
        await ended.wait()

    async def run() -> None:
        async with client_of(exchange, "police") as greedy, client_of(exchange, "township") as other:
            path = f"/v1/attachments/{'0' * 64}"
            crawl = [asyncio.create_task(greedy.put(path, content=crawling())) for _ in range(8)]
            await asyncio.sleep(0.5)
            content = os.urandom(1000)
            stored = await other.put(f"/v1/attachments/{sha256(content)}", content=content)
            assert stored.status_code == 201
            assert not any(task.done() for task in crawl)
            ended.set()
            assert {answer.status_code for answer in await asyncio.gather(*crawl)} == {422}

    asyncio.run(run())
