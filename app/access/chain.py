"""The chain over a day's reads: each row hashed onto the one before, each day onto the day before. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date
from typing import Any

HEAD = b"leadbridge/access-log/v1\n"
NOTHING_BEFORE = bytes(32)
MEMBERS = ("access_id", "at", "node_id", "person", "purpose", "what", "subject", "opening_id")


def begin(before: bytes, day: date) -> bytes:
    """Return the hash that a day's chain begins with; `before` is the end of the day before, or 32 zero bytes."""
    return hashlib.sha256(HEAD + before + day.isoformat().encode()).digest()


def extend(chain: bytes, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the chain with these rows added, in the order of `at` and `access_id`."""
    for row in rows:
        chain = hashlib.sha256(chain + _line(row)).digest()
    return chain


def _line(row: Mapping[str, Any]) -> bytes:
    said = [
        None if row[name] is None else row[name].astimezone(UTC).isoformat() if name == "at" else str(row[name])
        for name in MEMBERS
    ]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
