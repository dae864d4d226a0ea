"""The encryption of files: chunks open in their own place, in their own file, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from cryptography.exceptions import InvalidTag

from app.attachments.chunks import (
    CHUNK_BYTES,
    HEADER_BYTES,
    ChunkCipher,
    chunk_count,
    in_chunks,
    sealed_range,
    sealed_size,
)

KEY = bytes(range(32))
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES)


def cipher(key: bytes = KEY, prefix: bytes = b"7 bytes") -> ChunkCipher:
    return ChunkCipher(key, prefix)


async def pieces(content: bytes, step: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), step):
        yield content[start : start + step]


def chunks_of(content: bytes, step: int) -> list[tuple[bytes, bool]]:
    async def gather() -> list[tuple[bytes, bool]]:
        return [one async for one in in_chunks(pieces(content, step))]

    return asyncio.run(gather())


def seal(content: bytes) -> bytes:
    chunks = chunks_of(content, 65_536)
    sealed = [cipher().seal(index, chunk, last=last) for index, (chunk, last) in enumerate(chunks)]
    return cipher().header + b"".join(sealed)


def open_all(stored: bytes, size: int) -> bytes:
    opener = ChunkCipher.from_header(KEY, stored[:HEADER_BYTES])
    opened = []
    for index in range(chunk_count(size)):
        start, length = sealed_range(index, size)
        last = index == chunk_count(size) - 1
        opened.append(opener.open(index, stored[start : start + length], last=last))
    return b"".join(opened)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_any_size_opens_to_the_same_bytes(size: int) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    stored = seal(content)
    assert len(stored) == sealed_size(size)
    assert open_all(stored, size) == content


@pytest.mark.parametrize("step", [1000, CHUNK_BYTES, 2 * CHUNK_BYTES + 5])
@pytest.mark.parametrize("size", [0, CHUNK_BYTES, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 7])
def test_chunks_do_not_depend_on_how_the_network_cut_the_stream(size: int, step: int) -> None:
    chunks = chunks_of(b"x" * size, step)
    assert len(chunks) == chunk_count(size)
    assert [last for _, last in chunks] == [False] * (len(chunks) - 1) + [True]
    assert all(len(chunk) == CHUNK_BYTES for chunk, last in chunks if not last)
    assert sum(len(chunk) for chunk, _ in chunks) == size


@pytest.mark.parametrize("at", [0, 17, -1])
def test_a_flipped_bit_in_a_chunk_is_noticed(at: int) -> None:
    sealed = bytearray(cipher().seal(0, b"statement", last=True))
    sealed[at] ^= 1
    with pytest.raises(InvalidTag):
        cipher().open(0, bytes(sealed), last=True)


def test_a_flipped_bit_in_the_header_is_noticed() -> None:
    stored = seal(b"statement")
    flipped = stored[: HEADER_BYTES - 1] + bytes([stored[HEADER_BYTES - 1] ^ 1]) + stored[HEADER_BYTES:]
    with pytest.raises(InvalidTag):
        open_all(flipped, 9)
    with pytest.raises(ValueError, match="not a stored attachment"):
        open_all(b"X" + stored[1:], 9)


def test_a_file_cut_off_after_a_whole_chunk_does_not_pass_for_a_shorter_one() -> None:
    stored = seal(b"x" * 2 * CHUNK_BYTES)
    with pytest.raises(InvalidTag):
        open_all(stored[: sealed_size(CHUNK_BYTES)], CHUNK_BYTES)


def test_a_file_cannot_be_made_longer_behind_its_last_chunk() -> None:
    with pytest.raises(InvalidTag):
        cipher().open(0, cipher().seal(0, b"x", last=True), last=False)


def test_chunks_that_changed_places_do_not_open() -> None:
    first, second = cipher().seal(0, b"a", last=False), cipher().seal(1, b"b", last=False)
    with pytest.raises(InvalidTag):
        cipher().open(0, second, last=False)
    with pytest.raises(InvalidTag):
        cipher().open(1, first, last=False)


def test_a_chunk_of_another_file_does_not_open() -> None:
    sealed = cipher().seal(0, b"a", last=True)
    with pytest.raises(InvalidTag):
        cipher(prefix=b"another").open(0, sealed, last=True)
    with pytest.raises(InvalidTag):
        cipher(key=bytes(32)).open(0, sealed, last=True)
