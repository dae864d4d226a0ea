"""The register as it is read: nodes, their keys, and the signed requests that made and ended them."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app.errors import IdTaken, InvalidDocument, NotFound
from app.registry.directory import announce
from app.registry.pending import pending_of
from app.registry.schemas import KeyShown, NewNode, NodePage, NodeShown, NodeWithKeys, OneNode
from app.registry.tables import NODE_ID, Node
from app.signing import b64url

_NODE_ID = re.compile(NODE_ID)
# An event's place in the log is found by its leaf hash: the register neither waits for the sequencer nor is
# written to by it.
_KEYS = text("""
    SELECT k.node_id, k.kid, k.purpose, k.jwk, k.key_event, k.registered_at, k.revoked_event, k.revoked_at,
           k.revoke_reason, k.compromised_from, q.jws, q.body, l.log_index,
           rq.jws AS revocation_jws, rq.body AS revocation_body, rl.log_index AS revocation_index
    FROM node_key k
    JOIN key_event e ON e.node_id = k.node_id AND e.number = k.key_event
    JOIN key_request q ON q.request_id = e.request_id
    LEFT JOIN log_entry l ON l.leaf_hash = e.leaf_hash
    LEFT JOIN key_event r ON r.node_id = k.node_id AND r.number = k.revoked_event
    LEFT JOIN key_request rq ON rq.request_id = r.request_id
    LEFT JOIN log_entry rl ON rl.leaf_hash = r.leaf_hash
    WHERE k.node_id = ANY(:nodes) ORDER BY k.node_id, k.key_event
""").columns(jwk=JSONB)


def shown(node: Node) -> NodeShown:
    """Return a node as it looks on the wire."""
    return NodeShown.model_validate(node, from_attributes=True)


async def create_node(engine: AsyncEngine, wanted: NewNode, exchange_id: str, now: datetime) -> NodeShown:
    """Register an agency without keys.

    Raises IdTaken for an id in use, InvalidDocument for the exchange's own id and for an unknown parent.
    """
    if wanted.node_id == exchange_id:
        raise InvalidDocument("The exchange's own id is reserved.", "交换中心自身的编号不得用作节点编号。")
    async with AsyncSession(engine) as session, session.begin():
        if wanted.parent is not None and await session.get(Node, wanted.parent) is None:
            raise InvalidDocument("`parent` is no registered node.", "parent 不是已登记的节点。")
        row = wanted.model_dump() | {"created_at": now}
        written = insert(Node).values(row).on_conflict_do_nothing().returning(col(Node.node_id))
        if (await session.execute(written)).first() is None:
            raise IdTaken("This node id is in use.", "该节点编号已被占用。")
        await announce(session)
    return NodeShown.model_validate(wanted, from_attributes=True)


async def require_node(session: AsyncSession, node_id: str) -> Node:
    """Return the node; raises NotFound, also for what could be no node id (PostgreSQL refuses some texts)."""
    node = await session.get(Node, node_id) if _NODE_ID.fullmatch(node_id) else None
    if node is None:
        raise NotFound
    return node


async def list_nodes(engine: AsyncEngine, *, limit: int, cursor: str | None) -> NodePage:
    """Return one page of the register, ordered by node id; `cursor` is the last id of the page before."""
    query = select(Node).order_by(col(Node.node_id)).limit(limit + 1)
    if cursor is not None:
        query = query.where(Node.node_id > cursor)
    async with AsyncSession(engine) as session:
        nodes = list(await session.scalars(query))
        items = await _with_keys(session, nodes[:limit])
    return NodePage(items=items, next=items[-1].node_id if len(nodes) > limit else None)


async def get_node(engine: AsyncEngine, node_id: str) -> OneNode:
    """Return one node with its keys, revoked ones included, and what waits to replace them; raises NotFound."""
    async with AsyncSession(engine) as session:
        node = await require_node(session, node_id)
        (found,) = await _with_keys(session, [node])
        return OneNode.model_validate(found.model_dump() | {"enrolment": await pending_of(session, node_id)})


async def _with_keys(session: AsyncSession, nodes: Sequence[Node]) -> list[NodeWithKeys]:
    keys: dict[str, list[KeyShown]] = {node.node_id: [] for node in nodes}
    for row in (await session.execute(_KEYS, {"nodes": list(keys)})).mappings():
        keys[row["node_id"]].append(_key_shown(row))
    return [NodeWithKeys.model_validate(shown(node).model_dump() | {"keys": keys[node.node_id]}) for node in nodes]


def _key_shown(row: Any) -> KeyShown:
    revoked = None
    if row["revoked_event"] is not None:
        revoked = {
            "key_event": row["revoked_event"],
            "at": row["revoked_at"],
            "reason": row["revoke_reason"],
            "compromised_from": row["compromised_from"],
            "request": _request(row["revocation_jws"], row["revocation_body"], row["revocation_index"]),
        }
    return KeyShown.model_validate(
        {
            "kid": row["kid"],
            "purpose": row["purpose"],
            "jwk": row["jwk"],
            "key_event": row["key_event"],
            "registered_at": row["registered_at"],
            "registration": _request(row["jws"], row["body"], row["log_index"]),
            "revoked": revoked,
        }
    )


def _request(jws: str, body: bytes, log_index: int | None) -> dict[str, Any]:
    return {"jws": jws, "body": b64url.encode(body), "log_index": log_index}
