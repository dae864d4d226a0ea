"""The entries of the log (docs/protocol.md section 7.2): one line of JSON with digests only, never content."""

import hashlib
import json
from datetime import date

from cryptography.hazmat.primitives import hashes

HEAD = b"leadbridge/entry/v1\n"
ACCESS_LOG_HEAD = HEAD + b'{"t":"access-log",'


def act_entry(*, jws: str, body: bytes, receipt: bytes, receipt_jws: str) -> bytes:
    """Return the entry of an act with its receipt."""
    return _entry(
        {
            "t": "act",
            "act_jws_sha256": _sha256(jws.encode("ascii")),
            "body_sha256": _sha256(body),
            "body_sm3": _sm3(body),
            "receipt_sha256": _sha256(receipt),
            "receipt_jws_sha256": _sha256(receipt_jws.encode("ascii")),
        }
    )


def notice_entry(*, jws: str, body: bytes) -> bytes:
    """Return the entry of a notice, which has no receipt."""
    return _entry(
        {
            "t": "notice",
            "act_jws_sha256": _sha256(jws.encode("ascii")),
            "body_sha256": _sha256(body),
            "body_sm3": _sm3(body),
        }
    )


def key_entry(*, node: str, kid: str, purpose: str, event: str, key_event: int, request_jws: str) -> bytes:
    """Return the entry of a key event."""
    return _entry(
        {
            "t": "key",
            "node": node,
            "kid": kid,
            "purpose": purpose,
            "event": event,
            "key_event": key_event,
            "request_jws_sha256": _sha256(request_jws.encode("ascii")),
        }
    )


def refused_classified_entry(*, request_jws: str) -> bytes:
    """Return the entry that says that classified material was refused; nothing of its body is kept."""
    return _entry({"t": "refused-classified", "request_jws_sha256": _sha256(request_jws.encode("ascii"))})


def access_log_entry(*, day: date, count: int, chain: bytes) -> bytes:
    """Return the entry that closes a day of the access log: how many reads, and the hash of their chain."""
    return _entry({"t": "access-log", "day": day.isoformat(), "count": count, "chain": chain.hex()})


def _entry(members: dict[str, str | int]) -> bytes:
    return HEAD + json.dumps(members, separators=(",", ":")).encode("ascii") + b"\n"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sm3(data: bytes) -> str:
    # Not hashlib's: that depends on how the interpreter's own libcrypto was built.
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()
