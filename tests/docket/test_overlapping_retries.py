"""A retry that overlaps its first attempt, over HTTP: one act, one receipt, whichever service it reaches.

A test holds the case's row until both attempts wait for it: the overlap is made, not hoped for.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.client import Agency, uuid7
from app.db import create_engine, driver_connection
from tests.agencies import Raw, World, world
from tests.server import serving

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exchange")


@pytest.fixture(scope="module")
def exchange(module_database_url: str, data_dir: Path) -> Iterator[World]:
    with world(module_database_url, data_dir) as running:
        yield running


@pytest.fixture(scope="module")
def second_url(exchange: World, data_dir: Path) -> Iterator[str]:
    """A second service on the same database."""
    with serving(exchange.database_url, data_dir, worker=False) as url:
        yield url


class Signed:
    """One act, signed once: the same bytes and the same signature for every attempt."""

    def __init__(
        self, agency: Agency, act: str, path: str, lead_id: str, to: list[str], content: dict[str, Any]
    ) -> None:
        newest = agency.get_act(agency.timeline(lead_id)[-1]["act_id"])
        raw = Raw(agency)
        document = raw.document(act, lead_id=lead_id, content=content, recipients=to, prev=newest.jws_sha256)
        self.path, self.body = path, json.dumps(document, ensure_ascii=False).encode()
        self.headers = {"Content-Type": "application/json", "X-JWS-Signature": raw.sign(self.body, jti=uuid7())}

    async def send(self, url: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            return await http.post(self.path, content=self.body, headers=self.headers)


async def overlapped(act: Signed, lead_id: str, database_url: str, urls: list[str]) -> list[httpx.Response]:
    """Send one act to each address while its case is locked; let go when all of them wait for the lock."""
    engine = create_engine(database_url, pool_size=1)
    async with driver_connection(engine) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute('SELECT 1 FROM "case" WHERE root_id = $1::uuid FOR UPDATE', lead_id)
        attempts = []
        for count, url in enumerate(urls, 1):
            attempts.append(asyncio.create_task(act.send(url)))
            async with asyncio.timeout(30):
                while await connection.fetchval(WAITING) < count:  # noqa: ASYNC110 (the database has no event for it)
                    await asyncio.sleep(0.01)
        await transaction.rollback()
        answers = await asyncio.gather(*attempts)
    await engine.dispose()
    return answers


def offer(exchange: World) -> tuple[Signed, str]:
    town, police = exchange.agency("township"), exchange.agency("police")
    lead_id = exchange.register()
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    content = {
        "transfer_id": uuid7(),
        "to": police.node_id,
        "route": "report_up",
        "basis": "依职责",
        "competence_reason": "属地",
        "known_facts": "未经核实",
        "disclosure": "full",
    }
    return Signed(town, "transfer.offer", f"/v1/leads/{lead_id}/transfers", lead_id, [police.node_id], content), lead_id


def receipt(exchange: World) -> tuple[Signed, str]:
    lead_id, transfer_id = exchange.offered()
    content = {"transfer_id": transfer_id, "received_at": "2026-03-02T10:00:00+08:00", "attachments_received": 0}
    to, path = [exchange.agency("township").node_id], f"/v1/transfers/{transfer_id}/receipts"
    return Signed(exchange.agency("police"), "transfer.receipt", path, lead_id, to, content), lead_id


def accept(exchange: World) -> tuple[Signed, str]:
    lead_id, transfer_id = exchange.offered()
    police, to = exchange.agency("police"), [exchange.agency("township").node_id]
    police.sign_receipt(transfer_id, attachments_received=0)
    path = f"/v1/transfers/{transfer_id}/acceptances"
    return Signed(police, "transfer.accept", path, lead_id, to, {"transfer_id": transfer_id}), lead_id


@pytest.mark.parametrize("prepared", [offer, receipt, accept])
@pytest.mark.parametrize("services", ["one service", "two services"])
def test_a_retry_that_overlaps_its_first_attempt_gets_the_first_receipt(
    exchange: World, second_url: str, prepared: Any, services: str
) -> None:
    act, lead_id = prepared(exchange)
    urls = [exchange.url, exchange.url if services == "one service" else second_url]
    answers = asyncio.run(overlapped(act, lead_id, exchange.database_url, urls))
    assert sorted(answer.status_code for answer in answers) == [200, 201], [answer.text for answer in answers]
    first, again = sorted(answers, key=lambda answer: answer.status_code, reverse=True)
    assert again.content == first.content
    assert again.headers["X-JWS-Signature"] == first.headers["X-JWS-Signature"]
    assert again.headers["Idempotent-Replayed"] == "true"
