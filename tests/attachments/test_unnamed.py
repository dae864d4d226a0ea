"""Uploads that no act names: an agency has a bounded number of them, sees them, and they go after a week."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.attachments.service import Attachments, sweep_unnamed
from app.attachments.store import open_store
from app.attachments.unnamed import Quota
from app.config import Settings
from app.db import READER, WRITER, create_engine
from app.errors import QuotaExceeded
from app.vault import LocalVault
from tests.attachments.conftest import Exchange
from tests.attachments.test_attachments import attachment, refusal

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NODE, OTHER = "township-990121101", "police-990121"
WEEK = timedelta(days=7)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def opened(database_url: str, folder: Path, quota: Quota) -> AsyncIterator[Attachments]:
    engine, reader = create_engine(database_url, role=WRITER), create_engine(database_url, role=READER)
    try:
        yield Attachments(engine, reader, LocalVault(bytes(32)), open_store(Settings(data_dir=folder)), quota)
    finally:
        await engine.dispose()
        await reader.dispose()


async def put(files: Attachments, content: bytes, now: datetime = NOW, *, node: str = NODE, told: bool = True) -> int:
    async def body() -> AsyncIterator[bytes]:
        yield content

    return await files.put(node, hashlib.sha256(content).hexdigest(), len(content) if told else 0, body(), now)


def objects(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "attachments").rglob("*"))


@pytest.mark.anyio
@pytest.mark.parametrize("told", [True, False])
async def test_an_agency_has_no_more_than_its_quota_and_others_have_theirs(
    database_url: str, tmp_path: Path, *, told: bool
) -> None:
    async with opened(database_url, tmp_path, Quota(3, 100, WEEK)) as files:
        await put(files, b"a" * 60)
        await put(files, b"b" * 40)
        with pytest.raises(QuotaExceeded):
            await put(files, b"c", told=told)
        assert objects(tmp_path) == 2
        assert await put(files, b"a" * 60, told=told) == 60  # a repeat needs no room
        assert await put(files, b"c", node=OTHER) == 1
        await files.delete(NODE, hashlib.sha256(b"b" * 40).hexdigest())
        await put(files, b"c")
        await put(files, b"d")
        with pytest.raises(QuotaExceeded):
            await put(files, b"e", told=told)


@pytest.mark.anyio
async def test_uploads_at_once_do_not_pass_the_quota_together(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, Quota(3, 10_000, WEEK)) as files:
        contents = [os.urandom(100) for _ in range(6)]
        outcomes: list[Any] = await asyncio.gather(*(put(files, one) for one in contents), return_exceptions=True)
        assert [outcome for outcome in outcomes if outcome == 100] == [100] * 3
        assert {type(outcome) for outcome in outcomes if outcome != 100} == {QuotaExceeded}
        assert objects(tmp_path) == 3


@pytest.mark.anyio
async def test_after_a_week_they_go_and_a_repeat_begins_the_week_anew(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, Quota(10, 10_000, WEEK)) as files:
        await put(files, b"first")
        await put(files, b"second")
        await put(files, b"first", NOW + timedelta(days=6))
        assert await sweep_unnamed(files.engine, files.store, NOW) == 0
        assert await sweep_unnamed(files.engine, files.store, NOW + timedelta(seconds=1)) == 1
        assert objects(tmp_path) == 1
        assert (await files.find(NODE, hashlib.sha256(b"first").hexdigest())).size == 5


def test_its_owner_lists_them_in_pages_until_an_act_names_them(exchange: Exchange) -> None:
    contents = [os.urandom(10 + number) for number in range(3)]
    stored = [exchange.put(exchange.petition, content).json() for content in contents]
    listed: list[Any] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        page = exchange.ask("GET", "/v1/attachments", exchange.petition, params={"limit": 2, **cursor}).json()
        listed += page["items"]
    assert listed == stored
    assert exchange.ask("GET", "/v1/attachments", exchange.police).json() == {"items": [], "next": None}
    own = os.urandom(20)
    exchange.put(exchange.town, own)
    named = [one["sha256"] for one in exchange.ask("GET", "/v1/attachments", exchange.town).json()["items"]]
    exchange.register([attachment(own)])
    left = [one["sha256"] for one in exchange.ask("GET", "/v1/attachments", exchange.town).json()["items"]]
    assert set(named) - set(left) == {attachment(own)["sha256"]}


@pytest.mark.parametrize("cursor", ["x", "1", "1.a", "9" * 18 + "." + "a" * 64])
def test_another_cursor_is_refused(exchange: Exchange, cursor: str) -> None:
    answer = exchange.ask("GET", "/v1/attachments", exchange.town, params={"cursor": cursor})
    assert refusal(answer) == (422, "invalid-document")
