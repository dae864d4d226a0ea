"""Enrolments that would replace a node's keys: they wait 72 h for a second registrar, and for anyone's objection.

A registrar alone must not be able to put another in a node's place. So a registrar other than the one who issued the
code confirms; the node, its parent and its partners are told; any key of the node that is still good can end it.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app.bodies import SignedRequest, document
from app.casework.values import is_id
from app.errors import ForbiddenAct, NotFound, WrongEndpoint, WrongState
from app.registry.directory import Directory
from app.registry.key_events import KeptRequest, keep_request
from app.registry.key_notices import Event, KeyNews, tell
from app.registry.keys import admit, own_node, verify_by_act_key
from app.registry.schemas import (
    Cancellation,
    EnrolmentPending,
    OfferedShown,
    PendingPage,
    PendingShown,
    SignedRequestShown,
)
from app.registry.tables import KeyRequest, Node, PendingEnrolment
from app.registry.voice import Voice
from app.signing import b64url, strict_json
from app.signing.jws import read_header
from app.signing.keys import thumbprint

WAITS = timedelta(hours=72)
# The project's own default: what nobody confirmed by then is not wanted.
LIVES = timedelta(days=7)


async def lay_by(
    session: AsyncSession, voice: Voice, node: Node, kept: KeptRequest, issued_by: str, now: datetime
) -> PendingEnrolment:
    """Write an enrolment that waits, and tell of it; the caller holds the lock on `node`.

    Raises WrongState while another one of the node waits.
    """
    if await _pending_of(session, node.node_id) is not None:
        raise WrongState(
            "Another enrolment of this node is pending; a registrar can reject it, or wait until it has ended.",
            "该节点已有一项待生效的接入登记；可由登记员驳回，或等其结束。",
        )
    row = PendingEnrolment(
        enrolment_id=uuid4(),
        node_id=node.node_id,
        request_id=kept.request_id,
        issued_by=issued_by,
        requested_at=now,
        effective_from=now + WAITS,
        expires_at=now + LIVES,
        state="pending",
    )
    session.add(row)
    await session.flush()
    await tell_of(session, voice, node, row, kept.token, "enrolment_pending", now)
    return row


async def tell_of(
    session: AsyncSession, voice: Voice, node: Node, row: PendingEnrolment, token: str, event: Event, now: datetime
) -> None:
    """Say what became of an enrolment. It is named by the `act` key that signed it."""
    news = KeyNews(read_header(token).kid, "act", event, f"enrolment:{row.enrolment_id}:{event}")
    await tell(session, voice, node, [news], now)


async def cancel(
    engine: AsyncEngine,
    directory: Directory,
    request: SignedRequest,
    node_id: str,
    enrolment_id: str,
    voice: Voice,
    now: datetime,
) -> PendingShown:
    """End a pending enrolment by a key of the node that is still valid.

    Raises as `add_keys` does; also WrongEndpoint if body and path differ, NotFound for an enrolment that is not
    this node's, WrongState for one that is not pending any more.
    """
    wanted_id = _id(enrolment_id)
    signed = await verify_by_act_key(directory, request, voice.exchange_id)
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await admit(session, signed, now)
        wanted = document(signed.body, Cancellation)
        if wanted.enrolment_id != enrolment_id:
            raise WrongEndpoint("The body names another enrolment than the path.", "请求内容与路径中的接入登记不一致。")
        node = await own_node(session, signed, node_id, now)
        row = await _locked(session, wanted_id, node)
        await keep_request(session, signed, node.node_id, now)
        return await _end(session, voice, node, row, "cancelled", signed.header.kid, now)


async def confirm(engine: AsyncEngine, enrolment_id: str, registrar: str, now: datetime) -> PendingShown:
    """Confirm as the second registrar; it takes effect when its 72 h are over.

    Raises NotFound, ForbiddenAct for the registrar who issued the code, WrongState if it is not pending or was
    confirmed already.
    """
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        node = await _node_of(session, _id(enrolment_id))
        row = await _locked(session, _id(enrolment_id), node)
        if row.issued_by == registrar:
            raise ForbiddenAct(
                "The registrar who issued the code cannot confirm; it takes a second one.",
                "签发接入码的登记员不能自行确认，须由另一名登记员确认。",
            )
        if row.confirmed_by is not None or row.expires_at <= now:
            raise WrongState("It is confirmed already, or has expired.", "该接入登记已确认或已过期。")
        row.confirmed_by, row.confirmed_at = registrar, now
        await session.flush()
        return await _shown(session, row)


async def reject(engine: AsyncEngine, enrolment_id: str, registrar: str, voice: Voice, now: datetime) -> PendingShown:
    """End a pending enrolment, confirmed or not; any registrar may. Raises NotFound and WrongState."""
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        node = await _node_of(session, _id(enrolment_id))
        row = await _locked(session, _id(enrolment_id), node)
        return await _end(session, voice, node, row, "rejected", registrar, now)


async def list_pending(engine: AsyncEngine, *, limit: int, cursor: UUID | None) -> PendingPage:
    """Return one page of what waits, ordered by id."""
    query = select(PendingEnrolment).where(PendingEnrolment.state == "pending")
    if cursor is not None:
        query = query.where(col(PendingEnrolment.enrolment_id) > cursor)
    async with AsyncSession(engine) as session:
        rows = list(await session.scalars(query.order_by(col(PendingEnrolment.enrolment_id)).limit(limit + 1)))
        items = [await _shown(session, row) for row in rows[:limit]]
    return PendingPage(items=items, next=items[-1].enrolment_id if len(rows) > limit else None)


async def pending_of(session: AsyncSession, node_id: str) -> PendingShown | None:
    """Return what waits for a node: any key of it that is still good needs the id to cancel."""
    row = await _pending_of(session, node_id)
    return None if row is None else await _shown(session, row)


def waiting(row: PendingEnrolment, token: str, body: bytes, jwks: dict[str, object]) -> EnrolmentPending:
    """Return the answer to the node that asked."""
    members = _members(row, token, body).model_dump()
    return EnrolmentPending.model_validate(members | {"jwks": jwks})


async def _end(
    session: AsyncSession, voice: Voice, node: Node, row: PendingEnrolment, state: str, by: str, now: datetime
) -> PendingShown:
    row.state, row.ended_at, row.ended_by = state, now, by
    await session.flush()
    request = await session.get_one(KeyRequest, row.request_id)
    event: Event = "enrolment_cancelled" if state == "cancelled" else "enrolment_rejected"
    await tell_of(session, voice, node, row, request.jws, event, now)
    return await _shown(session, row)


def _id(path: str) -> UUID:
    if not is_id(path):
        raise NotFound
    return UUID(path)


async def _node_of(session: AsyncSession, enrolment_id: UUID) -> Node:
    """Return the node of an enrolment, locked. Whoever changes an enrolment locks its node first."""
    row = await session.get(PendingEnrolment, enrolment_id)
    if row is None:
        raise NotFound
    return await session.get_one(Node, row.node_id, with_for_update=True)


async def _locked(session: AsyncSession, enrolment_id: UUID, node: Node) -> PendingEnrolment:
    row = await session.get(PendingEnrolment, enrolment_id, with_for_update=True, populate_existing=True)
    if row is None or row.node_id != node.node_id:
        raise NotFound
    if row.state != "pending":
        raise WrongState(f"This enrolment is {row.state}.", "该接入登记已不在等待之中。")
    return row


async def _pending_of(session: AsyncSession, node_id: str) -> PendingEnrolment | None:
    query = select(PendingEnrolment).where(PendingEnrolment.node_id == node_id, PendingEnrolment.state == "pending")
    return (await session.scalars(query)).first()


async def _shown(session: AsyncSession, row: PendingEnrolment) -> PendingShown:
    request = await session.get_one(KeyRequest, row.request_id)
    return _members(row, request.jws, request.body)


def _members(row: PendingEnrolment, token: str, body: bytes) -> PendingShown:
    offered = strict_json.loads(body)["keys"]
    return PendingShown(
        enrolment_id=str(row.enrolment_id),
        node_id=row.node_id,
        state=row.state,
        requested_at=row.requested_at,
        effective_from=row.effective_from,
        expires_at=row.expires_at,
        issued_by=row.issued_by,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
        keys=[OfferedShown(kid=thumbprint(one["jwk"]), purpose=one["purpose"]) for one in offered],
        request=SignedRequestShown(jws=token, body=b64url.encode(body), log_index=None),
    )
