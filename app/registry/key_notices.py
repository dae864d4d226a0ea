"""`notice.key`: a node, its parent and its partners are told what happens to its keys.

Signed and written in the transaction of what it tells, with its place in the queue for log and inboxes. Its id follows
from its cause, so that it is said once. It is about no lead and holds nothing that the register does not show.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.registry.tables import KeyNotice, Node
from app.registry.voice import Voice
from app.transparency.entries import notice_entry
from app.transparency.queue import Waiting, enqueue_in

ACT: Final = "notice.key"
NOTICES: Final = UUID("5d0f6b0a-7a5e-4b52-9f0a-3c1de2b8a4c7")
Event = Literal[
    "register",
    "revoke",
    "compromise",
    "enrolment_pending",
    "enrolment_cancelled",
    "enrolment_rejected",
    "enrolment_expired",
    "enrolment_effective",
]
# Partners are nodes one of which addressed an act to the other: each knows of the other already. Two that merely know
# of one lead need not, and a notice must not tell them. Two probes of an index for each node of the register.
_PARTNERS = text("""
    SELECT node_id FROM node WHERE node_id <> :node AND (
        EXISTS (SELECT FROM inbox WHERE inbox.sender = :node AND inbox.node_id = node.node_id)
        OR EXISTS (SELECT FROM inbox WHERE inbox.sender = node.node_id AND inbox.node_id = :node)
    ) ORDER BY node_id
""")


@dataclass(frozen=True, slots=True)
class KeyNews:
    """Something that happened to a key of a node; `cause` is what the notice's id follows from."""

    kid: str
    purpose: str
    event: Event
    cause: str


async def tell(session: AsyncSession, voice: Voice, node: Node, news: Iterable[KeyNews], now: datetime) -> None:
    """Say the news to the node, its parent and its partners, if the session's transaction commits."""
    told = list(news)
    if not told:
        return
    partners = await session.scalars(_PARTNERS, {"node": node.node_id})
    addressees = dict.fromkeys((node.node_id, *((node.parent,) if node.parent else ()), *partners))
    notices, waiting = [], []
    for one in told:
        content = {"node": node.node_id, "kid": one.kid, "purpose": one.purpose, "event": one.event}
        for to in addressees:
            notice_id = uuid5(NOTICES, f"{one.cause}:{to}")
            said = voice.notice(ACT, to, content, lead_id=None, jti=str(notice_id), now=now)
            notices.append(
                {"notice_id": notice_id, "node_id": to, "jws": said.jws, "body": said.body, "issued_at": now}
            )
            entry = notice_entry(jws=said.jws, body=said.body)
            waiting.append(Waiting("notice", entry, now, notice_id, ACT, sender=voice.exchange_id, addressed=to))
    await session.execute(insert(KeyNotice), notices)
    await enqueue_in(session, *waiting)
