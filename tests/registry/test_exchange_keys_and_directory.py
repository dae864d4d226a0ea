"""The exchange's own keys, and the register in a process's memory."""

import asyncio
import base64
import contextlib
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from app.db import create_engine
from app.registry.directory import Directory
from app.registry.exchange_keys import ensure_exchange_keys, log_vkey
from app.vault import LocalVault
from tests.registry_app import EXCHANGE, Service

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def test_processes_that_start_together_agree_on_the_keys(database_url: str) -> None:
    engine, vault = create_engine(database_url), LocalVault(bytes(32))
    made = await asyncio.gather(*(ensure_exchange_keys(engine, vault, NOW) for _ in range(4)))
    assert len({keys.signing.kid for keys in made}) == len({keys.log.kid for keys in made}) == 1
    assert [key["kid"] for key in made[0].jwks["keys"]] == [made[0].signing.kid]
    assert "d" not in made[0].jwks["keys"][0]
    with pytest.raises(InvalidTag):
        await ensure_exchange_keys(engine, LocalVault(b"\1" * 32), NOW)
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
    assert other.key(node.act.kid) is None
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
    for _ in range(500):
        if node_id in directory.nodes:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{node_id} was not heard of")
