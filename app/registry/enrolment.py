"""Enrolling a node: a single-use code opens the door once, and the node's own key signs what came through."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app.bodies import SignedRequest, document, require_fresh
from app.errors import BadSignature, EnrolmentRefused, InvalidDocument
from app.registry.key_events import (
    CandidateKey,
    candidate,
    id_taken,
    keep_request,
    register_keys,
    require_room,
    require_unclaimed,
    verify_possession,
)
from app.registry.nodes import require_node, shown
from app.registry.pending import lay_by, waiting
from app.registry.schemas import Enrolled, Enrolment, EnrolmentPending
from app.registry.tables import EnrolmentCode, KeyRequest, Node, NodeKey
from app.registry.voice import Voice
from app.signing import b64url, typ
from app.signing.jws import VerifiedJws, read_header, verify_detached

TYP = typ.ENROLMENT
CODE_BYTES = 16
CODE_LIFE = timedelta(hours=72)


async def issue_code(engine: AsyncEngine, node_id: str, created_by: str, now: datetime) -> tuple[str, datetime]:
    """Return a new enrolment code of 128 random bits and its expiry; only its SHA-256 is kept.

    Raises NotFound for an unknown node. Older unused codes of the node stay good until they expire.
    """
    # A code that begins with "-" would be an option on every command line; one in 64 is drawn again.
    while (code := b64url.encode(secrets.token_bytes(CODE_BYTES))).startswith("-"):
        pass
    async with AsyncSession(engine) as session, session.begin():
        await require_node(session, node_id)
        session.add(
            EnrolmentCode(
                code_sha256=_digest(code),
                node_id=node_id,
                created_by=created_by,
                created_at=now,
                expires_at=now + CODE_LIFE,
            )
        )
    return code, now + CODE_LIFE


async def enrol(
    engine: AsyncEngine, request: SignedRequest, voice: Voice, now: datetime
) -> Enrolled | EnrolmentPending:
    """Register the first keys of a node and return what it pins.

    For a node that ever had an `act` key nothing is registered yet: the enrolment waits, see `app.registry.pending`.
    Raises BadSignature (request or proof), MalformedJson, InvalidDocument, WeakKey, StaleIat; EnrolmentRefused
    for a code that is wrong, used, expired or another node's; IdTaken for a key known before; WrongState while
    another enrolment of the node waits; QuotaExceeded. A refusal leaves the code as it was.
    """
    read_header(request.token)
    wanted = document(request.body, Enrolment)
    keys = [candidate(offered) for offered in wanted.keys]
    signed = _verify_signature(request.token, request.body, keys, voice.exchange_id)
    require_fresh(signed.header, now)
    if signed.header.iss != wanted.node_id:
        raise _refused()
    code_bytes = wanted.code.encode("ascii")
    for key in keys:
        verify_possession(key, code_bytes, typ=TYP, node_id=wanted.node_id, exchange_id=voice.exchange_id)
    if not {"act", "auth"} <= {key.purpose for key in keys}:
        raise InvalidDocument(
            "A node enrols with at least one act key and one auth key.",
            "节点接入至少需要一个 act 密钥和一个 auth 密钥。",
        )
    require_room(keys)
    jwks = voice.ring.keys.jwks
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        node, code = await _use_code(session, wanted, now)
        await require_unclaimed(session, keys)
        kept = await keep_request(session, signed, node.node_id, now)
        if await _had_act_key(session, node):
            await _require_unknown(session, keys)
            row = await lay_by(session, voice, node, kept, code.created_by, now)
            return waiting(row, request.token, request.body, jwks)
        registered = await register_keys(session, node, keys, kept, now)
    return Enrolled(node=shown(node), keys=registered, jwks=jwks)


def keys_of(request: KeyRequest, exchange_id: str) -> list[CandidateKey]:
    """Return the keys of an enrolment that was kept, its signature verified once more."""
    keys = [candidate(offered) for offered in document(request.body, Enrolment).keys]
    _verify_signature(request.jws, request.body, keys, exchange_id)
    return keys


def _verify_signature(token: str, body: bytes, keys: list[CandidateKey], exchange_id: str) -> VerifiedJws:
    """Return the request, verified under that one of its own act keys which its header names."""
    kid = read_header(token).kid
    for key in keys:
        if key.kid == kid and key.purpose == "act" and key.public is not None:
            return verify_detached(token, body, key.public, typ=TYP, aud=exchange_id)
    raise BadSignature


async def _use_code(session: AsyncSession, wanted: Enrolment, now: datetime) -> tuple[Node, EnrolmentCode]:
    """Spend the code and return its node and itself, both rows locked."""
    code = await session.get(EnrolmentCode, _digest(wanted.code), with_for_update=True)
    if code is None or code.node_id != wanted.node_id or code.used_at is not None or code.expires_at <= now:
        raise _refused()
    node = (await session.scalars(select(Node).where(Node.node_id == code.node_id).with_for_update())).one()
    code.used_at = now
    return node, code


async def _had_act_key(session: AsyncSession, node: Node) -> bool:
    query = select(NodeKey.kid).where(NodeKey.node_id == node.node_id, NodeKey.purpose == "act").limit(1)
    return (await session.scalars(query)).first() is not None


async def _require_unknown(session: AsyncSession, keys: list[CandidateKey]) -> None:
    """Raise IdTaken for a key that could not take effect: an old key does not come back, nor is one there twice."""
    kids = {key.kid for key in keys}
    known = (await session.scalars(select(NodeKey.kid).where(col(NodeKey.kid).in_(kids)).limit(1))).first()
    if known is not None or len(kids) < len(keys):
        raise id_taken()


def _refused() -> EnrolmentRefused:
    """One answer for a code that is wrong, used, expired or another node's: a guesser need not know which."""
    return EnrolmentRefused(
        "The enrolment code is wrong, used, expired or not for this node.",
        "接入码错误、已使用、已过期，或不属于该节点。",
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
