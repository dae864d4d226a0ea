"""Notices about keys: documents in the clear, on no lead, checked as any other notice."""

import hashlib
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.errors import BadSignature
from app.signing.jws import read_header
from app.stored import StoredRow

_LOGGED = """
    SELECT l.log_index, l.log_index AS place, NULL::bigint AS ordinal, l.entry, l.logged_at, k.notice_id, k.node_id,
           k.jws, k.body, k.issued_at
    FROM log_entry l JOIN key_notice k ON k.notice_id = l.act_id
    WHERE l.log_index >= $1 AND l.log_index < $2
"""
_WAITING = """
    SELECT NULL::bigint AS log_index, $3 + u.ordinal AS place, u.ordinal, u.entry, NULL::timestamptz AS logged_at,
           k.notice_id, k.node_id, k.jws, k.body, k.issued_at
    FROM unsequenced u JOIN key_notice k ON k.notice_id = u.act_id
    WHERE u.ordinal >= $1 AND u.ordinal <= $2
"""
_LOST = """
    SELECT notice_id FROM key_notice k
    WHERE NOT EXISTS (SELECT FROM log_entry l WHERE l.act_id = k.notice_id)
    AND NOT EXISTS (SELECT FROM unsequenced u WHERE u.act_id = k.notice_id) ORDER BY notice_id LIMIT 1
"""
_AS_STORED = ("log_index", "place", "ordinal", "entry", "logged_at", "jws", "body")


async def read_key_notices(
    connection: "asyncpg.Connection[Any]", exchange: str, start: int, end: int
) -> dict[int, dict[str, Any]]:
    """Return the notices of a stretch of the log by place, each with the columns that a row of `act` has."""
    rows = await connection.fetch(_LOGGED, start, end)
    return {row["place"]: _as_act(row, exchange) for row in rows}


async def read_waiting_key_notices(
    connection: "asyncpg.Connection[Any]", exchange: str, size: int, first: int, last: int
) -> dict[int, dict[str, Any]]:
    """Return the notices that wait between two ordinals of the queue, both included, in the same way."""
    rows = await connection.fetch(_WAITING, first, last, size)
    return {row["place"]: _as_act(row, exchange) for row in rows}


def _as_act(row: StoredRow, exchange: str) -> dict[str, Any]:
    try:
        header = read_header(row["jws"])
    except BadSignature as error:
        raise Contradiction("key_notice", row["notice_id"], "its signature is malformed") from error
    if header.aud != row["node_id"]:
        raise Contradiction("key_notice", row["notice_id"], "it is kept for another node than it was signed for")
    return {name: row[name] for name in _AS_STORED} | {
        "act_id": row["notice_id"],
        "act": "notice.key",
        "lead_id": None,
        "sender": exchange,
        "kid": header.kid,
        "body_sha256": hashlib.sha256(row["body"]).digest(),
        "receipt": None,
        "received_at": row["issued_at"],
    }


async def require_logged(connection: "asyncpg.Connection[Any]") -> None:
    """Raise `Contradiction` for a notice about keys that is neither in the log nor waiting for it."""
    lost = await connection.fetchval(_LOST)
    if lost is not None:
        raise Contradiction("key_notice", lost, "it is neither in the log nor waiting for it")
