"""The loop that makes confirmed enrolments take effect when their 72 h are over, and ends those that expired.

It keeps nothing and writes each in one transaction under the lock of its node: it may die at any moment, and of two
that run at once one finds the work done.
"""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app import loops
from app.deps import TimeSource
from app.errors import IdTaken, Problem
from app.registry.enrolment import keys_of
from app.registry.key_events import KeptRequest, news_of, register_keys, revoke_key
from app.registry.key_notices import Event, tell
from app.registry.pending import tell_of
from app.registry.tables import KeyRequest, Node, NodeKey, PendingEnrolment
from app.registry.voice import Voice

EVERY_SECONDS = 2.0
AT_ONCE = 100
_log = structlog.get_logger(__name__)


async def keep_enrolments(engine: AsyncEngine, voice: Voice, clock: TimeSource) -> None:
    """Look every two seconds, until cancelled."""
    await loops.repeat("enrolments", lambda: settle_due(engine, voice, clock()), EVERY_SECONDS)


async def settle_due(engine: AsyncEngine, voice: Voice, now: datetime) -> int:
    """Settle what is due at `now`, at most a hundred; return how many were."""
    confirmed = col(PendingEnrolment.confirmed_by).is_not(None) & (col(PendingEnrolment.effective_from) <= now)
    unwanted = col(PendingEnrolment.expires_at) <= now
    query = select(PendingEnrolment.enrolment_id, PendingEnrolment.node_id).where(
        PendingEnrolment.state == "pending", confirmed | unwanted
    )
    async with AsyncSession(engine) as session:
        due = list(await session.execute(query.order_by(col(PendingEnrolment.requested_at)).limit(AT_ONCE)))
    for enrolment_id, node_id in due:
        try:
            await _settle(engine, voice, enrolment_id, node_id, now)
        except Problem as problem:
            # Such as an SM2 key on a machine that cannot SM2: it stays pending, and another process may.
            _log.error("an enrolment did not take effect", enrolment_id=str(enrolment_id), problem=problem.slug)
    return len(due)


async def _settle(engine: AsyncEngine, voice: Voice, enrolment_id: UUID, node_id: str, now: datetime) -> None:
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        node = await session.get_one(Node, node_id, with_for_update=True)
        row = await session.get_one(PendingEnrolment, enrolment_id, with_for_update=True)
        if row.state != "pending":
            return
        request = await session.get_one(KeyRequest, row.request_id)
        confirmed = row.confirmed_by is not None and row.effective_from <= now
        try:
            async with session.begin_nested():
                if confirmed:
                    await _replace_keys(session, voice, node, request, now)
        except IdTaken:
            # Whoever holds the private half registered it elsewhere meanwhile.
            confirmed = False
        row.state, row.ended_at = ("effective" if confirmed else "expired"), now
        await session.flush()
        event: Event = "enrolment_effective" if confirmed else "enrolment_expired"
        await tell_of(session, voice, node, row, request.jws, event, now)


async def _replace_keys(session: AsyncSession, voice: Voice, node: Node, request: KeyRequest, now: datetime) -> None:
    """Register the new keys and revoke those that were valid until now, each an event of this one request."""
    old = select(NodeKey).where(NodeKey.node_id == node.node_id, col(NodeKey.revoked_at).is_(None))
    replaced = list(await session.scalars(old.order_by(col(NodeKey.kid)).with_for_update()))
    kept = KeptRequest(request.request_id, request.jws)
    keys = keys_of(request, voice.exchange_id)
    news = [
        news_of(node, key.kid, key.purpose, "register", key.key_event)
        for key in await register_keys(session, node, keys, kept, now)
    ]
    for key in replaced:
        number = await revoke_key(session, node, key, kept, reason="lost", compromised_from=None, now=now)
        news.append(news_of(node, key.kid, key.purpose, "revoke", number))
    await tell(session, voice, node, news, now)
