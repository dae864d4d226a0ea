"""The register and its administration as a small application, and a node of the kind that speaks to it."""

import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from app import problems
from app.admin.door import Door
from app.admin.people import add_person
from app.admin.routes import router as admin_routes
from app.config import Settings
from app.db import create_engine
from app.deps import Parts
from app.registry import register_routes
from app.registry.directory import Directory
from app.registry.exchange_keys import WrappedKeys, open_ring
from app.registry.routes import router as registry_routes
from app.registry.shares import Shares
from app.registry.voice import Voice
from app.signing import b64url
from app.signing.jws import sign_detached
from app.signing.keys import PrivateKey, generate_private
from app.vault import LocalVault

EXCHANGE = "exchange-990000"
PASSWORD = "a long enough password"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Hand:
    """A clock that a test moves: a dependency of the service, not a patch."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> None:
        self.now += timedelta(**much)


@dataclass
class Node:
    """An agency's system: its keys, and what it signs with them."""

    node_id: str
    clock: Callable[[], datetime]
    act: PrivateKey = field(default_factory=lambda: generate_private("Ed25519"))
    auth: PrivateKey = field(default_factory=lambda: generate_private("Ed25519"))

    def sign(self, body: bytes, key: PrivateKey, typ: str, **other: Any) -> str:
        header: dict[str, Any] = {
            "iss": self.node_id,
            "aud": EXCHANGE,
            "iat": int(self.clock().timestamp()),
            "jti": str(uuid.uuid4()),
        }
        return sign_detached(body, key, typ=typ, **(header | other))

    def offered(self, purpose: str, key: PrivateKey, message: str, typ: str) -> dict[str, Any]:
        return {"purpose": purpose, "jwk": key.public_jwk, "proof": self.sign(message.encode(), key, typ)}

    def enrolment(self, code: str, **other: Any) -> dict[str, Any]:
        typ = "lead-enrolment+jws"
        keys = [self.offered("act", self.act, code, typ), self.offered("auth", self.auth, code, typ)]
        return {"code": code, "node_id": self.node_id, "keys": keys} | other

    def assertion(self, **other: Any) -> str:
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.node_id,
            "sub": self.node_id,
            "aud": EXCHANGE,
            "jti": str(uuid.uuid4()),
            "exp": now + 60,
        }
        header: dict[str, Any] = {"alg": "Ed25519", "typ": "client-authentication+jwt", "kid": self.auth.kid}
        for name in ("alg", "typ", "kid"):
            header |= {name: other.pop(name)} if name in other else {}
        key: PrivateKey = other.pop("key", self.auth)
        kept = {name: value for name, value in header.items() if value is not None}
        signed = ".".join(b64url.encode(json.dumps(part).encode()) for part in (kept, claims | other))
        return f"{signed}.{b64url.encode(key.handle.sign(signed.encode()))}"


@dataclass
class Service:
    """The application under test and one client of it."""

    app: FastAPI
    http: httpx.AsyncClient
    clock: Hand
    engine: AsyncEngine
    directory: Directory
    voice: Voice
    registrar: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: Any, jws: str | None, **headers: str) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} | ({} if jws is None else {"X-JWS-Signature": jws}) | headers
        return await self.http.post(path, content=raw, headers=sent)

    async def log_in(self, name: str, password: str = PASSWORD, address: str = "10.0.0.1") -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(address, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://exchange") as http:
            return await http.post("/v1/admin/token", data={"username": name, "password": password})

    async def create_node(self, node_id: str, **other: Any) -> httpx.Response:
        wanted = {"node_id": node_id, "kind": "police", "name": f"测试县公安局 {node_id}", "division_code": "990121"}
        wanted |= {"level": "county", "parent": None} | other
        return await self.http.post("/v1/admin/nodes", json=wanted, headers=self.registrar)

    async def code(self, node_id: str) -> str:
        path = f"/v1/admin/nodes/{node_id}/enrolment-codes"
        code: str = (await self.http.post(path, headers=self.registrar)).json()["code"]
        return code

    async def enrol(
        self, node: Node, body: dict[str, Any], key: PrivateKey | None = None, **header: Any
    ) -> httpx.Response:
        raw = json.dumps(body).encode()
        jws = node.sign(raw, key or node.act, "lead-enrolment+jws", **header)
        return await self.post("/v1/enrolments", raw, jws)

    async def enrolled(self, node_id: str = "police-990121") -> Node:
        node = Node(node_id, self.clock)
        assert (await self.create_node(node_id)).status_code == 201
        answer = await self.enrol(node, node.enrolment(await self.code(node_id)))
        assert answer.status_code == 201, answer.text
        return node

    async def token(self, assertion: str, **other: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return await self.http.post("/v1/oauth/token", data=form | other)

    async def bearer(self, node: Node) -> dict[str, str]:
        answer = await self.token(node.assertion())
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@asynccontextmanager
async def serve(database_url: str) -> AsyncIterator[Service]:
    """Assemble the application as the service does, with a registrar named `zhang`."""
    clock, engine = Hand(), create_engine(database_url)
    app = FastAPI()
    settings, vault = Settings(exchange_id=EXCHANGE), LocalVault(bytes(32))
    ring = await open_ring(engine, WrappedKeys(vault), clock)
    voice = Voice(EXCHANGE, ring, settings.zone)
    directory = Directory(engine, with_each_read=ring.read)
    await directory.refresh()
    app.state.parts = Parts(settings, clock, engine, engine, vault, others=(voice, directory, Door(), Shares()))
    app.include_router(registry_routes)
    app.include_router(register_routes.router)
    app.include_router(admin_routes)
    problems.install(app)
    await add_person(engine, "zhang", ["registrar"], PASSWORD, clock())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://exchange") as http:
        service = Service(app, http, clock, engine, directory, voice)
        token = (await service.log_in("zhang")).json()["access_token"]
        service.registrar = {"Authorization": f"Bearer {token}"}
        yield service
    await engine.dispose()
