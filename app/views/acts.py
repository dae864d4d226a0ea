"""Acts as their readers see them. `act_reader` alone says who may read; an act is read whole or not at all."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import reading
from app.errors import NotFound
from app.signing import b64url
from app.stored import BODY_KEY, ERASED_IN, erased_by, root_key, stored_body
from app.vault import Vault
from app.views.cursors import bad_cursor, decode_id, encode_id
from app.views.schemas import StoredAct, Timeline, TimelineItem

_IS_PARTY = text("SELECT 1 FROM lead_entry WHERE node_id = :node AND lead_id = :lead")
# The position in a case must not reach the wire: its gaps would tell of acts that the caller may not know of.
_SEQ = text("SELECT root_seq FROM act_reader WHERE node_id = :node AND lead_id = :lead AND act_id = :act")
_TIMELINE = text("""
    SELECT a.act_id, a.act, a.lead_id, a.sender, a.received_at, l.log_index
    FROM act_reader r
    JOIN act a ON a.root_id = r.root_id AND a.root_seq = r.root_seq
    LEFT JOIN log_entry l ON l.act_id = r.act_id
    WHERE r.node_id = :node AND r.lead_id = :lead AND r.root_seq > :after
    ORDER BY r.root_seq LIMIT :limit
""")
_ACT = text(f"""
    SELECT a.act_id, a.act, a.lead_id, a.root_id, a.jws, a.body, a.receipt, a.receipt_jws, l.log_index, c.data_key,
        {BODY_KEY} AS body_key, {ERASED_IN} AS erased_in
    FROM act_reader r
    JOIN act a ON a.root_id = r.root_id AND a.root_seq = r.root_seq
    JOIN "case" c ON c.root_id = r.root_id
    LEFT JOIN log_entry l ON l.act_id = r.act_id
    WHERE r.node_id = :node AND r.act_id = :act
""")  # noqa: S608 (ours)
# What the exchange says of keys is about no lead: it is addressed to one node, and stands in the clear.
_KEY_NOTICE = text("""
    SELECT n.jws, n.body, l.log_index FROM key_notice n LEFT JOIN log_entry l ON l.act_id = n.notice_id
    WHERE n.node_id = :node AND n.notice_id = :act
""")
_READS = text("SELECT 1 FROM act_reader WHERE node_id = :node AND act_id = :act")


async def timeline(
    engine: AsyncEngine,
    node: str,
    lead_id: str,
    cursor: str | None,
    limit: int,
    local: Callable[[datetime], str],
) -> Timeline:
    """Return one page of the acts on a lead that `node` may read, in order.

    Raises `NotFound` if `node` is no party of the lead, `InvalidDocument` for a foreign cursor.
    """
    wanted = {"node": node, "lead": UUID(lead_id)}
    async with reading(engine, node) as connection:
        if await connection.scalar(_IS_PARTY, wanted) is None:
            raise NotFound
        after = 0
        if cursor is not None:
            after = await connection.scalar(_SEQ, wanted | {"act": decode_id(cursor)})
            if after is None:
                raise bad_cursor()
        rows = list(await connection.execute(_TIMELINE, wanted | {"after": after, "limit": limit + 1}))
    items = [
        TimelineItem(
            act_id=str(row.act_id),
            act=row.act,
            lead_id=str(row.lead_id),
            sender=row.sender,
            received_at=local(row.received_at),
            log_index=row.log_index,
        )
        for row in rows[:limit]
    ]
    return Timeline(items=items, next=encode_id(rows[limit - 1].act_id) if len(rows) > limit else None)


async def stored_act(engine: AsyncEngine, vault: Vault, node: str, act_id: str) -> StoredAct:
    """Return an act or notice as it is kept; raise `NotFound` unless `node` may read it."""
    wanted = {"node": node, "act": UUID(act_id)}
    async with reading(engine, node) as connection:
        row = (await connection.execute(_ACT, wanted)).mappings().one_or_none()
        if row is None:
            return _key_notice((await connection.execute(_KEY_NOTICE, wanted)).one_or_none())
    erased, body = erased_by(vault, node, row), None
    if erased is None:
        body = stored_body(root_key(vault, str(row["root_id"]), row["body_key"]), str(row["act_id"]), row["body"])
    return StoredAct(
        jws=row["jws"],
        body=None if body is None else b64url.encode(body),
        erased_by=erased,
        receipt=None if row["receipt"] is None else b64url.encode(row["receipt"]),
        receipt_jws=row["receipt_jws"],
        log_index=row["log_index"],
    )


def _key_notice(row: Any) -> StoredAct:
    if row is None:
        raise NotFound
    body = b64url.encode(row.body)
    return StoredAct(jws=row.jws, body=body, erased_by=None, receipt=None, receipt_jws=None, log_index=row.log_index)


async def may_read(engine: AsyncEngine, node: str, act_id: str) -> bool:
    """Return whether `node` may read an act."""
    async with reading(engine, node) as connection:
        return await connection.scalar(_READS, {"node": node, "act": UUID(act_id)}) is not None
