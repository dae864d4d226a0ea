"""A stored file opened again, a few MiB at a time, and never more of it than was proven to be its own."""

import hashlib
from collections.abc import AsyncIterator

from app.attachments.chunks import CHUNK_BYTES, HEADER_BYTES, ChunkCipher, chunk_count, sealed_range, sealed_size
from app.attachments.queries import StoredFile
from app.attachments.store import AttachmentStore

CHUNKS_READ_AHEAD = 4


class DamagedObject(Exception):
    """A stored object is not what its row says; nothing of it may pass for the file."""


async def require_size(store: AttachmentStore, file: StoredFile) -> int:
    """Return the size of a file whose object is as long as it must be.

    Raises `DamagedObject` for an object of another size, FileNotFoundError for one that is gone.
    """
    if await store.size(file.object_key) != sealed_size(file.size):
        raise DamagedObject(file.object_key)
    return file.size


async def plaintext_of(store: AttachmentStore, file: StoredFile) -> AsyncIterator[bytes]:
    """Yield the bytes of a file, the last of them only once all were found to have its digest.

    Raises `DamagedObject` for another digest, ValueError or `cryptography.exceptions.InvalidTag` for an object that
    its key does not open, and whatever the store raises.
    """
    (header,) = await store.read(file.object_key, [(0, HEADER_BYTES)])
    cipher = ChunkCipher.from_header(file.file_key, header)
    digest, count = hashlib.sha256(), chunk_count(file.size)
    for first in range(0, count, CHUNKS_READ_AHEAD):
        indexes = range(first, min(first + CHUNKS_READ_AHEAD, count))
        ranges = [sealed_range(index, file.size) for index in indexes]
        for index, sealed in zip(indexes, await store.read(file.object_key, ranges), strict=True):
            last = index == count - 1
            chunk = cipher.open(index, sealed, last=last)
            digest.update(chunk)
            if last and digest.digest() != file.sha256:
                raise DamagedObject(file.object_key)
            yield chunk


async def part_of(store: AttachmentStore, file: StoredFile, part: range) -> AsyncIterator[bytes]:
    """Yield the bytes of a file whose positions are in `part`, which is not empty and lies within the file.

    Each chunk opens in its own place of its own file alone; that all of them are the file, its whole digest shows.
    Raises what `plaintext_of` raises.
    """
    (header,) = await store.read(file.object_key, [(0, HEADER_BYTES)])
    cipher, count = ChunkCipher.from_header(file.file_key, header), chunk_count(file.size)
    for index in range(part.start // CHUNK_BYTES, (part.stop - 1) // CHUNK_BYTES + 1):
        (sealed,) = await store.read(file.object_key, [sealed_range(index, file.size)])
        begins = index * CHUNK_BYTES
        chunk = cipher.open(index, sealed, last=index == count - 1)
        yield chunk[max(part.start - begins, 0) : part.stop - begins]
