"""How a file is encrypted: a stream of sealed chunks, each useless anywhere but in its own place.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizar 2015) over AES-256-GCM: the nonce is 7 random bytes, a 4-byte counter
and a byte that is 1 in the last chunk alone. Chunks that were cut off, moved, repeated or changed do not open.
Layout: header (4 bytes of format, 7 of nonce), then chunks of 1 MiB of plaintext and a 16-byte tag each; the last
may be shorter, and an empty file is one empty chunk.
"""

from collections.abc import AsyncIterable, AsyncIterator

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK_BYTES = 1024 * 1024
TAG_BYTES = 16
PREFIX_BYTES = 7
_FORMAT = b"LBA1"
HEADER_BYTES = len(_FORMAT) + PREFIX_BYTES


class ChunkCipher:
    """Seals and opens the chunks of one file. A file key encrypts one file only, so that no nonce comes twice."""

    def __init__(self, file_key: bytes, prefix: bytes) -> None:
        if len(prefix) != PREFIX_BYTES:
            raise ValueError(f"a nonce prefix has {PREFIX_BYTES} bytes")
        self._cipher = AESGCM(file_key)
        self._prefix = prefix
        self.header = _FORMAT + prefix

    @classmethod
    def from_header(cls, file_key: bytes, header: bytes) -> "ChunkCipher":
        """Return the cipher of a stored file; raise ValueError unless its header is of this format."""
        if not header.startswith(_FORMAT):
            raise ValueError("not a stored attachment")
        return cls(file_key, header[len(_FORMAT) :])

    def seal(self, index: int, chunk: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(index, last), chunk, self.header)

    def open(self, index: int, sealed: bytes, *, last: bool) -> bytes:
        """Return the plaintext; raise `cryptography.exceptions.InvalidTag` if it is not this chunk of this file."""
        return self._cipher.decrypt(self._nonce(index, last), sealed, self.header)

    def _nonce(self, index: int, last: bool) -> bytes:
        return self._prefix + index.to_bytes(4, "big") + bytes([last])


def chunk_count(size: int) -> int:
    """Return how many chunks a file of `size` bytes has; never none, since the last one proves the end."""
    return max(1, -(-size // CHUNK_BYTES))


def sealed_size(size: int) -> int:
    """Return the bytes that a file of `size` bytes takes in the store."""
    return HEADER_BYTES + size + TAG_BYTES * chunk_count(size)


def sealed_range(index: int, size: int) -> tuple[int, int]:
    """Return where a chunk of a file of `size` bytes begins in its object, and how many bytes it has there."""
    start = HEADER_BYTES + index * (CHUNK_BYTES + TAG_BYTES)
    return start, min(CHUNK_BYTES + TAG_BYTES, sealed_size(size) - start)


async def in_chunks(stream: AsyncIterable[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """Yield the stream as chunks of 1 MiB, each with whether it is the last. At least one comes."""
    held = bytearray()
    async for piece in stream:
        held += piece
        # `>`: a full chunk waits until it is known whether another follows.
        while len(held) > CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES]), False
            del held[:CHUNK_BYTES]
    yield bytes(held), True
