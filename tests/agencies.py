"""An exchange with enrolled agencies, for tests over real HTTP: each agency is a client with keys of its own."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
from sqlalchemy import text

from app.admin.people import add_person
from app.casework.acts import CATALOGUE
from app.client import Administrator, Agency, NodeKeys, OfferLetter, StoredAct, uuid7
from app.db import create_engine
from app.deps import TimeSource
from app.signing.jws import sign_detached
from app.signing.keys import generate_private
from app.signing.sealing import generate_sealing
from app.times import utc_now
from tests.server import EXCHANGE_ID, serving
from tests.waiting import until

PASSWORD = "a long enough password"
CAST = {
    "township-990121101": ("township", "甲镇", "990121101", "township"),
    "police-990121": ("police", "测试县公安局", "990121", "county"),
    "regulator-990121": ("regulator", "测试县市场监管局", "990121", "county"),
    "supervision-990121": ("supervision", "测试县纪委监委", "990121", "county"),
    "procuratorate-990121": ("procuratorate", "测试县人民检察院", "990121", "county"),
    "office-990121": ("coordination", "测试县协调办公室", "990121", "county"),
}


@dataclass
class World:
    """A running exchange. `agency(name)` enrols on first use; names may be short: `police`."""

    url: str
    database_url: str
    admin: Administrator
    stack: ExitStack
    enrolled: dict[str, Agency] = field(default_factory=dict)
    clock: TimeSource = utc_now

    def agency(self, name: str) -> Agency:
        if name not in self.enrolled:
            node_id = next(one for one in CAST if one.startswith(name))
            kind, title, division, level = CAST[node_id]
            self.admin.create_node(node_id, kind=kind, name=title, division_code=division, level=level)
            keys = NodeKeys(generate_private("Ed25519"), generate_private("ES256"), generate_sealing())
            agency = Agency(self.url, node_id, EXCHANGE_ID, keys, clock=self.clock)
            self.stack.callback(agency.close)
            agency.defaults = {
                "signatory": {"name": "何某某", "title": "负责人"},
                "handler": {"name": "许某某", "phone": "0990-5550101"},
            }
            agency.enrol(self.admin.enrolment_code(node_id)["code"])
            self.enrolled[name] = agency
        return self.enrolled[name]

    def register(self, sender: str = "township", **members: Any) -> str:
        content = {name: value for name, value in CATALOGUE["lead.register"].example.items() if name not in members}
        return self.agency(sender).register_lead(**content, **members).lead_id

    def offered(self, to: str = "police", category: str = "general", **letter: Any) -> tuple[str, str]:
        """Register, screen and offer a lead of the township; return the ids of lead and transfer."""
        town, lead_id, transfer_id = self.agency("township"), self.register(), uuid7()
        town.screen(lead_id, category=category, opinion="有具体事件", basis="依职责")
        full: OfferLetter = {
            "route": "report_up",
            "basis": "依职责",
            "competence_reason": "属地",
            "known_facts": "未经核实",
        }
        town.offer(lead_id, self.agency(to).node_id, transfer_id=transfer_id, letter=cast(OfferLetter, full | letter))
        self.hear(self.agency(to), "transfer.offer", lead_id)
        return lead_id, transfer_id

    def hear(self, agency: Agency, act: str, lead_id: str) -> StoredAct:
        """Read an agency's inbox until this act on this lead is in it; return it, verified."""
        after = 0

        def found() -> StoredAct | None:
            nonlocal after
            for item in agency.inbox(after, wait=5):
                after = item["seq"]
                if (item["act"], item["lead_id"]) == (act, lead_id):
                    return agency.get_act(item["act_id"])
            return None

        return until(f"{act} on {lead_id} in the inbox of {agency.node_id}", found)

    def sequenced(self) -> None:
        """Wait until the log has numbered everything that was committed."""
        until("nothing waits for its number", lambda: not self.rows("SELECT 1 FROM unsequenced LIMIT 1"))

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Run SQL beside the service."""
        return run_sql(self.database_url, query, **values)


def run_sql(database_url: str, query: str, **values: Any) -> list[Any]:
    """Run one statement in a transaction of its own; return its rows, if it has any."""

    async def run() -> list[Any]:
        engine = create_engine(database_url, pool_size=1)
        try:
            async with engine.begin() as connection:
                result = await connection.execute(text(query), values)
                return list(result.all()) if result.returns_rows else []
        finally:
            await engine.dispose()

    return asyncio.run(run())


@contextmanager
def world(database_url: str, data_dir: Path, **server: Any) -> Iterator[World]:
    """Run an exchange with a registrar."""
    with ExitStack() as stack:
        url = stack.enter_context(serving(database_url, data_dir, **server))
        asyncio.run(add_registrar(database_url))
        admin = Administrator(url).login("registrar", PASSWORD)
        stack.callback(admin.http.close)
        yield World(url, database_url, admin, stack, clock=server.get("clock", utc_now))


async def add_registrar(database_url: str, name: str = "registrar") -> None:
    engine = create_engine(database_url, pool_size=1)
    try:
        await add_person(engine, name, ["registrar"], PASSWORD, datetime.now(UTC))
    finally:
        await engine.dispose()


class Raw:
    """Acts by hand, for what the client library would never send."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency
        self.http = agency.http

    def document(self, act: str = "lead.register", **members: Any) -> dict[str, Any]:
        return {
            "act": act,
            "lead_id": str(uuid4()),
            "sender": self.agency.node_id,
            "recipients": [],
            "issued_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "classification": "none",
            "signatory": {"name": "何某某", "title": "负责人"},
            "handler": {"name": "许某某", "phone": "0990-5550101"},
            "prev": None,
            "nonce": secrets.token_urlsafe(16),
            "content": CATALOGUE[act].example,
            **members,
        }

    def sign(self, body: bytes, **header: Any) -> str:
        fields = {
            "typ": "lead-act+jws",
            "iss": self.agency.node_id,
            "aud": EXCHANGE_ID,
            "iat": int(datetime.now(UTC).timestamp()),
            "jti": str(uuid4()),
            **header,
        }
        return sign_detached(body, self.agency.keys.act, **fields)

    def post(
        self, document: dict[str, Any] | bytes, path: str = "/v1/leads", token: str | None = None, **headers: str
    ) -> httpx.Response:
        body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
        sent = {"Content-Type": "application/json", "X-JWS-Signature": token or self.sign(body), **headers}
        return self.http.post(path, content=body, headers={k: v for k, v in sent.items() if v})


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
