"""What is looked for in a file while it passes: its size, its digest, the mark of a state secret."""

import hashlib
import re

from app.casework.document import CLASSIFIED_VALUES, classified
from app.errors import InvalidDocument, PayloadTooLarge
from app.signing.sealing import LARGEST_PART, bound

LARGEST_FILE = 512 * 1024 * 1024
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
MOST_SPACES = 500
# The longest mark: two characters, the spaces and the star, at most four bytes each in any of the encodings.
_OVERLAP = 4 * (MOST_SPACES + 3)
_SPACES = [chr(code) for code in range(0x10000) if chr(code).isspace()]


def _mark(encoding: str) -> re.Pattern[bytes]:
    """Return the bytes of `(秘密|机密|绝密)\\s*★` in one encoding, with a bound on the spaces.

    The pattern begins with the character that all three words end with and looks back from there: a literal
    start is found at the speed of a plain search, three alternatives are not.
    """

    def raw(text: str) -> bytes:
        return re.escape(text.encode(encoding))

    (end,) = {word[1:] for word in CLASSIFIED_VALUES}
    words = b"|".join(raw(word) for word in CLASSIFIED_VALUES)
    spaces = b"|".join(raw(space) for space in _SPACES)
    return re.compile(b"%s(?<=%s)(?:%s){0,%d}%s" % (raw(end), words, spaces, MOST_SPACES, raw("★")))


_MARKS = tuple(_mark(encoding) for encoding in ENCODINGS)


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
        if any(mark.search(window) for mark in _MARKS):
            raise classified()
        self._tail = window[-_OVERLAP:]

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
