"""What a bundle is made of, as the database keeps it. `act_reader` alone says what the caller may see."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import asyncpg

from app.casework.records.erasure import ERASE
from app.errors import NotFound, Overloaded
from app.stored import BODY_KEY, StoredRow

_ERASED = "SELECT erased FROM lead_entry WHERE node_id = $1 AND lead_id = $2"
_ACTS = """
    SELECT a.act_id, a.root_id, a.act, a.sender, a.receipt IS NULL AS is_notice, l.log_index, l.entry
    FROM act_reader r
    JOIN act a ON a.root_id = r.root_id AND a.root_seq = r.root_seq
    LEFT JOIN log_entry l ON l.act_id = r.act_id
    WHERE r.node_id = $1 AND r.lead_id = $2 AND (a.act = $3 OR $3 IS NULL)
    ORDER BY l.log_index
"""
_ACT = f"""
    SELECT a.jws, a.body, a.receipt, a.receipt_jws, {BODY_KEY} AS data_key
    FROM act a JOIN "case" c ON c.root_id = a.root_id WHERE a.act_id = $1
"""  # noqa: S608 (ours)
_KEY_EVENTS = """
    SELECT e.node_id, e.number, e.kid, e.purpose, q.jws, q.body, l.log_index, l.entry
    FROM key_event e
    JOIN key_request q ON q.request_id = e.request_id
    LEFT JOIN log_entry l ON l.leaf_hash = e.leaf_hash
    WHERE e.node_id = ANY($1::text[])
    ORDER BY e.node_id, e.number
"""
_OWN_KEY_EVENTS = """
    SELECT $1::text AS node_id, e.number, e.kid, e.purpose, e.jws, e.body, l.log_index, l.entry
    FROM exchange_key_event e LEFT JOIN log_entry l ON l.leaf_hash = e.leaf_hash
    ORDER BY e.number
"""
_KEYS = "SELECT jwk::text AS jwk FROM node_key WHERE kid = ANY($1::text[])"
_ENCLOSED = """
    SELECT DISTINCT encode(sha256, 'hex') AS sha256 FROM enclosed
    WHERE act_id = ANY($1::uuid[]) AND sealed_for IS NULL ORDER BY 1
"""


async def acts_of(connection: "asyncpg.Connection[Any]", node: str, lead_id: str) -> list[StoredRow]:
    """Return the acts and notices on a lead that `node` may read, in the order of the log.

    Of a lead whose content was erased only the act that erased it is left.
    Raises `NotFound` if it is no party of the lead, `Overloaded` while one of them has no place in the log.
    """
    erased = await connection.fetchval(_ERASED, node, UUID(lead_id))
    if erased is None:
        raise NotFound
    return _logged(await connection.fetch(_ACTS, node, UUID(lead_id), ERASE if erased else None))


async def act(connection: "asyncpg.Connection[Any]", act_id: UUID) -> StoredRow:
    """Return one act with the wrapped data key of its case."""
    row: StoredRow = await connection.fetchrow(_ACT, act_id)
    return row


async def key_events_of(connection: "asyncpg.Connection[Any]", nodes: Collection[str]) -> list[StoredRow]:
    """Return every key event of these nodes with its signed request; raises `Overloaded` as `acts_of` does."""
    return _logged(await connection.fetch(_KEY_EVENTS, sorted(nodes)))


async def own_key_events(connection: "asyncpg.Connection[Any]", exchange_id: str) -> list[StoredRow]:
    """Return the events by which keys of the exchange followed each other; raises `Overloaded` as `acts_of` does."""
    return _logged(await connection.fetch(_OWN_KEY_EVENTS, exchange_id))


async def keys(connection: "asyncpg.Connection[Any]", kids: Collection[str]) -> list[str]:
    """Return the public JWKs, as JSON, of those of `kids` that are keys of nodes."""
    return [row["jwk"] for row in await connection.fetch(_KEYS, sorted(kids))]


async def enclosed_in(connection: "asyncpg.Connection[Any]", act_ids: Collection[UUID]) -> list[str]:
    """Return the SHA-256 (hex) of every file that these acts name. A sealed part is not among them, ever."""
    return [row["sha256"] for row in await connection.fetch(_ENCLOSED, list(act_ids))]


def _logged(rows: list[StoredRow]) -> list[StoredRow]:
    if any(row["log_index"] is None for row in rows):
        raise Overloaded("An act of the bundle is not in the log yet.", "有行为尚未入链，请稍后再试。")
    return rows
