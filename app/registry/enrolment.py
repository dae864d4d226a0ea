"""Enrolling a node: a single-use code opens the door once, and the node's own key signs what came through."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import select

from app.errors import BadSignature, EnrolmentRefused, InvalidDocument
from app.registry.key_events import CandidateKey, candidate, register_keys, verify_possession
from app.registry.nodes import require_node, shown
from app.registry.requests import SignedRequest, document, require_fresh
from app.registry.schemas import Enrolled, Enrolment
from app.registry.tables import EnrolmentCode, Node, NodeKey
from app.signing import b64url
from app.signing.jws import VerifiedJws, read_header, verify_detached

TYP = "lead-enrolment+jws"
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
    engine: AsyncEngine, request: SignedRequest, exchange_id: str, jwks: dict[str, object], now: datetime
) -> Enrolled:
    """Register the first keys of a node and return what it pins.

    Raises BadSignature (request or proof), MalformedJson, InvalidDocument, WeakKey, StaleIat; EnrolmentRefused
    for a code that is wrong, used, expired or another node's; IdTaken for a key known before. A refusal leaves
    the code as it was.
    """
    read_header(request.token)
    wanted = document(request.body, Enrolment)
    keys = [candidate(offered) for offered in wanted.keys]
    signed = _verify_signature(request, keys, exchange_id)
    require_fresh(signed.header, now)
    if signed.header.iss != wanted.node_id:
        raise _refused()
    for key in keys:
        verify_possession(key, wanted.code.encode("ascii"), typ=TYP, node_id=wanted.node_id, exchange_id=exchange_id)
    if not {"act", "auth"} <= {key.purpose for key in keys}:
        raise InvalidDocument(
            "A node enrols with at least one act key and one auth key.",
            "节点接入至少需要一个 act 密钥和一个 auth 密钥。",
        )
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        node = await _use_code(session, wanted, now)
        registered = await register_keys(session, node, keys, signed, now)
    return Enrolled(node=shown(node), keys=registered, jwks=jwks)


def _verify_signature(request: SignedRequest, keys: list[CandidateKey], exchange_id: str) -> VerifiedJws:
    """Return the request, verified under that one of its own act keys which its header names."""
    kid = read_header(request.token).kid
    for key in keys:
        if key.kid == kid and key.purpose == "act" and key.public is not None:
            return verify_detached(request.token, request.body, key.public, typ=TYP, aud=exchange_id)
    raise BadSignature


async def _use_code(session: AsyncSession, wanted: Enrolment, now: datetime) -> Node:
    """Spend the code and return its node, both rows locked."""
    code = await session.get(EnrolmentCode, _digest(wanted.code), with_for_update=True)
    if code is None or code.node_id != wanted.node_id or code.used_at is not None or code.expires_at <= now:
        raise _refused()
    node = (await session.scalars(select(Node).where(Node.node_id == code.node_id).with_for_update())).one()
    had_act_key = select(NodeKey.kid).where(NodeKey.node_id == node.node_id, NodeKey.purpose == "act").limit(1)
    if (await session.scalars(had_act_key)).first() is not None:
        raise EnrolmentRefused(
            "This node already had an act key. Re-enrolment needs a second registrar and is not yet "
            "offered by this exchange.",
            "该节点已登记过 act 密钥。重新接入需要第二名登记员确认，本交换中心尚未提供。",
        )
    code.used_at = now
    return node


def _refused() -> EnrolmentRefused:
    """One answer for a code that is wrong, used, expired or another node's: a guesser need not know which."""
    return EnrolmentRefused(
        "The enrolment code is wrong, used, expired or not for this node.",
        "接入码错误、已使用、已过期，或不属于该节点。",
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
