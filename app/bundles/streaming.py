"""A zip that is written while it is sent: what it holds in memory is one piece, however large its files are."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

# Neither the time nor the machine of the download belongs into evidence.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODES = {"verify.sh": 0o100755}


class _Sink(io.RawIOBase):
    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def drain(self) -> bytes:
        drained = bytes(self._held)
        self._held.clear()
        return drained


class StreamedZip:
    """Each method returns the bytes that are to be sent next; `digests` has the SHA-256 (hex) of each file so far."""

    def __init__(self) -> None:
        self._sink = _Sink()
        # Deflated, because readers that do not seek cannot find the end of a stored file of unannounced size.
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.digests: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> bytes:
        """Add a small file."""
        self._zip.writestr(_info(name), content, zipfile.ZIP_DEFLATED)
        self.digests[name] = hashlib.sha256(content).hexdigest()
        return self._sink.drain()

    async def add_stream(self, name: str, stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Add a file piece by piece; compressing does not hold up the event loop."""
        digest = hashlib.sha256()
        with self._zip.open(_info(name), "w") as member:
            async for piece in stream:
                digest.update(piece)
                await asyncio.to_thread(member.write, piece)
                yield self._sink.drain()
        self.digests[name] = digest.hexdigest()
        yield self._sink.drain()

    def end(self) -> bytes:
        """Write the directory; without it, as after a broken download, nothing passes for a zip."""
        self._zip.close()
        return self._sink.drain()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, whose modes the next line states
    info.external_attr = _MODES.get(name, 0o100644) << 16
    return info
