"""Where the encrypted objects lie: a folder, or a bucket; object keys are random and say nothing."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from app.config import Settings

ERASURES = "erased/"  # notes of what was erased: no objects of files, and never swept
_PART_BYTES = 8 * 1024 * 1024  # at least 5 MiB: the least that S3 takes as a part
_PARTS_IN_FLIGHT = 2


class AttachmentStore:
    """Objects by key, each written once. `folder` is where they lie, if that is on this machine."""

    def __init__(self, objects: ObjectStore, folder: Path | None = None) -> None:
        self._objects = objects
        self._folder = folder

    @staticmethod
    def new_key() -> str:
        """Return a random key in one of 256 folders."""
        name = uuid.uuid4().hex
        return f"{name[:2]}/{name}"

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Write an object; on return it is whole and durable. If `pieces` raises, nothing is kept."""
        writer = obstore.open_writer_async(
            self._objects, key, buffer_size=_PART_BYTES, max_concurrency=_PARTS_IN_FLIGHT
        )
        # Left with an exception, the writer gives up what it has sent instead of closing the object.
        async with writer as sink:
            async for piece in pieces:
                await sink.write(piece)
        if self._folder is not None:
            await asyncio.to_thread(_sync, self._folder / key)

    async def size(self, key: str) -> int:
        """Return the size of an object in bytes; raise FileNotFoundError."""
        return (await obstore.head_async(self._objects, key))["size"]

    async def read(self, key: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return parts of an object, each named by its start and length.

        Not one long stream: a slow reader would hold it open until the bucket's time limit cuts it off.
        """
        starts, lengths = zip(*ranges, strict=True)
        parts = await obstore.get_ranges_async(self._objects, key, starts=starts, lengths=lengths)
        return [bytes(part) for part in parts]

    async def delete(self, key: str) -> None:
        """Delete an object; one that is gone already is no error."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._objects, key)

    async def older_than(self, instant: datetime) -> AsyncIterator[list[str]]:
        """Yield the keys of objects that were finished before `instant`, some hundred at a time."""
        async for page in obstore.list(self._objects, chunk_size=500):
            files = (found for found in page if not found["path"].startswith(ERASURES))
            yield [found["path"] for found in files if found["last_modified"] < instant]

    async def whole(self, key: str) -> bytes:
        """Return a small object; raise FileNotFoundError."""
        return bytes(await (await obstore.get_async(self._objects, key)).bytes_async())

    async def erasures(self) -> AsyncIterator[str]:
        """Yield the ids of the roots of which an erasure is noted; what has another name is no note."""
        async for page in obstore.list(self._objects, prefix=ERASURES):
            for found in page:
                name = found["path"].removeprefix(ERASURES)
                with suppress(ValueError):
                    if str(uuid.UUID(name)) == name:
                        yield name

    async def clear_unfinished(self, instant: datetime) -> int:
        """Delete what a killed process left half written before `instant`; return how many there were.

        Only for a folder, whose listing hides them; a bucket needs a rule that ends incomplete multipart uploads.
        """
        if self._folder is None:
            return 0
        return await asyncio.to_thread(_clear_unfinished, self._folder, instant.timestamp())


def open_store(settings: Settings) -> AttachmentStore:
    """Return the store that the settings name, making its folder (mode 0700) on first start.

    Raises `obstore.exceptions.BaseError` or ValueError for an address that names no store.
    """
    place = settings.attachments or str(settings.data_dir / "attachments")
    if "://" in place:
        return AttachmentStore(from_url(place))
    folder = Path(place).absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return AttachmentStore(LocalStore(folder), folder)


def _sync(path: Path) -> None:
    """Flush a file and the folders that lead to it: a row must not outlive its object in a power cut."""
    for folder in (path, path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _clear_unfinished(folder: Path, before: float) -> int:
    cleared = 0
    for path in folder.glob("??/*#*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                cleared += 1
    return cleared
