"""The register: nodes as they are made and read, each with the keys that are valid."""

import re
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app import locks
from app.casework.look_alikes import is_shown, skeleton
from app.errors import IdTaken, InvalidDocument, NotFound
from app.registry.directory import announce
from app.registry.node_keys import keys_page, valid_keys
from app.registry.pending import pending_of
from app.registry.schemas import KeyPage, NewNode, NodePage, NodeShown, NodeWithKeys
from app.registry.tables import NODE_ID, Node

_NODE_ID = re.compile(NODE_ID)


def shown(node: Node) -> NodeShown:
    """Return a node as it looks on the wire."""
    return NodeShown.model_validate(node, from_attributes=True)


async def create_node(engine: AsyncEngine, wanted: NewNode, exchange_id: str, now: datetime) -> NodeShown:
    """Register an agency without keys.

    Raises IdTaken for an id in use and a name that is, or looks like, that of another; InvalidDocument for the
    exchange's own id, for an unknown parent, and for a name of which a reader does not see everything.
    """
    if not is_shown(wanted.name):
        raise InvalidDocument(
            "A name has no blank at its ends, none twice, and nothing that a reader does not see.",
            "名称首尾不得有空白，中间不得有连续空白，也不得含有不可见的字符。",
        )
    if wanted.node_id == exchange_id:
        raise InvalidDocument("The exchange's own id is reserved.", "交换中心自身的编号不得用作节点编号。")
    async with AsyncSession(engine) as session, session.begin():
        if wanted.parent is not None and await session.get(Node, wanted.parent) is None:
            raise InvalidDocument("`parent` is no registered node.", "parent 不是已登记的节点。")
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": locks.NAMES})
        named = await session.execute(select(Node.node_id, Node.name).where(Node.node_id != wanted.node_id))
        if any(skeleton(name) == skeleton(wanted.name) for _, name in named):
            raise IdTaken(
                "Another node has this name, or one that looks like it; write the full official name.",
                "已有节点使用该名称或者与之相似的名称，请写明单位全称。",
            )
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
    """Return one page of the register, ordered by node id, without keys; `cursor` is the last id of the page before."""
    query = select(Node).order_by(col(Node.node_id)).limit(limit + 1)
    if cursor is not None:
        query = query.where(Node.node_id > cursor)
    async with AsyncSession(engine) as session:
        nodes = list(await session.scalars(query))
    return NodePage(
        items=[shown(node) for node in nodes[:limit]], next=nodes[limit - 1].node_id if len(nodes) > limit else None
    )


async def get_node(engine: AsyncEngine, node_id: str) -> NodeWithKeys:
    """Return one node with its valid keys, and what waits to replace them; raises NotFound."""
    async with AsyncSession(engine) as session:
        node = await require_node(session, node_id)
        keys = await valid_keys(session, node_id)
        waits = await pending_of(session, node_id)
    return NodeWithKeys.model_validate(shown(node).model_dump() | {"keys": keys, "enrolment": waits})


async def list_keys(engine: AsyncEngine, node_id: str, *, limit: int, cursor: int | None) -> KeyPage:
    """Return one page of all keys of a node, revoked ones included; `cursor` is the last key event of the page before.

    Raises NotFound for a node that is not registered.
    """
    async with AsyncSession(engine) as session:
        await require_node(session, node_id)
        return await keys_page(session, node_id, limit=limit, cursor=cursor)
