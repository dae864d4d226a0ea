"""SIGKILL under load: what was receipted is there, what was not is taken once when it is sent again."""

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app import embedded_postgres
from app.client import Administrator, Agency, NodeKeys, uuid7
from app.migrate import upgrade
from app.signing.keys import generate_private
from tests.agencies import CAST, PASSWORD, Raw, add_registrar
from tests.server import EXCHANGE_ID, until_ready
from tests.waiting import until

LOADERS, LEADS = 6, 40
ENOUGH = 60


class Loader(threading.Thread):
    """Posts offers without a pause until the server is gone; keeps what was sent and what was receipted."""

    def __init__(self, agency: Agency, to: str, leads: list[tuple[str, str]]) -> None:
        super().__init__()
        self.raw, self.to, self.leads = Raw(agency), to, leads
        self.sent: list[tuple[str, bytes, str]] = []
        self.receipts: dict[str, bytes] = {}

    def run(self) -> None:
        letter = {"route": "report_up", "basis": "x", "competence_reason": "x", "known_facts": "x"}
        with httpx.Client(base_url=str(self.raw.http.base_url), timeout=10) as http:
            for lead_id, prev in self.leads:
                content = {"transfer_id": uuid7(), "to": self.to, "disclosure": "full", **letter}
                document = self.raw.document(
                    "transfer.offer", lead_id=lead_id, prev=prev, recipients=[self.to], content=content
                )
                body = json.dumps(document).encode()
                token, path = self.raw.sign(body), f"/v1/leads/{lead_id}/transfers"
                self.sent.append((path, body, token))
                try:
                    answer = post(http, path, body, token)
                except httpx.TransportError:
                    return
                if answer.status_code == 201:
                    self.receipts[token] = answer.content


def post(http: httpx.Client, path: str, body: bytes, token: str) -> httpx.Response:
    headers = {"Content-Type": "application/json", "X-JWS-Signature": token}
    return http.post(path, content=body, headers=headers)


@contextmanager
def serve(data_dir: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "LEADBRIDGE_DATA_DIR": str(data_dir), "LEADBRIDGE_EXCHANGE_ID": EXCHANGE_ID}
    environment.pop("LEADBRIDGE_DATABASE_URL", None)
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    log = (data_dir / "server.log").open("ab")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        until_ready(f"http://127.0.0.1:{port}", process, data_dir / "server.log")
        yield process
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def test_nothing_receipted_is_lost_by_a_kill_and_nothing_retried_is_taken_twice(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Held all along, so that the server that is killed is the service and not its database.
    with embedded_postgres.running(tmp_path) as database_url:
        upgrade(database_url)
        asyncio.run(add_registrar(database_url))
        with serve(tmp_path, port) as process:
            town, police = enrolled(f"http://127.0.0.1:{port}")
            loaders = [Loader(town, police.node_id, leads) for leads in screened(town)]
            for loader in loaders:
                loader.start()
            until(f"{ENOUGH} receipts", lambda: sum(len(loader.receipts) for loader in loaders) >= ENOUGH)
            process.send_signal(signal.SIGKILL)
            for loader in loaders:
                loader.join(30)
                assert not loader.is_alive(), "a loader still waits for a server that was killed"
        receipted = {token: receipt for loader in loaders for token, receipt in loader.receipts.items()}
        sent = [one for loader in loaders for one in loader.sent]
        assert ENOUGH <= len(receipted) < LOADERS * LEADS  # it was killed while they were at it
        with serve(tmp_path, port):
            for path, body, token in sent:
                answer = post(town.http, path, body, token)
                assert answer.status_code == (200 if token in receipted else answer.status_code)
                assert answer.status_code in (200, 201)
                assert receipted.get(token, answer.content) == answer.content
                stored = town.get("/v1/acts/" + answer.json()["act_id"])
                padded = stored["body"] + "=" * (-len(stored["body"]) % 4)
                assert (base64.urlsafe_b64decode(padded), stored["jws"]) == (body, token)
            numbers = numbers_of(police, len(sent))
            assert numbers == list(range(1, len(sent) + 1))
            town.close()
            police.close()


def numbers_of(agency: Agency, wanted: int) -> list[int]:
    numbers: list[int] = []
    while len(numbers) < wanted:
        items = agency.inbox(len(numbers), wait=30)
        assert items, f"{agency.node_id} got {len(numbers)} of {wanted} items"
        numbers += [item["seq"] for item in items]
    assert not agency.inbox(len(numbers))
    return numbers


def enrolled(url: str) -> tuple[Agency, Agency]:
    admin = Administrator(url).login("registrar", PASSWORD)
    agencies = []
    for node_id in ("township-990121101", "police-990121"):
        kind, name, division, level = CAST[node_id]
        admin.create_node(node_id, kind=kind, name=name, division_code=division, level=level)
        agency = Agency(url, node_id, EXCHANGE_ID, NodeKeys(generate_private("Ed25519"), generate_private("Ed25519")))
        agency.enrol(admin.enrolment_code(node_id)["code"])
        agencies.append(agency)
    admin.http.close()
    return agencies[0], agencies[1]


def screened(town: Agency) -> list[list[tuple[str, str]]]:
    """Register and screen leads to offer, shared out among the loaders, each with the act to name as `prev`."""
    raw, made = Raw(town), []
    for _ in range(LOADERS * LEADS):
        document = raw.document()
        prev = raw.post(document).json()["act_jws_sha256"]
        screen = raw.document("lead.screen", lead_id=document["lead_id"], prev=prev)
        answer = raw.post(screen, path=f"/v1/leads/{document['lead_id']}/screenings")
        made.append((document["lead_id"], answer.json()["act_jws_sha256"]))
    return [made[place::LOADERS] for place in range(LOADERS)]
