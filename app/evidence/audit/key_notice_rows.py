"""Notices about keys: documents in the clear, on no lead, checked as any other notice."""

import hashlib
from typing import Any

import asyncpg

from app.errors import BadSignature
from app.evidence.audit.lies import Lie
from app.signing.jws import read_header

_ROWS = """
    SELECT l.log_index, l.entry, l.logged_at, k.notice_id, k.jws, k.body, k.issued_at
    FROM log_entry l JOIN key_notice k ON k.notice_id = l.act_id
    WHERE l.log_index >= $1 AND l.log_index < $2
"""
_LOST = """
    SELECT notice_id FROM key_notice k
    WHERE NOT EXISTS (SELECT FROM log_entry l WHERE l.act_id = k.notice_id)
    AND NOT EXISTS (SELECT FROM unsequenced u WHERE u.act_id = k.notice_id) ORDER BY notice_id LIMIT 1
"""


async def read_key_notices(
    connection: "asyncpg.Connection[Any]", exchange: str, start: int, end: int
) -> dict[int, dict[str, Any]]:
    """Return the notices of a part of the log by index, each with the columns that a row of `act` has."""
    found = {}
    for row in await connection.fetch(_ROWS, start, end):
        try:
            kid = read_header(row["jws"]).kid
        except BadSignature as error:
            raise Lie("key_notice", row["notice_id"], "its signature is malformed") from error
        found[row["log_index"]] = {
            "log_index": row["log_index"],
            "entry": row["entry"],
            "logged_at": row["logged_at"],
            "act_id": row["notice_id"],
            "act": "notice.key",
            "lead_id": None,
            "sender": exchange,
            "kid": kid,
            "jws": row["jws"],
            "body": row["body"],
            "body_sha256": hashlib.sha256(row["body"]).digest(),
            "receipt": None,
            "received_at": row["issued_at"],
        }
    return found


async def require_logged(connection: "asyncpg.Connection[Any]") -> None:
    """Raise `Lie` for a notice about keys that is neither in the log nor waiting for it."""
    lost = await connection.fetchval(_LOST)
    if lost is not None:
        raise Lie("key_notice", lost, "it is neither in the log nor waiting for it")
