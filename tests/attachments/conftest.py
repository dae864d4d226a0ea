"""One exchange for the module, three agencies, and a lead whose enclosures travel with it."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.admin.people import add_person
from app.client import Administrator, Agency, Attachment, NodeKeys
from app.client.ids import uuid7
from app.db import create_engine, driver_connection
from app.signing.keys import generate_private
from tests.server import EXCHANGE_ID, serving

PASSWORD = "a long enough password"
CAST = {
    "township-990121101": ("township", "甲镇", "990121101", "township"),
    "police-990121": ("police", "测试县公安局", "990121", "county"),
    "petition-990121": ("petition", "测试县信访局", "990121", "county"),
}


@dataclass
class Exchange:
    """A running service, its database and its folder of objects."""

    url: str
    database_url: str
    folder: Path
    agencies: dict[str, Agency]

    @property
    def town(self) -> Agency:
        return self.agencies["township-990121101"]

    @property
    def police(self) -> Agency:
        return self.agencies["police-990121"]

    @property
    def petition(self) -> Agency:
        return self.agencies["petition-990121"]

    def ask(self, method: str, path: str, agency: Agency, **request: Any) -> httpx.Response:
        """Send one request with the agency's token."""
        headers = {"Authorization": f"Bearer {agency.token()}"} | request.pop("headers", {})
        return agency.http.request(method, path, headers=headers, **request)

    def put(self, agency: Agency, content: bytes, sha256: str | None = None, **request: Any) -> httpx.Response:
        digest = sha256 or hashlib.sha256(content).hexdigest()
        return self.ask("PUT", f"/v1/attachments/{digest}", agency, content=content, **request)

    def get(self, agency: Agency, content: bytes) -> httpx.Response:
        return self.ask("GET", f"/v1/attachments/{hashlib.sha256(content).hexdigest()}", agency)

    def delete(self, agency: Agency, content: bytes) -> httpx.Response:
        return self.ask("DELETE", f"/v1/attachments/{hashlib.sha256(content).hexdigest()}", agency)

    def objects(self) -> set[Path]:
        """Every file in the folder of objects, half-written ones included."""
        return {path for path in self.folder.rglob("*") if path.is_file()}

    def rows(self, query: str, *values: Any) -> list[Any]:
        async def run() -> list[Any]:
            engine = create_engine(self.database_url)
            try:
                async with driver_connection(engine) as connection:
                    return list(await connection.fetch(query, *values))
            finally:
                await engine.dispose()

        return asyncio.run(run())

    def object_of(self, agency: Agency, content: bytes) -> Path:
        """The object in which this upload of the agency lies."""
        (row,) = self.rows(
            "SELECT object_key FROM upload WHERE node_id = $1 AND sha256 = $2",
            agency.node_id,
            hashlib.sha256(content).digest(),
        )
        return self.folder / str(row["object_key"])

    def register(self, enclosed: list[Attachment]) -> str:
        """Register a lead of the township with these enclosures; return its id."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        receipt = self.town.register_lead(
            source={"type": "public_report", "channel": "letter", "received_at": now},
            place_code="990121101",
            allegation="群众来信：甲镇客运站外有人拦车揽客。",
            attachments=enclosed,
        )
        return receipt.lead_id

    def offer(self, lead_id: str, enclosed: list[Attachment]) -> str:
        """Screen the lead and offer it to the police with these enclosures; return the transfer's id."""
        transfer_id = uuid7()
        self.town.screen(lead_id, category="disorder", opinion="属行业乱象，建议核查。", basis="依职责")
        self.town.offer(
            lead_id,
            "police-990121",
            transfer_id=transfer_id,
            attachments=enclosed,
            letter={
                "route": "report_up",
                "basis": "依职责",
                "competence_reason": "属公安机关职责",
                "known_facts": "来信一件，未经核实",
            },
        )
        return transfer_id


@pytest.fixture(scope="module")
def exchange(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder = tmp_path_factory.mktemp("exchange")
    with ExitStack() as stack:
        url = stack.enter_context(serving(module_database_url, folder))
        asyncio.run(_add_registrar(module_database_url))
        admin = Administrator(url).login("registrar", PASSWORD)
        stack.callback(admin.http.close)
        agencies = {}
        for node_id, (kind, name, division, level) in CAST.items():
            admin.create_node(node_id, kind=kind, name=name, division_code=division, level=level)
            keys = NodeKeys(generate_private("Ed25519"), generate_private("Ed25519"))
            agency = Agency(url, node_id, EXCHANGE_ID, keys)
            stack.callback(agency.close)
            agency.defaults = {
                "signatory": {"name": "何某某", "title": "负责人"},
                "handler": {"name": "许某某", "phone": "0990-5550101"},
            }
            agency.enrol(admin.enrolment_code(node_id)["code"])
            agencies[node_id] = agency
        yield Exchange(url, module_database_url, folder / "attachments", agencies)


async def _add_registrar(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        await add_person(engine, "registrar", ["registrar"], PASSWORD, datetime.now(UTC))
    finally:
        await engine.dispose()
