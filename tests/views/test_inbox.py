"""The inbox: numbers without a gap, and requests that wait for the next one."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from starlette.requests import Request

from app.client import SignedAct, build_body, path_of, uuid7
from app.client.connection import now_utc
from app.db import create_engine
from app.errors import Overloaded
from app.views.inbox_wait import Inboxes
from tests.agencies import World
from tests.views.steps import LETTER, ask, offered, screened
from tests.waiting import until, until_async


def signed_offers(world: World, many: int) -> list[SignedAct]:
    town, police = world.agency("township"), world.agency("police")
    offers = []
    for lead_id in [screened(world) for _ in range(many)]:
        content = {
            **LETTER,
            "transfer_id": uuid7(),
            "to": police.node_id,
            "route": "report_up",
            "disclosure": "full",
        }
        body = build_body(
            "transfer.offer",
            lead_id,
            town.node_id,
            content,
            recipients=[police.node_id],
            prev=town.newest_seen(lead_id),
            issued_at=now_utc(),
            **town.defaults,
        )
        offers.append(town.sign(path_of("transfer.offer", lead_id, content), body))
    return offers


def post(world: World, act: SignedAct) -> int:
    headers = {"X-JWS-Signature": act.jws, "Content-Type": "application/json"}
    return httpx.post(world.url + act.path, content=act.body, headers=headers).status_code


def head(world: World) -> int:
    return max((one["seq"] for one in followed(world)), default=0)


def followed(world: World) -> Iterator[dict[str, Any]]:
    return world.agency("police").follow_inbox(wait=0)


def until_waiting(requests: int) -> None:
    def waiters() -> float | None:
        return REGISTRY.get_sample_value("leadbridge_inbox_waiters")

    until(f"{requests} requests wait", lambda: waiters() == requests, there=waiters)


def test_numbers_have_no_gap_while_many_acts_come_at_once(world: World) -> None:
    offers = signed_offers(world, 40)
    before = head(world)
    with ThreadPoolExecutor(8) as senders:
        answers = [senders.submit(post, world, offer) for offer in offers]
        # The client raises `Unproven` at the first number that is missing.
        seen: list[dict[str, Any]] = []
        while len(seen) < len(offers):
            items = world.agency("police").inbox(before + len(seen), wait=30)
            assert items, f"{len(seen)} of {len(offers)} came"
            seen += items
    assert [one.result() for one in answers] == [201] * len(offers)
    assert [one["seq"] for one in seen] == list(range(before + 1, before + 1 + len(offers)))
    assert len({one["act_id"] for one in seen}) == len(offers)
    indexes = [one["log_index"] for one in seen]
    assert indexes == sorted(indexes)


def test_a_waiting_request_is_answered_as_soon_as_an_act_comes(world: World) -> None:
    (offer,) = signed_offers(world, 1)
    before = head(world)
    police = world.agency("police")
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(police.inbox, before, wait=30)
        until_waiting(1)
        assert post(world, offer) == 201
        (item,) = answer.result(20)  # not at the end of what it would have waited
    assert (item["seq"], item["act"], item["sender"]) == (before + 1, "transfer.offer", "township-990121101")


def test_a_wait_ends_with_an_empty_page_when_nothing_comes(world: World) -> None:
    police, after = world.agency("police"), head(world)
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(police.get, "/v1/inbox", after=after, wait=2)
        until_waiting(1)
        assert answer.result(30) == {"items": [], "next": None}
    until_waiting(0)


def test_an_item_that_is_there_already_is_not_waited_for(world: World) -> None:
    offered(world)
    with ThreadPoolExecutor(1) as asking:
        assert asking.submit(world.agency("police").inbox, 0, wait=30).result(20)


def test_many_waiting_requests_hold_no_database_connection(world: World) -> None:
    (offer,) = signed_offers(world, 1)
    police, after = world.agency("police"), head(world)
    headers = {"Authorization": f"Bearer {police.token()}"}

    async def wait_together() -> None:
        async with httpx.AsyncClient(base_url=world.url, headers=headers, timeout=60) as http:
            waiting = [asyncio.create_task(http.get(f"/v1/inbox?after={after}&wait=30")) for _ in range(60)]
            await asyncio.to_thread(until_waiting, 60)
            assert (await http.get("/v1/leads")).status_code == 200
            assert not any(one.done() for one in waiting)
            assert await asyncio.to_thread(post, world, offer) == 201
            assert [len((await one).json()["items"]) for one in waiting] == [1] * 60

    asyncio.run(wait_together())


def test_pages_go_on_with_after_or_with_cursor(world: World) -> None:
    for _ in range(3):
        offered(world)
    police = world.agency("police")
    first = police.get("/v1/inbox", limit=2)
    assert first["next"] == "2"
    assert [one["seq"] for one in police.get("/v1/inbox", limit=1, after=2)["items"]] == [3]
    assert [one["seq"] for one in police.get("/v1/inbox", limit=1, after=0, cursor="2")["items"]] == [3]
    assert police.get("/v1/inbox", limit=200)["next"] is None


@pytest.mark.parametrize(
    "query", [{"wait": 31}, {"wait": -1}, {"wait": "nan"}, {"after": -1}, {"after": 2**63}, {"limit": 201}]
)
def test_a_malformed_query_is_refused(world: World, query: dict[str, Any]) -> None:
    answer = ask(world.agency("police"), "/v1/inbox", **query)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-document")


def test_a_service_that_shuts_down_ends_every_wait(database_url: str) -> None:
    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def run() -> None:
        engine = create_engine(database_url)
        inboxes = Inboxes(engine)
        request = Request({"type": "http"}, never)
        with inboxes.waiting("police-990121", 0) as waiter:
            waiting = asyncio.create_task(waiter.wait(30, request))
            await asyncio.sleep(0.05)
            assert not waiting.done()
            inboxes.close()
            await asyncio.wait_for(waiting, 10)
        with inboxes.waiting("police-990121", 0) as late:
            await asyncio.wait_for(late.wait(30, request), 10)
        await engine.dispose()

    asyncio.run(run())


def test_waiters_are_woken_again_after_the_listening_connection_was_lost(database_url: str) -> None:
    async def run() -> None:
        engine = create_engine(database_url, application_name="listening")
        other = create_engine(database_url)
        inboxes = Inboxes(engine)
        listening = asyncio.create_task(inboxes.listen())

        async def killed() -> bool:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listening'"
            async with other.begin() as connection:
                return bool((await connection.execute(text(query))).all())

        await until_async("somebody listens", killed)
        with inboxes.waiting("police-990121", 0) as waiter:
            async with other.begin() as connection:
                await connection.execute(
                    text(
                        "INSERT INTO inbox (node_id, seq, act_id, act, sender, received_at, log_index) "
                        "VALUES ('police-990121', 1, gen_random_uuid(), 'notice.key', 'exchange-test', now(), 0)"
                    )
                )
            await asyncio.wait_for(waiter.woken.wait(), 30)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await engine.dispose()
        await other.dispose()

    asyncio.run(run())


def test_no_more_requests_wait_than_the_limit(database_url: str) -> None:
    inboxes = Inboxes(create_engine(database_url), limit=1)

    async def run() -> None:
        with inboxes.waiting("police-990121", 0), pytest.raises(Overloaded):
            inboxes.waiting("township-990121101", 0).__enter__()
        with inboxes.waiting("township-990121101", 0):
            pass

    asyncio.run(run())
