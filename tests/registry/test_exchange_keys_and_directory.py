"""The exchange's own keys, and the register in a process's memory."""

import asyncio
import base64
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from app.config import Settings
from app.db import create_engine, driver_connection
from app.registry.directory import Directory
from app.registry.exchange_keys import WrappedKeys, log_origin, log_vkey, open_ring
from app.registry.rotation import rotate
from app.registry.voice import Voice
from app.signing.algorithms import Alg
from app.signing.jws import verify_detached
from app.signing.keys import PrivateKey, PublicKey, generate_private
from app.transparency.checkpoint import Log
from app.transparency.note import ED25519, verifier_of, verify_note
from app.vault import LocalVault
from tests.registry_app import EXCHANGE, Service
from tests.waiting import until_async

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def test_processes_that_start_together_agree_on_the_keys(database_url: str) -> None:
    engine, vault = create_engine(database_url), LocalVault(bytes(32))
    rings = await asyncio.gather(*(open_ring(engine, WrappedKeys(vault), lambda: NOW) for _ in range(4)))
    made = [ring.keys for ring in rings]
    assert len({keys.signing.kid for keys in made}) == len({keys.log.kid for keys in made}) == 1
    assert [key["kid"] for key in made[0].jwks["keys"]] == [made[0].signing.kid]
    assert "d" not in made[0].jwks["keys"][0]
    with pytest.raises(InvalidTag):
        await open_ring(engine, WrappedKeys(LocalVault(b"\1" * 32)), lambda: NOW)
    await engine.dispose()


class Token:
    """A store as a PKCS#11 token is one: it signs, and nobody gets a private half out of it."""

    def __init__(self) -> None:
        self.inside: dict[bytes, PrivateKey] = {}

    def make(self, _purpose: str, alg: Alg) -> tuple["Held", bytes]:
        key = generate_private(alg)
        self.inside[b"object " + key.kid.encode()] = key
        return Held(self, key.public), b"object " + key.kid.encode()

    def open(self, _purpose: str, _jwk: Mapping[str, str], _kid: str, kept: bytes) -> "Held":
        return Held(self, self.inside[kept].public)


@dataclass(frozen=True)
class Held:
    """A key that stays in the token."""

    token: Token
    public: PublicKey

    @property
    def alg(self) -> Alg:
        return self.public.alg

    @property
    def kid(self) -> str:
        return self.public.kid

    @property
    def public_jwk(self) -> dict[str, str]:
        return self.public.jwk

    def sign(self, message: bytes) -> bytes:
        return self.token.inside[b"object " + self.kid.encode()].sign(message)


async def test_a_token_that_keeps_its_keys_signs_all_that_the_exchange_signs(database_url: str) -> None:
    engine, token = create_engine(database_url), Token()
    ring = await open_ring(engine, token, lambda: NOW)
    await rotate(engine, token, EXCHANGE, "log", NOW)
    async with driver_connection(engine) as connection:
        await ring.read(connection)
    voice = Voice(EXCHANGE, ring, Settings().zone)
    said = voice.notice("notice.key", "police-990121", {}, lead_id=None, jti=str(uuid4()), now=NOW)
    verify_detached(said.jws, said.body, ring.keys.signing.public, typ="lead-notice+jws")
    log = Log(log_origin(EXCHANGE), ring.keys.log, ring.keys.former["log"])
    former = verifier_of(log.origin, log.former[0], ED25519)
    assert len(verify_note(log.sign(1, bytes(32)), [log.verifier, former])) == 2
    await engine.dispose()


def test_a_log_key_is_written_as_signed_note_has_it() -> None:
    # The example of the C2SP signed-note specification's Go implementation, golang.org/x/mod/sumdb/note.
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    public = base64.b64decode(vkey.rpartition("+")[2] if vkey.count("+") == 2 else vkey.split("+", 2)[2])[1:]
    assert log_vkey("PeterNeumann", public) == vkey


async def test_the_exchange_says_where_everything_is(service: Service) -> None:
    shown = (await service.http.get("/.well-known/leadbridge")).json()
    assert (shown["exchange"], shown["version"], shown["log_origin"]) == (EXCHANGE, "1", f"{EXCHANGE}/log")
    assert (await service.http.get(shown["jwks_uri"])).status_code == 200
    assert shown["log_vkey"].startswith(f"{EXCHANGE}/log+")


async def test_another_process_learns_of_a_key_when_it_asks(service: Service) -> None:
    other = Directory(service.engine)
    node = await service.enrolled()
    assert other.keys.get(node.act.kid) is None
    found = await other.find_key(node.act.kid)
    assert found is not None
    assert (found.node_id, found.purpose, found.key_event) == (node.node_id, "act", 1)
    assert node.node_id in other.nodes
    assert await other.find_key("A" * 43) is None


async def test_another_process_hears_of_every_change_even_after_it_lost_the_line(service: Service) -> None:
    engine = create_engine(str(service.engine.url.render_as_string(hide_password=False)), application_name="other")
    other = Directory(engine)
    listening = asyncio.create_task(other.listen())
    await service.create_node("court-990121")
    await heard(other, "court-990121")
    async with service.engine.begin() as connection:
        await connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'other'")
        )
    await service.create_node("court-990122")
    await heard(other, "court-990122")
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await engine.dispose()


async def heard(directory: Directory, node_id: str) -> None:
    # The directory has no event to wait for: a reader on the hot path takes what is there.
    async def known() -> bool:
        return node_id in directory.nodes

    await until_async(f"{node_id} is heard of", known)
