"""Settings of the outside: the address that is told, a token for the metrics, TLS to the database as libpq has it."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import InterfaceError

from app.db import create_engine
from tests.server import serving

TOKEN = "a token of the operator"


def test_addresses_come_from_the_setting_and_metrics_need_the_token(database_url: str, tmp_path: Path) -> None:
    outside: dict[str, Any] = {"public_url": "https://exchange.example/lead", "metrics_token": TOKEN}
    with (
        serving(database_url, tmp_path, worker=False, **outside) as url,
        httpx.Client(base_url=url, headers={"Host": "evil.example"}, trust_env=False) as client,
    ):
        told = client.get("/.well-known/leadbridge").json()
        assert told["token_endpoint"] == "https://exchange.example/lead/v1/oauth/token"
        assert told["jwks_uri"] == "https://exchange.example/lead/.well-known/jwks.json"
        assert client.get("/v1/leads/").status_code == 404
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}).status_code == 401
        assert "leadbridge_connections" in client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text


async def asked(url: str) -> int:
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return int(await connection.scalar(text("SELECT 7")) or 0)
    finally:
        await engine.dispose()


def with_query(url: str, **query: str) -> str:
    return make_url(url).update_query_dict(query).render_as_string(hide_password=False)


@pytest.mark.parametrize("mode", ["disable", "prefer"])
def test_a_url_may_say_what_it_wants_of_tls(database_url: str, mode: str) -> None:
    assert asyncio.run(asked(with_query(database_url, sslmode=mode))) == 7


def test_a_certificate_that_is_not_there_and_an_unknown_mode_are_refused(database_url: str) -> None:
    for query in ({"sslmode": "verify-full", "sslrootcert": "/nowhere/root.crt"}, {"sslmode": "perhaps"}):
        with pytest.raises((InterfaceError, FileNotFoundError)):
            asyncio.run(asked(with_query(database_url, **query)))
