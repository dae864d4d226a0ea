"""A zip that is written while it is sent."""

import asyncio
import io
import os
import tracemalloc
import zipfile
from collections.abc import AsyncIterator

from app.bundles.streaming import StreamedZip

PIECE = os.urandom(1024 * 1024)


async def fifty_pieces() -> AsyncIterator[bytes]:
    for _ in range(50):
        yield PIECE


def test_a_file_of_fifty_mebibytes_takes_a_few_at_a_time() -> None:
    async def run() -> tuple[int, int]:
        made, sent = StreamedZip(), len(StreamedZip().end())
        async for piece in made.add_stream("attachments/a", fifty_pieces()):
            sent += len(piece)
        return sent + len(made.end()), tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        sent, peak = asyncio.run(run())
    finally:
        tracemalloc.stop()
    assert sent > 50 * len(PIECE)
    assert peak < 8 * len(PIECE)


def test_the_same_files_make_the_same_zip() -> None:
    def made() -> bytes:
        archive = StreamedZip()
        return archive.add("README", b"one") + archive.add("verify.sh", b"two") + archive.end()

    assert made() == made()
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        assert archive.testzip() is None
        assert archive.read("verify.sh") == b"two"
        assert archive.getinfo("verify.sh").external_attr >> 16 == 0o100755
