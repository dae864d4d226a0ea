"""What is looked for in a file while it passes: its size, its digest, the mark of a state secret."""

import hashlib

from app.casework.secrecy import LONGEST_MARK, bytes_bear_mark, classified
from app.errors import InvalidDocument, PayloadTooLarge
from app.signing.sealing import LARGEST_PART, bound

LARGEST_FILE = 512 * 1024 * 1024


class Examination:
    """Examines one file, chunk by chunk. It does not see what lies compressed inside a container."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: bytes | None = b""
        self._sha256 = hashlib.sha256()
        self._tail = b""

    def take(self, chunk: bytes) -> None:
        """Examine the next chunk; raise `PayloadTooLarge` or `ClassifiedMaterial`."""
        self.size += len(chunk)
        if self.size > LARGEST_FILE:
            raise too_large()
        self._sha256.update(chunk)
        if self._whole is not None:
            self._whole = self._whole + chunk if self.size <= LARGEST_PART else None
        window = self._tail + chunk
        if bytes_bear_mark(window):
            raise classified()
        self._tail = window[-LONGEST_MARK:]

    @property
    def sealed_as(self) -> bytes | None:
        """The context that a sealed part is bound to, None for any other file; see `app.signing.sealing.bound`."""
        return None if self._whole is None else bound(self._whole)

    def require(self, sha256: str) -> None:
        """Raise `InvalidDocument` unless what was taken has this SHA-256 (hex)."""
        if self._sha256.hexdigest() != sha256:
            raise InvalidDocument(
                "The bytes received do not have the SHA-256 of the address; nothing was kept.",
                "收到的内容与地址中的 SHA-256 不符，未予保存。",
            )


def too_large() -> PayloadTooLarge:
    return PayloadTooLarge("An attachment has at most 512 MiB.", "附件不得超过 512 MiB。")
