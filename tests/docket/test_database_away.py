"""The database dies under load: nobody waits for ever, and everybody is told to come back."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from app import embedded_postgres
from app.migrate import upgrade
from tests.agencies import Raw, world


def test_acts_and_reads_are_told_to_come_back_when_the_database_is_away(tmp_path: Path) -> None:
    with embedded_postgres.running(tmp_path / "database", durable=False) as database_url:
        upgrade(database_url)
        with world(database_url, tmp_path / "exchange") as exchange:
            town = Raw(exchange.agency("township"))
            token = {"Authorization": f"Bearer {town.agency.token()}"}
            bodies = [json.dumps(town.document()).encode() for _ in range(40)]
            with ThreadPoolExecutor(8) as pool:
                taken = list(pool.map(town.post, bodies[:8]))
                postmaster = int((tmp_path / "database/postgres/postmaster.pid").read_text().split()[0])
                os.kill(postmaster, signal.SIGKILL)
                refused = list(pool.map(town.post, bodies[8:]))
            assert {answer.status_code for answer in taken} == {201}
            assert refused[-1].status_code == 503
            assert {answer.status_code for answer in refused} <= {201, 503}
            for path in ("/v1/leads", "/v1/inbox", "/v1/nodes"):
                read = httpx.get(exchange.url + path, headers=token, timeout=20)
                assert (read.status_code, read.json()["type"]) == (503, "/problems/overloaded"), path
                assert "Retry-After" in read.headers
            assert httpx.get(f"{exchange.url}/healthz", timeout=5).status_code == 200
            assert httpx.get(f"{exchange.url}/readyz", timeout=5).status_code == 503
