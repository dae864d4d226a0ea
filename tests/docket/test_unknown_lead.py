"""A lead that one may not know of is answered as one that does not exist, without a look at its case."""

import asyncio

from app.client import Agency
from app.db import create_engine, driver_connection
from tests.agencies import Raw, World


def screening(agency: Agency, lead_id: str) -> tuple[int, str]:
    raw = Raw(agency)
    document = raw.document("lead.screen", lead_id=lead_id, prev="0" * 64)
    answer = raw.post(document, f"/v1/leads/{lead_id}/screenings")
    return answer.status_code, answer.json()["type"]


def merging(agency: Agency, lead_id: str, into: str) -> tuple[int, str]:
    raw = Raw(agency)
    content = {"into": into, "reason": "同一事项"}
    seen = agency.get_act(agency.timeline(lead_id)[-1]["act_id"]).jws_sha256
    answer = raw.post(
        raw.document("lead.merge", lead_id=lead_id, prev=seen, content=content), f"/v1/leads/{lead_id}/merges"
    )
    return answer.status_code, answer.json()["type"]


def test_a_stranger_neither_waits_for_a_case_nor_opens_it(exchange: World) -> None:
    """A heavy case was locked, read and decrypted before the answer 404: 56 ms against 4."""
    lead_id, stranger = exchange.register(), exchange.agency("regulator")
    own = exchange.register("regulator")

    async def while_the_case_is_locked() -> list[tuple[int, str]]:
        engine = create_engine(exchange.database_url, pool_size=1)
        async with driver_connection(engine) as connection, connection.transaction():
            await connection.execute('SELECT 1 FROM "case" WHERE root_id = $1::uuid FOR UPDATE', lead_id)
            answers = [
                await asyncio.to_thread(screening, stranger, lead_id),
                await asyncio.to_thread(screening, stranger, own[:-4] + "ffff"),
                await asyncio.to_thread(merging, stranger, own, lead_id),
            ]
        await engine.dispose()
        return answers

    assert asyncio.run(while_the_case_is_locked()) == [(404, "/problems/not-found")] * 3
