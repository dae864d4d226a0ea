"""The keys of a node as they are read: pages without papers, and each key with the requests that made and ended it."""

import re
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app.errors import NotFound
from app.registry.schemas import KeyPage, KeyShown, KeyWithRequests
from app.registry.tables import NodeKey
from app.signing import b64url

_KID = re.compile(r"[A-Za-z0-9_-]{43}")
# An event's place in the log is found by its leaf hash: the register neither waits for the sequencer nor is
# written to by it.
_WITH_REQUESTS = text("""
    SELECT k.kid, k.purpose, k.jwk, k.key_event, k.registered_at, k.revoked_event, k.revoked_at,
           k.revoke_reason, k.compromised_from, q.jws, q.body, l.log_index,
           rq.jws AS revocation_jws, rq.body AS revocation_body, rl.log_index AS revocation_index
    FROM node_key k
    JOIN key_event e ON e.node_id = k.node_id AND e.number = k.key_event
    JOIN key_request q ON q.request_id = e.request_id
    LEFT JOIN log_entry l ON l.leaf_hash = e.leaf_hash
    LEFT JOIN key_event r ON r.node_id = k.node_id AND r.number = k.revoked_event
    LEFT JOIN key_request rq ON rq.request_id = r.request_id
    LEFT JOIN log_entry rl ON rl.leaf_hash = r.leaf_hash
    WHERE k.kid = :kid AND k.node_id = :node_id
""").columns(jwk=JSONB)


async def valid_keys(session: AsyncSession, node_id: str) -> list[KeyShown]:
    """Return the keys of a node that are not revoked, in the order of their events: at most 16 a purpose."""
    query = select(NodeKey).where(NodeKey.node_id == node_id, col(NodeKey.revoked_at).is_(None))
    return [_shown(key) for key in await session.scalars(query.order_by(col(NodeKey.key_event)))]


async def keys_page(session: AsyncSession, node_id: str, *, limit: int, cursor: int | None) -> KeyPage:
    """Return one page of all keys of a node in the order of their events, those after the event `cursor`."""
    query = select(NodeKey).where(NodeKey.node_id == node_id, col(NodeKey.key_event) > (cursor or 0))
    keys = list(await session.scalars(query.order_by(col(NodeKey.key_event)).limit(limit + 1)))
    items = [_shown(key) for key in keys[:limit]]
    return KeyPage(items=items, next=str(items[-1].key_event) if len(keys) > limit else None)


async def get_key(engine: AsyncEngine, node_id: str, kid: str) -> KeyWithRequests:
    """Return one key of a node with the signed requests that registered and revoked it; raises NotFound."""
    if _KID.fullmatch(kid) is None or "\0" in node_id:
        raise NotFound
    async with AsyncSession(engine) as session:
        row = (await session.execute(_WITH_REQUESTS, {"kid": kid, "node_id": node_id})).mappings().first()
    if row is None:
        raise NotFound
    return KeyWithRequests.model_validate(_with_requests(row))


def _shown(key: NodeKey) -> KeyShown:
    revoked = None
    if key.revoked_event is not None:
        revoked = {
            "key_event": key.revoked_event,
            "at": key.revoked_at,
            "reason": key.revoke_reason,
            "compromised_from": key.compromised_from,
        }
    members = key.model_dump(include={"kid", "purpose", "jwk", "key_event", "registered_at"})
    return KeyShown.model_validate(members | {"revoked": revoked})


def _with_requests(row: RowMapping) -> dict[str, Any]:
    revoked = None
    if row["revoked_event"] is not None:
        revoked = {
            "key_event": row["revoked_event"],
            "at": row["revoked_at"],
            "reason": row["revoke_reason"],
            "compromised_from": row["compromised_from"],
            "request": _request(row["revocation_jws"], row["revocation_body"], row["revocation_index"]),
        }
    members = {name: row[name] for name in ("kid", "purpose", "jwk", "key_event", "registered_at")}
    return members | {"registration": _request(row["jws"], row["body"], row["log_index"]), "revoked": revoked}


def _request(jws: str, body: bytes, log_index: int | None) -> dict[str, Any]:
    return {"jws": jws, "body": b64url.encode(body), "log_index": log_index}
