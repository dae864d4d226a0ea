"""Taking a file in, handing it out, deleting it, and clearing up behind a crash."""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from obstore.exceptions import BaseError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import ClientDisconnect

from app import loops
from app.attachments import queries
from app.attachments.chunks import PREFIX_BYTES, ChunkCipher, in_chunks
from app.attachments.examination import Examination
from app.attachments.opening import part_of, plaintext_of, require_size
from app.attachments.queries import StoredFile
from app.attachments.store import AttachmentStore
from app.attachments.unnamed import Quota, require_room, take_unnamed
from app.db import driver_connection
from app.deps import TimeSource
from app.errors import InvalidDocument, QuotaExceeded
from app.vault import KEY_BYTES, Vault

SECONDS_OF_UPLOAD = 3600
SWEEP_AFTER = timedelta(hours=2)  # longer than an upload may last
SWEEP_SECONDS = 3600
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attachments:
    """The files of all nodes: each upload belongs to the node that made it, under an object and a key of its own."""

    engine: AsyncEngine
    reader: AsyncEngine
    vault: Vault
    store: AttachmentStore
    quota: Quota

    async def put(self, node_id: str, sha256: str, announced: int, body: AsyncIterable[bytes], now: datetime) -> int:
        """Keep a file whose SHA-256 (hex) and size were announced and return its size; it is durable then.

        Whether anyone holds the same bytes is not looked at before they have all been read and written, so that
        neither the answer nor its time tells. Raises `PayloadTooLarge`, `ClassifiedMaterial`, `InvalidDocument` and
        `QuotaExceeded` (before a byte is read, if the announced size says so); then nothing is kept.
        """
        async with driver_connection(self.engine) as connection:
            await require_room(connection, self.quota, node_id, bytes.fromhex(sha256), announced, now)
        object_key, file_key = self.store.new_key(), os.urandom(KEY_BYTES)
        examination = Examination()
        cipher = ChunkCipher(file_key, os.urandom(PREFIX_BYTES))
        await self.store.write(object_key, _sealed(cipher, examination, sha256, _patient(body)))
        file = StoredFile(bytes.fromhex(sha256), examination.size, object_key, file_key)
        # If this fails the object stays until the sweep: the row may have been committed all the same.
        try:
            is_new = await queries.insert_upload(
                self.engine, self.vault, self.quota, node_id, file, examination.sealed_as, now
            )
        except QuotaExceeded:
            await self._drop(object_key)
            raise
        if not is_new:
            await self._drop(object_key)
        return examination.size

    async def find(self, node_id: str, sha256: str) -> StoredFile:
        """Return a file that can be read; raise `NotFound` unless the node uploaded it or may read it by an act."""
        return await self.readable(await queries.find_file(self.reader, self.vault, node_id, bytes.fromhex(sha256)))

    async def readable(self, file: StoredFile) -> StoredFile:
        """Return the file, whose object is there and as long as it must be."""
        await require_size(self.store, file)
        return file

    def content(self, file: StoredFile, part: range | None = None) -> AsyncIterator[bytes]:
        """Return the bytes of a file, or those whose positions are in `part`.

        The iterator raises, before the last bytes, if what is stored is not the file: a reader who counts the
        bytes never takes a part for the whole.
        """
        return plaintext_of(self.store, file) if part is None else part_of(self.store, file, part)

    async def delete(self, node_id: str, sha256: str) -> None:
        """Delete the node's own upload; raise `NotFound`, or `WrongState` if an act names it."""
        # The row first: the other way round a crash between the two would leave a row without its object.
        await self._drop(await queries.delete_upload(self.engine, node_id, bytes.fromhex(sha256)))

    async def _drop(self, object_key: str) -> None:
        try:
            await self.store.delete(object_key)
        except (BaseError, OSError) as error:
            _log.warning("an object is left to the sweep", error=type(error).__name__)


async def _sealed(
    cipher: ChunkCipher, examination: Examination, sha256: str, body: AsyncIterable[bytes]
) -> AsyncIterator[bytes]:
    """Yield the object's bytes; the last of them only after the whole file was found to be what was announced."""
    yield cipher.header
    index = 0
    async for chunk, last in in_chunks(body):
        examination.take(chunk)
        if last:
            examination.require(sha256)
        yield cipher.seal(index, chunk, last=last)
        index += 1


async def _patient(body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the body; raise `InvalidDocument` if it breaks off or takes an hour. Silence is the server's to end."""
    pieces = aiter(body)
    ends = asyncio.get_running_loop().time() + SECONDS_OF_UPLOAD
    while True:
        try:
            async with asyncio.timeout_at(ends):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except (ClientDisconnect, TimeoutError):
            raise InvalidDocument("The upload broke off; nothing was kept.", "上传中断，未予保存。") from None
        yield piece


async def sweep(engine: AsyncEngine, store: AttachmentStore, older_than: datetime) -> int:
    """Delete the objects finished before `older_than` that no row refers to; return how many there were.

    `older_than` lies an hour or more in the past: between an object and its row there is always a moment.
    """
    swept = await store.clear_unfinished(older_than)
    async for keys in store.older_than(older_than):
        for key in await queries.without_row(engine, keys) if keys else []:
            await store.delete(key)
            swept += 1
    return swept


async def sweep_unnamed(engine: AsyncEngine, store: AttachmentStore, uploaded_before: datetime) -> int:
    """Delete the uploads from before that time that no act names; return how many there were."""
    swept = 0
    while keys := await take_unnamed(engine, uploaded_before):
        for key in keys:
            await store.delete(key)
        swept += len(keys)
    return swept


async def keep_swept(engine: AsyncEngine, store: AttachmentStore, quota: Quota, clock: TimeSource) -> None:
    """Sweep every hour until cancelled. Several workers may do it at once: what is gone is gone."""
    while True:
        try:
            swept = await sweep(engine, store, clock() - SWEEP_AFTER)
            swept += await sweep_unnamed(engine, store, clock() - quota.stay)
        except (*loops.LOST, BaseError) as error:
            loops.end_if_cancelled()
            _log.warning("sweep failed", error=type(error).__name__)
        else:
            if swept:
                _log.info("what no act names was swept", count=swept)
        await asyncio.sleep(SWEEP_SECONDS)
