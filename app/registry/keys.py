"""Later keys of a node and the end of old ones, both signed by an `act` key that is still valid."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.bodies import WINDOW_SECONDS, SignedRequest, document, require_fresh
from app.errors import (
    BadSignature,
    ForbiddenAct,
    InvalidDocument,
    NotFound,
    RevokedKey,
    WrongEndpoint,
    WrongState,
)
from app.registry.directory import Directory
from app.registry.key_events import (
    candidate,
    keep_request,
    news_of,
    register_keys,
    require_room,
    require_unclaimed,
    revoke_key,
    valid_purposes,
    verify_possession,
)
from app.registry.key_notices import Event, tell
from app.registry.replay import use_jti
from app.registry.schemas import KeyRevoked, KeysAdded, MoreKeys, Revocation
from app.registry.tables import Node, NodeKey
from app.registry.voice import Voice
from app.signing import typ
from app.signing.jws import VerifiedJws, read, verify_detached

TYP = typ.KEY
# A request may be dated up to the window ahead, and is then fresh for twice as long.
_FRESH_FOR = timedelta(seconds=2 * WINDOW_SECONDS + 1)


async def add_keys(
    engine: AsyncEngine,
    directory: Directory,
    request: SignedRequest,
    node_id: str,
    voice: Voice,
    now: datetime,
) -> KeysAdded:
    """Register further keys of a node.

    Raises BadSignature (request or proof), ActIdReused, StaleIat, RevokedKey, MalformedJson, InvalidDocument,
    WeakKey, ForbiddenAct if another node signed, IdTaken for a key known before, and QuotaExceeded.
    """
    signed = await verify_by_act_key(directory, request, voice.exchange_id)
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await admit(session, signed, now)
        wanted = document(signed.body, MoreKeys)
        keys = [candidate(offered) for offered in wanted.keys]
        message = signed.header.jti.encode("ascii")
        for key in keys:
            verify_possession(key, message, typ=TYP, node_id=signed.header.iss, exchange_id=voice.exchange_id)
        node = await own_node(session, signed, node_id, now)
        require_room(keys, await valid_purposes(session, node))
        await require_unclaimed(session, keys)
        kept = await keep_request(session, signed, node.node_id, now)
        registered = await register_keys(session, node, keys, kept, now)
        news = [news_of(node, key.kid, key.purpose, "register", key.key_event) for key in registered]
        await tell(session, voice, node, news, now)
    await directory.refresh()
    return KeysAdded(keys=registered)


async def end_key(
    engine: AsyncEngine,
    directory: Directory,
    request: SignedRequest,
    node_id: str,
    kid: str,
    voice: Voice,
    now: datetime,
) -> KeyRevoked:
    """Revoke one key of a node, of whatever purpose; a key may revoke itself, and the last one too.

    A node that gave up its last `act` key can neither act nor revoke any more until it is enrolled anew: the
    exchange does not keep a key alive that its owner calls dead.
    Raises as `add_keys` does; also WrongEndpoint if body and path differ, NotFound for a key that is not this
    node's, and WrongState for one revoked before.
    """
    signed = await verify_by_act_key(directory, request, voice.exchange_id)
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await admit(session, signed, now)
        wanted = document(signed.body, Revocation)
        _require_sensible(wanted, now)
        if wanted.kid != kid:
            raise WrongEndpoint("The body names another key than the path.", "请求内容与路径中的密钥不一致。")
        node = await own_node(session, signed, node_id, now)
        key = await session.get(NodeKey, kid, with_for_update=True, populate_existing=True)
        if key is None or key.node_id != node.node_id:
            raise NotFound
        if key.revoked_at is not None:
            raise WrongState("This key is already revoked.", "该密钥已吊销。")
        number = await revoke_key(
            session,
            node,
            key,
            await keep_request(session, signed, node.node_id, now),
            reason=wanted.reason,
            compromised_from=wanted.compromised_from,
            now=now,
        )
        event: Event = "compromise" if wanted.reason == "compromised" else "revoke"
        await tell(session, voice, node, [news_of(node, kid, key.purpose, event, number)], now)
    await directory.refresh()
    return KeyRevoked.model_validate({"kid": kid, "purpose": key.purpose, "key_event": number, "revoked_at": now})


async def verify_by_act_key(directory: Directory, request: SignedRequest, exchange_id: str) -> VerifiedJws:
    """Return the request, verified under a registered `act` key of the node that it names as `iss`."""
    unverified = read(request.token)
    record = await directory.find_key(unverified.header.kid)
    if record is None or record.purpose != "act":
        raise BadSignature
    return verify_detached(unverified, request.body, record.public, typ=TYP, aud=exchange_id, iss=record.node_id)


async def admit(session: AsyncSession, signed: VerifiedJws, now: datetime) -> None:
    """Judge replay, time and revocation, in the order that docs/protocol.md section 6 fixes."""
    await use_jti(session, signed.header.iss, "key", signed.header.jti, now=now, fresh_for=_FRESH_FOR)
    require_fresh(signed.header, now)
    key = await session.get(NodeKey, signed.header.kid)
    if key is None or key.revoked_at is not None:
        raise _revoked(now)


async def own_node(session: AsyncSession, signed: VerifiedJws, node_id: str, now: datetime) -> Node:
    """Return the node of the path, locked, if its own key signed, and that key is valid under the lock."""
    if signed.header.iss != node_id:
        raise ForbiddenAct("A node changes its own keys only.", "节点只能变更自己的密钥。")
    node = await session.get(Node, node_id, with_for_update=True)
    if node is None:
        raise NotFound
    # The first look was before the lock: a revocation may have been committed while this request waited.
    signer = await session.get(NodeKey, signed.header.kid, populate_existing=True)
    if signer is None or signer.revoked_at is not None:
        raise _revoked(now)
    return node


def _require_sensible(wanted: Revocation, now: datetime) -> None:
    since = wanted.compromised_from
    if since is not None and (wanted.reason != "compromised" or since > now):
        raise InvalidDocument(
            "`compromised_from` is a past time, and stands beside the reason `compromised` only.",
            "compromised_from 应为过去的时间，且仅用于原因 compromised。",
        )


def _revoked(now: datetime) -> RevokedKey:
    return RevokedKey(
        "The key that signed is revoked.", "签名所用密钥已吊销。", members={"exchange_time": now.isoformat()}
    )
