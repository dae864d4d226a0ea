"""Canonical base64url without padding (RFC 7515 section 2): one text for one sequence of bytes."""

import base64
import binascii
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def encode(raw: bytes) -> str:
    """Return `raw` as base64url without `=`."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes that `text` stands for; raise ValueError unless `encode` writes them so.

    The standard decoder skips foreign characters and ignores the unused low bits of the last one, so several
    texts would mean the same bytes. The alphabet check and the comparison at the end leave one.
    """
    if _ALPHABET.fullmatch(text) is None:
        raise ValueError("not base64url without padding")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url without padding") from error
    if encode(raw) != text:
        raise ValueError("base64url with stray bits in the last character")
    return raw
