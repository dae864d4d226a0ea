"""Identifiers that an agency chooses for its own acts, leads and transfers."""

import os
import time
import uuid


def uuid7() -> str:
    """Return a lower-case UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, 74 random bits.

    Python has none before 3.14. Ids made within one millisecond are in no promised order.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
