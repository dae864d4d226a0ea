"""Each agency has a share: who asks for too much waits, or is refused, and the others go on."""

import asyncio
from contextlib import suppress

import pytest

from app.errors import TooManyRequests
from app.registry.shares import Gate

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def work(gate: Gate, node: str, done: list[str]) -> None:
    async with gate.place(node):
        await asyncio.sleep(0)
        done.append(node)


async def test_places_go_round_among_the_agencies_that_wait() -> None:
    gate, done = Gate(total=1, each=1, waiting=100), list[str]()
    async with asyncio.TaskGroup() as group:
        for node in ["a"] * 50 + ["b"] * 2 + ["c"]:
            group.create_task(work(gate, node, done))
    assert (done.count("a"), done.count("b"), done.count("c")) == (50, 2, 1)
    assert max(index for index, node in enumerate(done) if node != "a") < 6


async def test_one_agency_leaves_places_for_the_others() -> None:
    gate = Gate(total=4, each=2, waiting=0)
    async with gate.place("a"), gate.place("a"):
        with pytest.raises(TooManyRequests) as refused:
            async with gate.place("a"):
                pass
        assert refused.value.headers["Retry-After"] == "2"
        async with gate.place("b"), gate.place("b"):
            pass
    async with gate.place("a"):
        pass


async def test_who_gives_up_waiting_takes_no_place_away() -> None:
    gate, done = Gate(total=1, each=1, waiting=10), list[str]()
    async with gate.place("a"):
        given_up = [asyncio.create_task(work(gate, node, done)) for node in "abab"]
        last = asyncio.create_task(work(gate, "c", done))
        await asyncio.sleep(0)
        for task in given_up[:2]:
            task.cancel()
        await asyncio.sleep(0)
    given_up[2].cancel()
    with suppress(asyncio.CancelledError):
        await given_up[2]
    await asyncio.gather(given_up[3], last)
    assert sorted(done) == ["b", "c"]
    async with gate.place("a"):
        pass
