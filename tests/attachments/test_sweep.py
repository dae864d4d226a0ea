"""What a crash left behind is found and deleted; what a row refers to is not."""

import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.attachments.service import Attachments, sweep
from app.attachments.store import AttachmentStore, open_store
from app.attachments.unnamed import Quota
from app.config import Settings
from app.db import READER, WRITER, create_engine
from app.vault import LocalVault

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NODE = "township-990121101"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def parts(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.anyio
async def test_the_sweep_deletes_old_objects_without_a_row_and_no_others(database_url: str, tmp_path: Path) -> None:
    engine, reader = create_engine(database_url, role=WRITER), create_engine(database_url, role=READER)
    try:
        store = open_store(Settings(data_dir=tmp_path))
        files = Attachments(engine, reader, LocalVault(bytes(32)), store, Quota.of(Settings()))
        digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        assert await files.put(NODE, digest, 5, parts(b"hel", b"lo"), NOW) == 5
        await store.write(AttachmentStore.new_key(), parts(b"no row"))
        half_written = tmp_path / "attachments" / "00" / "name#1"
        half_written.parent.mkdir(exist_ok=True)
        half_written.write_bytes(b"left by a killed process")
        long_ago = time.time() - 7200
        os.utime(half_written, (long_ago, long_ago))
        assert await sweep(engine, store, datetime.now(UTC) - timedelta(hours=1)) == 1
        assert await sweep(engine, store, datetime.now(UTC) + timedelta(seconds=5)) == 1
        assert await sweep(engine, store, datetime.now(UTC) + timedelta(seconds=5)) == 0
        file = await files.find(NODE, digest)
        assert b"".join([piece async for piece in files.content(file)]) == b"hello"
    finally:
        await engine.dispose()
        await reader.dispose()


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    open_store(Settings(data_dir=tmp_path, attachments=str(tmp_path / "elsewhere" / "files")))
    assert (tmp_path / "elsewhere" / "files").stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "attachments").exists()
